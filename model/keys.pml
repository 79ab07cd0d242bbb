/*
 * New keys of the author of a log (docs/protocol.md, 9), as a SPIN model: rotation,
 * channel.rekey, a thief who has the old keys and writes with them, and what he wrote coming
 * back to the author (6).  exchange.pml has the exchange itself, with its marks and copies.
 *
 * A tree of entries is one number, three bits an entry, entry 0 the lowest: who wrote it, with
 * which key.  It stands for the root too, as in exchange.pml.
 *
 * Compile with
 *   CRASHES=n, LOSSES=n, COPIES=n   how often the author is killed, a message lost or doubled
 *   LIVE          the author stops to append, and its new key is in force on both sides
 */
#ifndef CRASHES
#define CRASHES 0
#endif
#ifndef LOSSES
#define LOSSES 0
#endif
#ifndef COPIES
#define COPIES 0
#endif
#define ENTRIES 3
#define QUEUE	2
#define OLD_KEY 0
#define NEW_KEY 1
/* Entries: an event by the key, one by a thief, channel.rekey by the new key. */
#define BY_OLD	 1
#define BY_NEW	 2
#define BY_THIEF 3
#define REKEY	 4

#define ENTRY(tree, i)	(((tree) >> (3 * (i))) & 7)
#define BELOW(tree, n)	((tree) & ((1 << (3 * (n))) - 1))
#define EXTENDS(new, new_n, old, old_n) ((new_n) >= (old_n) && BELOW(new, old_n) == (old))
#define ROOM(c)		(len(c) < QUEUE)
#define IDLE		(len(to_mirror) == 0 && len(to_author) == 0)
/* The key in force behind the first n entries. */
#define REKEYED(tree, n) (((n) > 0 && ENTRY(tree, 0) == REKEY) || \
	((n) > 1 && ENTRY(tree, 1) == REKEY) || ((n) > 2 && ENTRY(tree, 2) == REKEY))
/* Entry i is signed with the key that is in force where it stands. */
#define PLACED(tree, i) (ENTRY(tree, i) == 0 || \
	(REKEYED(tree, i) && ENTRY(tree, i) == BY_NEW) || \
	(!REKEYED(tree, i) && ENTRY(tree, i) != BY_NEW))
#define ALL_PLACED(tree) (PLACED(tree, 0) && PLACED(tree, 1) && PLACED(tree, 2))
/* A head is taken by the newest key that the mirror knows, and by no other. */
#define TAKES(key) ((key) == known)

mtype = { identity, add_checkpoint, add_entries, held, entries, ok, conflict, receipt, refused };

/* kind, size, the size it starts from, the tree, the key of the head */
chan to_mirror = [QUEUE] of { mtype, byte, byte, short, byte };
/* kind, pending_size, stored_size, a tree */
chan to_author = [QUEUE] of { mtype, byte, byte, short };

/* The author, durable. */
byte own_key = OLD_KEY, size, receipted;
short tree;
/* src/service/node_int.h, enum log_state */
mtype:log_state = { LOG_OPEN, LOG_ASKS, LOG_PULLS, LOG_HALTED };
mtype:log_state state = LOG_OPEN;
bool told = true, asked = true, waits_held;
byte pull_size;
short pull_tree;

/* The mirror, durable. */
byte known = OLD_KEY, pending_key = OLD_KEY;
byte pending_size, stored_size;
short pending_tree, stored_tree;
bool frozen; /* two histories were shown: protocol 7 */

/* What the world has seen, for the promises only. */
bool taken_from_thief; /* after the mirror knew the new key */
bool contradicted;     /* the author did so with its new key */
bool thief_wrote;
bool misplaced;	       /* an entry is by a key that is not in force where it stands */
bool rekeyed_there;    /* channel.rekey is with the mirror */

byte crashes = CRASHES, losses = LOSSES, copies = COPIES, thefts = 1;
bool quiet;

/* LTL formulas cannot shift. */
inline look()
{
	misplaced = misplaced || !ALL_PLACED(tree) || !ALL_PLACED(stored_tree);
	rekeyed_there = REKEYED(stored_tree, stored_size)
}

inline reply(kind, a, b, t)
{
	if
	:: ROOM(to_author) -> to_author!kind(a, b, t)
	:: else -> skip /* the connection broke */
	fi
}

