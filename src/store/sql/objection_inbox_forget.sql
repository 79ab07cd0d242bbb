-- objection_inbox_forget: where those before came from
-- $1 before
UPDATE objection_inbox SET source = NULL WHERE source IS NOT NULL AND received_us < $1;
