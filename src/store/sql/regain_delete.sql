-- regain_delete: the log is whole again
-- $1 channel
DELETE FROM regain
WHERE channel = $1;
