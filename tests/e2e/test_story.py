#!/usr/bin/env python3
"""The story of the demo, each step asserted, with real servers; then its proof: the bundle
verifies, and the views of both nodes are those of their logs."""
import filecmp
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import story  # noqa: E402


class Log:
    def __init__(self):
        self.start = time.monotonic()

    def chapter(self, title):
        print(f"== {title}", flush=True)

    def step(self, who, text, *proof):
        print(f"{time.monotonic() - self.start:6.2f} {who}: {text} [{'; '.join(proof)}]",
              flush=True)


def copies_are_true():
    """The lists in this repository are those of the shared test data."""
    data = os.environ.get("SALURAN_TEST_DATA") or os.path.join(
        lab.SOURCE, "..", "shared", "data")
    for path in (story.SAMPLE_FILE, story.NAMES_FILE):
        original = os.path.join(data, "telegram-links", os.path.basename(path))
        if not os.path.isfile(original):
            raise lab.Failure(f"{original} is missing: SALURAN_TEST_DATA must name the "
                              "shared test data")
        if not filecmp.cmp(path, original, shallow=False):
            raise lab.Failure(f"{path} is no copy of {original}")


def main():
    copies_are_true()
    with lab.Lab() as box:
        tale = story.Story(box, Log())
        tale.all()
        tale.prove()
        for node in (tale.telegram, tale.kominfo):
            node.stop()
    print("ok")


if __name__ == "__main__":
    main()
