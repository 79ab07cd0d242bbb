-- receipt_stray: how many cosignatures are of no log
SELECT count(*)
FROM log_receipt r
WHERE NOT EXISTS (
	SELECT 1 FROM log_head h WHERE h.channel = r.channel AND h.party = r.party);
