#!/usr/bin/python3
"""Count a test run from meson's log: prints "PASSED FAILED", then a line for each failure.

Usage: count_tests.py testlog.json [WHY-FILE].  A skipped test has tested nothing, so it
counts as failed.  The output of what failed goes to WHY-FILE.
"""

import json
import sys

LINES_OF_OUTPUT = 60


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(f"usage: {sys.argv[0]} testlog.json [WHY-FILE]")
    passed, failed, why = 0, [], []
    with open(sys.argv[1], encoding="utf-8", errors="replace") as f:
        for line in f:
            test = json.loads(line)
            if test["result"] == "OK":
                passed += 1
                continue
            name = test["name"].replace(" ", "")
            failed.append(f"{name}: {test['result'].lower()} "
                          f"after {test.get('duration', 0):.1f} s")
            output = test.get("stdout", "") + test.get("stderr", "")
            why.append(f"---- {name}: {test['result'].lower()}\n"
                       f"{' '.join(test.get('command', []))}\n"
                       + "\n".join(output.splitlines()[-LINES_OF_OUTPUT:]))
    print(passed, len(failed))
    for line in failed:
        print(line)
    if len(sys.argv) == 3:
        with open(sys.argv[2], "w", encoding="utf-8") as f:
            f.write("\n".join(why) + "\n" if why else "")


if __name__ == "__main__":
    main()
