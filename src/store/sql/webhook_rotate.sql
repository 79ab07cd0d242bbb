-- webhook_rotate: a new secret, with the old one beside it for a time
-- $1 webhook
-- $2 secret
-- $3 until when the old one signs too, us
UPDATE webhook SET old_secret = secret, old_until_us = $3, secret = $2 WHERE webhook = $1;
