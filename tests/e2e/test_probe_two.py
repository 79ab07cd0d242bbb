#!/usr/bin/env python3
"""Two authorities in one resolver, each of the four: both sets of zones are in effect, and each
authority's probes see the serial of its own zone, whoever's is listed first. A lift by the one
that is listed second is measured as such, and changes nothing for the other."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import resolvers  # noqa: E402
from blocks import Authority  # noqa: E402
from lab import CANARY, Failure, Lab  # noqa: E402
from resolvers import ALL, Root  # noqa: E402

NAMES = {"one.example": "198.51.100.1", "two.example": "198.51.100.2",
         "never.example": "198.51.100.3"}
EFFECT_S = 90


def merged(kind, name, first, second):
    """A file of the one and the same of the other, as an operator with both has it."""
    if kind == "bind" and name == "saluran.options":
        zones = [line for line in second.splitlines() if line.lstrip().startswith("zone ")]
        return first.replace("\n}", "\n" + "\n".join(zones) + "\n}", 1)
    if kind == "powerdns" and name == "saluran.conf":
        return first  # whom NOTIFY is taken from: this recursor asks by itself
    if kind == "knot-resolver" and name == "saluran.conf":
        # Names in one configuration of knotd are there once, and where it listens.
        rest = second[second.index("remote:"):]
        return first + rest.replace(": saluran\n", ": second\n")
    return first + second


class Both:
    """One resolver that takes the zones of two nodes, those of the first first."""

    def __init__(self, lab, kind, nodes, root):
        self.r = kind(lab, nodes[0], root, tsig=False).add()
        made = nodes[1].cli(
            "operator", "add", self.r.name, "--address", "127.0.0.1", "--notify-port",
            str(self.r.own_port), "--resolver", self.r.kind, "--state-dir",
            self.r.state_dir(), "--resolver-port", str(self.r.port), "--relay-port",
            str(self.r.relay_port), who=nodes[1].admin)
        for f in made["config"]["files"]:
            name = os.path.basename(f["path"])
            with open(self.r.path("etc", name), encoding="utf-8") as old:
                text = merged(self.r.kind, name, old.read(), f["text"])
            with open(self.r.path("etc", name), "w", encoding="utf-8") as new:
                new.write(text)
        self.r.configure()
        self.r.start()

    def serial(self, name):
        got = self.r.ask(name, "TXT")
        rows = got.texts("TXT") if got else []
        return int(rows[0]) if rows else None


class Story:
    def __init__(self, lab):
        self.lab, self.root = lab, Root(lab, NAMES)
        self.both = [Authority(lab, name, **{
            "rpz.zone": f"rpz.{name}.example", "probe.every_s": "3", "probe.never":
            "never.example", "probe.controls": f"127.0.0.1:{self.root.port}", "probe.per_s":
            "100", "probe.timeout_ms": "400"}) for name in ("a", "b")]
        nodes = [x.node for x in self.both]
        self.all = [Both(lab, kind, nodes, self.root) for kind in ALL]
        for x in self.both:
            for b in self.all:
                x.node.cli("operator", "probe", b.r.name, "--resolver",
                           f"127.0.0.1:{b.r.port}", who=x.node.admin)

    def hot_serial(self, at):
        zones = self.both[at].node.must("GET", "/v1/zones", "sari")["zones"]
        return zones[0]["hot_serial"]

    def await_canaries(self):
        """Each authority's own at each resolver, and the plain one: that of the first."""
        want = [self.hot_serial(0), self.hot_serial(1), self.hot_serial(0)]
        for b in self.all:
            def shown(b=b):
                return [b.serial("hot.rpz.a.example." + CANARY),
                        b.serial("hot.rpz.b.example." + CANARY), b.serial(CANARY)]
            try:
                self.lab.wait(f"{b.r.name} shows {want}", lambda: shown() == want, EFFECT_S)
            except Failure as e:
                raise Failure(f"{e}: {shown()}") from e

    def measured(self, at, order):
        return self.both[at].node.must("GET", f"/v1/orders/{order}/measured", "sari")["measured"]

    def wait_for(self, at, order, means):
        def seen():
            rows = self.measured(at, order)
            return len(rows) == len(self.all) and all(m["means"] == means for m in rows)
        try:
            self.lab.wait(f"{means} at all", seen, EFFECT_S)
        except Failure as e:
            raise Failure(f"{e}: {self.measured(at, order)}") from e

    def tell(self):
        self.await_canaries()
        one, _ = self.both[0].block("one.example")
        # Two of the second's, so that its serial is past that of the first.
        self.both[1].block("more.example")
        two, _ = self.both[1].block("two.example")
        self.wait_for(0, one, "blocked")
        self.wait_for(1, two, "blocked")
        self.await_canaries()
        if self.hot_serial(0) == self.hot_serial(1):
            raise Failure("the serials do not differ: nothing is shown by them")
        print("ok: two authorities, each with its own serial, in one resolver of each kind")
        self.both[1].lift(two)
        self.wait_for(1, two, "free")
        # A canary that was asked just before the change is behind it once.
        self.lab.wait("each shows the serial of the lift", lambda: all(
            m["seen_verdict"] == "lifted" for m in self.measured(1, two)), EFFECT_S)
        self.wait_for(0, one, "blocked")
        print("ok: the lift of the second is measured, the block of the first stays")


def main():
    resolvers.need()
    with Lab() as lab:
        Story(lab).tell()
    return 0


if __name__ == "__main__":
    sys.exit(main())
