-- shield_put: how much a person wants to see
-- $1 person
-- $2 staged or never
-- $3 pictures in a shift, 0: as the organisation
-- $4 now, us
INSERT INTO shield (person, pictures, per_shift, set_us)
VALUES ($1, $2, $3, $4)
ON CONFLICT (person) DO UPDATE
SET pictures = excluded.pictures, per_shift = excluded.per_shift, set_us = excluded.set_us;
