/*
 * The exchange of one log between its author and the peer that mirrors it (docs/protocol.md,
 * 3 to 7), as a SPIN model: append, push, receipt, crash, duplicate, reorder, loss, restore,
 * recover.
 *
 * A tree of entries is one number, two bits an entry, entry 0 the lowest; what an entry says
 * is 1, 2 or 3.  It stands for the root too, as equal roots mean equal entries, and
 * the consistency proof of protocol 5 is that the lower digits are the same.
 *
 * Compile with
 *   CRASHES=n, LOSSES=n, COPIES=n   how often a side is killed, a message lost or doubled
 *   RESTORE       the author's database may be put back to an older copy, once
 *   RESTORE_BOTH  and the signer's marks with it
 *   RECOVER       a node asks the peer what it has, and brings its log back (protocol 6): the
 *                 store that is put back comes with the marks of today, with those of its
 *                 time, or with none; without it a log that cannot go on halts
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

mtype = { add_checkpoint, add_entries, ok, conflict, receipt, refused, held, entries };

/* kind, log_head.size of the sender, the size it starts from, the tree */
chan to_mirror = [QUEUE] of { mtype, byte, byte, byte };
chan to_author = [QUEUE] of { mtype, byte, byte, byte };

/* The author's store, durable: the log, and how much of it is receipted. */
byte size, tree, receipted;
/* The signer's mark of this log, durable apart from the store. */
byte mark_size, mark_tree;
/* What the newest text of an entry was: one that is written anew says something else. */
byte text[SIZES];
/* src/service/node_int.h, enum log_state.  HALTED: no head of this log is signed, and people
 * are told. */
mtype:log_state = { LOG_OPEN, LOG_ASKS, LOG_PULLS, LOG_HALTED };
mtype:log_state state = LOG_OPEN;
#ifdef RECOVER
bool marked = true;	   /* the signer has a mark of this log */
bool asked = true;	   /* the peer has said what it has, since the start */
bool waits_held;	   /* an answer to the newest question (its nonce) is awaited */
byte pull_size, pull_tree; /* LOG_PULLS: the head whose entries come back */
bool halted_whole;	   /* the log halted though no entries are with nobody */
#define MARKED	     marked
#define ASKED	     asked
#define FELL_BEHIND  state = LOG_ASKS; asked = false
#define HALTED_WHOLE halted_whole = true
#else
#define MARKED	     true
#define ASKED	     true
#define FELL_BEHIND  state = LOG_HALTED
#define HALTED_WHOLE skip
#endif
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
	:: ROOM(to_author) -> to_author!kind(a, b, 0)
	:: else -> skip /* the connection broke */
	fi
}

/* protocol 6: a head is signed only if it extends the mark, which is durable first. */
inline head_sign(is_signed)
{
	if
	:: MARKED && EXTENDS(tree, size, mark_tree, mark_size) ->
		mark_size = size; mark_tree = tree;
		if
		:: EXTENDS(tree, size, head_tree, head_size) -> skip
		:: else -> forked = true
		fi;
		head_size = size; head_tree = tree;
		is_signed = true
	:: else -> state = LOG_HALTED; is_signed = false; HALTED_WHOLE
	fi
}

#ifdef RECOVER
/* channels_examine(): a node starts.  Then its marks tell whether it must wait. */
inline start()
{
	from = receipted; asked = false; waits_held = false;
	if
	:: state != LOG_OPEN -> state = LOG_ASKS
	:: state == LOG_OPEN && !(marked && mark_size >= receipted && EXTENDS(tree, size, mark_tree, mark_size)) ->
		state = LOG_ASKS
	:: else -> skip
	fi
}

/* recovery_held(): what the peer has decides. */
inline judge(pending_n, pending_t, stored_n)
{
	waits_held = false;
	asked = true;
	if
	:: pending_n <= size && BELOW(tree, pending_n) == pending_t ->
		/* go_on(): a mark that knows what never reached the peer goes back by its word */
		if
		:: marked && EXTENDS(tree, size, mark_tree, mark_size) -> skip
		:: else -> marked = true; mark_size = size; mark_tree = tree
		fi;
		state = LOG_OPEN
	:: else ->
		if
		:: pending_n <= receipted -> state = LOG_HALTED; halted_whole = true
		:: pending_n > receipted && stored_n < pending_n -> state = LOG_HALTED
		:: else -> state = LOG_PULLS; pull_size = pending_n; pull_tree = pending_t
		fi
	fi
}

/* recovery_adopt(): what came becomes the log, from behind the last receipt on; what stood in
 * its place is set aside. */
inline adopt(n, t)
{
	if
	:: BELOW(t, receipted) == BELOW(tree, receipted) ->
		size = n; tree = t;
		if
		:: crashes > 0 -> crashes--; state = LOG_ASKS; asked = false /* the mark is as it was */
		:: true -> marked = true; mark_size = n; mark_tree = t; state = LOG_OPEN
		fi;
		from = receipted
	:: else -> state = LOG_HALTED; halted_whole = true
	fi
}
#endif

