#!/usr/bin/env python3
"""An order that names addresses alone, at the four resolvers at once: whatever name leads to such an
address is blocked where the resolver acts on addresses, others answer; the node measures it by the
serial that each resolver shows, which never says more than that, and by a name that is answered by
the address, which shows who blocks it and who passes over it; after the lift the order is
closed by measurement, with nobody given up, and only when the last resolver holds it."""
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import resolvers  # noqa: E402
from blocks import Authority  # noqa: E402
from lab import Failure, Lab, expect  # noqa: E402
from resolvers import Bind, KnotResolver, PowerDns, Root, Unbound  # noqa: E402

NET, HOST = "198.51.100.0/28", "203.0.113.9"
INSIDE = {"shop.example": "198.51.100.3", "mirror.example": "198.51.100.14",
          "host.example": HOST}
OUTSIDE = {"next.example": "198.51.100.17", "other.example": "203.0.113.10",
           "never.example": "192.0.2.77"}
PASSES_OVER = "knot-resolver"  # rows of addresses (its documentation says so)
EFFECT_S = 60
DAY_S = 86400
KINDS = (Unbound, Bind, PowerDns, KnotResolver)


class Addresses(Authority):
    """Under a policy that lets orders name addresses, of cases with items of a category."""

    def policy(self):
        path = super().policy()
        with open(path, encoding="utf-8") as f:
            p = json.load(f)
        p["name"] = "addresses"
        p["ladder"] = []
        p["order"].update(ladder_steps=0, addresses={
            "categories": ["terrorism"], "prefix4": 24, "prefix6": 64})
        for c in p["classes"]:
            c.update(accept_s=1, decide_s=1)
        return self.lab.write("addresses.json", json.dumps(p))


