-- v_measured_put: what a resolver was measured to answer; an older measurement changes nothing
-- $1 order
-- $2 owner
-- $3 operator
-- $4 resolver
-- $5 vantage
-- $6 channel
-- $7 seq
-- $8 transport
-- $9 expected
-- $10 serial
-- $11 canary
-- $12 verdict
-- $13 means
-- $14 at
-- $15 digest
INSERT INTO v_measured (order_id, owner, operator, resolver, vantage, channel, seq, transport,
                        expected, serial, canary, verdict, means, since_us, at_us,
                        first_blocked_us, first_free_us, digest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, CAST($14 AS BIGINT), $14,
        CASE WHEN $13 = 'blocked' THEN $14 ELSE 0 END,
        CASE WHEN $13 = 'free' AND $9 = 'free' THEN $14 ELSE 0 END, $15)
ON CONFLICT (order_id, owner, operator, resolver, vantage) DO UPDATE SET
	channel = excluded.channel,
	seq = excluded.seq,
	transport = excluded.transport,
	expected = excluded.expected,
	serial = excluded.serial,
	canary = excluded.canary,
	verdict = excluded.verdict,
	since_us = CASE WHEN v_measured.means = excluded.means THEN v_measured.since_us
	                ELSE excluded.since_us END,
	means = excluded.means,
	at_us = excluded.at_us,
	first_blocked_us = CASE WHEN v_measured.first_blocked_us <> 0
	                        THEN v_measured.first_blocked_us
	                        ELSE excluded.first_blocked_us END,
	first_free_us = CASE WHEN v_measured.expected <> excluded.expected
	                       OR v_measured.first_free_us = 0
	                     THEN excluded.first_free_us ELSE v_measured.first_free_us END,
	digest = excluded.digest
WHERE v_measured.at_us < excluded.at_us;