/* A start: the peer is told of keys that it may not know, then asked what it has. */
inline start()
{
	from = receipted; waits_held = false; asked = false;
	if
	:: own_key != OLD_KEY -> told = false
	:: else -> skip
	fi;
	if
	:: state != LOG_OPEN -> state = LOG_ASKS
	:: else -> skip
	fi
}

active proctype author()
{
	byte a, b, from;
	short t;

end_idle:
	do
	/* append; the first event after a rotation is channel.rekey, for which there is room */
	:: atomic { state == LOG_OPEN && asked && own_key == NEW_KEY && !REKEYED(tree, size) && size < ENTRIES ->
		tree = tree + (REKEY << (3 * size)); size++; look() }
	:: atomic { state == LOG_OPEN && !quiet && own_key == OLD_KEY && size < ENTRIES - 1 ->
		tree = tree + (BY_OLD << (3 * size)); size++; look() }
	:: atomic { state == LOG_OPEN && !quiet && own_key == NEW_KEY && REKEYED(tree, size) && size < ENTRIES ->
		tree = tree + (BY_NEW << (3 * size)); size++; look() }
	/* rotation: a command of a node that is stopped */
	:: atomic { own_key == OLD_KEY && !quiet -> own_key = NEW_KEY; start() }
#ifdef LIVE
	:: atomic { !quiet -> quiet = true }
#endif
	/* before all else the peer gets the new entry of the identity log */
	:: atomic { !told && IDLE -> to_mirror!identity(0, 0, 0, own_key) }
	:: atomic { told && (!asked || state == LOG_ASKS) && IDLE ->
		waits_held = true; to_mirror!held(0, 0, 0, own_key) }
	:: atomic { state == LOG_PULLS && IDLE -> to_mirror!entries(pull_size, 0, 0, own_key) }
	/* push */
	:: atomic { told && asked && state == LOG_OPEN && receipted < size && IDLE ->
		to_mirror!add_checkpoint(size, from, tree, own_key) }
	:: atomic { to_author?identity(_, _, _) -> told = true }
	:: atomic { to_author?ok(a, b, _) ->
		if
		:: a > size -> state = LOG_ASKS; asked = false
		:: a <= size -> from = a;
			if
			:: state == LOG_OPEN && told && asked && receipted < a && ROOM(to_mirror) ->
				to_mirror!add_entries(a, b, BELOW(tree, a), own_key)
			:: else -> skip
			fi
		fi }
	:: atomic { to_author?conflict(a, b, _) ->
		if
		:: a > size -> state = LOG_ASKS; asked = false
		:: else -> from = a
		fi }
	:: atomic { to_author?refused(_, _, _) -> skip }
	:: atomic { to_author?receipt(a, _, t) ->
		if
		:: a <= size && BELOW(tree, a) == t ->
			if
			:: a > receipted -> receipted = a
			:: else -> skip
			fi
		:: else -> state = LOG_ASKS; asked = false
		fi }
	/* recovery_held() */
	:: atomic { to_author?held(a, b, t) ->
		if
		:: !waits_held -> skip
		:: waits_held && a <= size && BELOW(tree, a) == t -> waits_held = false; asked = true; state = LOG_OPEN
		:: waits_held && !(a <= size && BELOW(tree, a) == t) ->
			waits_held = false; asked = true;
			if
			:: a <= receipted || b < a -> state = LOG_HALTED
			:: else -> state = LOG_PULLS; pull_size = a; pull_tree = t
			fi
		fi }
	/* recovery_adopt(): what the thief wrote is part of the log; ours in its place is set aside */
	:: atomic { to_author?entries(a, _, t) ->
		if
		:: state == LOG_PULLS && a == pull_size && t == pull_tree && BELOW(t, receipted) == BELOW(tree, receipted) ->
			size = a; tree = t; from = receipted; state = LOG_OPEN; look()
		:: else -> skip
		fi }
	:: atomic { crashes > 0 -> crashes--; start() }
	od
}

