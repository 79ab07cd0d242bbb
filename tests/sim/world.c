/*
 * The nodes: how they are made, started, killed, copied and put back, and how people ask
 * them.
 */
#include "sim/sim.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/policy.h"
#include "service/service.h"
#include "signer/signer_int.h"

enum { CREDENTIAL_MAX = 512 };

/* Deadlines of 100 s, a ladder of one reminder and one warning 10 s apart. */
static const char policy[] =
	"{\"name\":\"sim\",\"version\":1,\"title\":{\"en\":\"Simulation\",\"id\":"
	"\"Simulasi\"},"
	"\"source\":\"Invented.\",\"classes\":["
	"{\"code\":\"normal\",\"accept_s\":100,\"decide_s\":100},"
	"{\"code\":\"urgent\",\"accept_s\":10,\"decide_s\":20}],"
	"\"categories\":[{\"code\":\"terrorism\",\"name\":{\"en\":\"Terrorism\","
	"\"id\":\"Terorisme\"},\"class\":\"urgent\"},{\"code\":\"other\",\"name\":"
	"{\"en\":\"Other\",\"id\":\"Lainnya\"},\"class\":\"normal\"}],"
	"\"ladder\":[{\"act\":\"remind\",\"after_s\":10},"
	"{\"act\":\"warn\",\"level\":1,\"after_s\":10}],"
	"\"order\":{\"approvals\":2,\"ladder_steps\":2,\"max_duration_s\":1000,"
	"\"max_names\":20,\"ttl_s\":10}}\n";

static const char *const orgs[SIM_NODES] = {"a0.example", "a1.example", "p0.example",
					    "p1.example", "p2.example"};

static void
must(enum rc rc, const struct err *e, const char *what)
{
	if (rc == RC_OK)
		return;
	fprintf(stderr, "%s: %s: %s\n", what, rc_token(rc), e->text);
	exit(2);
}

int
world_node_of(const char *org)
{
	for (int i = 0; i < SIM_NODES; i++)
		if (strcmp(W.node[i].org, org) == 0)
			return i;
	abort();
}

/* ---- running a node's code ------------------------------------------------------------
 */

void
node_burn(void)
{
	struct sim_node *n = W.cur;

	if (n == NULL || W.looking || n->fuse == 0 || --n->fuse != 0)
		return;
	n->dead = true;
	assert(fiber_current() != NULL);
	fiber_yield();
	abort();
}

bool
node_run(struct sim_node *n, void (*run)(void *arg), void *arg)
{
	struct fiber *f = fiber_create(run, arg);
	struct sim_node *before = W.cur;

	W.cur = n;
	bool ended = !fiber_resume(f);
	W.cur = before;
	assert(ended || n->dead);
	if (ended)
		fiber_free(f);
	return ended;
}

static void
run_open(void *arg)
{
	struct sim_node *n = arg;
	struct err e = ERR_INIT;
	struct node *nd = NULL;
	enum rc rc = node_open_alone(n->dir, &nd, &e);

	if (rc != RC_OK)
		sim_broken("%s does not start: %s: %s", n->org, rc_token(rc), e.text);
	n->nd = nd;
}

bool
node_up(struct sim_node *n)
{
	n->dead = false;
	if (!node_run(n, run_open, n) || n->nd == NULL) {
		n->nd = NULL;
		return false;
	}
	n->commits = UINT64_MAX;
	node_rotated(n);
	for (int i = 0; sim_is(MUTANT_KEYLESS) && i <= NODE_CHANNELS_MAX; i++)
		atomic_store(&n->nd->rekeyed[i], true);
	pushers_start(n);
	check_started(n);
	return true;
}

/* As by kill -9, or with the power of the machine. */
void
node_down(struct sim_node *n, bool power)
{
	pushers_end(n);
	n->nd = NULL;
	n->fuse = 0;
	n->dead = false;
	vfs_crash(n->dir, power, (unsigned)sim_below(101));
	W.kills++;
}

void
node_copy(struct sim_node *n)
{
	n->copy = vfs_copy(n->dir);
	marks_copy(n->dir, &n->copy_marks, &n->n_copy_marks);
}

/* `marks`: what the signer remembers is kept, else it is lost.  What was on its way from
 * and to the node is over: putting back takes longer than any request. */
void
node_restore(struct sim_node *n, bool marks)
{
	node_down(n, false);
	messages_of_lose(n->i);
	vfs_put(n->dir, n->copy);
	if (sim_is(MUTANT_FORK))
		marks_put(n->dir, n->copy_marks, n->n_copy_marks);
	else if (!marks)
		marks_put(n->dir, NULL, 0);
	W.restores++;
	check_restored(n);
}

/* ---- people ---------------------------------------------------------------------------
 */

static void
free_json(void *p)
{
	json_decref(p);
}

static void
run_call(void *arg)
{
	struct call *c = arg;
	const struct service_route *r;
	const struct actor *who = NULL;
	struct reply out = {0};

	c->e = (struct err)ERR_INIT;
	if (c->in == NULL)
		c->in = json_object();
	arena_defer(W.a, free_json, c->in);
	c->rc = actor_authenticate(c->n->nd, W.a, c->credential, &who, &c->e);
	if (c->rc == RC_OK)
		c->rc = service_route_find(c->method, c->path, c->in, &r, &c->e);
	if (c->rc == RC_OK)
		c->rc = service_run(c->n->nd, W.a, r, who, c->in, &out, &c->e);
	c->out = out.json;
}

bool
node_call(struct call *c)
{
	return node_run(c->n, run_call, c);
}

static json_t *
must_call(struct sim_node *n, const char *path, json_t *in)
{
	struct call c = {
		.n = n, .credential = n->admin, .method = "POST", .path = path, .in = in};

	if (!node_call(&c))
		abort();
	must(c.rc, &c.e, path);
	return c.out;
}

