#!/usr/bin/python3
"""Gate: the tables in docs/ are those of the code.

Usage: check_docs.py BUILD [TREE]       compare
       check_docs.py --write BUILD [TREE]    bring the documents up to date

A document holds, each on a line of its own, <!-- generated: NAME --> and <!-- end -->;
between them stands what tests/docs_tables of the build prints for NAME.  Every table must
stand in some document, and of docs/api.md every route needs a heading of its own.  The
timeline in README.md has the chapters that the demo tells, in their order.
"""

import os
import re
import subprocess
import sys

import tree

BLOCK = re.compile(r"^<!-- generated: (\S+) -->\n(.*?)^<!-- end -->$", re.M | re.S)
ROUTE = re.compile(r"^\| `((?:GET|POST|PUT) /v1/\S*)`", re.M)
API = "docs/api.md"
README = "README.md"
STORY = "tests/e2e/story.py"
CHAPTER = re.compile(r"""\.chapter\(f?"([^"]+)"\)""")


def tables_of(build):
    """What the program prints, by name."""
    program = os.path.join(build, "tests", "docs_tables")

    def printed(*words):
        return subprocess.run([program, *words], check=True, capture_output=True,
                              text=True).stdout

    return {name: printed(name) for name in printed().split()}


def problems_of(path, text, tables, seen):
    problems = []
    for m in BLOCK.finditer(text):
        line = text.count("\n", 0, m.start()) + 1
        seen.add(m.group(1))
        if m.group(1) not in tables:
            problems.append(f"{path}:{line}: there is no table {m.group(1)}")
        elif m.group(2) != tables[m.group(1)]:
            problems.append(f"{path}:{line}: the table {m.group(1)} is not that of the "
                            "code: tools/check_docs.py --write BUILD")
    if text.count("<!-- generated: ") != len(BLOCK.findall(text)):
        problems.append(f"{path}: a generated table without its end")
    return problems


def problems_of_routes(text, table):
    """Each route has one heading in the API's document, and no other route has."""
    routes = ROUTE.findall(table)
    headings = re.findall(r"^### `?((?:GET|POST|PUT) /v1/[^`\s]*)`?$", text, re.M)
    return ([f"{API}: {r} has no heading" for r in routes if r not in headings]
            + [f"{API}: there is no route {h}" for h in headings if h not in routes]
            + [f"{API}: {h} stands twice" for h in set(headings) if headings.count(h) > 1])


def problems_of_timeline(text, story):
    """Chapters that are missing in what README.md shows, or stand elsewhere."""
    at, problems = 0, []
    for title in CHAPTER.findall(story):
        words = ".+".join(re.escape(w) for w in re.split(r"\{[^{}]*\}", title))
        m = re.compile(f"^{words}$", re.M).search(text, at)
        if m is None:
            problems.append(f"{README}: the demo's chapter \"{title}\" is not there, or not "
                            "in its place: show what ./demo prints")
        else:
            at = m.end()
    return problems


def write(root, path, text, tables):
    new = BLOCK.sub(lambda m: f"<!-- generated: {m.group(1)} -->\n"
                    f"{tables.get(m.group(1), m.group(2))}<!-- end -->", text)
    if new != text:
        with open(os.path.join(root, path), "w", encoding="utf-8") as f:
            f.write(new)
        print(f"{path}: written")


def main():
    words = sys.argv[1:]
    writing = words[:1] == ["--write"]
    words = words[writing:]
    if not 1 <= len(words) <= 2:
        sys.exit(__doc__)
    root = words[1] if len(words) == 2 else os.path.dirname(
        os.path.dirname(os.path.abspath(__file__)))
    tables = tables_of(words[0])
    documents = tree.files(root, [".md"])
    problems, seen = [], set()
    for path in documents:
        if writing:
            write(root, path, tree.read(root, path), tables)
        problems += problems_of(path, tree.read(root, path), tables, seen)
    problems += [f"no document holds the table {t}" for t in sorted(set(tables) - seen)]
    if "routes" in tables and API in documents:
        problems += problems_of_routes(tree.read(root, API), tables["routes"])
    if README in documents and os.path.exists(os.path.join(root, STORY)):
        problems += problems_of_timeline(tree.read(root, README), tree.read(root, STORY))
    return tree.report("docs", len(documents) if tables else 0, problems)


if __name__ == "__main__":
    sys.exit(main())
