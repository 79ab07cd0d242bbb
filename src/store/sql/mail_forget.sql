-- mail_forget: that messages were here and dropped
-- $1 until then, us
DELETE FROM mail_message
WHERE state = 'dropped' AND dropped_us < $1;