class Story:
    def __init__(self, lab):
        self.lab, self.root = lab, Root(lab, {**INSIDE, **OUTSIDE})
        self.authority = Addresses(lab, **{
            "probe.every_s": "3", "probe.never": "never.example",
            "probe.controls": f"127.0.0.1:{self.root.port}", "probe.per_s": "100",
            "probe.timeout_ms": "400", "public.url": "https://register.example/"})
        self.node = self.authority.node
        self.all = [kind(lab, self.node, self.root).add().start() for kind in KINDS]
        lab.wait("every resolver has the zone",
                 lambda: all(r.serial() is not None for r in self.all), EFFECT_S)
        for r in self.all:
            self.node.cli("operator", "probe", r.name, "--resolver",
                          f"127.0.0.1:{r.port},udp,tcp", who=self.node.admin)
        self.acts = [r for r in self.all if r.kind != PASSES_OVER]

    def by_kind(self, kind):
        return next(r for r in self.all if r.kind == kind)

    def ground(self):
        """A case with items at these addresses, overdue."""
        self.authority.platform.must_start()
        csv = self.lab.write("items.csv", "target,category\n198.51.100.3,terrorism\n"
                             f"{HOST},terrorism\n")
        case = self.node.cli("send", csv, "--reference", "A-1", "--subject", "Addresses",
                             "--legal-basis", "Invented", who="sari")["case"]
        self.lab.wait("the deadline passes", lambda: self.node.get(
            f"/v1/cases/{case}", "sari")["overdue"])
        self.authority.platform.stop()
        return case

    def block(self, case):
        ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + DAY_S))
        cli = self.authority.cli
        got = cli("sari", "order", "draft", "--name", NET, "--name", HOST, "--cite", case,
                  "--reasons", "Invented.", "--legal-basis", "Invented", "--proportionality",
                  "These addresses only.", "--collateral", "One tenant.", "--owner-told",
                  "email: wrote to the host", "--ends", ends)
        order, text = got["order"], got["text_sha256"]
        cli("rina", "order", "override", order, "--text-sha256", text, "--guard",
            "address_shared", "--reason", "The host has one tenant, who was asked.")
        self.authority.approve("agus", order, text)
        return order, self.authority.approve("dewi", order, text)["serial"]

    def matrix(self, order):
        return self.node.must("GET", f"/v1/orders/{order}/matrix", "sari")

    def verdicts(self, order):
        got = self.node.must("GET", f"/v1/orders/{order}/measured", "sari")["measured"]
        return {(m["operator"], m["owner"]): m["verdict"] for m in got}

    def by_hand(self, order):
        """{(operator, owner): (name that was asked, verdict)} of one round."""
        code, out, err = self.node.run("probe", "--names", order, "--rate", "0", who="sari")
        if code != 0:
            raise Failure(f"probe by hand: {code}: {err}")
        got = [json.loads(line) for line in out.splitlines()]
        return {(g["operator"], g["owner"]): (g["asked_name"], g["verdict"]) for g in got}

    def wait_verdicts(self, order, verdict, among, owners=(NET, HOST)):
        def probe():
            seen = self.verdicts(order)
            return all(seen.get((r.name, owner)) == verdict
                       for r in among for owner in owners)
        try:
            self.lab.wait(f"{verdict} at {len(among)} resolvers", probe, EFFECT_S)
        except Failure as e:
            raise Failure(f"{e}: {self.verdicts(order)}") from e

    def answers(self, among, expected):
        """What people get: a name leads there or does not; what is beside answers always."""
        def probe():
            return all(getattr(r, expected)(*INSIDE) for r in among)
        try:
            self.lab.wait(f"{expected} at {[r.name for r in among]}", probe, EFFECT_S)
        except Failure as e:
            seen = {r.name: {n: r.verdict(n) for n in INSIDE} for r in among}
            raise Failure(f"{e}: {seen}") from e
        if not all(r.open(*OUTSIDE) for r in self.all):
            raise Failure("what is beside the addresses does not answer")

    def witness(self, order):
        """A name that lies elsewhere tells nothing of the address; one that lies there shows
        what people get."""
        add = ("witness", "add")
        self.node.cli(*add, "next.example", "--address", NET, who="sari")
        got = self.by_hand(order)
        expect("what was asked, and said", {got[r.name, NET] for r in self.all},
               {("next.example.", "row_held")})
        self.node.cli(*add, "shop.example", "--address", NET, who="sari")
        self.wait_verdicts(order, "nxdomain", self.acts, (NET,))
        self.wait_verdicts(order, "open", [self.all[-1]], (NET,))
        states = {o["operator"]: (o["measured"]["blocked"], o["measured"]["free"],
                                  o["measured"]["by_serial"])
                  for o in self.matrix(order)["operators"]}
        expect("as measured by a name", states, {
            r.name: (1, 0, 1) if r in self.acts else (0, 1, 1) for r in self.all})
        print("ok: by a name that lies there, three block the network, and one does not")

    def tell(self):
        order, serial = self.block(self.ground())
        self.answers(self.acts, "blocked")
        last = self.all[-1]
        expect("who passes over such rows", last.kind, PASSES_OVER)
        self.answers([last], "open")
        # No row of the zone has that name: its order is found by the lookup.
        said = {name: [text for _, text in self.by_kind("powerdns").ask(name).ede]
                for name in INSIDE}
        expect("what a name says that is blocked by its address", said, {
            name: [f"order of authority.example: https://register.example/lookup?name={name}"]
            for name in INSIDE})
        print("ok: every name that leads to the addresses is blocked at three")

        # What the serial shows is not that anything is blocked, and is not called so.
        self.wait_verdicts(order, "row_held", self.all)
        shown = self.matrix(order)
        expect("as measured", {(o["measured"]["state"], o["measured"]["by_serial"])
                               for o in shown["operators"]}, {("held", 2)})
        print("ok: each resolver shows the serial of the order")
        self.witness(order)

        # The last one holds the closing back, until it has the lift.
        away = self.acts[0]
        away.stop()
        lifted = self.authority.lift(order)
        if lifted <= serial:
            raise Failure(f"the lift has serial {lifted}, the order {serial}")
        rest = [r for r in self.all if r is not away]
        self.wait_verdicts(order, "lifted", rest, (NET,))
        self.wait_verdicts(order, "row_gone", rest, (HOST,))
        shown = self.matrix(order)
        expect("who is waited for", (shown["slowest"], shown["waiting"], shown["closed"]),
               (away.name, 1, None))
        away.start()
        self.answers(self.all, "open")
        self.wait_verdicts(order, "lifted", self.all, (NET,))
        self.wait_verdicts(order, "row_gone", self.all, (HOST,))
        closed = self.lab.wait("the order is closed", lambda: self.matrix(order)["closed"],
                               EFFECT_S)
        expect("closed by measurement", (closed["measured"], closed["waived"]),
               (len(self.all), 0))
        print("ok: lifted, and closed when the last one had it")

        # At a resolver that is nobody's here no serial is shown; a name answers all the same.
        code, out, err = self.node.run(
            "probe", "--names", order, "--resolver", f"127.0.0.1:{self.root.port}", "--rate",
            "0", who="sari")
        got = [json.loads(line)["verdict"] for line in out.splitlines()]
        if code != 0 or sorted(got) != ["open", "unknown"]:
            raise Failure(f"probe of a resolver without the zone: {code}: {got} {err}")
        self.node.stop()
        code, out, err = self.node.run("rebuild", who=self.node.admin, as_json=False)
        expect("the rebuild", code, 0)


def main():
    resolvers.need()
    with Lab() as lab:
        Story(lab).tell()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as e:
        sys.exit(f"test_address_order: {e}")
