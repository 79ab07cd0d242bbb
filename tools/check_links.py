#!/usr/bin/python3
"""Gate: links between documents resolve, and paths that documents name exist.

Looks at every markdown file: the targets of links and pictures (a file of the tree, or a
heading of one), and words in `code` that are paths of the tree.  Addresses elsewhere are
not asked for.
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


def main():
    root = tree.root_argument()
    documents = tree.files(root, [".md"])
    problems = [p for path in documents for p in problems_of(root, path)]
    return tree.report("links", len(documents), problems)


if __name__ == "__main__":
    sys.exit(main())
