/*
 * The exchange of one log between its author and the peer that mirrors it (docs/protocol.md,
 * 3 to 7), as a SPIN model: append, push, receipt, crash, duplicate, reorder, loss, restore.
 *
 * A tree of entries is one number, two bits an entry, entry 0 the lowest; what an entry says
 * is 1, 2 or 3.  It stands for the root too, as equal roots mean equal entries, and
 * the consistency proof of protocol 5 is that the lower digits are the same.
 *
 * Compile with
 *   CRASHES=n, LOSSES=n, COPIES=n   how often a side is killed, a message lost or doubled
 *   RESTORE       the author's database may be put back to an older copy, once
 *   RESTORE_BOTH  and the signer's marks with it
 *   LIVE          the author stops to append, faults end, and every entry is receipted
 * What each promises is at the end; model/check runs them all.
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
#define TEXTS 3 /* an entry may be written anew, to say something else, twice */
#define SIZES 4 /* heads of sizes 0 to 3 */
#define QUEUE 2

#define BELOW(tree, n)	((tree) & ((1 << (2 * (n))) - 1))
#define EXTENDS(new, new_n, old, old_n) ((new_n) >= (old_n) && BELOW(new, old_n) == (old))
#define ROOM(c)		(len(c) < QUEUE)
#define IDLE		(len(to_mirror) == 0 && len(to_author) == 0)

mtype = { add_checkpoint, add_entries, ok, conflict, receipt, refused };

/* kind, log_head.size of the sender, the size it starts from, the tree */
chan to_mirror = [QUEUE] of { mtype, byte, byte, byte };
chan to_author = [QUEUE] of { mtype, byte, byte };

/* The author's store, durable: the log, and how much of it is receipted. */
byte size, tree, receipted;
/* The signer's mark of this log, durable apart from the store. */
byte mark_size, mark_tree;
/* What the newest text of an entry was: one that is written anew says something else. */
byte text[SIZES];
/* src/service/node_int.h, enum log_state: HALTED, no head of this log is signed, and people are
 * told.  How a log comes back from there (LOG_ASKS, LOG_PULLS) is no part of this model. */
mtype:log_state = { LOG_OPEN, LOG_HALTED };
mtype:log_state state = LOG_OPEN;
bool two_histories;	/* the mirror was given two histories: shown to people */

/* The mirror's store, durable. */
byte pending_size, pending_tree;
byte stored_size, stored_tree;
/* The mark of the mirror's signer for this log. */
byte cosigned_size, cosigned_tree;

/* What the world has seen, for the promises only. */
byte head_size, head_tree; /* the newest head that the author signed */
bool forked;		   /* it signed one that does not extend an older one */
byte given[SIZES];	   /* the tree of the receipt for a size; 0: none was given */

byte crashes = CRASHES, losses = LOSSES, copies = COPIES;
bool restored;
bool quiet; /* LIVE: nothing is appended any more */

inline reply(kind, a, b)
{
	if
	:: ROOM(to_author) -> to_author!kind(a, b)
	:: else -> skip /* the connection broke */
	fi
}

/* protocol 6: a head is signed only if it extends the mark, which is durable first. */
inline head_sign(is_signed)
{
	if
	:: EXTENDS(tree, size, mark_tree, mark_size) ->
		mark_size = size; mark_tree = tree;
		if
		:: EXTENDS(tree, size, head_tree, head_size) -> skip
		:: else -> forked = true
		fi;
		head_size = size; head_tree = tree;
		is_signed = true
	:: else -> state = LOG_HALTED; is_signed = false
	fi
}

