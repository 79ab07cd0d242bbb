-- mail_proposals: what a message proposes
-- $1 message
SELECT n, state, kind, given, normal, nf, category, description, found_us, place, casefile,
       decided_by
FROM mail_proposal
WHERE mail = $1
ORDER BY n;
