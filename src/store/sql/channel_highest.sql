-- channel_highest: the highest channel number
SELECT coalesce(max(channel), 0)
FROM channel;
