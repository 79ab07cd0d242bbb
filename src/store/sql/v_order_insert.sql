-- v_order_insert: a draft
-- $1 order
-- $2 channel
-- $3 seq
-- $4 action
-- $5 text
-- $6 SHA-256 of the text, hex
-- $7 reasons
-- $8 legal basis
-- $9 approvals needed
-- $10 guards to override, JSON
-- $11 drafter
-- $12 drafted, us
-- $13 ends, us
-- $14 review, us
-- $15 emergency
-- $16 proportionality
-- $17 collateral
-- $18 reason of the emergency
-- $19 contact called, JSON
-- $20 findings, JSON
-- $21 previous
-- $22 source
-- $23 lists, JSON
-- $24 SHA-256 of the policy
INSERT INTO v_order (id, channel, seq, state, action, body, text_sha256, reasons, legal_basis,
	approvals, guards, drafter, drafted_us, in_force_us, ends_us, review_us, ended_us,
	emergency, serial_on, serial_off, proportionality, collateral, emergency_reason,
	contact_called, findings, previous, source, lists, reviewed_us,
	policy_sha256)
VALUES ($1, $2, $3, 'draft', $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $14, 0, $15, 0, 0,
	$16, $17, $18, $19, $20, $21, $22, $23, 0, $24);
