/*
 * pages_node - a node with a peer and cases for the pages, made in this process.
 *
 * The peer is introduced and never reached: every notice stays undelivered.
 */
#ifndef SALURAN_TESTS_PAGES_NODE_H
#define SALURAN_TESTS_PAGES_NODE_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "service/service.h"

enum { CREDENTIAL_MAX = 512 };

struct pages_node {
	struct arena *a;
	struct node *nd;
	const char *dir;     /* of the authority, in a new folder below TMPDIR */
	const char *above;   /* that folder */
	const char *officer; /* credential of "rina" */
	const char *admin;   /* and of the admin */
};

static inline void
must(enum rc rc, const struct err *e, const char *what)
{
	if (rc == RC_OK)
		return;
	fprintf(stderr, "%s: %s: %s\n", what, rc_token(rc), e->text);
	abort();
}

static inline json_t *
pages_call(struct arena *a, struct node *nd, const char *credential, const char *method,
	   const char *path, json_t *in)
{
	const struct service_route *r;
	const struct actor *who;
	struct reply out;
	struct err e = ERR_INIT;

	must(actor_authenticate(nd, a, credential, &who, &e), &e, path);
	must(service_route_find(method, path, in, &r, &e), &e, path);
	must(service_run(nd, a, r, who, in, &out, &e), &e, path);
	json_decref(in);
	return out.json;
}

static inline const char *
pages_credential(struct arena *a, const char *path)
{
	char text[CREDENTIAL_MAX] = "";
	FILE *f = fopen(path, "re");

	if (f == NULL || fgets(text, sizeof(text), f) == NULL)
		abort();
	fclose(f);
	return arena_strdup(a, text);
}

static inline const char *
pages_make(struct arena *a, const char *dir, const char *org, const char *name,
	   enum party role)
{
	const struct node_init in = {.dir = dir,
				     .org = org,
				     .name = name,
				     .role = role,
				     .url = "https://127.0.0.1:1",
				     .peer_listen = "127.0.0.1:1",
				     .admin = "admin"};
	struct node_made made;
	struct err e = ERR_INIT;

	must(node_create(a, &in, &made, &e), &e, "node_create");
	return pages_credential(a, made.credential_path);
}

static inline void
pages_node_open(struct pages_node *n, const char *name)
{
	const char *tmp = getenv("TMPDIR");
	struct err e = ERR_INIT;
	struct node *other;

	n->a = arena_create();
	char *above =
		arena_printf(n->a, "%s/saluran-pages-XXXXXX", tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(above) == NULL)
		abort();
	n->above = above;
	n->dir = arena_printf(n->a, "%s/authority", above);
	const char *other_dir = arena_printf(n->a, "%s/platform", above);
	const char *other_admin = pages_make(n->a, other_dir, "platform.example",
					     "PesanKu", PARTY_PLATFORM);
	const char *admin =
		pages_make(n->a, n->dir, "authority.example", name, PARTY_AUTHORITY);

	must(node_open(other_dir, &other, &e), &e, "node_open platform");
	json_t *file = pages_call(
		n->a, other, other_admin, "POST", "/v1/peers/introduce",
		json_pack("{s:s, s:s}", "peer", "authority.example", "policy", "demo"));
	node_stop(other);
	node_close(other);
	must(node_open(n->dir, &n->nd, &e), &e, "node_open authority");
	pages_call(n->a, n->nd, admin, "POST", "/v1/peers",
		   json_pack("{s:O, s:O}", "file", json_object_get(file, "file"),
			     "fingerprint", json_object_get(file, "fingerprint")));
	json_t *officer =
		pages_call(n->a, n->nd, admin, "POST", "/v1/persons",
			   json_pack("{s:s, s:s}", "name", "rina", "role", "officer"));
	n->officer = json_string_value(json_object_get(officer, "credential"));
	n->admin = admin;
}

/* The case's id. */
static inline const char *
pages_node_send(struct pages_node *n, const char *reference, const char *subject,
		const char *legal_basis, const char *csv, bool urgent)
{
	json_t *reply =
		pages_call(n->a, n->nd, n->officer, "POST", "/v1/notices",
			   json_pack("{s:s, s:s, s:s, s:s, s:b}", "csv", csv, "reference",
				     reference, "subject", subject, "legal_basis",
				     legal_basis, "urgent", urgent));

	return json_string_value(json_object_get(reply, "case"));
}

static inline int
pages_remove(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline void
pages_node_close(struct pages_node *n)
{
	enum { FILES_OPEN = 8 };

	node_stop(n->nd);
	node_close(n->nd);
	nftw(n->above, pages_remove, FILES_OPEN, FTW_DEPTH | FTW_PHYS);
	arena_free(n->a);
}

#endif