active proctype author()
{
	byte a, b, from;
	bool is_signed;

	from = receipted;
end_idle:
	do
	/* append: one transaction, durable */
	:: atomic { !quiet && state == LOG_OPEN && size < SIZES - 1 && text[size] < TEXTS ->
		text[size]++;
		tree = tree + (text[size] << (2 * size));
		size++ }
#ifdef LIVE
	:: atomic { !quiet -> quiet = true }
#endif
	/* push: a round begins with the head of what is committed */
	:: atomic { state == LOG_OPEN && receipted < size && IDLE ->
		head_sign(is_signed);
		if
		:: is_signed -> to_mirror!add_checkpoint(size, from, tree)
		:: else -> skip
		fi }
	/* greeting: a node that starts and has nothing to send */
	:: atomic { state == LOG_OPEN && !quiet && receipted == size && size > 0 && IDLE ->
		head_sign(is_signed);
		if
		:: is_signed -> to_mirror!add_checkpoint(size, from, tree)
		:: else -> skip
		fi }
	:: atomic { to_author?ok(a, b) ->
		if
		:: a <= size -> from = a;
			if
			:: state == LOG_OPEN && receipted < a && ROOM(to_mirror) ->
				to_mirror!add_entries(a, b, BELOW(tree, a))
			:: else -> skip
			fi
		:: else -> state = LOG_HALTED
		fi }
	:: atomic { to_author?conflict(a, b) ->
		if
		:: a > size -> state = LOG_HALTED /* the peer has what we lost */
		:: else -> from = a
		fi }
	:: atomic { to_author?refused(a, b) -> skip }
	/* receipt: verified against our own tree, logged, durable */
	:: atomic { to_author?receipt(a, b) ->
		if
		:: a <= size && BELOW(tree, a) == b ->
			if
			:: a > receipted -> receipted = a
			:: else -> skip
			fi;
			/* Nothing is lost: what a receipt covers is with the mirror. */
			assert(stored_size >= a && BELOW(stored_tree, a) == b)
		:: else -> state = LOG_HALTED
		fi }
	/* kill -9: what is durable stays */
	:: atomic { crashes > 0 -> crashes--; from = receipted }
#if defined(RESTORE) || defined(RESTORE_BOTH)
	/* an older copy of the database is put back */
	:: atomic { !restored && size > 0 ->
		restored = true;
		if
		:: size--
		:: size > 1 -> size = size - 2
		fi;
		tree = BELOW(tree, size);
		if
		:: receipted > size -> receipted = size
		:: else -> skip
		fi;
		from = receipted;
#ifdef RESTORE_BOTH
		if
		:: mark_size > size -> mark_size = size; mark_tree = tree
		:: else -> skip
		fi
#endif
		}
#endif
	od
}

active proctype mirror()
{
	byte n, old, t;

end_idle:
	do
	:: atomic { to_mirror?add_checkpoint(n, old, t) ->
		if
		:: old != pending_size -> reply(conflict, pending_size, stored_size)
		:: old == pending_size && EXTENDS(t, n, pending_tree, pending_size) ->
			pending_size = n; pending_tree = t;
			reply(ok, pending_size, stored_size)
		:: else -> two_histories = true; reply(refused, 0, 0)
		fi }
	:: atomic { to_mirror?add_entries(n, old, t) ->
		if
		:: n != pending_size || old > stored_size -> reply(ok, pending_size, stored_size)
		:: n == pending_size && old <= stored_size && t != pending_tree ->
			two_histories = true; reply(refused, 0, 0)
		:: else ->
			/* durable before the receipt is made ... */
			stored_size = n; stored_tree = t;
			if
			:: crashes > 0 -> crashes-- /* killed between the two */
			:: true ->
				/* ... whose mark is durable before it is given out */
				if
				:: EXTENDS(stored_tree, stored_size, cosigned_tree, cosigned_size) ->
					cosigned_size = stored_size; cosigned_tree = stored_tree;
					/* Nothing is deniable: one receipt for a size. */
					assert(given[stored_size] == 0 || given[stored_size] == stored_tree);
					given[stored_size] = stored_tree;
					reply(receipt, stored_size, stored_tree)
				:: else -> two_histories = true
				fi
			fi
		fi }
	/* killed while it is idle: nothing but what is durable counts */
	:: atomic { crashes > 0 -> crashes-- }
	od
}

/* The network loses, doubles and reorders: each at most as often as it is given. */
active proctype network()
{
	mtype k;
	byte a, b, c;

end_idle:
	do
	:: atomic { losses > 0 && len(to_mirror) > 0 -> to_mirror?k(a, b, c); losses-- }
	:: atomic { losses > 0 && len(to_author) > 0 -> to_author?k(a, b); losses-- }
	:: atomic { copies > 0 && len(to_mirror) > 0 && ROOM(to_mirror) ->
		to_mirror?<k(a, b, c)>; to_mirror!k(a, b, c); copies-- }
	:: atomic { copies > 0 && len(to_author) > 0 && ROOM(to_author) ->
		to_author?<k(a, b)>; to_author!k(a, b); copies-- }
	:: atomic { copies > 0 && len(to_mirror) > 1 ->
		to_mirror?k(a, b, c); to_mirror!k(a, b, c); copies-- }
	:: atomic { copies > 0 && len(to_author) > 1 ->
		to_author?k(a, b); to_author!k(a, b); copies-- }
	od
}

/* What a receipt covers stays with the mirror, as it was. */
#define KEPT(n) (given[n] == 0 || (stored_size >= n && BELOW(stored_tree, n) == given[n]))
#define FORKS_SHOW (!forked || restored)

#define ALL_KEPT (KEPT(1) && KEPT(2) && KEPT(3))
#define ALL_RECEIPTED (receipted == size || state == LOG_HALTED)

ltl nothing_lost { [] ALL_KEPT }
ltl one_history { [] FORKS_SHOW }
/* Without the marks restored, no second history is ever signed. */
ltl never_forked { [] !forked }
/* What the author takes for receipted, the mirror has. */
ltl receipted_is_there { [] (receipted <= stored_size) }
#ifdef LIVE
ltl nothing_forgotten { <> [] ALL_RECEIPTED }
#endif
