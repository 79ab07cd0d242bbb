#include "node_fixture.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "postgres_fixture.h"
#include "service/node_int.h"

enum { CREDENTIAL_MAX = 512, SETTLE_MAX = 400, FILES_OPEN = 8 };

const char fix_policy[] =
	"{\"name\":\"test\",\"version\":1,\"title\":{\"en\":\"Test\",\"id\":\"Uji\"},"
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

/* ---- the clock --------------------------------------------------------------------- */

static _Atomic int64_t clock_ahead_us;

int64_t __real_clock_now_us(void);
int64_t __wrap_clock_now_us(void);

int64_t
__wrap_clock_now_us(void)
{
	return __real_clock_now_us() + atomic_load(&clock_ahead_us);
}

void
fix_clock_add(int64_t us)
{
	atomic_fetch_add(&clock_ahead_us, us);
}

void
fix_clock_reset(void)
{
	atomic_store(&clock_ahead_us, 0);
}

/* ---- nodes ------------------------------------------------------------------------- */

void
fix_ok(enum rc rc, const struct err *e, const char *what)
{
	if (rc != RC_OK)
		fail_msg("%s: %s: %s", what, rc_token(rc), e->text);
}

static const char *
credential_read(struct arena *a, const char *path)
{
	char text[CREDENTIAL_MAX] = "";
	FILE *f = fopen(path, "re");

	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	return arena_strdup(a, text);
}

static void
above_make(struct fix *f)
{
	const char *tmp = getenv("TMPDIR");

	*f = (struct fix){.a = arena_create()};
	char *above =
		arena_printf(f->a, "%s/saluran-node-XXXXXX", tmp == NULL ? "/tmp" : tmp);
	assert_non_null(mkdtemp(above));
	f->above = above;
}

/* NULL: a file in the node's directory. */
static const char *
store_make(struct fix *f, enum party p)
{
	enum { URI_MAX = 256 };
	char *uri = arena_alloc(f->a, URI_MAX);

	if (getenv("SALURAN_TEST_POSTGRESQL") == NULL)
		return NULL;
	postgres_fresh(uri, URI_MAX);
	return arena_printf(f->a, "%s&application_name=%s", uri, party_name(p));
}

static void
dir_make(struct fix *f, enum party p)
{
	const struct node_init in = {
		.dir = arena_printf(f->a, "%s/%s", f->above, party_name(p)),
		.org = p == PARTY_AUTHORITY ? "authority.example" : "platform.example",
		.name = p == PARTY_AUTHORITY ? "Otoritas" : "PesanKu",
		.role = p,
		.url = "https://127.0.0.1:1",
		.peer_listen = "127.0.0.1:1",
		.admin = "admin",
		.store = f->n[p].store = store_make(f, p)};
	struct node_made made;
	struct err e = ERR_INIT;

	fix_ok(node_create(f->a, &in, &made, &e), &e, "node_create");
	f->n[p].dir = in.dir;
	f->n[p].admin = credential_read(f->a, made.credential_path);
}

static void
node_start(struct fix *f, enum party p)
{
	struct err e = ERR_INIT;

	fix_ok(node_open(f->n[p].dir, &f->n[p].nd, &e), &e, "node_open");
}

void
fix_open_one(struct fix *f, enum party p)
{
	above_make(f);
	dir_make(f, p);
	node_start(f, p);
}

static const char *
person_add(struct fix *f, enum party p, const char *name, const char *role)
{
	return fix_text(fix_must(f, p, f->n[p].admin, "POST", "/v1/persons",
				 json_pack("{s:s, s:s}", "name", name, "role", role)),
			"credential");
}

static json_t *
introduce(struct fix *f, enum party p, const char *policy)
{
	const char *peer =
		p == PARTY_AUTHORITY ? "platform.example" : "authority.example";

	return fix_must(f, p, f->n[p].admin, "POST", "/v1/peers/introduce",
			json_pack("{s:s, s:s}", "peer", peer, "policy", policy));
}

static void
peer_add(struct fix *f, enum party p, const json_t *file, const char *policy)
{
	fix_must(f, p, f->n[p].admin, "POST", "/v1/peers",
		 json_pack("{s:s, s:s, s:s}", "file", fix_text(file, "file"),
			   "fingerprint", fix_text(file, "fingerprint"), "policy",
			   policy));
}

