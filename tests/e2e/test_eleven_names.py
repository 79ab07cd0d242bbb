#!/usr/bin/env python3
"""The story of the 11 names of July 2017, with the four resolvers that operators run: a notice,
silence, the ladder, an order that two people approve, the block measured at all four, the answer,
a lift at one operator first and then at the others, each measured, until the order is closed.
Each resolver has the configuration that Saluran prints, and BIND a zone of its own."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import resolvers  # noqa: E402
import story  # noqa: E402
from test_story import Log  # noqa: E402

NAMES = 11
PILOT = "pilot.rpz"
MEASURED_S = 60  # from a change to the last operator's measurement
PROBES = {"probe.every_s": "3", "probe.never": story.UNRELATED, "probe.per_s": "200",
          "probe.timeout_ms": "400", "probe.siblings": "no"}


class PilotBind(resolvers.Bind):
    """The operator where lifts go first: its zone is its own."""

    def add(self, *more):
        return super().add("--zone", "pilot", *more)


class Apart(resolvers.Several):
    """Those that share the main zone have one serial; the pilot's has one of its own."""

    def serial(self):
        pilot, *others = (r.serial() for r in self.all)
        return others[0] if pilot is not None and len(set(others)) == 1 else None


KINDS = (PilotBind,) + resolvers.ALL[1:]


class Eleven(story.Story):
    """The core of the story; at both ends each resolver is asked for itself."""
    several = Apart

    def resolver(self):
        self.kominfo.cli("zone", "add", "pilot", "--origin", PILOT, who="wati")
        super().resolver()
        self.kominfo.stop()
        self.kominfo.configure(**PROBES, **{
            "probe.controls": f"127.0.0.1:{self.dns.root.port}"})
        self.kominfo.must_start()
        for r in self.dns.all:
            self.kominfo.cli("operator", "probe", r.name, "--resolver",
                             f"127.0.0.1:{r.port},udp,tcp", who="wati")

    def by_hand(self, state, serial, origin, asked):
        """`saluran probe` says of each name at these resolvers that it is so, beside a resolver
        that no zone reaches and a name that is never blocked."""
        words = [w for r in asked for w in ("--resolver", f"127.0.0.1:{r.port},udp,tcp")]
        done = subprocess.run(
            [lab.BIN, "probe", *self.names, *words, "--control",
             f"127.0.0.1:{self.dns.root.port}", "--never", story.UNRELATED, "--zone",
             f"hot.{origin}", "--serial", str(serial), "--expect", state, "--rate", "0",
             "--once", "--no-siblings", "--check"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            timeout=lab.COMMAND_S)
        if done.returncode != 0:
            raise lab.Failure(f"saluran probe finds that not all is {state}:\n{done.stdout}")
        print(f"saluran probe: {len(self.names)} names {state} at {len(asked)} "
              "resolvers, over UDP and TCP")

    def matrix(self):
        return self.get(self.kominfo, f"/v1/orders/{self.order}/matrix")

    def measured(self, others, **states):
        """The node has measured each operator so: those named, and all others."""
        def probe():
            return all(o["measured"]["state"] == states.get(o["operator"], others)
                       for o in self.matrix()["operators"])
        try:
            self.lab.wait(f"measured {states}, others {others}", probe, MEASURED_S)
        except lab.Failure as e:
            raise lab.Failure(f"{e}: {self.matrix()}") from None

    def blocked(self, began, serial):
        super().blocked(began, serial)
        pilot, *others = self.dns.all
        self.by_hand("blocked", serial, PILOT, [pilot])
        self.by_hand("blocked", serial, story.ZONE, others)
        for r in self.dns.all:
            got = r.ask(self.names[0])
            lab.expect(f"EDE of {r.title}", [code for code, _ in got.ede], r.ede)
        self.measured("blocked")
        shown = self.matrix()
        lab.expect("who lacks the block", [
            o["operator"] for o in shown["operators"] if o["lacks"] or o["waits"]], [])
        lab.expect("closed before its end", shown["closed"], None)

    def pilot_first(self):
        """A lift at one operator: free there, and nowhere else."""
        pilot, *others = self.dns.all
        self.kominfo.cli("lift", self.order, "--operator", pilot.name, "--reason",
                         "First at one operator (invented example).", who="dewi")
        self.lab.wait("the pilot is free", lambda: pilot.open(*self.names))
        if not all(r.blocked(*self.names) for r in others):
            raise lab.Failure("the lift at one operator went further")
        self.measured("blocked", **{pilot.name: "free"})
        shown = self.matrix()
        lab.expect("the order", (shown["state"], shown["closed"]), ("in_force", None))
        print(f"a lift at {pilot.title} first: measured free there, blocked at "
              f"{len(others)} others")

    def lift(self):
        self.pilot_first()
        super().lift()

    def answers_again(self, began, serial):
        took = self.dns.until("open", self.names, began, story.EFFECT_S)
        self.figures["lift"] = max(took.values())
        self.by_hand("free", serial, story.ZONE, self.dns.all[1:])
        self.measured("free")
        closed = self.lab.wait("the order is closed", lambda: self.matrix()["closed"],
                               MEASURED_S)
        lab.expect("closed by measurement", (closed["measured"], closed["waived"]),
                         (len(self.dns.all), 0))
        shown = self.matrix()
        lab.expect("nobody is waited for", (
            shown["normalised"], shown["waiting"], shown["slowest"],
            [o["operator"] for o in shown["operators"] if not o["pulled"]]),
            (True, 0, None, []))
        code, text, _ = self.kominfo.run("order", "matrix", self.order, who="tono",
                                         as_json=False)
        print(text)
        if code != 0 or "Normalised" not in text:
            raise lab.Failure("the matrix does not say that it is over")


def main():
    resolvers.need()
    with lab.Lab() as box:
        tale = Eleven(box, Log(), KINDS)
        lab.expect("names", len(tale.names), NAMES)
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
