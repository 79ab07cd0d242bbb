-- mail_case_refs_erase: and what they answered to
-- $1 case
DELETE FROM mail_ref
WHERE mail IN (SELECT id FROM mail_message WHERE casefile = $1);