void
fix_open(struct fix *f)
{
	fix_open_policy(f, fix_policy);
}

void
fix_open_apart(struct fix *f)
{
	above_make(f);
	dir_make(f, PARTY_AUTHORITY);
	dir_make(f, PARTY_PLATFORM);
	for (int p = 0; p < PARTY_COUNT; p++) {
		struct fix_node *n = &f->n[p];
		node_start(f, (enum party)p);
		n->officer = person_add(f, (enum party)p, "rina", "officer");
		n->approver = person_add(f, (enum party)p, "budi", "approver");
		n->approver2 = person_add(f, (enum party)p, "citra", "approver");
		n->approver3 = person_add(f, (enum party)p, "dewi", "approver");
		n->agent = person_add(f, (enum party)p, "ivan", "agent");
		n->auditor = person_add(f, (enum party)p, "eka", "auditor");
	}
}

void
fix_open_policy(struct fix *f, const char *policy)
{
	fix_open_apart(f);
	json_t *file = introduce(f, PARTY_AUTHORITY, policy);
	peer_add(f, PARTY_PLATFORM, file, policy);
	peer_add(f, PARTY_AUTHORITY, introduce(f, PARTY_PLATFORM, policy), policy);
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void
fix_remove(const char *dir)
{
	nftw(dir, remove_one, FILES_OPEN, FTW_DEPTH | FTW_PHYS);
}

void
fix_shut(struct fix *f, enum party p)
{
	struct fix_node *n = &f->n[p];

	if (n->nd == NULL)
		return;
	node_stop(n->nd);
	node_close(n->nd);
	n->nd = NULL;
}

void
fix_reopen(struct fix *f, enum party p)
{
	fix_shut(f, p);
	node_start(f, p);
}

void
fix_close(struct fix *f)
{
	for (int p = 0; p < PARTY_COUNT; p++)
		fix_shut(f, (enum party)p);
	fix_remove(f->above);
	arena_free(f->a);
	fix_clock_reset();
}

/* ---- requests ---------------------------------------------------------------------- */

enum rc
fix_call(struct fix *f, enum party p, const char *credential, const char *method,
	 const char *path, json_t *in, json_t **ret, struct err *e)
{
	struct node *nd = f->n[p].nd;
	const struct service_route *r;
	const struct actor *who = NULL;
	struct reply out = {0};
	enum rc rc = RC_OK;

	if (in == NULL)
		in = json_object();
	if (credential != NULL)
		rc = actor_authenticate(nd, f->a, credential, &who, e);
	if (rc == RC_OK)
		rc = service_route_find(method, path, in, &r, e);
	if (rc == RC_OK)
		rc = service_run(nd, f->a, r, who, in, &out, e);
	json_decref(in);
	if (ret != NULL)
		*ret = out.json;
	return rc;
}

json_t *
fix_must(struct fix *f, enum party p, const char *credential, const char *method,
	 const char *path, json_t *in)
{
	struct err e = ERR_INIT;
	json_t *out = NULL;

	fix_ok(fix_call(f, p, credential, method, path, in, &out, &e), &e, path);
	return out;
}

void
fix_refused(struct fix *f, enum party p, const char *credential, const char *method,
	    const char *path, json_t *in, enum rc want, const char *text)
{
	struct err e = ERR_INIT;
	enum rc rc = fix_call(f, p, credential, method, path, in, NULL, &e);

	if (rc != want || strstr(e.text, text) == NULL)
		fail_msg("%s: %s \"%s\" where %s \"%s\" is due", path, rc_token(rc),
			 e.text, rc_token(want), text);
}

/* A decision on many items is confirmed as its preview says. */
static void
confirm(struct fix *f, const char *casefile, json_t *in)
{
	json_t *r = fix_must(f, PARTY_PLATFORM, f->n[PARTY_PLATFORM].agent, "POST",
			     arena_printf(f->a, "/v1/cases/%s/decide/preview", casefile),
			     json_deep_copy(in));

	if (json_is_null(json_object_get(r, "confirm")))
		return;
	json_object_set(in, "selection", json_object_get(r, "selection"));
	json_object_set(in, "confirm", json_object_get(r, "confirm"));
}

json_t *
fix_act(struct fix *f, enum party p, const char *casefile, const char *act, json_t *in)
{
	if (strcmp(act, "decide") == 0)
		confirm(f, casefile, in);
	return fix_must(f, p, p == PARTY_AUTHORITY ? f->n[p].officer : f->n[p].agent,
			"POST", arena_printf(f->a, "/v1/cases/%s/%s", casefile, act), in);
}

json_t *
fix_case(struct fix *f, enum party p, const char *casefile)
{
	return fix_must(f, p, f->n[p].auditor, "GET",
			arena_printf(f->a, "/v1/cases/%s", casefile), NULL);
}

const char *
fix_text(const json_t *o, const char *member)
{
	return json_string_value(json_object_get(o, member));
}

int64_t
fix_int(const json_t *o, const char *member)
{
	return json_integer_value(json_object_get(o, member));
}

const char *
fix_csv(struct fix *f, const char *host, size_t n)
{
	enum { ROW_MAX = 200 };
	struct buf b = BUF_INIT((n + 1) * ROW_MAX);

	buf_puts(&b, "target,category,description\n");
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "https://%s/item/%zu,other,number %zu\n", host, i, i);
	assert_true(buf_ok(&b));
	const char *csv = arena_strndup(f->a, buf_str(&b), b.len);
	buf_free(&b);
	return csv;
}

