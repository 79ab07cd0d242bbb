#!/usr/bin/env python3
"""web/sentences.json: each sentence is one that the program says, and loses nothing in Indonesian."""
import json
import os
import re
import unittest

SOURCE = os.environ.get("SALURAN_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(PRI[A-Za-z0-9]+)|/\*.*?\*/|//[^\n]*|\w+|\S', re.S)
SPEC = re.compile(r"%[-+0-9.*]*(?:hh|h|ll|l|z|j)?[a-zA-Z@]")
PLACE = re.compile(r"\{[a-z]+\d?\}")


def literals(code):
    """Texts of C, each whole, with {} for what is filled in."""
    out, now = set(), None
    for m in WORD.finditer(code):
        if m[0].startswith(("/*", "//")):
            continue
        if m[1] is not None:
            now = (now or "") + m[1]
        elif m[2] and now is not None:
            now += "@"
        else:
            if now is not None:
                out.add(SPEC.sub("{}", now.replace('\\"', '"')))
            now = None
    return out


class Sentences(unittest.TestCase):
    def setUp(self):
        with open(os.path.join(SOURCE, "web", "sentences.json"), encoding="utf-8") as f:
            self.rows = json.load(f)

    def test_the_program_says_them(self):
        said = set()
        for folder, _, names in os.walk(os.path.join(SOURCE, "src")):
            for name in names:
                if name.endswith((".c", ".h")):
                    with open(os.path.join(folder, name), encoding="utf-8") as f:
                        said |= literals(f.read())
        self.assertGreater(len(self.rows), 100)
        self.assertEqual([k for k in self.rows if PLACE.sub("{}", k) not in said], [])

    def test_what_stands_in_them_stays(self):
        for english, own in self.rows.items():
            places = PLACE.findall(english)
            self.assertEqual(len(places), len(set(places)), english)
            self.assertEqual(sorted(places), sorted(PLACE.findall(own)), english)

    def test_literals(self):
        self.assertEqual(literals('f("a %" PRId64 " b" " \\"%s\\"", "c"); /* "d" */'),
                         {'a {} b "{}"', "c"})


if __name__ == "__main__":
    unittest.main()
