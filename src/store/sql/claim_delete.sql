-- claim_delete: nobody works on a case
-- $1 case
DELETE FROM claim WHERE casefile = $1;
