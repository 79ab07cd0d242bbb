-- What a vantage said last of its control resolvers: JSON array [{resolver, answered}].
ALTER TABLE probe_vantage ADD COLUMN controls TEXT NOT NULL DEFAULT '[]';

-- Answers that were changed or forged on the way, by when they were seen.
CREATE INDEX probe_seen_tampered ON probe_seen (at_us) WHERE verdict = 'tampered';
