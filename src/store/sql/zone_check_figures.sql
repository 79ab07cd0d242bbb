-- zone_check_figures: how many checkers can be relied on, and how many refuse what is published
SELECT (SELECT count(*) FROM zone_checker WHERE state = 'ready'),
       (SELECT count(*) FROM zone_check WHERE verdict = 'refused');
