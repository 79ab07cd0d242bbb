-- v_hold_all: every row in the order of its key, for a digest
SELECT casefile, party, hold, seq, author, reason, placed_us, released_seq, released_by,
	released_reason, released_us
FROM v_hold
ORDER BY casefile, party, hold;
