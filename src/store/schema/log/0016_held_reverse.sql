-- Reversals in bulk wait as decisions do.

ALTER TABLE held_decision ADD COLUMN act TEXT NOT NULL DEFAULT 'item.decide';
