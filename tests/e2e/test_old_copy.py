#!/usr/bin/env python3
"""A store that is an old copy, with real resolvers: what was lifted since the copy was made is not
blocked again, as the zones are given to nobody and the node says so; a lift on that node, which
may sign nothing, reaches the resolvers when a person lets the zones out; and the newest store,
put back, has that lift on record."""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import resolvers  # noqa: E402
from blocks import Authority  # noqa: E402
from lab import Failure, Lab, Refused, expect, parts  # noqa: E402
from resolvers import Bind, Root, Unbound  # noqa: E402

EFFECT_S = 60
KINDS = (Bind, Unbound)
GONE, STAYS, ELSE = "gone.example", "stays.example", "other.example"


class OldCopy:
    def __init__(self, lab):
        self.lab = lab
        self.authority = Authority(lab)
        self.node = self.authority.node
        self.all = resolvers.all_of(lab, self.node, Root(lab), KINDS)

    def swap_store(self, source):
        """Another store beside the marks of today, as somebody would who copies it back."""
        for name in os.listdir(self.node.dir):
            if name.startswith("store.db"):
                os.unlink(os.path.join(self.node.dir, name))
        for name in os.listdir(source):
            if name.startswith("store.db"):
                shutil.copy(os.path.join(source, name), self.node.dir)

    def copy(self, name):
        self.node.stop()
        shutil.copytree(self.node.dir, self.lab.path(name))
        self.node.must_start()
        return self.lab.path(name)

    def wait(self, what, probe):
        try:
            return self.lab.wait(what, probe, EFFECT_S)
        except Failure as e:
            seen = {r.name: {n: r.verdict(n) for n in (GONE, STAYS, ELSE)} for r in self.all}
            raise Failure(f"{e}: {seen}") from e

    def everywhere(self, free, blocked):
        return all(r.open(*free, ELSE) and r.blocked(*blocked) for r in self.all)

    def alarms(self, kind):
        return [a for a in self.node.cli("alarms", who="wati")["alarms"] if a["kind"] == kind]

    def asked(self):
        """What a server answers that has the key of the first."""
        name, secret = self.all[0].key
        return subprocess.run(
            [parts("kdig")[0], "@127.0.0.1", "-p", str(self.node.rpz_port), "+tcp", "+retry=0",
             "-y", f"hmac-sha256:{name}:{secret}", "AXFR", "hot.rpz.saluran"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False).stdout

    def tell(self):
        gone, _ = self.authority.block(GONE)
        stays, _ = self.authority.block(STAYS)
        self.wait("both are blocked", lambda: self.everywhere((), (GONE, STAYS)))
        old = self.copy("old")
        self.authority.lift(gone)
        self.wait("one is lifted", lambda: self.everywhere((GONE,), (STAYS,)))
        new = self.copy("new")

        self.node.stop()
        self.swap_store(old)
        self.node.must_start()
        expect("the status says that it is old",
               ["old copy" in text for text in self.node.cli("status", who="wati")["frozen"]],
               [True])
        told = self.lab.wait("an alarm tells of it", lambda: self.alarms("zone_old"), EFFECT_S)
        if "2 orders are in force" not in told[0]["text"]:
            raise Failure(f"the alarm does not say how many orders it is about: {told}")
        if self.node.cli("zone", "list", who="wati")["given_out"]:
            raise Failure("the zones of an old copy are given out")
        if "SERVFAIL" not in self.asked() or GONE in self.asked():
            raise Failure(f"the zones of an old copy are given out: {self.asked()}")
        for r in self.all:
            r.stop()
            r.start()
        self.wait("what resolvers have of their own stands",
                  lambda: self.everywhere((GONE,), (STAYS,)))
        print("ok: an old copy blocks nothing again")

        said = self.node.cli("order", "lift", stays, "--reason", "It is over.", who="dewi")
        expect("what the lift says", (said.get("given_out"), said.get("on_record")),
               (False, False))
        if not all(r.blocked(STAYS) for r in self.all):
            raise Failure("the zones went out with a lift")
        # What was lifted since, as the person who looks knows.
        self.node.cli("order", "lift", gone, "--reason", "It was lifted before.", who="dewi")
        try:
            self.node.cli("zone", "resume", "--reason", "Because.", who="dewi")
        except Refused as refused:
            expect("who is no admin", refused.code, 4)
        else:
            raise Failure("an approver let the zones of an old copy out")
        self.node.cli("zone", "resume", "--reason", "Every order was looked at.", who="wati")
        self.wait("the lift on a node that may not sign is at the resolvers",
                  lambda: self.everywhere((GONE, STAYS), ()))
        expect("the alarm", self.alarms("zone_old"), [])
        print("ok: a lift on a node that may sign nothing reached every resolver")

        self.node.stop()
        self.swap_store(new)
        self.node.must_start()
        self.lab.wait("the lift is on record", lambda: self.node.get(
            f"/v1/orders/{stays}", "dewi")["state"] == "lifted", EFFECT_S)
        expect("the alarm of lifts that wait", self.alarms("lift_waits"), [])
        if not self.everywhere((GONE, STAYS), ()):
            raise Failure("the newest store blocks what was lifted meanwhile")
        # The old copy's serials are past those of this store; nobody waits for the clock.
        again, _ = self.authority.block("after.example")
        self.wait("blocks go on", lambda: all(r.blocked("after.example") for r in self.all))
        self.authority.lift(again)
        self.node.stop()
        print("ok: the newest store has the lift on record")
        self.whole_directory()

    def whole_directory(self):
        """All of the directory is old, and the peer is silent: nothing here tells so, but a
        resolver with a newer serial does. It gets what is in force here, and people know."""
        old = self.lab.path("whole")
        shutil.copytree(self.node.dir, old)
        self.node.must_start()
        for name in ("burst1.example", "burst2.example", "burst3.example"):
            self.authority.block(name)
        self.wait("later blocks are there",
                  lambda: all(r.blocked("burst3.example") for r in self.all))
        self.node.stop()
        shutil.rmtree(self.node.dir)
        shutil.copytree(old, self.node.dir)
        self.node.must_start()
        expect("no alarm by itself", self.alarms("zone_ahead"), [])
        held = max(r.serial() for r in self.all)
        name, secret = self.all[0].key
        subprocess.run(
            [parts("kdig")[0], "@127.0.0.1", "-p", str(self.node.rpz_port), "+tcp", "+retry=0",
             "-y", f"hmac-sha256:{name}:{secret}", f"IXFR={held}", "hot.rpz.saluran"],
            stdout=subprocess.DEVNULL, check=True)
        told = self.lab.wait("an alarm tells of it", lambda: self.alarms("zone_ahead"), EFFECT_S)
        if str(held) not in told[0]["text"]:
            raise Failure(f"the alarm does not say which serial: {told}")
        self.wait("resolvers have what is in force here", lambda: all(
            r.open("burst1.example", "burst3.example") for r in self.all))
        self.authority.block("onward.example")
        self.wait("blocks go on", lambda: all(r.blocked("onward.example") for r in self.all))
        self.node.stop()
        print("ok: a directory that is old as a whole is found out by what a resolver holds")


def main():
    resolvers.need()
    parts("kdig")
    with Lab() as lab:
        OldCopy(lab).tell()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as e:
        sys.exit(f"test_old_copy: {e}")