const char *
fix_send(struct fix *f, const char *reference, const char *host, size_t n)
{
	return fix_text(
		fix_must(f, PARTY_AUTHORITY, f->n[PARTY_AUTHORITY].officer, "POST",
			 "/v1/notices",
			 json_pack("{s:s, s:s, s:s, s:s}", "csv", fix_csv(f, host, n),
				   "reference", reference, "subject", "Konten",
				   "legal_basis", "UU 19/2016 pasal 40")),
		"case");
}

/* ---- the way ----------------------------------------------------------------------- */

static enum party
other(enum party p)
{
	return p == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY;
}

enum rc
fix_push(struct fix *f, enum party p, struct exchange_push *push, struct err *e)
{
	int64_t wait_us;

	return exchange_push_next(f->n[p].nd, FIX_PEER, f->a, push, &wait_us, e);
}

static enum rc
carry_disclosures(struct fix *f, enum party p, const struct exchange_push *push,
		  struct err *e)
{
	struct node *from = f->n[p].nd, *to = f->n[other(p)].nd;
	struct exchange_cursor at = {0};
	enum rc rc = RC_OK;

	for (size_t len = 1; rc == RC_OK && len != 0;) {
		struct arena *a = arena_create();
		const char *text;
		rc = exchange_push_disclosures(from, push, &at, a, &text, &len, e);
		if (rc == RC_OK && len != 0)
			rc = exchange_add_disclosures(to, FIX_PEER, text, len, e);
		arena_free(a);
	}
	return rc;
}

/* Where the peer stands elsewhere, the sender is told and the round is over. */
static enum rc
carry_checkpoint(struct fix *f, enum party p, const struct exchange_push *push,
		 bool *ret_on, struct err *e)
{
	uint64_t size = 0;
	enum rc rc = exchange_add_checkpoint(f->n[other(p)].nd, FIX_PEER,
					     &push->checkpoint, &size, e);

	*ret_on = rc == RC_OK;
	return rc != RC_CONFLICT ? rc
				 : exchange_push_resync(f->n[p].nd, FIX_PEER, size,
							EXCHANGE_UNKNOWN, e);
}

static enum rc
work_nothing(struct writer *w, void *arg, struct err *e)
{
	(void)w;
	(void)arg;
	(void)e;
	return RC_OK;
}

static enum rc
carry_entries(struct fix *f, enum party p, const struct exchange_push *push,
	      enum fix_cut cut, struct err *e)
{
	struct arena *a = arena_create();
	struct exchange_answer answer;
	enum rc rc = exchange_add_entries(f->n[other(p)].nd, FIX_PEER, &push->entries, a,
					  &answer, e);

