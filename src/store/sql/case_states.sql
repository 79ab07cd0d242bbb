-- case_states: cases by state
SELECT state, count(*)
FROM v_case
GROUP BY state;
