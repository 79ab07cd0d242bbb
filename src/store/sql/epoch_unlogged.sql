-- epoch_unlogged: the oldest epoch that both sides signed and that is not in our log yet
-- $1 channel
-- $2 party, our own
SELECT own.epoch, own.wire, other.wire
FROM epoch own
JOIN epoch other ON other.channel = own.channel AND other.epoch = own.epoch AND other.party = 1 - own.party
WHERE own.channel = $1 AND own.party = $2 AND own.seq < 0
ORDER BY own.epoch
LIMIT 1;
