"""Links between documents, and the tables in them, each on samples that must be refused."""

import os

import gate

TABLES = """#!/bin/sh
case "$*" in
'') echo routes; echo words ;;
routes) printf '| call |\\n|---|\\n| `GET /v1/a` | x |\\n' ;;
words) echo 'one, two' ;;
*) exit 1 ;;
esac
"""
API = """# The API
<!-- generated: routes -->
| call |
|---|
| `GET /v1/a` | x |
<!-- end -->
### GET /v1/a
"""
WORDS = "<!-- generated: words -->\none, two\n<!-- end -->\n"


class Links(gate.GateTest):
    def check(self):
        return [self.tool("check_links.py"), self.tree]

    def test_good(self):
        self.put("src/base/a.c", "")
        self.put("docs/b.md", "# The `first` part, again\n```\n# No heading\n"
                 "[nothing](gone.md)\n```\n")
        self.put("README.md", "[b](docs/b.md) ![p](docs/b.md#the-first-part-again) "
                 "[x](https://example.org/x) [here](#top) `src/base/a.c` `src/*/a.c` "
                 "`src/<layer>/x.c` `GET /x`\n# Top\n")
        self.accepts(self.check())

    def test_bad(self):
        for text, says in [("\n[b](docs/gone.md)", r"README.md:2: docs/gone.md: .*no such file"),
                           ("[b](b.md#first)", "no such heading"),
                           ("[b](#first)", "no such heading"),
                           ("[b](../x.md)", "out of the tree"),
                           ("see `src/base/gone.c`", "src/base/gone.c: there is no such"),
                           ("`./gone`", "no such file")]:
            with self.subTest(text=text):
                self.put("b.md", "# Second\n```\n# First\n```\n")
                self.put("README.md", text + "\n")
                self.rejects(self.check(), says)

    def test_decisions(self):
        self.put("docs/adr/0001-first.md", "# 1. First\n")
        self.put("docs/adr/0002-second.md", "# 2. Second\n")
        self.accepts(self.check())
        self.put("docs/adr/0002-third.md", "# 2. Third\n")
        self.rejects(self.check(), "0002-second.md has the same number")

    def test_proofs(self):
        self.put("tests/unit/test_a.c", "static void\nfirst(void **state)\n")
        self.put("tests/e2e/test_b.py", "def second(a):\n")
        self.put("tests/e2e/test_http_attacks.py", "def third(a):\n")
        row = "| 1 | `fourth()` does it | {} |\n"
        self.put("docs/security.md", row.format(
            "`tests/unit/test_a.c` first, `second()` in `tests/e2e/test_b.py`, `third()`"))
        self.accepts(self.check())
        for proof, says in [("`tests/unit/test_a.c` second", "test_a.c has no test second"),
                            ("`tests/unit/test_a.c` first, other", "has no test other"),
                            ("`third()` in `tests/e2e/test_b.py`", "test_b.py has no test third"),
                            ("`second()`", "test_http_attacks.py has no test second")]:
            with self.subTest(proof=proof):
                self.put("docs/security.md", row.format(proof))
                self.rejects(self.check(), "security.md:1: .*" + says)
        self.put("docs/security.md", "")
        self.put("docs/HACKING.md", row.format("`tests/unit/test_a.c` third"))
        self.rejects(self.check(), "HACKING.md:1: .*test_a.c has no test third")

    def test_empty(self):
        self.rejects(self.check(), "no file to look at")

    def test_ours(self):
        self.accepts([self.tool("check_links.py"), gate.SOURCE])


class Tables(gate.GateTest):
    def setUp(self):
        super().setUp()
        os.chmod(self.put("build/tests/docs_tables", TABLES), 0o755)
        self.put("docs/api.md", API)
        self.put("docs/b.md", WORDS)

    def check(self, *words):
        return [self.tool("check_docs.py"), *words, os.path.join(self.tree, "build"),
                self.tree]

    def test_good(self):
        self.accepts(self.check())

    def test_bad(self):
        for path, text, says in [
                ("docs/b.md", WORDS.replace("two", "three"), "docs/b.md:1: .*not that of"),
                ("docs/b.md", WORDS.replace("words", "verbs"), "no table verbs"),
                ("docs/b.md", WORDS.replace("<!-- end -->", ""), "without its end"),
                ("docs/b.md", "", "no document holds the table words"),
                ("docs/api.md", API.replace("### GET /v1/a", ""), "GET /v1/a has no heading"),
                ("docs/api.md", API + "### POST /v1/b\n", "no route POST /v1/b"),
                ("docs/api.md", API + "### GET /v1/a\n", "stands twice")]:
            with self.subTest(says=says):
                self.setUp()
                self.put(path, text)
                self.rejects(self.check(), says)

    def test_timeline(self):
        self.put("tests/e2e/story.py", 'x.chapter("First")\ny.chapter(f"An order on '
                 '{len(self.names)} names")\n')
        self.put("README.md", "First\nAn order on 11 names\n")
        self.accepts(self.check())
        for text in ["An order on 11 names\n", "An order on 11 names\nFirst\n",
                     "First\nAn order on 11 names, and more\n"]:
            with self.subTest(text=text):
                self.put("README.md", text)
                self.rejects(self.check(), "chapter .* is not there")

    def test_write(self):
        self.put("docs/b.md", "before\n" + WORDS.replace("two", "three") + "after\n")
        self.accepts(self.check("--write"))
        with open(os.path.join(self.tree, "docs/b.md"), encoding="utf-8") as f:
            self.assertEqual(f.read(), "before\n" + WORDS + "after\n")

    def test_ours(self):
        self.accepts([self.tool("check_docs.py"), gate.BUILD, gate.SOURCE])


gate.main()
