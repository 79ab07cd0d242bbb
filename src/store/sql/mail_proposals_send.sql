-- mail_proposals_send: what of a message goes into a notice, or went into it
-- $1 message
-- $2 reference of the notice
SELECT n, given, category, description, found_us, place
FROM mail_proposal
WHERE mail = $1 AND (state = 'proposed' OR reference = $2)
ORDER BY n;
