/*
 * The signer's two ends, without the process and the socket between them: a request is
 * served where it is sent.  Its marks are in memory, and durable at once.
 */
#include "sim/sim.h"

#include "signer/signer_int.h"

static enum rc wire_send(int fd, const struct buf *body);
static enum rc wire_receive(int fd, struct buf *body);
static enum rc memory_marks_open(const char *path, struct signer_marks **ret,
				 struct err *e);
static const struct signer_mark *memory_marks_find(const struct signer_marks *m,
						   const char *origin);
static enum rc memory_marks_set(struct signer_marks *m, const struct signer_mark *mark,
				struct err *e);

/* What the two ends call of each other and of the system. */
#define signer_send	  wire_send
#define signer_receive	  wire_receive
#define signer_marks_open memory_marks_open
#define signer_marks_find memory_marks_find
#define signer_marks_set  memory_marks_set
#include "signer/signer_proc.c" /* NOLINT(bugprone-suspicious-include): see above */
enum rc process_start(const char *keys_dir, const char *marks_path, struct signer **ret,
		      struct err *e);
void process_stop(struct signer *s);
bool process_alive(const struct signer *s);
#define signer_start process_start
#define signer_stop  process_stop
#define signer_alive process_alive
#include "signer/signer.c" /* NOLINT(bugprone-suspicious-include) */
#undef signer_start
#undef signer_stop
#undef signer_alive

enum { SIGNERS_MAX = 4096, CLIENT = 1 << 20 /* no file's descriptor is so large */ };

struct signer_marks {
	struct signer_marks *next;
	char path[512];
	struct signer_mark mark[SIM_MARKS];
	size_t n;
};

static struct proc *procs[SIGNERS_MAX];
static int n_procs;
static struct signer_marks *all_marks;

/* ---- marks ----------------------------------------------------------------------------
 */

static struct signer_marks *
marks_of(const char *path)
{
	struct signer_marks *m = all_marks;

	while (m != NULL && strcmp(m->path, path) != 0)
		m = m->next;
	if (m != NULL)
		return m;
	m = calloc(1, sizeof(*m));
	assert(m != NULL && strlen(path) < sizeof(m->path));
	memcpy(m->path, path, strlen(path));
	m->next = all_marks;
	all_marks = m;
	return m;
}

static enum rc
memory_marks_open(const char *path, struct signer_marks **ret, struct err *e)
{
	(void)e;
	*ret = marks_of(path);
	return RC_OK;
}

static const struct signer_mark *
memory_marks_find(const struct signer_marks *m, const char *origin)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->mark[i].origin, origin) == 0)
			return &m->mark[i];
	return NULL;
}

static enum rc
memory_marks_set(struct signer_marks *m, const struct signer_mark *mark, struct err *e)
{
	struct signer_mark *have = NULL;

	(void)e;
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->mark[i].origin, mark->origin) == 0)
			have = &m->mark[i];
	assert(have != NULL || m->n < SIM_MARKS);
	*(have != NULL ? have : &m->mark[m->n++]) = *mark;
	return RC_OK;
}

void
marks_copy(const char *dir, struct signer_mark **ret, size_t *ret_n)
{
	struct arena *a = arena_create();
	const struct signer_marks *m = marks_of(arena_printf(a, "%s/marks", dir));

	*ret_n = m->n;
	*ret = calloc(m->n + 1, sizeof(**ret));
	assert(*ret != NULL);
	memcpy(*ret, m->mark, m->n * sizeof(**ret));
	arena_free(a);
}

void
marks_put(const char *dir, const struct signer_mark *marks, size_t n)
{
	struct arena *a = arena_create();
	struct signer_marks *m = marks_of(arena_printf(a, "%s/marks", dir));

	if (n != 0)
		memcpy(m->mark, marks, n * sizeof(*marks));
	m->n = n;
	arena_free(a);
}

void
marks_forget(const char *dir, const char *origin)
{
	struct arena *a = arena_create();
	struct signer_marks *m = marks_of(arena_printf(a, "%s/marks", dir));

	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->mark[i].origin, origin) == 0)
			m->mark[i] = m->mark[--m->n];
	arena_free(a);
}

/* ---- the wire -------------------------------------------------------------------------
 */

static enum rc
wire_send(int fd, const struct buf *body)
{
	struct proc *p = procs[fd % CLIENT];

	if (fd < CLIENT)
		return RC_OK; /* the answer stays where it was made */
	node_burn();
	buf_reset(&p->request);
	buf_put(&p->request, buf_str(body), body->len);
	enum rc rc = serve_one(p);
	node_burn();
	return rc;
}

static enum rc
wire_receive(int fd, struct buf *body)
{
	const struct proc *p = procs[fd % CLIENT];

	if (fd < CLIENT)
		return RC_OK; /* the request is there */
	buf_reset(body);
	buf_put(body, buf_str(&p->answer), p->answer.len);
	return RC_OK;
}

static void
proc_free(struct proc *p)
{
	sodium_free(p->keys);
	buf_free(&p->request);
	buf_free(&p->answer);
	arena_free(p->a);
	free(p);
}

enum rc
signer_start(const char *keys_dir, const char *marks_path, struct signer **ret,
	     struct err *e)
{
	struct proc *p = calloc(1, sizeof(*p));

	assert(p != NULL && n_procs < SIGNERS_MAX);
	*p = (struct proc){.fd = n_procs,
			   .a = arena_create(),
			   .request = BUF_INIT(SIGNER_MESSAGE_MAX),
			   .answer = BUF_INIT(SIGNER_MESSAGE_MAX)};
	enum rc rc = signer_marks_open(marks_path, &p->marks, e);
	if (rc == RC_OK)
		rc = signer_keys_load(keys_dir, &p->keys, &p->pub, e);
	if (rc != RC_OK) {
		proc_free(p);
		return rc;
	}
	struct signer *s = calloc(1, sizeof(*s));
	assert(s != NULL);
	key_thumbprint(p->pub.event_pub, p->kid);
	s->fd = CLIENT + n_procs;
	s->pub = p->pub;
	s->answer.max = SIGNER_MESSAGE_MAX;
	pthread_mutex_init(&s->mu, NULL);
	procs[n_procs++] = p;
	*ret = s;
	return RC_OK;
}

bool
signer_alive(const struct signer *s)
{
	(void)s;
	return true;
}

void
signer_stop(struct signer *s)
{
	if (s == NULL)
		return;
	proc_free(procs[s->fd % CLIENT]);
	buf_free(&s->answer);
	pthread_mutex_destroy(&s->mu);
	free(s);
}
