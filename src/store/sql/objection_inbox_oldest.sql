-- objection_inbox_oldest: since when the first of those that wait does, and how many do
SELECT min(received_us), count(*) FROM objection_inbox WHERE admitted_us = 0;
