-- probe_vantage_list: from where resolvers are asked, when they last were, and which controls answered
SELECT vantage, author, round_us, heard_us, results, controls
FROM probe_vantage
ORDER BY vantage;
