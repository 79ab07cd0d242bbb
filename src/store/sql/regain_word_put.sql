-- regain_word_put: what a peer said that it had
-- $1 channel
-- $2 now, us
-- $3 its word
INSERT INTO regain_word (channel, at_us, word)
VALUES ($1, $2, $3)
ON CONFLICT (channel, at_us) DO NOTHING;
