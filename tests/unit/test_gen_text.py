"""gen_text: a text that one language lacks ends the build; every text is used."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

SOURCE = os.environ.get("SALURAN_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
TOOL = os.path.join(SOURCE, "tools", "gen_text.py")


class GenText(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def run_on(self, en, id, sentences=None):
        web = self.folder.name
        for lang, table in (("en", en), ("id", id)):
            text = table if isinstance(table, str) else json.dumps(table)
            with open(os.path.join(web, f"{lang}.json"), "w", encoding="utf-8") as f:
                f.write(text)
        with open(os.path.join(web, "sentences.json"), "w", encoding="utf-8") as f:
            json.dump(sentences or {}, f)
        out = [os.path.join(web, n) for n in ("texts.h", "texts.c", "texts.d")]
        done = subprocess.run([sys.executable, TOOL, web, *out], capture_output=True, text=True,
                              check=False)
        done.out = out
        return done

    def rejects(self, en, id, why, sentences=None):
        done = self.run_on(en, id, sentences)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(why, done.stderr)
        self.assertFalse(os.path.exists(done.out[0]))

    def test_good(self):
        done = self.run_on({"a_b": "x {1}", "n": {"one": "{1} day", "other": "{1} days"}},
                           {"n": "{1} hari", "a_b": "y {1} — \"?\""},
                           {"{n} of \"{x}\"": "{n} dari “{x}”"})
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(done.out[0], encoding="utf-8") as f:
            header = f.read()
        self.assertIn("TEXT_A_B,", header)
        self.assertIn("sentence_rows_n", header)
        with open(done.out[1], encoding="utf-8") as f:
            source = f.read().replace("http/texts.h", "texts.h")
        build = subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-I",
                                self.folder.name, "-c", "-x", "c", "-", "-o", os.devnull],
                               input=source, capture_output=True, text=True, check=False)
        self.assertEqual(build.returncode, 0, build.stderr)

    def test_a_missing_key(self):
        self.rejects({"a": "x", "b": "y"}, {"a": "x"}, "id.json lacks b")
        self.rejects({"a": "x"}, {"a": "x", "b": "y"}, "en.json lacks b")

    def test_other_places(self):
        self.rejects({"a": "x {1}"}, {"a": "x"}, "different places")
        self.rejects({"a": {"one": "a day", "other": "{1} days"}}, {"a": "{1} hari"},
                     "different places")
        self.rejects({"a": "x {2}"}, {"a": "x {2}"}, "does not count")
        self.rejects({"a": "x {name}"}, {"a": "x {name}"}, "brace")

    def test_bad_tables(self):
        self.rejects({}, {}, "no texts")
        self.rejects({"A": "x"}, {"A": "x"}, "is no key")
        self.rejects({"a": " "}, {"a": "x"}, "is no text")
        self.rejects({"a": {"one": "x"}}, {"a": "x"}, "is no text")
        self.rejects('{"a": "x", "a": "y"}', {"a": "x"}, "stands twice")
        self.rejects("{", {"a": "x"}, "en.json")

    def test_bad_sentences(self):
        for row in ({"a {x}": "b"}, {"a": "b {x}"}, {"a {X}": "b {X}"}, {"a": " "}):
            self.rejects({"a": "x"}, {"a": "x"}, "sentences.json", row)

    def test_every_text_is_used(self):
        folder = os.path.join(SOURCE, "src", "http")
        code = ""
        for name in sorted(os.listdir(folder)):
            if name.endswith((".c", ".h")):
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    code += f.read()
        used = set(re.findall(r"\bTEXT_([A-Z0-9_]+)", code))
        used |= set(re.findall(r"\b(?:T|FILL|COUNT)\(\s*p,\s*([A-Z0-9_]+)", code))
        with open(os.path.join(SOURCE, "web", "en.json"), encoding="utf-8") as f:
            keys = {k.upper() for k in json.load(f)}
        words, families = self.of_the_console()
        self.assertEqual(sorted(words - keys), [], "texts that the console lacks")
        used |= words
        self.assertEqual(sorted(k for k in keys - used
                                if not any(re.fullmatch(f, k) for f in families)), [])

    def test_tokens_have_words(self):
        """What the API says by tokens people read as words."""
        with open(os.path.join(SOURCE, "web", "en.json"), encoding="utf-8") as f:
            keys = set(json.load(f))
        with open(os.path.join(SOURCE, "docs", "openapi", "answers.yaml"), encoding="utf-8") as f:
            figures = yaml.safe_load(f)["GET /v1/statistics"]["properties"]["total"]["properties"]
        wanted = {f"stats_{group}" for group in figures}
        for group in figures.values():
            for name, value in group.get("properties", {}).items():
                wanted.add(f"figure_{name}")
                if "median" not in value.get("properties", {}):
                    wanted |= {f"figure_{k}" for k in value.get("properties", {})}
        folder = os.path.join(SOURCE, "src", "core")
        for name in sorted(os.listdir(folder)):
            if name.startswith("event_type_") and name.endswith(".c"):
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    wanted |= {"event_" + re.sub(r"[.-]", "_", k)
                               for k in re.findall(r'{"([a-z]+(?:\.[a-z]+)+)",', f.read())}
        folder = os.path.join(SOURCE, "src", "service")
        for name in sorted(os.listdir(folder)):
            if name.endswith(".c"):
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    for call in f.read().split("alarm_raise(")[1:]:
                        kind = re.search(r'"([a-z_]+)"', call[:300])
                        wanted |= {f"alarm_{kind[1]}"} if kind else set()
        with open(os.path.join(SOURCE, "src", "base", "rc.h"), encoding="utf-8") as f:
            wanted |= {f"rc_{token}" for token in re.findall(r'X\([A-Z_]+, "([a-z_]+)"', f.read())}
        self.assertGreater(len(wanted), 100)
        self.assertEqual(sorted(wanted - keys), [], "tokens without a word")

    @staticmethod
    def of_the_console():
        """What the modules of the console call their texts: keys, and patterns of keys."""
        folder = os.path.join(SOURCE, "web", "console")
        words, families = set(), {"SUM_[A-Z]+"}
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                code = f.read()
            words |= set(re.findall(r'\bt\(\s*"(\w+)"', code))
            for choice in re.findall(r'\bt\(([^()`]*\?[^()`]*)\)', code):
                words |= set(re.findall(r'[?:] "(\w+)"', choice))
            # Keys that lie in tables, and families of them.
            words |= set(re.findall(r'"((?:col|key|nav|task|measured)_\w+)"', code))
            words |= set(re.findall(r'\["(\w+)", (?:html`|word|c\.|t\(|o\.|number\()', code))
            families |= {re.sub(r"\$\{[^}]*\}", "[A-Z0-9_]+", k).upper()
                         for k in re.findall(r"\bt\(`([^`]*)`", code)}
            families |= {k.upper() + "_[A-Z0-9_]+" for k in re.findall(r'\bword\("(\w+)"', code)}
        return {k.upper() for k in words}, families


if __name__ == "__main__":
    unittest.main()
