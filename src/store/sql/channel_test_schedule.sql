-- channel_test_schedule: of each introduced channel, our last test, or since when it is there
SELECT ch.channel,
       coalesce((SELECT max(t.sent_us) FROM v_channel_test t
		 WHERE t.channel = ch.channel AND t.party = ch.own_party), ch.added_us)
FROM channel ch
WHERE ch.introduction <> ''
ORDER BY ch.channel;
