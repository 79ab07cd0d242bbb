-- v_message_case: the case of a message
-- $1 channel
-- $2 party
-- $3 seq
SELECT casefile FROM v_message WHERE channel = $1 AND party = $2 AND seq = $3;
