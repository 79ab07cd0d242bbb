-- zone_old_put: the zones of an old copy of the store are given out from now on
-- $1 when, us
-- $2 who decided it
-- $3 why
INSERT INTO zone_old (at_us, by_person, reason)
VALUES ($1, $2, $3)
ON CONFLICT (at_us) DO NOTHING;
