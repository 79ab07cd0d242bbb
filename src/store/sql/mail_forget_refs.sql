-- mail_forget_refs: what dropped messages answered to
-- $1 until then, us
DELETE FROM mail_ref
WHERE mail IN (SELECT id FROM mail_message WHERE state = 'dropped' AND dropped_us < $1);
