#!/usr/bin/python3
"""Gate: links between documents resolve, and paths that documents name exist.

Looks at every markdown file: the targets of links and pictures (a file of the tree, or a
heading of one), and words in `code` that are paths of the tree.  Addresses elsewhere are
not asked for.  In docs/security.md and docs/HACKING.md, the tests that a row of three
cells names as its proof are there too: `file` name, name or `name()`,
`name()` in `file`; without a file, of the attacks' test.
"""

import glob
import os
import re
import sys

import tree

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.M | re.S)
HEADING = re.compile(r"^#{1,6} (.+?)[ \t]*#*$", re.M)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")

# A word in code is a path when it begins with one of these.
FOLDERS = ("bench/", "docs/", "fuzz/", "packaging/", "policies/", "src/", "tests/",
           "tools/", "web/", "./")

DECISION = re.compile(r"docs/adr/(\d{4})-")
PROVEN, ATTACKS = ("docs/security.md", "docs/HACKING.md"), "tests/e2e/test_http_attacks.py"
# In the last cell of a row, in their order: a call, a file after "in", a file, a name.
PROOF = re.compile(r"`(?P<call>\w+)\(\)`|in `(?P<of>tests/[^`]+)`|`(?P<file>tests/[^`]+)`"
                   r"|(?P<name>\b[a-z]\w*_?\w*\b)(?=,|;|\s*$)")


def blank(m):
    """As many lines, without what is in them."""
    return "\n" * m.group(0).count("\n")


def slug(heading):
    """The anchor that GitHub gives a heading."""
    text = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return text.strip().replace(" ", "-")


def anchors(root, path):
    return {slug(h) for h in HEADING.findall(FENCE.sub(blank, tree.read(root, path)))}


def problem_of_link(root, path, target):
    """What is wrong with a link, or None."""
    if ELSEWHERE.match(target):
        return None
    name, _, anchor = target.partition("#")
    full = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
    if full.startswith(".."):
        return "leads out of the tree"
    if not os.path.exists(os.path.join(root, full)):
        return "there is no such file"
    if anchor and (not full.endswith(".md") or anchor not in anchors(root, full)):
        return "there is no such heading"
    return None


def problem_of_word(root, word):
    """What is wrong with a path in code, or None: also for what is no path."""
    if not word.startswith(FOLDERS) or re.search(r"[\s<>{}$]", word):
        return None
    return None if glob.glob(os.path.join(root, word)) else "there is no such file"


def problems_of(root, path):
    text = FENCE.sub(blank, tree.read(root, path))
    found = [(m, problem_of_link(root, path, m.group(1))) for m in LINK.finditer(text)]
    found += [(m, problem_of_word(root, m.group(1))) for m in CODE.finditer(text)]
    return [f"{path}:{text.count(chr(10), 0, m.start()) + 1}: {m.group(1)}: {what}"
            for m, what in found if what]


def has_test(root, path, name):
    full = os.path.join(root, path)
    return os.path.isfile(full) and re.search(rf"^(def )?{name}\(", tree.read(root, path), re.M)


def proofs_of(cell):
    """(file, test) of each that the cell names."""
    found, calls, at = [], [], None
    for m in PROOF.finditer(cell):
        if m["call"]:
            calls.append(m["call"])
        elif m["of"]:
            found += [(m["of"], name) for name in calls]
            calls = []
        elif m["file"]:
            at = m["file"]
        elif at:
            found.append((at, m["name"]))
    return found + [(ATTACKS, name) for name in calls]


def problems_of_proofs(root, document):
    if not os.path.exists(os.path.join(root, document)):
        return []
    problems = []
    for n, line in enumerate(tree.read(root, document).split("\n"), 1):
        cells = line.strip().strip("|").split("|")
        if line.startswith("| ") and len(cells) == 3:
            problems += [f"{document}:{n}: {path} has no test {name}"
                         for path, name in proofs_of(cells[2].strip())
                         if not has_test(root, path, name)]
    return problems


def problems_of_decisions(documents):
    """Each decision has a number of its own."""
    numbers, problems = {}, []
    for path in documents:
        m = DECISION.match(path)
        if m:
            other = numbers.setdefault(m[1], path)
            if other != path:
                problems.append(f"{path}:1: {other} has the same number")
    return problems


def main():
    root = tree.root_argument()
    documents = tree.files(root, [".md"])
    problems = [p for path in documents for p in problems_of(root, path)]
    problems += problems_of_decisions(documents)
    problems += [p for path in PROVEN for p in problems_of_proofs(root, path)]
    return tree.report("links", len(documents), problems)


if __name__ == "__main__":
    sys.exit(main())
