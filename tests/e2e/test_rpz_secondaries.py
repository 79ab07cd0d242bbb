#!/usr/bin/env python3
"""Knot, NSD and BIND as secondaries of our server, each with its key: after every one of many
random changes each holds exactly the rows that were published, whether it followed serial by
serial, over a jump of several, or was away meanwhile.

SALURAN_TEST_SEED repeats a run; the seed is printed."""
import os
import random
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Failure, Lab, parts  # noqa: E402
from resolvers import Bind, Knot, Nsd  # noqa: E402
from zone_server import ORIGIN, SECRET, ZoneServer  # noqa: E402

STEPS = 30
OWNERS = 3000
FOLLOWS_S = 60   # from a change to the secondary's new serial; some 20 ms when all is idle
ACTS = [("nxdomain", "CNAME .", None), ("nodata", "CNAME *.", None),
        ("passthru", "CNAME rpz-passthru.", None),
        ("landing", "CNAME page.authority.example.", "page.authority.example"),
        ("a", "A 192.0.2.80", "192.0.2.80"), ("aaaa", "AAAA 2001:db8::80", "2001:db8::80"),
        ("txt", 'TXT "order-42"', "order-42")]


class Secondaries:
    def __init__(self, lab, rng):
        self.lab, self.rng, self.rows = lab, rng, {}
        self.server = ZoneServer(lab, (Knot, Nsd, Bind))
        self.names = list(self.server.all)
        self.kdig = parts("kdig")[0]

    def change(self):
        """Some rows come, go or become others; now and then most of them."""
        n = self.rng.choice([1, 1, 1, 2, 5, 30, 30, 400, 2500])
        for i in self.rng.sample(range(OWNERS), n):
            name = owner(i)
            if name in self.rows and self.rng.random() < 0.5:
                del self.rows[name]
            else:
                self.rows[name] = self.rng.randrange(len(ACTS))
        self.server.publish(*(" ".join(filter(None, (name, ACTS[act][0], ACTS[act][2])))
                              for name, act in self.rows.items()))

    def held(self, name):
        """What this one gives to who has the key: all but the SOA, as "owner type data"."""
        run = subprocess.run(
            [self.kdig, "@127.0.0.1", "-p", str(self.server.all[name].port), ORIGIN, "AXFR", "-y",
             f"hmac-sha256:{self.server.key(name)}:{SECRET}", "+noall", "+answer", "+retry=0"],
            stdout=subprocess.PIPE, text=True, check=True)
        got = []
        for line in run.stdout.splitlines():
            words = line.split(None, 4)
            if len(words) == 5 and not line.startswith(";") and words[3] != "SOA":
                got.append(f"{words[0].lower()} {words[3]} {words[4]}")
        return sorted(got)

    def expected(self):
        serial = self.server.serial
        want = [f"{name.lower()}.{ORIGIN}. {ACTS[act][1]}" for name, act in self.rows.items()]
        want += [f"{ORIGIN}. NS localhost.", f'_saluran-serial.{ORIGIN}. TXT "{serial}"',
                 f'{ORIGIN}._saluran-serial.{ORIGIN}. TXT "{serial}"']
        return sorted(want)

    def compare(self, names):
        want, serial = self.expected(), self.server.serial
        for name in names:
            self.lab.wait(f"{name} has serial {serial}",
                          lambda name=name: self.server.has(name), FOLLOWS_S)
            got = self.held(name)
            if got != want:
                lost, more = set(want) - set(got), set(got) - set(want)
                raise Failure(f"serial {serial}: {name} lacks {sorted(lost)[:3]} "
                              f"({len(lost)}) and has {sorted(more)[:3]} ({len(more)}) too many")

    def step(self, away):
        if away:
            self.server.all[away].stop()
        for _ in range(self.rng.choice([1, 1, 1, 3, 8])):  # more than one: a jump
            self.change()
            if self.rng.random() < 0.5:
                time.sleep(self.rng.random() / 50)
        self.compare([name for name in self.names if name != away])
        if away:
            self.server.all[away].start()
            self.compare([away])

    def tell(self):
        self.change()
        self.server.start()
        for secondary in self.server.all.values():
            secondary.start()
        self.compare(self.names)
        for i in range(STEPS):
            self.step(self.rng.choice(self.names) if i % 10 == 5 else None)
        log = self.server.log()
        for name in self.names:
            n = {kind: log.count(f"operator={name} kind={kind} ") for kind in ("axfr", "ixfr")}
            print(f"{name}: {n['axfr']} whole zones, {n['ixfr']} differences")
        if log.count("kind=ixfr ") < STEPS:
            raise Failure("the secondaries hardly used differences")
        if "rpz.journal" in log:
            raise Failure("a difference did not fit the rows")
        self.server.stop()


def owner(i):
    kind = i % 20
    if kind == 0:
        return f"32.{i % 256}.113.0.203.rpz-ip" if i < 5120 else f"n{i}.example"
    return f"*.n{i}.Example" if kind == 1 else f"n{i}.d{i % 31}.example"


def main():
    parts("knotd", "nsd", "named", "kdig")
    seed = os.environ.get("SALURAN_TEST_SEED") or str(int(time.time()))
    print(f"SALURAN_TEST_SEED={seed} repeats this run")
    with Lab() as lab:
        Secondaries(lab, random.Random(seed)).tell()
    print("ok")


if __name__ == "__main__":
    try:
        main()
    except Failure as e:
        sys.exit(f"test_rpz_secondaries: {e}")
