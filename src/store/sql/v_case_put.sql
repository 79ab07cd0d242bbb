-- v_case_put: a case as it now is
-- $1 casefile
-- $2 channel
-- $3 parts
-- $4 items
-- $5 decided
-- $6 manifest
-- $7 subject
-- $8 legal_basis
-- $9 class
-- $10 urgent
-- $11 policy_sha256
-- $12 state
-- $13 send_seq
-- $14 sent_us
-- $15 receipt_us
-- $16 accepted_us
-- $17 refused_us
-- $18 closed_us
-- $19 decided_us
-- $20 decided_seq
-- $21 reopened
-- $22 voided
-- $23 rungs
-- $24 last_seq0
-- $25 last_seq1
-- $26 max_iat0
-- $27 max_iat1
-- $28 n_events0
-- $29 n_events1
-- $30 max_ack0
-- $31 max_ack1
-- $32 accept_due_us
-- $33 decide_due_us
-- $34 due_us
-- $35 suspended
-- $36 pauses
-- $37 transfers
-- $38 paused_us
-- $39 paused_until_us
-- $40 class_now
-- $41 test
INSERT INTO v_case (casefile, channel, parts, items, decided, manifest, subject, legal_basis, class,
       urgent, policy_sha256, state, send_seq, sent_us, receipt_us, accepted_us,
       refused_us, closed_us, decided_us, decided_seq, reopened, voided, rungs,
       last_seq0, last_seq1, max_iat0, max_iat1, n_events0, n_events1, max_ack0,
       max_ack1, accept_due_us, decide_due_us, due_us, suspended, pauses, transfers,
       paused_us, paused_until_us, class_now, test)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
       $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34,
       $35, $36, $37, $38, $39, $40, $41)
ON CONFLICT (casefile) DO UPDATE
SET channel = excluded.channel, parts = excluded.parts, items = excluded.items,
    decided = excluded.decided, manifest = excluded.manifest,
    subject = excluded.subject, legal_basis = excluded.legal_basis,
    class = excluded.class, urgent = excluded.urgent,
    policy_sha256 = excluded.policy_sha256, state = excluded.state,
    send_seq = excluded.send_seq, sent_us = excluded.sent_us,
    receipt_us = excluded.receipt_us, accepted_us = excluded.accepted_us,
    refused_us = excluded.refused_us, closed_us = excluded.closed_us,
    decided_us = excluded.decided_us, decided_seq = excluded.decided_seq,
    reopened = excluded.reopened, voided = excluded.voided, rungs = excluded.rungs,
    last_seq0 = excluded.last_seq0, last_seq1 = excluded.last_seq1,
    max_iat0 = excluded.max_iat0, max_iat1 = excluded.max_iat1,
    n_events0 = excluded.n_events0, n_events1 = excluded.n_events1,
    max_ack0 = excluded.max_ack0, max_ack1 = excluded.max_ack1,
    accept_due_us = excluded.accept_due_us, decide_due_us = excluded.decide_due_us,
    due_us = excluded.due_us, suspended = excluded.suspended, pauses = excluded.pauses,
    transfers = excluded.transfers, paused_us = excluded.paused_us,
    paused_until_us = excluded.paused_until_us, class_now = excluded.class_now, test = excluded.test;
