-- held_page: decisions in a state from a cursor on, by their time
-- $1 state
-- $2 id of the cursor, or empty
-- $3 limit
SELECT h.id, h.casefile, h.body, h.n, h.reason, h.person, h.made_us, h.effect_us, h.state,
       h.ended_us, h.ended_by, h.why, h.act, n.sent_us, n.send_seq
FROM held_decision h
LEFT JOIN held_decision k ON k.id = $2
LEFT JOIN v_case n ON n.casefile = h.casefile
WHERE h.state = $1
  AND (h.effect_us > coalesce(k.effect_us, -1)
       OR (h.effect_us = k.effect_us AND h.id > k.id))
ORDER BY h.effect_us, h.id
LIMIT $3;
