#!/usr/bin/env python3
"""The story of the 11 names of July 2017, with the four resolvers that operators run: a notice,
silence, the ladder, an order that two people approve, the block measured at all four, the answer,
the lift measured at all four.  Each resolver has the configuration that Saluran prints."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import resolvers  # noqa: E402
import story  # noqa: E402
from test_story import Log  # noqa: E402

NAMES = 11


class Eleven(story.Story):
    """The core of the story; at both ends each resolver is asked for itself."""

    def measured(self, state, serial):
        """`saluran probe` says of each name at each resolver that it is so, beside a resolver
        that no zone reaches and a name that is never blocked."""
        words = [w for r in self.dns.all for w in ("--resolver", f"127.0.0.1:{r.port},udp,tcp")]
        done = subprocess.run(
            [lab.BIN, "probe", *self.names, *words, "--control",
             f"127.0.0.1:{self.dns.root.port}", "--never", story.UNRELATED, "--zone",
             f"hot.{story.ZONE}", "--serial", str(serial), "--expect", state, "--rate", "0",
             "--once", "--no-siblings", "--check"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            timeout=lab.COMMAND_S)
        if done.returncode != 0:
            raise lab.Failure(f"saluran probe finds that not all is {state}:\n{done.stdout}")
        print(f"saluran probe: {len(self.names)} names {state} at {len(self.dns.all)} "
              "resolvers, over UDP and TCP")

    def blocked(self, began, serial):
        super().blocked(began, serial)
        self.measured("blocked", serial)
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
        self.measured("free", serial)
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
