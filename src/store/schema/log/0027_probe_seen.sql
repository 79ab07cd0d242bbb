-- What was seen long ago goes, as the results do.
CREATE INDEX probe_seen_at ON probe_seen (at_us);
