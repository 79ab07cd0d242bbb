-- duty_erase: what was noted of the review of a case
-- $1 case
UPDATE duty_done SET note = NULL WHERE duty = 'scrutiny.' || $1;
