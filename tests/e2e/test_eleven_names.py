#!/usr/bin/env python3
"""The story of the 11 names of July 2017, with the four resolvers that operators run: a notice,
silence, the ladder, an order that two people approve, the block measured at all four, the answer,
the lift measured at all four.  Each resolver has the configuration that Saluran prints."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import resolvers  # noqa: E402
import story  # noqa: E402
from test_story import Log  # noqa: E402

NAMES = 11


class Eleven(story.Story):
    """The core of the story; at both ends each resolver is asked for itself."""

    def blocked(self, began, serial):
        super().blocked(began, serial)
        for r in self.dns.all:
            got = r.ask(self.names[0])
            resolvers.expect(f"EDE of {r.title}", [code for code, _ in got.ede], r.ede)

    def pulled(self, serial):
        """The node knows of each operator that it has this serial."""
        self.lab.wait("each operator has pulled it", lambda: all(
            o["pulled_serial"] == serial for o in self.ask(
                self.kominfo, "zone", who="sari")["operators"]))

    def answers_again(self, began, serial):
        super().answers_again(began, serial)
        self.pulled(serial)


def main():
    resolvers.need()
    with lab.Lab() as box:
        tale = Eleven(box, Log(), resolvers.ALL)
        resolvers.expect("names", len(tale.names), NAMES)
        tale.set_up()
        tale.resolver()
        tale.steps()
        for node in (tale.telegram, tale.kominfo):
            node.stop()
    print("ok")


if __name__ == "__main__":
    try:
        main()
    except lab.Failure as e:
        sys.exit(f"test_eleven_names: {e}")
