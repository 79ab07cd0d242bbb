#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generator of the queries accepts the tree, and refuses each bad sample by name."""
import os
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ.get("SALURAN_SOURCE") or os.path.join(os.path.dirname(__file__), "../..")
TOOL = os.path.join(SOURCE, "tools/gen_sql.py")

GOOD = {
    "sql/thing_put.sql": "-- thing_put: how many\n-- $1 key  $2 value, or\n-- null\n"
                         "INSERT INTO thing (k, v) VALUES ($1, $2); -- as ever\n",
    "sql/thing_get.sql": "-- thing_get: v\n-- $1 key\n"
                         "SELECT v, 'a;\"$2' FROM thing /* ; $3 */ WHERE k = $1;\n",
    "schema/version.sql": "CREATE TABLE schema_version (kind TEXT);\n",
    "schema/log/0001_log.sql": "CREATE TABLE thing (k TEXT, v TEXT);\n",
    "schema/log/0002_more.sql": "CREATE TABLE more (k TEXT);\nDROP TABLE more;\n",
    "schema/view/0001_view.sql": "CREATE TABLE v_thing (k TEXT);\n",
}

# (what it is, files that replace or join the good ones, what the refusal says)
BAD = [
    ("no header", {"sql/a.sql": "SELECT 1;\n"}, 'a.sql:1: begin with "-- a: '),
    ("other name", {"sql/a.sql": "-- b: x\nSELECT 1;\n"}, "name and file differ"),
    ("bad name", {"sql/A-b.sql": "-- A-b: x\nSELECT 1;\n"}, "lower-case"),
    ("stray file", {"sql/a.txt": ""}, "only *.sql files"),
    ("nothing", {"sql/a.sql": "-- a: x\n"}, "has no statement"),
    ("two statements", {"sql/a.sql": "-- a: x\nSELECT 1;\nSELECT 2;\n"},
     "a.sql:2: more than one statement"),
    ("no end", {"sql/a.sql": "-- a: x\nSELECT 1\n"}, "end the statement with ;"),
    ("undocumented", {"sql/a.sql": "-- a: x\n-- $1 k\nSELECT $1, $2;\n"},
     "$2 is used, not documented"),
    ("unused", {"sql/a.sql": "-- a: x\n-- $1 k  $2 v\nSELECT $1;\n"},
     "$2 is documented, not used"),
    ("used in text only", {"sql/a.sql": "-- a: x\n-- $1 k\nSELECT '$1';\n"},
     "$1 is documented, not used"),
    ("used in a comment only", {"sql/a.sql": "-- a: x\n-- $1 k\nSELECT 1 /* $1 */;\n"},
     "$1 is documented, not used"),
    ("gap", {"sql/a.sql": "-- a: x\n-- $1 k  $3 v\nSELECT $1, $3;\n"}, "without gaps"),
    ("no meaning", {"sql/a.sql": "-- a: x\n-- $1\nSELECT $1;\n"}, "a.sql:2: $1 has no"),
    ("question mark", {"sql/a.sql": "-- a: x\nSELECT ?;\n"}, "a.sql:2: ? is not portable"),
    ("dollar quotes", {"sql/a.sql": "-- a: x\nSELECT $$x$$;\n"}, "$ is not portable"),
    ("open quote", {"sql/a.sql": "-- a: x\nSELECT 'x;\n"}, "quote is not closed"),
    ("not ASCII", {"sql/a.sql": "-- a: \xe9\nSELECT 1;\n"}, "is not ASCII"),
    ("one engine's words", {"sql/a.sql": "-- a: x\nINSERT  or\nreplace INTO t VALUES (1);\n"},
     "a.sql:2: INSERT OR REPLACE is not portable: use ON CONFLICT"),
    ("rowid", {"sql/a.sql": "-- a: x\nSELECT rowid FROM t;\n"}, "ROWID is not portable"),
    ("exception to nothing", {"sql/a.pg.sql": "-- a: x\nSELECT 1;\n"}, "replaces a.sql"),
    ("exception differs", {"sql/thing_get.pg.sql": "-- thing_get: x\nSELECT 1;\n"},
     "other parameters"),
    ("migration's name", {"schema/log/3_x.sql": "SELECT 1;\n"}, "NNNN_name.sql"),
    ("migration's number", {"schema/log/0004_x.sql": "SELECT 1;\n"}, "0003 comes next"),
    ("same number", {"schema/log/0002_x.sql": "SELECT 1;\n"}, "0003 comes next"),
    ("empty migration", {"schema/log/0003_x.sql": "-- later\n"}, "end each statement"),
    ("parameter", {"schema/log/0003_x.sql": "DELETE FROM t WHERE k = $1;\n"},
     "has no parameters"),
    ("view in the log", {"schema/log/0003_x.sql": "CREATE TABLE v_x (k TEXT);\n"}, "v_"),
    ("log in a view", {"schema/view/0002_x.sql": "CREATE TABLE x (k TEXT);\n"}, "v_"),
    ("type", {"schema/log/0003_x.sql": "CREATE TABLE x (k BLOB);\n"}, "BYTEA"),
]


