-- evidence_out_sealed: the file is whole and waits for its delivery
-- $1 upload
-- $2 SHA-256 of the ciphertext
-- $3 bytes of the ciphertext
-- $4 commitment to the plaintext
UPDATE evidence_out
SET state = 'waiting', sha256 = $2, sealed_len = $3, pt_commit = $4
WHERE id = $1 AND state = 'receiving';
