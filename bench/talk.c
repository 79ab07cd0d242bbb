#include "talk.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct speech {
	struct talk *t;
	_Atomic int taken;
	int messages;
};

void
talk_begin(struct talk *t, struct bench_side *side)
{
	t->side = side;
	json_t *r = bench_call(side->nd, side->worker, "POST", "/v1/notices",
			       json_pack("{s:s, s:s, s:s, s:s}", "csv",
					 "target,category\nhttps://t.me/durov,other\n",
					 "reference", "bench", "subject", "Benchmark",
					 "legal_basis", "none"));
	snprintf(t->casefile, sizeof(t->casefile), "%s",
		 json_string_value(json_object_get(r, "case")));
	snprintf(t->path, sizeof(t->path), "/v1/cases/%s/say", t->casefile);
	json_decref(r);
}

/* One message; its log index. */
static json_int_t
say(const struct talk *t, const struct service_route *route, const struct actor *who)
{
	struct arena *a = arena_create();
	struct reply out;
	struct err e = ERR_INIT;
	json_t *in =
		json_pack("{s:s, s:s}", "case", t->casefile, "text",
			  "We ask for an answer on the items of this case, which were "
			  "receipted and are past their deadline.");

	bench_must(service_run(t->side->nd, a, route, who, in, &out, &e), &e, "say");
	json_int_t seq = json_integer_value(json_object_get(out.json, "seq"));
	json_decref(in);
	arena_free(a);
	return seq;
}

/* A person's session: who they are was checked once. */
static void *
person(void *arg)
{
	struct speech *s = arg;
	const struct talk *t = s->t;
	struct arena *a = arena_create();
	const struct service_route *route;
	const struct actor *who;
	json_t *words = json_object();
	struct err e = ERR_INIT;

	bench_must(actor_authenticate(t->side->nd, a, t->side->worker, &who, &e), &e,
		   "worker");
	bench_must(service_route_find("POST", t->path, words, &route, &e), &e, t->path);
	for (int i; (i = atomic_fetch_add(&s->taken, 1)) < s->messages;) {
		if (t->before != NULL)
			t->before(i);
		double begun = bench_seconds();
		json_int_t seq = say(t, route, who);
		if (t->after != NULL)
			t->after(begun, seq);
	}
	json_decref(words);
	arena_free(a);
	return NULL;
}

void
talk_run(struct talk *t, int people, int messages)
{
	struct speech s = {.t = t, .messages = messages};
	pthread_t *threads = calloc((size_t)people, sizeof(*threads));

	if (threads == NULL)
		abort();
	for (int i = 0; i < people; i++)
		pthread_create(&threads[i], NULL, person, &s);
	for (int i = 0; i < people; i++)
		pthread_join(threads[i], NULL);
	free(threads);
}
