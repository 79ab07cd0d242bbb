-- mail_proposals_sent: those whose item the case has are in a notice
-- $1 message
-- $2 reference
-- $3 case
-- $4 what its id begins with, ms
UPDATE mail_proposal
SET state = 'sent', reference = $2, casefile = $3
WHERE mail = $1 AND state = 'proposed'
      AND EXISTS (SELECT 1 FROM v_item AS i
                  WHERE i.nf = mail_proposal.nf AND i.case_ms = $4 AND i.casefile = $3);
