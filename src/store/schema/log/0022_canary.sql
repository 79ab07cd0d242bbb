-- Every zone has a second canary, by which it is told from others in one resolver.  Nobody is
-- given a difference to what was before it: from here on the serials are new.
UPDATE zone SET
	kept_serial = base_serial,
	base_serial = (SELECT max(CASE WHEN hot_serial > serial THEN hot_serial ELSE serial END) FROM zone) + 1;
UPDATE zone SET serial = base_serial, hot_serial = base_serial, since_serial = base_serial,
	hot_since = base_serial;

-- Lifts among all changes of a zone, by time: what is to be measured free.
CREATE INDEX zone_change_lift ON zone_change (zone, at_us) WHERE new IS NULL AND layer = 0;
