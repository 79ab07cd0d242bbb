-- operator_contact_delete: nobody
-- $1 operator
DELETE FROM operator_contact
WHERE operator = $1;
