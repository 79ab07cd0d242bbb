-- v_case_get: a case
-- $1 case
SELECT casefile, channel, parts, items, decided, manifest, subject, legal_basis, class,
       urgent, policy_sha256, state, send_seq, sent_us, receipt_us, accepted_us,
       refused_us, closed_us, decided_us, decided_seq, reopened, voided, rungs,
       last_seq0, last_seq1, max_iat0, max_iat1, n_events0, n_events1, max_ack0,
       max_ack1, suspended, pauses, transfers, class_now, test
FROM v_case
WHERE casefile = $1;