	if (cut == CUT_ENTRIES)
		rc = rc == RC_CONFLICT ? RC_OK : rc;
	else if (rc == RC_CONFLICT || (rc == RC_OK && answer.partial))
		rc = exchange_push_resync(f->n[p].nd, FIX_PEER, answer.info.pending_size,
					  answer.info.next_entry, e);
	else if (rc == RC_OK)
		rc = exchange_push_done(f->n[p].nd, FIX_PEER, push, answer.cosignature,
					strlen(answer.cosignature), e);
	/* The receipt is stored behind our back, before what comes after it. */
	if (rc == RC_OK)
		rc = writer_run(f->n[p].nd, work_nothing, NULL, e);
	arena_free(a);
	return rc;
}

enum rc
fix_carry_try(struct fix *f, enum party p, enum fix_cut cut, struct err *e)
{
	struct arena *keep = f->a, *a = arena_create();
	struct exchange_push push;
	bool on;

	f->a = a; /* a push may be large */
	enum rc rc = fix_push(f, p, &push, e);
	f->a = keep;
	if (rc == RC_OK && cut != CUT_BEFORE)
		rc = carry_disclosures(f, p, &push, e);
	if (rc != RC_OK || cut <= CUT_DISCLOSURES)
		goto out;
	rc = carry_checkpoint(f, p, &push, &on, e);
	if (rc != RC_OK || !on || cut == CUT_CHECKPOINT)
		goto out;
	if (push.greeting)
		rc = exchange_push_greeted(f->n[p].nd, FIX_PEER, e);
	else
		rc = carry_entries(f, p, &push, cut, e);
out:
	arena_free(a);
	return rc;
}

bool
fix_carry(struct fix *f, enum party p, enum fix_cut cut)
{
	struct err e = ERR_INIT;
	enum rc rc = fix_carry_try(f, p, cut, &e);

	if (rc == RC_NOT_FOUND)
		return false;
	fix_ok(rc, &e, "carry");
	return true;
}

void
fix_settle(struct fix *f)
{
	int rounds = 0;
	bool on = true;

	while (on) {
		on = fix_carry(f, PARTY_AUTHORITY, CUT_NOTHING);
		on |= fix_carry(f, PARTY_PLATFORM, CUT_NOTHING);
		assert_true(rounds++ < SETTLE_MAX);
	}
}

/* ---- looking ----------------------------------------------------------------------- */

const char *
fix_rows(struct fix *f, enum party p)
{
	static const char *const tables[] = {
		"log_event", "log_node",    "log_receipt",   "log_disclosure",
		"v_event",   "v_case",	    "v_item",	     "v_case_event",
		"v_order",   "v_zone",	    "v_zone_change", "v_message",
		"person",    "policy_text", "identity",	     "channel",
	};
	const char *sql = "SELECT group_concat(size || '/' || pending_size || '/' || "
			  "signed_size || "
			  "hex(root) || hex(pending_root))";

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		sql = arena_printf(f->a, "%s || ' %s:' || (SELECT count(*) FROM %s)", sql,
				   tables[i], tables[i]);
	return fix_query_text(f, p, arena_printf(f->a, "%s FROM log_head", sql));
}

int64_t
fix_events(struct fix *f, enum party p, enum party writer, const char *type)
{
	return fix_query(f, p,
			 arena_printf(f->a,
				      "SELECT count(*) FROM v_event WHERE party = %d AND "
				      "type = '%s'",
				      writer, type));
}

struct zone_read {
	struct arena *a;
	json_t *rows;
};

static enum rc
on_zone_row(void *arg, const struct rpzrow *rr, bool added, struct err *e)
{
	struct zone_read *z = arg;

	(void)e;
	assert_true(added);
	assert_null(json_object_get(z->rows, rr->owner));
	json_object_set_new(z->rows, rr->owner,
			    json_string(rpzrow_act_text(z->a, rr->act, rr->data)));
	return RC_OK;
}

static void
release_rows(void *p)
{
	json_decref(p);
}

json_t *
fix_zone(struct fix *f, enum party p, const char *origin, uint32_t *ret_serial)
{
	struct zone_read z = {f->a, json_object()};
	struct zone_origin head;
	struct err e = ERR_INIT;

	arena_defer(f->a, release_rows, z.rows);
	fix_ok(service_zone_rows(f->n[p].nd, origin == NULL ? "rpz.saluran" : origin,
				 &head, on_zone_row, &z, &e),
	       &e, "zone");
	if (ret_serial != NULL)
		*ret_serial = head.serial;
	return z.rows;
}

static int
by_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

