#!/usr/bin/python3
"""Gate: every source and test stands in a meson.build, because what does not stand
there is never built or run, and passes for ever.
"""

import os
import re
import sys

import tree

# Folder, name of the file, list in the meson.build beside or above, its file.
TESTS = [
    (r"tests/unit/test_(\w+)\.c", "unit_tests", "tests/meson.build"),
    (r"tests/contract/test_(\w+)\.c", "contract_tests", "tests/meson.build"),
    (r"tests/unit/test_(\w+)\.py", "python_tests", "tests/meson.build"),
    (r"tests/gates/test_(\w+)\.py", "gate_tests", "tests/meson.build"),
    (r"tests/e2e/test_(\w+)\.py", "e2e_tests", "tests/meson.build"),
    (r"tests/web/test_(\w+)\.py", "web_tests", "tests/meson.build"),
    (r"fuzz/fuzz_(\w+)\.c", "fuzzers", "fuzz/meson.build"),
    (r"bench/bench_(\w+)\.c", "benches", "bench/meson.build"),
]


def rows(text, name):
    """The first words of the rows in the list `name`."""
    m = re.search(rf"^{name} = \[(.*?)^\]", text, re.M | re.S)
    if m is None:
        return None
    lines = [re.sub(r"#.*", "", line) for line in m.group(1).split("\n")]
    return set(re.findall(r"\['(\w+)'", "\n".join(lines)))


def main():
    root = tree.root_argument()
    files = tree.files(root, [".c", ".py"])
    looked_at, problems = 0, []
    for pattern, name, build in TESTS:
        found = {m.group(1) for m in (re.fullmatch(pattern, p) for p in files) if m}
        looked_at += len(found)
        listed = rows(tree.read(root, build), name) if found else set()
        if listed is None:
            problems.append(f"{build}: there is no list {name}")
            continue
        problems += [f"{build}: {name} lacks a row for {n}" for n in sorted(found - listed)]
    for path in files:
        if re.match(r"tests/.*test_\w+\.(c|py)$", path) and \
                not any(re.fullmatch(pattern, path) for pattern, _, _ in TESTS):
            looked_at += 1
            problems.append(f"{path}: no list of tests takes it")
    for path in files:
        if not path.startswith("src/") or not path.endswith(".c"):
            continue
        looked_at += 1
        build = os.path.join(os.path.dirname(path), "meson.build")
        if f"'{os.path.basename(path)}'" not in tree.read(root, build):
            problems.append(f"{build}: does not build {path}")
    return tree.report("rows", looked_at, problems)


if __name__ == "__main__":
    sys.exit(main())
