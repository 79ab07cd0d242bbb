-- When people are to be told of an order in force: private to this node.

CREATE TABLE order_due (
	order_id TEXT NOT NULL,
	kind TEXT NOT NULL, -- end: it ends soon; review
	at_us BIGINT NOT NULL,
	PRIMARY KEY (order_id, kind)
);
CREATE INDEX order_due_at ON order_due (at_us);
