-- presence_forget: who was last seen at a case before some time
-- $1 time, us
DELETE FROM presence WHERE seen_us < $1;
