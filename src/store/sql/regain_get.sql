-- regain_get: how far a log is brought back
-- $1 channel
SELECT since_us, phase, base, size, root, word, said_seq, said_n, needs
FROM regain
WHERE channel = $1;
