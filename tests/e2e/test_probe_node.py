#!/usr/bin/env python3
"""The node asks all four resolvers what they do with the names of an order: blocked, then
lifted, as signed by the node, as the register counts it, and as a prober on "another machine"
sees it, with a token of its own. A resolver that is stopped is down and nothing else."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import resolvers  # noqa: E402
from blocks import Authority  # noqa: E402
from lab import BIN, Failure, Lab, expect  # noqa: E402
from resolvers import Bind, KnotResolver, PowerDns, Root, Unbound  # noqa: E402

NAMES = {"one.example": "198.51.100.1", "two.example": "198.51.100.2",
         "never.example": "198.51.100.3"}
EFFECT_S = 60
KINDS = (Unbound, Bind, PowerDns, KnotResolver)


class Story:
    def __init__(self, lab):
        self.lab, self.root = lab, Root(lab, NAMES)
        self.authority = Authority(lab, **{
            "probe.every_s": "3", "probe.never": "never.example",
            "probe.controls": f"127.0.0.1:{self.root.port}", "probe.per_s": "100",
            "probe.timeout_ms": "400"})
        self.node = self.authority.node
        self.all = [kind(lab, self.node, self.root).add().start() for kind in KINDS]
        lab.wait("every resolver has the zone",
                 lambda: all(r.serial() is not None for r in self.all), EFFECT_S)

    def name_resolvers(self):
        for r in self.all:
            self.node.cli("operator", "probe", r.name, "--resolver",
                          f"127.0.0.1:{r.port},udp,tcp", who=self.node.admin)

    def measured(self, order):
        return self.node.must("GET", f"/v1/orders/{order}/measured", "sari")

    def rows(self, order, vantage="local"):
        """{(operator, owner): verdict}"""
        return {(m["operator"], m["owner"]): m["seen_verdict"]
                for m in self.measured(order)["measured"] if m["vantage"] == vantage}

    def wait_for(self, order, means, vantage="local", but=()):
        def probe():
            rows = [m for m in self.measured(order)["measured"]
                    if m["vantage"] == vantage and m["operator"] not in but]
            return (len(rows) == 2 * (len(self.all) - len(but))
                    and all(m["means"] == means for m in rows))
        try:
            self.lab.wait(f"{means} at all resolvers as {vantage} measures it", probe, EFFECT_S)
        except Failure as e:
            raise Failure(f"{e}: {self.measured(order)}") from e

    def remote(self):
        """A prober with nothing but a token and the key of the API."""
        token = self.lab.path("jakarta.token")
        self.node.cli("token", "add", "jakarta", "--scope", "probes:read", "--scope",
                      "probes:write", "--out", token, who="sari")
        self.lab.start("jakarta", [
            BIN, "serve", "--roles", "probe", "--node", f"https://127.0.0.1:{self.node.api_port}",
            "--as", token, "--vantage", "jakarta", "--ca",
            os.path.join(self.node.dir, "tls.crt"), "--pin", self.pin()])

    def pin(self):
        import base64
        import hashlib
        import subprocess
        der = subprocess.run(
            ["openssl", "x509", "-in", os.path.join(self.node.dir, "tls.crt"), "-pubkey",
             "-noout"], check=True, capture_output=True).stdout
        key = base64.b64decode(b"".join(der.splitlines()[1:-1]))
        return "sha256//" + base64.b64encode(hashlib.sha256(key).digest()).decode()

    def by_hand(self, order, expected, verdict):
        """`saluran probe --names ORDER` needs no other word: the node knows the rest."""
        code, out, err = self.node.run("probe", "--names", order, "--rate", "0", "--check",
                                       who="sari")
        results = [json.loads(line) for line in out.splitlines()]
        got = {(r["operator"], r["owner"], r["expected"], r["verdict"]) for r in results}
        want = {(r.name, n, expected, verdict) for r in self.all
                for n in ("one.example", "two.example")}
        if code != 0 or got != want or any(r["orders"] != [order] for r in results):
            raise Failure(f"probe --names ORDER: exit {code}: {got}: {err}")
        # Or at a resolver that is nobody's here.
        code, out, err = self.node.run(
            "probe", "--names", order, "--resolver", f"127.0.0.1:{self.root.port}",
            "--rate", "0", "--check", who="sari", as_json=False)
        if (code == 0) != (expected == "free") or "one.example" not in out:
            raise Failure(f"probe --names ORDER --resolver: exit {code}: {out}{err}")

    def tell(self):
        order, _ = self.authority.block("one.example", "two.example")
        expect("what is measured before anybody is named", self.measured(order)["summary"], None)
        self.name_resolvers()
        self.wait_for(order, "blocked")
        print("ok: blocked at all four, as measured")
        summary = self.measured(order)["summary"]
        expect("resolvers", (summary["resolvers"], summary["blocked"], summary["free"]),
               (4, 4, 0))
        register = self.node.must("GET", f"/v1/register/{order}")
        expect("the register", register["measured"]["blocked"], 4)

        self.by_hand(order, "blocked", "nxdomain")

        # The whole of a result can be had, and is what the digest says.
        digest = self.measured(order)["measured"][0]["digest"]
        result = self.node.must("GET", f"/v1/probes/results/{digest}", "sari")["result"]
        if not result["asked"][0]["raw"] or result["control"]["got"] != "answer":
            raise Failure(f"a result without what was seen: {result}")

        self.remote()
        self.wait_for(order, "blocked", "jakarta")
        vantages = {v["vantage"] for v in
                    self.node.must("GET", "/v1/probes", "sari")["vantages"]}
        expect("vantages", vantages, {"local", "jakarta"})
        # Each knows how its control does, and no resolver's serial is guessed.
        self.lab.wait("both have told of their controls", lambda: all(
            [c["answered"] for c in v["controls"]] == [True] and not v["silent"]
            for v in self.node.must("GET", "/v1/probes", "sari")["vantages"]), EFFECT_S)
        if not all(m["canary"] for m in self.measured(order)["measured"]):
            raise Failure(f"a resolver that shows no serial: {self.measured(order)}")
        print("ok: and as another machine sees it")

        # One goes down: it is down, and neither blocked nor free.
        gone = self.all[0]
        gone.stop()
        self.lab.wait(f"{gone.name} is seen to be down",
                      lambda: self.rows(order)[(gone.name, "one.example")] == "down", EFFECT_S)
        self.authority.lift(order)
        self.wait_for(order, "free", but=(gone.name,))
        self.wait_for(order, "free", "jakarta", but=(gone.name,))
        if self.rows(order)[(gone.name, "one.example")] != "down":
            raise Failure(f"{gone.name}: {self.rows(order)}")
        print("ok: lifted at three; the one that is down is down")
        gone.start()
        self.wait_for(order, "free")
        lifted = [m for m in self.measured(order)["measured"] if m["vantage"] == "local"]
        for m in lifted:
            if m["verdict"] == "lifted" and not m["first_free"]:
                raise Failure(f"no time of the lift: {m}")
        self.by_hand(order, "free", "lifted")
        print("ok: and lifted at the last one, too")

        # The views are the fold of what was signed.
        self.lab.stop("jakarta")
        self.node.stop()
        self.node.run("rebuild", who=self.node.admin, as_json=False)
        self.node.must_start()
        self.wait_for(order, "free")
        # A restart resumes: the node asks on.
        before = {m["operator"]: m["seen"] for m in self.measured(order)["measured"]}
        self.lab.wait("the node asks on after its restart", lambda: all(
            m["seen"] > before[m["operator"]] for m in self.measured(order)["measured"]
            if m["vantage"] == "local"), EFFECT_S)
        print("ok: the same after a rebuild and a restart")


def main():
    resolvers.need()
    with Lab() as lab:
        Story(lab).tell()
    return 0


if __name__ == "__main__":
    sys.exit(main())