active proctype mirror()
{
	byte n, old, key;
	short t;

end_idle:
	do
	:: atomic { to_mirror?identity(_, _, _, key) ->
		if
		:: key > known -> known = key
		:: else -> skip
		fi;
		reply(identity, 0, 0, 0) }
	:: atomic { to_mirror?held(_, _, _, _) -> reply(held, pending_size, stored_size, pending_tree) }
	:: atomic { to_mirror?entries(n, _, _, _) ->
		if
		:: n <= stored_size -> reply(entries, n, 0, BELOW(stored_tree, n))
		:: else -> reply(refused, 0, 0, 0)
		fi }
	:: atomic { to_mirror?add_checkpoint(n, old, t, key) ->
		if
		:: frozen || !TAKES(key) -> reply(refused, 0, 0, 0)
		:: !frozen && TAKES(key) && old != pending_size -> reply(conflict, pending_size, stored_size, 0)
		:: !frozen && TAKES(key) && old == pending_size ->
			if
			:: EXTENDS(t, n, pending_tree, pending_size) ->
				pending_size = n; pending_tree = t; pending_key = key;
				reply(ok, pending_size, stored_size, 0)
			:: else ->
				frozen = true; contradicted = contradicted || key == NEW_KEY;
				reply(refused, 0, 0, 0)
			fi
		fi }
	:: atomic { to_mirror?add_entries(n, old, t, _) ->
		if
		:: frozen || !TAKES(pending_key) -> reply(refused, 0, 0, 0)
		:: !frozen && TAKES(pending_key) && (n != pending_size || old > stored_size) ->
			reply(ok, pending_size, stored_size, 0)
		:: !frozen && TAKES(pending_key) && n == pending_size && old <= stored_size && t != pending_tree ->
			frozen = true; reply(refused, 0, 0, 0)
		:: else ->
			if
			:: ALL_PLACED(t) -> stored_size = n; stored_tree = t; look(); reply(receipt, n, 0, t)
			:: else -> reply(refused, 0, 0, 0)
			fi
		fi }
	od
}

/* He has the old keys, knows what the mirror has, and brings head and entries in one go. */
active proctype thief()
{
end_idle:
	do
	:: atomic { thefts > 0 && !frozen && TAKES(OLD_KEY) && pending_size == stored_size && stored_size < ENTRIES - 1 &&
		!REKEYED(stored_tree, stored_size) ->
		thefts--; thief_wrote = true;
		taken_from_thief = taken_from_thief || known == NEW_KEY;
		stored_tree = stored_tree + (BY_THIEF << (3 * stored_size));
		stored_size++;
		pending_size = stored_size; pending_tree = stored_tree; pending_key = OLD_KEY; look() }
	od
}

active proctype network()
{
	mtype k;
	byte a, b, c;
	short t;

end_idle:
	do
	:: atomic { losses > 0 && len(to_mirror) > 0 -> to_mirror?k(a, b, t, c); losses-- }
	:: atomic { losses > 0 && len(to_author) > 0 -> to_author?k(a, b, t); losses-- }
	:: atomic { copies > 0 && len(to_mirror) > 0 && ROOM(to_mirror) ->
		to_mirror?<k(a, b, t, c)>; to_mirror!k(a, b, t, c); copies-- }
	:: atomic { copies > 0 && len(to_author) > 0 && ROOM(to_author) ->
		to_author?<k(a, b, t)>; to_author!k(a, b, t); copies-- }
	od
}

#ifdef LIVE
/* Time passes where nobody does anything: SPIN's search for fair cycles loses its way behind an
 * end, at which a broken model may stop. */
active proctype time()
{
	do
	:: quiet
	od
}
#endif

#define WITH_MIRROR (receipted <= stored_size && receipted <= size && \
	BELOW(tree, receipted) == BELOW(stored_tree, receipted))
/* A thief who was there may have made two histories, for people to settle (protocol 7). */
#define IN_FORCE (own_key == OLD_KEY || (thief_wrote && (frozen || state == LOG_HALTED)) || \
	(state == LOG_OPEN && receipted == size && rekeyed_there && stored_tree == tree))

/* From the moment that a peer has the new entry it takes nothing by the old keys ... */
ltl thief_is_stopped { [] !taken_from_thief }
/* ... each entry is by the key that is in force where it stands ... */
ltl one_key_a_place { [] !misplaced }
/* ... what was receipted before stays as it is ... */
ltl receipted_stays { [] WITH_MIRROR }
/* ... new keys contradict nothing that is there, whoever wrote it ... */
ltl new_key_agrees { [] !contradicted }
#ifdef LIVE
/* ... and they enter the log, on both sides. */
ltl enters_the_log { <> [] IN_FORCE }
#endif
