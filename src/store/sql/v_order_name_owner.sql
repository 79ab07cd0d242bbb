-- v_order_name_owner: the owner of a name was told, or not reached
-- $1 order
-- $2 name
-- $3 now, us
-- $4 told
-- $5 channel
UPDATE v_order_name
SET owner_us = $3, owner_told = $4, owner_channel = $5
WHERE order_id = $1 AND name = $2
RETURNING name;
