-- v_order_all: every row of v_order in a fixed order, for comparing rebuilds
SELECT id, channel, seq, state, action, body, text_sha256, reasons, legal_basis,
       approvals, guards, drafter, drafted_us, in_force_us, ends_us, review_us,
       ended_us, emergency, serial_on, serial_off, proportionality, collateral,
       emergency_reason, contact_called, findings, previous, source, reviewed_us,
       lists, policy_sha256
FROM v_order
ORDER BY id;
