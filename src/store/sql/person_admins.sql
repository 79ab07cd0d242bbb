-- person_admins: how many admins are active
SELECT count(*)
FROM person
WHERE role = 'admin' AND active = 1;
