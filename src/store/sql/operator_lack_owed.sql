-- operator_lack_owed: operators that are to be reminded of something, and those with a reminder that is ready
-- $1 now, us
-- $2 limit
SELECT operator FROM operator_lack WHERE next_us <= $1
UNION
SELECT operator FROM operator_reminder WHERE state = 'ready'
ORDER BY 1
LIMIT $2;