active proctype author()
{
	byte a, b, c, from;
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
	:: atomic { state == LOG_OPEN && ASKED && receipted < size && IDLE ->
		head_sign(is_signed);
		if
		:: is_signed -> to_mirror!add_checkpoint(size, from, tree)
		:: else -> skip
		fi }
	/* greeting: a node that starts and has nothing to send */
	:: atomic { state == LOG_OPEN && ASKED && !quiet && receipted == size && size > 0 && IDLE ->
		head_sign(is_signed);
		if
		:: is_signed -> to_mirror!add_checkpoint(size, from, tree)
		:: else -> skip
		fi }
	:: atomic { to_author?ok(a, b, _) ->
		if
		:: a <= size -> from = a;
			if
			:: state == LOG_OPEN && receipted < a && ROOM(to_mirror) ->
				to_mirror!add_entries(a, b, BELOW(tree, a))
			:: else -> skip
			fi
		:: else -> FELL_BEHIND
		fi }
	:: atomic { to_author?conflict(a, b, _) ->
		if
		:: a > size -> FELL_BEHIND /* the peer has what we lost */
		:: else -> from = a
		fi }
	:: atomic { to_author?refused(a, b, _) -> skip }
	/* receipt: verified against our own tree, logged, durable */
	:: atomic { to_author?receipt(a, b, _) ->
		if
		:: a <= size && BELOW(tree, a) == b ->
			if
			:: a > receipted -> receipted = a
			:: else -> skip
			fi;
			/* Nothing is lost: what a receipt covers is with the mirror. */
			assert(stored_size >= a && BELOW(stored_tree, a) == b)
		:: else -> state = LOG_HALTED; HALTED_WHOLE
		fi }
	/* kill -9: what is durable stays */
#ifdef RECOVER
	:: atomic { crashes > 0 -> crashes--; start() }
	/* held: asked before anything else is sent */
	:: atomic { (!asked || state == LOG_ASKS) && IDLE -> waits_held = true; to_mirror!held(0, 0, 0) }
	:: atomic { to_author?held(a, b, c) ->
		if
		:: waits_held -> judge(a, b, c)
		:: else -> skip /* of an older nonce */
		fi }
	:: atomic { state == LOG_PULLS && IDLE -> to_mirror!entries(pull_size, 0, 0) }
	:: atomic { to_author?entries(a, b, _) ->
		if
		:: state == LOG_PULLS && a == pull_size && b == pull_tree -> adopt(a, b)
		:: else -> skip
		fi }
	/* An older copy of the store is put back; that takes longer than any request. */
	:: atomic { !restored && size > 0 ->
		restored = true;
		do
		:: len(to_mirror) > 0 -> to_mirror?_, _, _, _
		:: len(to_author) > 0 -> to_author?_, _, _, _
		:: IDLE -> break
		od;
		if
		:: size--
		:: size > 1 -> size = size - 2
		:: true -> skip
		fi;
		tree = BELOW(tree, size);
		if
		:: receipted > size -> receipted = size
		:: receipted > 0 && receipted <= size -> receipted--
		:: else -> skip
		fi;
		if
		:: true -> skip
		:: mark_size > size -> mark_size = size; mark_tree = tree
		:: true -> marked = false; mark_size = 0; mark_tree = 0
		fi;
		start() }
#else
	:: atomic { crashes > 0 -> crashes--; from = receipted }
#endif
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
#ifdef RECOVER
	:: atomic { to_mirror?held(_, _, _) ->
		if
		:: ROOM(to_author) -> to_author!held(pending_size, pending_tree, stored_size)
		:: else -> skip
		fi }
	:: atomic { to_mirror?entries(n, _, _) ->
		if
		:: n <= stored_size -> reply(entries, n, BELOW(stored_tree, n))
		:: else -> reply(refused, 0, 0)
		fi }
#endif
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
	:: atomic { losses > 0 && len(to_author) > 0 -> to_author?k(a, b, c); losses-- }
	:: atomic { copies > 0 && len(to_mirror) > 0 && ROOM(to_mirror) ->
		to_mirror?<k(a, b, c)>; to_mirror!k(a, b, c); copies-- }
	:: atomic { copies > 0 && len(to_author) > 0 && ROOM(to_author) ->
		to_author?<k(a, b, c)>; to_author!k(a, b, c); copies-- }
	:: atomic { copies > 0 && len(to_mirror) > 1 ->
		to_mirror?k(a, b, c); to_mirror!k(a, b, c); copies-- }
	:: atomic { copies > 0 && len(to_author) > 1 ->
		to_author?k(a, b, c); to_author!k(a, b, c); copies-- }
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

/* What a receipt covers stays with the mirror, as it was. */
#define KEPT(n) (given[n] == 0 || (stored_size >= n && BELOW(stored_tree, n) == given[n]))
#define FORKS_SHOW (!forked || restored)

#define ALL_KEPT (KEPT(1) && KEPT(2) && KEPT(3))
#define ALL_RECEIPTED (receipted == size || state == LOG_HALTED)
#ifdef RECOVER
#define ALL_THE_SAME (state == LOG_HALTED || (state == LOG_OPEN && \
	receipted == size && stored_size == size && stored_tree == tree))
#define HALT_HAS_CAUSE (!halted_whole)
#endif

ltl nothing_lost { [] ALL_KEPT }
ltl one_history { [] FORKS_SHOW }
/* Without the marks restored, no second history is ever signed. */
ltl never_forked { [] !forked }
/* What the author takes for receipted, the mirror has. */
ltl receipted_is_there { [] (receipted <= stored_size) }
#ifdef RECOVER
/* Whatever was put back with whatever marks, the peer is never shown a second history ... */
ltl one_shown { [] !two_histories }
/* ... the log halts only where entries under a head that was shown are with nobody ... */
ltl halts_for_cause { [] HALT_HAS_CAUSE }
#ifdef LIVE
/* ... and else it comes back, the same on both sides. */
ltl comes_back { <> [] ALL_THE_SAME }
#endif
#endif
#ifdef LIVE
ltl nothing_forgotten { <> [] ALL_RECEIPTED }
#endif
