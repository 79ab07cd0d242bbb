"""The API's document is that of the routes, on samples that must be refused."""

import os

import gate

TABLES = """#!/bin/sh
[ "$*" = routes ] || exit 1
echo '| call | who | on | takes | what |'
echo '|---|---|---|---|---|'
echo '| `GET /v1/a/{b}` | everyone | both | `b` `limit` | one a |'
echo '| `POST /v1/a` | admin | both | `name` | a new a |'
"""
BASE = """openapi: 3.1.0
info: {title: A, version: '1'}
components: {}
"""
MEMBERS = """members:
  b: {type: string}
  limit: {type: integer}
  name: {type: string}
routes:
  POST /v1/a: {required: [name]}
"""
ANSWERS = """GET /v1/a/{b}: {type: object, properties: {b: {type: array, items: {type: string}}}}
POST /v1/a: {type: object, properties: {}}
"""


class Document(gate.GateTest):
    def setUp(self):
        super().setUp()
        os.chmod(self.put("build/tests/docs_tables", TABLES), 0o755)
        for name, text in (("base", BASE), ("members", MEMBERS), ("answers", ANSWERS)):
            self.put(f"docs/openapi/{name}.yaml", text)
        self.accepts(self.check("--write"))

    def check(self, *words):
        return [self.tool("check_openapi.py"), *words, os.path.join(self.tree, "build"),
                self.tree]

    def test_good(self):
        self.accepts(self.check())
        with open(os.path.join(self.tree, "docs/openapi.yaml"), encoding="utf-8") as f:
            text = f.read()
        for word in ("/v1/a/{b}:", "operationId: post_a", "Idempotency-Key"):
            self.assertIn(word, text)

    def test_bad(self):
        for name, text, says in [
                ("answers", ANSWERS.replace("POST /v1/a", "POST /v1/b"),
                 "POST /v1/a has no answer"),
                ("answers", ANSWERS + "GET /v1/c: {}\n", "no route GET /v1/c"),
                ("answers", ANSWERS.replace(", items: {type: string}", ""),
                 "GET /v1/a/{b} answers /b of no type"),
                ("answers", ANSWERS.replace("{type: string}", "{}"), "answers /b.. of no type"),
                ("answers", ANSWERS.replace("{type: object, properties: {}}", "{type: object}"),
                 "POST /v1/a answers / of no type"),
                ("members", MEMBERS.replace("  limit: {type: integer}\n", ""),
                 'takes "limit"'),
                ("members", MEMBERS.replace("  name: {type: string}", "  name: {}"),
                 'takes "name" of no type'),
                ("members", MEMBERS.replace("routes:", "  more: {}\nroutes:"),
                 'no route takes "more"'),
                ("members", MEMBERS.replace("[name]", "[title]"), 'does not take "title"'),
                ("base", BASE.replace("title: A", "title: B"), "is not that of the code")]:
            with self.subTest(says=says):
                self.setUp()
                self.put(f"docs/openapi/{name}.yaml", text)
                self.rejects(self.check(), says)

    def test_stale(self):
        self.put("docs/openapi.yaml", "openapi: 3.1.0\n")
        self.rejects(self.check(), "is not that of the code")

    def test_route(self):
        """A route more than the document has."""
        os.chmod(self.put("build/tests/docs_tables", TABLES + "echo '| `GET /v1/z` | everyone "
                          "| both |  | z |'\n"), 0o755)
        self.rejects(self.check(), "GET /v1/z has no answer")

    def test_ours(self):
        self.accepts([self.tool("check_openapi.py"), gate.BUILD, gate.SOURCE])


gate.main()
