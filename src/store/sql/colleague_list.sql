-- colleague_list: whose pseudonym is whose, and who still works here
SELECT name, pseudonym, role, active = 1
FROM person
ORDER BY name;
