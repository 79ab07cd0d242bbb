/* What the files of a round share; nobody else includes it. */
#ifndef SALURAN_PROBE_ROUND_INT_H
#define SALURAN_PROBE_ROUND_INT_H

#include "probe/round.h"

/* ASK_ALIVE: the name that is never blocked, or the canary, once more, after a silence.
 */
enum probe_kind { ASK_NEVER, ASK_CANARY, ASK_NAME, ASK_SIBLING, ASK_AGAIN, ASK_ALIVE };

/* A question to be put later than in turn. */
struct extra {
	struct extra *next;
	enum probe_kind kind;
	enum probe_via via;
	uint32_t at;
	int64_t not_before_us;
};

/* One name at one resolver. */
struct look {
	struct probe_seen *seen[PROBE_VIA_COUNT], *again, *sibling;
	uint32_t pending;
	bool gone; /* the resolver answered nothing after it was silent about the name */
	bool judged;
};

/* A resolver that is asked: a subject or a control. */
struct place {
	const struct probe_subject *subject; /* NULL: a control */
	size_t n_looks;
	struct look *looks; /* of its wants, or of all names */
	struct probe_seen *never, *canary;
	bool begun, never_asked, canary_asked, down, finished;
	uint32_t at;   /* the next name in turn */
	unsigned step; /* of that name: a transport, then its sibling */
	uint32_t pending;
	uint32_t mute;	  /* names of a control in a row that got no answer */
	bool answered;	  /* a control: anything */
	int64_t alive_us; /* when the newest question was sent that it answered */
	struct extra *extras;
	/* Of the resolver itself: read when the first of its names is judged. */
	struct probe_answer *kept;
	struct probe_sight never_sight, canary_sight;
};

/* Answers that are read again when they are judged; they hold the addresses. */
enum {
	READ_VIA, /* and those after it */
	READ_CONTROL = PROBE_VIA_COUNT,
	READ_SIBLING,
	READ_MORE,
	READ_COUNT
};

struct round {
	const struct probe_job *job;
	struct probe_engine *g;
	struct probe_target *targets; /* subjects, then controls */
	struct place *places;
	size_t n_places;
	struct probe_question *names, *siblings, *canaries;
	struct probe_question never;
	size_t controls_open;
	uint32_t *controls_left; /* by name: controls that have not said all of it */
	size_t pages_left;	 /* landing pages that controls have not said all of */
	struct probe_address landing[PROBE_LANDING_MAX]; /* declared, and of the pages */
	size_t n_landing;
	bool pages_read;
	int64_t swept_us; /* when what waited for controls was looked through */
	/* The answer that came just now, as it was read then. */
	const struct probe_seen *fresh;
	const struct probe_answer *fresh_answer;
	struct probe_answer *reads; /* READ_COUNT, for one judgement at a time */
	probe_result_fn *fn;
	void *arg;
	struct probe_totals totals;
};

void *probe_zeroed(size_t n, size_t size);

static inline uint32_t
name_of(const struct place *p, uint32_t at)
{
	return p->subject == NULL ? at : p->subject->wants[at].name;
}

/* Have all controls said what they will of it, and of the pages that it may lead to? */
static inline bool
control_ready(const struct round *r, uint32_t name)
{
	return r->controls_left[name] == 0 && r->pages_left == 0;
}

/* Nothing of that name is to come from there any more. */
static inline bool
look_done(const struct place *p, uint32_t at)
{
	return at < p->at && p->looks[at].pending == 0;
}

/* round_ask.c */
enum rc probe_questions_make(struct round *r, struct arena *a, struct err *e) MUST_CHECK;
/* A question about a name later than in turn. */
void probe_extra_put(struct place *p, enum probe_kind kind, enum probe_via via,
		     uint32_t at, int64_t not_before_us);
bool probe_ask_next(void *arg, uint32_t target, int64_t now_us, struct probe_ask *ret,
		    int64_t *again_us);
/* What a question was about. */
struct probe_tag {
	enum probe_kind kind;
	uint32_t at;
};
struct probe_tag probe_tag_of(const struct probe_ask *ask);

/* round_judge.c */
void probe_seen_put(struct probe_seen **into, const struct probe_done *done);
bool probe_seen_mute(const struct probe_seen *s);
bool probe_seen_answers(const struct probe_seen *s);
bool probe_is_blocked(const struct round *r, const struct probe_sight *s);
void probe_judge_look(struct round *r, struct place *p, uint32_t at);
/* All that is kept of a resolver. */
void probe_place_free(struct place *p);

/* round.c: a resolver that nothing is to come from any more is judged. */
void probe_place_settle(struct round *r, struct place *p);

#endif
