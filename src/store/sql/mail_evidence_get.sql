-- mail_evidence_get: the upload by which a message is given to a case
-- $1 message
-- $2 case
SELECT upload
FROM mail_evidence
WHERE mail = $1 AND casefile = $2;
