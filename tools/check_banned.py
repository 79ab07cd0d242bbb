#!/usr/bin/python3
"""Gate: every C file is compiled behind src/base/banned.h, which refuses banned names.

Usage: check_banned.py BUILD.  Compiling is the check of the names themselves; this one
sees that no target has slipped out of it.
"""

import json
import os
import sys

import tree


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} BUILD")
    with open(os.path.join(sys.argv[1], "compile_commands.json"), encoding="utf-8") as f:
        entries = json.load(f)
    problems = []
    for entry in entries:
        words = entry["command"].split()
        behind = any(a == "-include" and b.endswith("/src/base/banned.h")
                     for a, b in zip(words, words[1:]))
        if not behind:
            problems.append(f"{entry['file']}: compiled without src/base/banned.h")
    return tree.report("banned", len(entries), problems)


if __name__ == "__main__":
    sys.exit(main())
