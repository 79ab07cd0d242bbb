-- probe_vantage_list: from where resolvers are asked, and when they last were
SELECT vantage, author, round_us, heard_us, results
FROM probe_vantage
ORDER BY vantage;
