#!/usr/bin/env python3
"""A real Unbound pulls the zone from our server: a block appears, a lift appears, and both
sides survive the other's restart; NSD follows with a key of its own."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Failure, Lab, expect, parts  # noqa: E402
from resolvers import Nsd, Unbound  # noqa: E402
from zone_server import ZoneServer  # noqa: E402

EFFECT_S = 20    # from a change to its effect, on a busy machine: some 20 ms when NOTIFY works
MANY = 5000      # rows: several messages
FIRST, NAME, BELOW, AGAIN = "first.example", "blk.example", "below.blk.example", "again.example"


class Story:
    def __init__(self, lab):
        self.lab = lab
        self.server = ZoneServer(lab, (Unbound, Nsd))
        self.unbound, self.nsd = self.server.all["unbound"], self.server.all["nsd"]

    def rows(self, *names):
        self.server.publish(*(f"{name} nxdomain" for name in names))

    def wait(self, what, probe):
        began = time.monotonic()
        self.lab.wait(what, probe, EFFECT_S)
        return time.monotonic() - began

    def blocked(self, *names):
        return self.wait(f"{names} blocked", lambda: self.unbound.blocked(*names))

    def open(self, *names):
        return self.wait(f"{names} open", lambda: self.unbound.open(*names))

    def holds(self, *names):
        """Without waiting, and the canary shows this serial."""
        if not self.unbound.blocked(*names):
            raise Failure(f"not all of {names} are blocked")
        expect("the canary's serial", self.unbound.serial(), self.server.serial)

    def first_contact(self):
        self.rows(FIRST)
        self.server.start()
        self.unbound.start()
        self.nsd.start()
        print(f"first contact {self.blocked(FIRST):.3f} s")
        self.open(NAME)

    def turns(self):
        """Each is cached by Unbound, in its other state, when it turns."""
        for _ in range(3):
            self.rows(FIRST, NAME, "*." + NAME)
            print(f"block {self.blocked(NAME):.3f} s")
            self.holds(BELOW)
            self.rows(FIRST)
            print(f"lift {self.open(NAME, BELOW):.3f} s")
            self.holds(FIRST)

    def large(self):
        names = [f"n{i}.example" for i in range(MANY)]
        self.rows(NAME, *names)
        self.blocked(names[-1])
        self.wait("NSD has verified the transfer", lambda: self.server.has("nsd"))
        self.rows(FIRST)
        self.open(NAME)
        self.wait("NSD follows", lambda: self.server.has("nsd"))

    def server_restarts(self):
        """With a change while it is away."""
        self.server.stop()
        if not self.unbound.blocked(FIRST):
            raise Failure("the block went away with our server")
        self.rows(NAME)
        self.server.start()
        print(f"effect after a restart {self.blocked(NAME):.3f} s")
        self.open(FIRST)

    def unbound_restarts(self):
        """With a change while it is away."""
        self.unbound.stop()
        self.rows(AGAIN)
        self.unbound.start()
        self.blocked(AGAIN)
        if not self.unbound.open(NAME):
            raise Failure("after its restart Unbound has another zone than ours")
        self.holds(AGAIN)

    def tell(self):
        self.first_contact()
        self.turns()
        self.large()
        self.server_restarts()
        self.unbound_restarts()
        self.wait("each transfer is known", lambda: self.server.pulled("unbound") >= set(
            range(1, self.server.serial + 1)))
        self.server.stop()


def main():
    parts("nsd", "unbound")
    with Lab() as lab:
        Story(lab).tell()
    print("ok")


if __name__ == "__main__":
    try:
        main()
    except Failure as e:
        sys.exit(f"test_rpz_fixture: {e}")
