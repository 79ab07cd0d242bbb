-- case_part_leaves: leaf hashes of the parts of a case that have effect, in their order
-- (+ 0: found by the case, not along the whole log)
-- $1 case
-- $2 channel
-- $3 party
SELECT l.leaf
FROM v_event v
JOIN log_event l ON l.channel = v.channel AND l.party = v.party AND l.seq = v.seq
WHERE v.casefile = $1 AND v.channel + 0 = $2 AND v.party + 0 = $3 AND v.type = 'notice.part'
  AND v.void IS NULL
ORDER BY v.seq;
