-- receipt_stray: how many cosignatures are of no log, or of no event
SELECT count(*)
FROM log_receipt r
WHERE r.size < 1 OR NOT EXISTS (
	SELECT 1 FROM log_head h WHERE h.channel = r.channel AND h.party = r.party);
