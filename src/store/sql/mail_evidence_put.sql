-- mail_evidence_put: a message is given to a case
-- $1 message
-- $2 case
-- $3 upload
INSERT INTO mail_evidence (mail, casefile, upload)
VALUES ($1, $2, $3);
