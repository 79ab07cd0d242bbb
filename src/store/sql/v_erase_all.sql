-- v_erase_all: every row in the order of its key, for a digest
SELECT channel, party, seq, casefile, act, request, what, author, reason, iat_us,
	whole
FROM v_erase
ORDER BY channel, party, seq;
