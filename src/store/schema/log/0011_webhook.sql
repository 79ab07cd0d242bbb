-- Webhooks: where events are handed to, and how far each has got.

CREATE TABLE webhook (
	webhook TEXT PRIMARY KEY, -- UUIDv7
	url TEXT NOT NULL,
	types TEXT NOT NULL, -- "case.accept,item.*", "*"
	secret TEXT NOT NULL,
	old_secret TEXT, -- signs beside the other until old_until_us
	old_until_us BIGINT NOT NULL,
	active BIGINT NOT NULL,
	feed_us BIGINT NOT NULL, -- the event last handed over, log_event.stored_us
	part BIGINT NOT NULL, -- parts of the following one that were
	again_us BIGINT NOT NULL, -- to be handed over once more first, 0: none
	again_part BIGINT NOT NULL,
	attempts BIGINT NOT NULL, -- that failed, of the one that is next
	next_us BIGINT NOT NULL,
	failing_us BIGINT NOT NULL, -- since when, 0: not failing
	reason TEXT NOT NULL,
	delivered BIGINT NOT NULL, -- how many attempts there were: the number of the last
	added_us BIGINT NOT NULL,
	added_by TEXT NOT NULL
);
CREATE INDEX webhook_next ON webhook (active, next_us);

CREATE TABLE webhook_delivery (
	webhook TEXT NOT NULL,
	n BIGINT NOT NULL,
	message TEXT NOT NULL, -- webhook-id
	type TEXT NOT NULL,
	feed_us BIGINT NOT NULL,
	part BIGINT NOT NULL,
	attempt BIGINT NOT NULL,
	status BIGINT NOT NULL, -- HTTP, 0: no answer
	reason TEXT NOT NULL,
	at_us BIGINT NOT NULL,
	took_us BIGINT NOT NULL,
	PRIMARY KEY (webhook, n)
);