class GenSql(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)

    def path(self, name):
        return os.path.join(self.dir.name, name)

    def lay(self, files):
        for name, text in files.items():
            os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
            with open(self.path(name), "w", encoding="latin-1") as f:
                f.write(text)

    def run_tool(self, *args):
        return subprocess.run([sys.executable, TOOL, *args], text=True,
                              capture_output=True, check=False)

    def generate(self):
        return self.run_tool(self.path("sql"), self.path("schema"), self.path("o.h"),
                             self.path("o.c"), self.path("o.d"))

    def read(self, name):
        with open(self.path(name), encoding="ascii") as f:
            return f.read()

    def test_good(self):
        self.lay(GOOD)
        done = self.generate()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        header, source = self.read("o.h"), self.read("o.c")
        self.assertIn("extern const struct sql SQL_THING_PUT;", header)
        self.assertIn("enum { SQL_COUNT = 2 };", header)
        self.assertIn('"thing_get",\n\t"SELECT v, \'a;\\"$2\' FROM thing', source)
        self.assertIn("\n1, 0\n};", source)
        self.assertIn("\n2, 1\n};", source)
        self.assertIn('{ 2, "more", "', source)
        for name in GOOD:
            self.assertIn(self.path(name), self.read("o.d"))

    def test_pg_exception_is_left_out(self):
        self.lay(GOOD)
        self.lay({"sql/thing_get.pg.sql": "-- thing_get: v\n-- $1 key\n"
                                          "SELECT random(), v FROM thing WHERE k = $1;\n"})
        self.assertEqual(self.generate().returncode, 0)
        self.assertNotIn("random", self.read("o.c"))

    def test_unchanged_is_not_written(self):
        self.lay(GOOD)
        self.generate()
        before = [os.stat(self.path(n)).st_mtime_ns for n in ("o.h", "o.c")]
        self.generate()
        self.assertEqual(before, [os.stat(self.path(n)).st_mtime_ns for n in ("o.h", "o.c")])

    def test_view_fingerprint_follows_the_files(self):
        seen = set()
        for text in ("CREATE TABLE v_a (k TEXT);\n", "CREATE TABLE v_b (k TEXT);\n",
                     "-- only why\n"):
            self.lay(GOOD)
            self.lay({"schema/view/0001_view.sql": text})
            self.assertEqual(self.generate().returncode, 0)
            seen.add(self.read("o.c").rsplit("store_migrations", 1)[1])
        self.assertEqual(len(seen), 3)

    def test_bad(self):
        for what, files, says in BAD:
            with self.subTest(what), tempfile.TemporaryDirectory() as folder:
                old, self.dir = self.dir, type("D", (), {"name": folder})
                self.lay(GOOD)
                self.lay(files)
                done = self.generate()
                self.dir = old
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn(says, done.stderr)
                self.assertTrue(done.stderr.startswith("gen_sql: "), done.stderr)
                self.assertFalse(os.path.exists(os.path.join(folder, "o.h")))

    def test_usage(self):
        self.assertEqual(self.run_tool("x").returncode, 2)

    def test_the_tree_itself(self):
        done = self.run_tool(os.path.join(SOURCE, "src/store/sql"),
                             os.path.join(SOURCE, "src/store/schema"),
                             self.path("o.h"), self.path("o.c"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
