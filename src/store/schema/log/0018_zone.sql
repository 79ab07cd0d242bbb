-- Zones as they are published (adr 0034).  No views: what resolvers hold must not move when
-- views are made anew.

CREATE TABLE zone (
	name TEXT PRIMARY KEY, -- "main", or that of a group or territory
	origin TEXT NOT NULL UNIQUE,
	territory TEXT, -- orders for it stand here beside those for everywhere
	serial BIGINT NOT NULL,	     -- of the whole zone
	hot_serial BIGINT NOT NULL,  -- of today's changes
	base_serial BIGINT NOT NULL, -- of the whole zone as it was folded last
	kept_serial BIGINT NOT NULL, -- what changed after this one is in the hot zone
	since_serial BIGINT NOT NULL, -- from which on differences are known
	hot_since BIGINT NOT NULL,
	log_serial BIGINT NOT NULL, -- of the orders' journal, as far as it is published
	ttl_s BIGINT NOT NULL,
	n_rows BIGINT NOT NULL,
	n_hot BIGINT NOT NULL,
	folded_us BIGINT NOT NULL,
	changed_us BIGINT NOT NULL,
	added_us BIGINT NOT NULL
);

-- `owner` has its labels from the root on ("me.t.*"), so that all below a name is one range.
CREATE TABLE zone_row (
	zone TEXT NOT NULL,
	layer BIGINT NOT NULL, -- 0: the whole zone, 1: the hot one
	owner TEXT NOT NULL,
	action TEXT NOT NULL,
	order_id TEXT NOT NULL,
	PRIMARY KEY (zone, layer, owner)
);

CREATE TABLE zone_change (
	zone TEXT NOT NULL,
	layer BIGINT NOT NULL,
	serial BIGINT NOT NULL,
	owner TEXT NOT NULL,
	old TEXT, -- action; NULL: none
	new TEXT,
	order_id TEXT NOT NULL,
	at_us BIGINT NOT NULL,
	PRIMARY KEY (zone, layer, serial, owner)
);
CREATE INDEX zone_change_of ON zone_change (order_id, zone, layer, serial);
CREATE INDEX zone_change_when ON zone_change (at_us);

-- Orders that the last gate keeps back until a person decides.
CREATE TABLE zone_held (
	order_id TEXT PRIMARY KEY,
	guards TEXT NOT NULL, -- JSON array
	findings TEXT NOT NULL, -- JSON array
	held_us BIGINT NOT NULL,
	ended_us BIGINT NOT NULL, -- 0: it is held
	outcome TEXT -- accepted, refused, gone
);
CREATE INDEX zone_held_open ON zone_held (ended_us, held_us);
