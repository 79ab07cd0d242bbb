-- access_all: every record, with its digest
SELECT seq, at_us, who, via, address, method, route, object, outcome, digest
FROM access
ORDER BY seq;
