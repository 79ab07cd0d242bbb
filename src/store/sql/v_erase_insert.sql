-- v_erase_insert: an erasure that was asked for or done
-- $1 channel
-- $2 party
-- $3 seq
-- $4 case
-- $5 request or done
-- $6 which request
-- $7 what: texts, files, all
-- $8 author
-- $9 reason
-- $10 iat, us
-- $11 whether all of the case
INSERT INTO v_erase (channel, party, seq, casefile, act, request, what, author, reason, iat_us,
	whole)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);
