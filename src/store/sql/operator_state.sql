-- operator_state: a number that differs after operators or their keys changed
SELECT coalesce(sum(added_us), 0)
     + (SELECT coalesce(sum(made_us + ends_us + revoked_us), 0) FROM operator_key)
FROM operator;
