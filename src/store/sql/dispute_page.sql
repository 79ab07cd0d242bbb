-- dispute_page: disputes in one of two states from a cursor on, the oldest first
-- $1 a state
-- $2 another, or the same
-- $3 iat of the cursor, us
-- $4 dispute of the cursor
-- $5 limit
SELECT d.iat_us, d.casefile, d.party, d.dispute, d.seq, d.about, d.items, d.state, d.author,
       d.body, d.iat_us, d.answer_author, d.answer, d.answer_iat_us, d.ruling, d.ruling_author,
       d.reason, d.ruled_us, d.ruled_us, n.sent_us, n.send_seq
FROM v_dispute d
LEFT JOIN v_case n ON n.casefile = d.casefile
WHERE d.state IN ($1, $2) AND (d.iat_us > $3 OR (d.iat_us = $3 AND d.dispute > $4))
ORDER BY d.iat_us, d.dispute
LIMIT $5;