static const char *
text_of(const json_t *o, const char *member)
{
	return json_string_value(json_object_get(o, member));
}

/* ---- how they are made ----------------------------------------------------------------
 */

static const char *
credential_read(const char *path)
{
	char text[CREDENTIAL_MAX] = "";
	FILE *f = fopen(path, "re");

	if (f == NULL || fgets(text, sizeof(text), f) == NULL)
		abort();
	fclose(f);
	return arena_strdup(W.a, text);
}

static void
file_put(const char *path, const char *how, const char *text)
{
	FILE *f = fopen(path, how);

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

static void
node_make(struct sim_node *n, const char *above)
{
	const struct node_init in = {.dir = n->dir,
				     .org = n->org,
				     .name = n->org,
				     .role = n->role,
				     .url = n->fetches ? "https://fetches.invalid:1"
						       : "https://127.0.0.1:1",
				     .peer_listen = "127.0.0.1:1",
				     .admin = "admin"};
	struct node_made made;
	struct err e = ERR_INIT;

	W.cur = n;
	must(node_create(W.a, &in, &made, &e), &e, "node_create");
	n->admin = credential_read(made.credential_path);
	file_put(arena_printf(W.a, "%s/saluran.conf", n->dir), "ae",
		 arena_printf(W.a, "\nguard.psl = %s/psl\n%s", above,
			      n->fetches ? "peer.pull_s = 20\n" : ""));
	W.cur = NULL;
}

static void
ledgers_make(struct sim_node *n)
{
	struct arena *a = arena_create();
	const struct channel_row *rows;
	struct err e = ERR_INIT;
	struct store *s;
	size_t count;

	must(reader_get(n->nd, &s, &e), &e, "reader");
	must(store_channels(s, a, &rows, &count, &e), &e, "channels");
	for (size_t i = 0; i < count; i++) {
		struct pusher *p = &n->push[n->n_push++];
		*p = (struct pusher){.node = n,
				     .channel = rows[i].channel,
				     .to = world_node_of(rows[i].peer_org)};
		for (int party = 0; party < PARTY_COUNT; party++) {
			struct log_head h;
			int at = 0;
			must(store_head(s, a, rows[i].channel, (enum party)party, &h, &e),
			     &e, "head");
			while (at < W.n_ledgers &&
			       strcmp(W.ledger[at].origin, h.origin) != 0)
				at++;
			struct ledger *l = &W.ledger[at];
			if (at == W.n_ledgers) {
				W.n_ledgers++;
				snprintf(l->origin, sizeof(l->origin), "%s", h.origin);
				merkle_root(&l->edge, &l->root[0]);
			}
			if ((enum party)party == n->role) {
				l->author = n->i;
				l->author_channel = rows[i].channel;
			} else {
				l->peer = n->i;
				l->peer_channel = rows[i].channel;
			}
		}
	}
	reader_put(n->nd, s);
	arena_free(a);
}

static void
introduce(struct sim_node *a, struct sim_node *p)
{
	json_t *file =
		must_call(a, "/v1/peers/introduce",
			  json_pack("{s:s, s:s}", "peer", p->org, "policy", policy));

	must_call(p, "/v1/peers",
		  json_pack("{s:s, s:s, s:s}", "file", text_of(file, "file"),
			    "fingerprint", text_of(file, "fingerprint"), "policy",
			    policy));
	file = must_call(p, "/v1/peers/introduce",
			 json_pack("{s:s, s:s}", "peer", a->org, "policy", policy));
	must_call(a, "/v1/peers",
		  json_pack("{s:s, s:s, s:s}", "file", text_of(file, "file"),
			    "fingerprint", text_of(file, "fingerprint"), "policy",
			    policy));
}

void
world_make(const char *above)
{
	W.a = arena_create();
	W.now_us = W.began_us = INT64_C(1800000000) * CLOCK_US_PER_S;
	fakes_start();
	spares_start();
	crypto_start();
	file_put(arena_printf(W.a, "%s/psl", above), "we",
		 "// ===BEGIN ICANN DOMAINS===\nexample\n// ===END ICANN DOMAINS===\n"
		 "// ===BEGIN PRIVATE DOMAINS===\n// ===END PRIVATE DOMAINS===\n");
	for (int i = 0; i < SIM_NODES; i++) {
		struct sim_node *n = &W.node[i];
		*n = (struct sim_node){.i = i,
				       .org = orgs[i],
				       .dir = orgs[i],
				       .role = i < SIM_AUTHORITIES ? PARTY_AUTHORITY
								   : PARTY_PLATFORM,
				       .fetches = i == SIM_FETCHES};
		W.takes_part[i] = true;
		node_make(n, above);
	}
	vfs_start();
	for (int i = 0; i < SIM_NODES; i++) {
		struct sim_node *n = &W.node[i];
		vfs_load(arena_printf(W.a, "%s/store.db", n->dir));
		if (!node_up(n)) {
			fprintf(stderr, "%s\n", W.broken);
			exit(2);
		}
		n->worker = text_of(
			must_call(n, "/v1/persons",
				  json_pack("{s:s, s:s}", "name", "worker", "role",
					    n->role == PARTY_AUTHORITY ? "officer"
								       : "agent")),
			"credential");
	}
	for (int a = 0; a < SIM_AUTHORITIES; a++)
		for (int p = SIM_AUTHORITIES; p < SIM_NODES; p++)
			introduce(&W.node[a], &W.node[p]);
	for (int i = 0; i < SIM_NODES; i++) {
		ledgers_make(&W.node[i]);
		pushers_start(&W.node[i]);
	}
	for (int i = 0; i < SIM_NODES; i++)
		check_node(&W.node[i]);
}