void
fix_pulled(struct node *nd, const char *operator_name, const char *origin,
	   uint32_t serial, const char *how)
{
	service_pulled(nd, &(struct zone_pulled){.operator_name = operator_name,
						 .origin = origin,
						 .address = "192.0.2.53",
						 .how = how,
						 .serial = serial});
}

const char *
fix_zone_owners(struct fix *f, enum party p)
{
	json_t *rows = fix_zone(f, p, NULL, NULL), *v;
	const char **owners =
		arena_array(f->a, json_object_size(rows) + 1, sizeof(*owners));
	const char *owner, *text = "";
	size_t n = 0;

	json_object_foreach (rows, owner, v)
		owners[n++] = owner;
	qsort(owners, n, sizeof(*owners), by_text);
	for (size_t i = 0; i < n; i++)
		text = arena_printf(f->a, "%s%s%s", text, i == 0 ? "" : " ", owners[i]);
	return text;
}

void
fix_rebuilt_equal(struct fix *f, enum party p)
{
	json_t *r = fix_must(f, p, f->n[p].auditor, "POST", "/v1/rebuild", NULL);

	if (!json_is_true(json_object_get(r, "equal")))
		fail_msg("%s: a rebuild gives other views: %s", party_name(p),
			 json_dumps(json_object_get(r, "differ"), JSON_ENCODE_ANY));
}

void
fix_same_case(struct fix *f, const char *casefile)
{
	static const char *const views[] = {
		"SELECT group_concat(parts || ',' || items || ',' || decided || ',' || "
		"manifest || ',' || state || ',' || send_seq || ',' || sent_us || ',' || "
		"receipt_us || ',' || accepted_us || ',' || refused_us || ',' || "
		"closed_us "
		"|| ',' || decided_us || ',' || reopened || ',' || voided || ',' || "
		"rungs "
		"|| ',' || accept_due_us || ',' || decide_due_us || ',' || due_us) FROM "
		"v_case WHERE casefile = '%s'",
		"SELECT group_concat(r) FROM (SELECT i || coalesce(outcome, '-') || "
		"coalesce(ground, '-') || coalesce(reason, '-') || decided_us AS r FROM "
		"v_item WHERE casefile = '%s' ORDER BY i) AS t",
		"SELECT group_concat(r) FROM (SELECT party || ',' || seq || body || "
		"read_us AS r FROM v_message WHERE casefile = '%s' ORDER BY party, seq) "
		"AS t",
		"SELECT group_concat(r) FROM (SELECT party || ',' || seq || type || "
		"coalesce(void, '') AS r FROM v_event WHERE casefile = '%s' ORDER BY "
		"party, seq) AS t",
	};

	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		char *sql = arena_alloc(f->a, 1024);
		const char *at = strstr(views[i], "%s");
		assert_non_null(at);
		snprintf(sql, 1024, "%.*s%s%s", (int)(at - views[i]), views[i], casefile,
			 at + 2);
		const char *x = fix_query_text(f, PARTY_AUTHORITY, sql);
		const char *y = fix_query_text(f, PARTY_PLATFORM, sql);
		if (x == NULL || y == NULL)
			assert_true(x == y);
		else
			assert_string_equal(x, y);
	}
}

void
fix_make_overdue(struct fix *f, const char *casefile)
{
	fix_settle(f);
	fix_clock_add(111 * FIX_S);
	fix_act(f, PARTY_AUTHORITY, casefile, "remind", NULL);
	fix_settle(f);
	fix_clock_add(11 * FIX_S);
	fix_act(f, PARTY_AUTHORITY, casefile, "warn", json_pack("{s:i}", "level", 1));
	fix_settle(f);
}

json_t *
fix_order(const char *names, const char *casefile)
{
	char when[CLOCK_TEXT_LEN];
	json_t *in = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:{s:b, s:s, s:s}}", "reasons",
		"Nobody answered.", "legal_basis", "UU 19/2016", "proportionality",
		"These names only.", "collateral", "No other site is on them.", "ends",
		clock_format(clock_now_us() + 500 * FIX_S, when), "owner", "told", true,
		"channel", "email", "text", "Wrote to the registrant.");

	json_object_set_new(in, "names", json_loads(names, 0, NULL));
	json_object_set_new(in, "cites",
			    casefile == NULL ? json_array() : json_pack("[s]", casefile));
	return in;
}
