-- webhook_case: a case as it is handed over
-- $1 case
SELECT subject, class_now, urgent, test, items, decide_due_us FROM v_case WHERE casefile = $1;
