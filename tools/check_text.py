#!/usr/bin/python3
"""Gate: what no text file of the tree may hold.

Paths of one person's machine, work left for later that no issue knows of, leftovers of
a merge, files too long to be read, and packages from elsewhere than the public registry.
"""

import re
import sys

import tree

# The patterns are written so that this file does not match itself.
PATTERNS = [
    (re.compile(r"(?<![\w./-])/(?:work|root|home/(?!<))[/\w]*/[\w.]"),
     "a path of one machine"),
    (re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X)\b(?![ (]*#\d)"),
     "work left for later without an issue number, as in (#12)"),
    (re.compile(r"^(?:<{7}|>{7}) ", re.M), "a leftover of a merge"),
]
PACKAGE_FROM = re.compile(r'"resolved": "(?!https://registry\.npmjs\.org/)[^"]*"')

LINES_MAX = 700
LINES_SUFFIXES = (".c", ".h", ".py", ".sh", ".js", ".mjs", ".css", ".sql")
LINES_NAMES = ("demo", "check")

# Inputs, not text of ours.
SKIPPED = ("fuzz/corpora/", "tests/data/")


def problems_of(path, text):
    found = []
    for pattern, what in PATTERNS:
        for m in pattern.finditer(text):
            line = text.count("\n", 0, m.start()) + 1
            found.append(f"{path}:{line}: {what}: {m.group(0)!r}")
    if path.endswith("package-lock.json"):
        for m in PACKAGE_FROM.finditer(text):
            line = text.count("\n", 0, m.start()) + 1
            found.append(f"{path}:{line}: a package from elsewhere: {m.group(0)}")
    lines = text.count("\n")
    if (path.endswith(LINES_SUFFIXES) or path in LINES_NAMES) and lines >= LINES_MAX:
        found.append(f"{path}: {lines} lines; split it, the most is {LINES_MAX - 1}")
    return found


def main():
    root = tree.root_argument()
    looked_at, problems = 0, []
    for path in tree.files(root):
        if path.startswith(SKIPPED):
            continue
        text = tree.read(root, path)
        if "\0" in text:
            continue
        looked_at += 1
        problems += problems_of(path, text)
    return tree.report("text", looked_at, problems)


if __name__ == "__main__":
    sys.exit(main())
