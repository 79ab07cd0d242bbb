-- v_case_tally_insert: the items of a case that was sent, by category and kind
-- $1 case
INSERT INTO v_case_tally (casefile, category, kind, n)
SELECT casefile, category, kind, count(*)
FROM v_item
WHERE casefile = $1
GROUP BY casefile, category, kind;
