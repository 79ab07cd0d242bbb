-- v_event_all: every row of v_event in a fixed order, for comparing rebuilds
SELECT channel, party, seq, id, type, casefile, iat_us, author, void, top_us, behind_us,
	ahead_us, acked
FROM v_event
ORDER BY channel, party, seq;
