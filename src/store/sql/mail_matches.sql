-- mail_matches: the same item in cases, with its outcome
-- $1 SHA-256 of the normal form
SELECT casefile, i, category, outcome, reason, decided_us
FROM v_item
WHERE nf = $1
ORDER BY case_ms, casefile, i
LIMIT 10;
