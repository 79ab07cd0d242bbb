-- contact_sets_before: directories that were replaced before a time, the first first
-- $1 channel
-- $2 before
-- $3 limit
SELECT channel, party, seq
FROM v_contact_old
WHERE channel = $1 AND replaced_us < $2
ORDER BY replaced_us, party, seq
LIMIT $3;
