#!/usr/bin/python3
"""effect - from an approval to the changed answer, and from a lift to the same, at each of the four
resolvers, with the configuration that `saluran operator add` prints and a base of a million names.

Each resolver has the machine to itself: it is started, fetches the zones, and then an order on
one name, cached by the resolver, is approved and lifted again and again. The time begins when
the approver's (or the lifter's) request is sent. The last line has the p95 of what is slower,
block or lift, of the slower of BIND and Unbound (limit 200 ms), of PowerDNS and of Knot Resolver;
the ratio is limit / p95, above 1 when it is kept.

Beside them is the time of the processor that the resolver took for a change, questions included: a
resolver that works for most of a second is as late as the machine lets it, one that works for a
millisecond hardly ever.  The machine's load is printed, too.

    bench_effect.py [--names N] [--turns N] [--only KIND]
"""
import argparse
import os
import statistics
import sys
import time

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
os.environ.setdefault("SALURAN_SOURCE", SOURCE)
sys.path.insert(0, os.path.join(SOURCE, "tests", "e2e"))
import blocks  # noqa: E402
import resolvers  # noqa: E402
from lab import Failure, Lab  # noqa: E402
from million import NAMES, fill, name, p95, post  # noqa: E402

TURNS = 30
LIMIT_MS = 200
LOAD_S = 180      # until a resolver has the base
EFFECT_S = 60
PAUSE_S = 0.001   # between two questions
SETTLE_S = 2      # the base is read, and nothing changes for so long
PUBLIC_URL = "https://register.example/"  # so that the answers name the orders


class Bench:
    def __init__(self, lab, count):
        self.lab, self.count = lab, count
        self.authority = blocks.Authority(lab, **{"public.url": PUBLIC_URL})
        self.node = self.authority.node
        self.root = resolvers.Root(lab)
        first, _ = self.authority.block("first.example")
        self.node.stop()
        began = time.monotonic()
        fill(self.node, first, count)
        self.node.must_start()
        print(f"a base of {count} names in {time.monotonic() - began:.1f} s", flush=True)

    def cpu_s(self, r):
        """Of the resolver, not of what fetches for it."""
        with open(f"/proc/{self.lab.children[r.name + '-server'].pid}/stat",
                  encoding="utf-8") as f:
            user, system = f.read().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def until(self, what, probe):
        until = time.monotonic() + EFFECT_S
        while not probe():
            if time.monotonic() > until:
                raise Failure(f"{what}: not within {EFFECT_S} s")
            time.sleep(PAUSE_S)
        return time.monotonic()

    def turn(self, r, i):
        """(block, lift) in ms of one name at one resolver."""
        one = f"{r.name}{i}.example"
        if not r.open(one):
            raise Failure(f"{r.title}: {one} does not resolve")
        order, text = self.authority.draft(one)
        self.authority.approve("agus", order, text)
        began = time.monotonic()
        post(self.node, f"/v1/orders/{order}/approve", "dewi", text_sha256=text)
        block = self.until(f"{r.title} blocks", lambda: r.blocked(one)) - began
        began = time.monotonic()
        post(self.node, f"/v1/orders/{order}/lift", "dewi", reason="It is over.")
        lift = self.until(f"{r.title} is free", lambda: r.open(one)) - began
        return block * 1000, lift * 1000

    def measure(self, kind, turns):
        r = kind(self.lab, self.node, self.root).add()
        began = time.monotonic()
        r.start()
        self.lab.wait("the whole base is in effect", lambda: r.blocked(
            name(0), name(self.count // 2), name(self.count - 1)), LOAD_S)
        loaded = time.monotonic() - began
        quiet = time.monotonic()
        while time.monotonic() - quiet < SETTLE_S:  # what loading left to be done is done
            if not r.blocked(name(0)):
                raise Failure(f"{r.title} lost its base")
        busy = self.cpu_s(r)
        rows = [self.turn(r, i) for i in range(turns)]
        busy = (self.cpu_s(r) - busy) / (2 * turns)
        r.stop()
        self.node.cli("operator", "remove", r.name, "--reason", "It was measured.", who="wati")
        block, lift = ([row[i] for row in rows] for i in (0, 1))
        print(f"{r.title}: loaded in {loaded:.1f} s; " + "; ".join(
            f"{word} median {statistics.median(v):.0f} ms, p95 {p95(v):.0f} ms, "
            f"max {max(v):.0f} ms" for word, v in (("block", block), ("lift", lift))) +
            f"; processor {busy * 1000:.0f} ms a change, load {os.getloadavg()[0]:.1f}",
            flush=True)
        return max(p95(block), p95(lift))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=int, default=NAMES)
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--only", choices=[k.kind for k in resolvers.ALL])
    asked = parser.parse_args()
    resolvers.need()
    with Lab() as lab:
        bench = Bench(lab, asked.names)
        got = {kind.kind: bench.measure(kind, asked.turns) for kind in resolvers.ALL
               if asked.only in (None, kind.kind)}
        bench.node.stop()
    if asked.only is None:
        slower = max(got["bind"], got["unbound"])
        print(f"effect p95_ms={slower:.0f} pdns_p95_ms={got['powerdns']:.0f} "
              f"kresd_p95_ms={got['knot-resolver']:.0f} ratio={LIMIT_MS / slower:.2f}")


if __name__ == "__main__":
    try:
        main()
    except Failure as e:
        sys.exit(f"bench_effect: {e}")
