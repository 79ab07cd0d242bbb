#!/usr/bin/env python3
"""The node dies by kill -9 in the middle of large transfers, again and again: no resolver
answers by a part of a zone, none goes back to an older serial, and all come to the newest zone by
themselves once the node lives.  BIND does answer by a part of a whole transfer that was cut, and
would for ever if a difference followed: it gets the whole zone next.

The daemon is built with -Dfaults=true and dies after the n-th message of whatever it sends to
whomever.  The first transfers are of a whole base, the later ones of its changes.  With
SALURAN_EVERY=1 at many more messages, and with servers between node and resolver."""
import os
import re
import signal
import sqlite3
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import blocks  # noqa: E402
import resolvers  # noqa: E402
from dnsask import ask  # noqa: E402
from lab import CANARY, EXIT_CONFLICT, START_S, Failure, Lab, expect  # noqa: E402

WHOLE = "SALURAN_EVERY" in os.environ
KINDS = ((resolvers.ALL + (resolvers.Nsd, resolvers.Knot)) if WHOLE else
         (resolvers.Bind, resolvers.Unbound, resolvers.PowerDns))
DEATHS = range(0, 24) if WHOLE else (3, 8)  # messages before a death
ROWS = 4000      # some eleven messages
SAMPLE = 8       # names that are asked for at a time, from the first to the last
EACH = 8 if WHOLE else 16  # at the end
EFFECT_S = 90
# A message at a time, each a part of a second after the one before.
TIMES = {"rpz.transfer_kib_per_s": 192, "rpz.refresh_s": 3600, "rpz.retry_s": 1,
         "rpz.fold_from": 0, "rpz.fold_hours": 24}
POINT = "rpz.part"
WORDS = ("first", "second")
NEVER = 1 << 30  # so many points are not passed: the count alone says where it dies
KILLED = re.compile(rf"^fault: kill at {re.escape(POINT)},", re.M)
SENT = re.compile(r"rpz\.transfer zone=base\S* operator=(\S+) kind=(\w+) .*result=ok", re.M)
BASE = "base.rpz.saluran"


def names(word, step=1):
    return [f"w{i}.{word}{i // 2}.example" for i in range(0, ROWS, step)]


def key(owner):
    """As the store has owners: from the root on."""
    return ".".join(reversed(owner.split(".")))


def refill(node, order, old, new, serial):
    """Every row of the zone becomes another one, as in a night after many orders: what is in
    force, the rows and their journal.  The node is stopped; its start makes that the base."""
    db = sqlite3.connect(os.path.join(node.dir, "store.db"))
    for word, before, after in ((old, "nxdomain", None), (new, None, "nxdomain")):
        if word is None:
            continue
        owners = names(word)
        if after is None:
            db.executemany("DELETE FROM v_zone WHERE owner = ?", ((n,) for n in owners))
            db.executemany("DELETE FROM zone_row WHERE layer = 0 AND owner = ?",
                           ((key(n),) for n in owners))
        else:
            db.executemany(
                "INSERT INTO v_zone (owner, order_id, name, action, since_serial) "
                "VALUES (?, ?, ?, 'nxdomain', ?)", ((n, order, n, serial) for n in owners))
            db.executemany(
                "INSERT INTO zone_row (zone, layer, owner, action, order_id) "
                "VALUES ('main', 0, ?, 'nxdomain', ?)", ((key(n), order) for n in owners))
        db.executemany(
            "INSERT INTO zone_change (zone, layer, serial, owner, old, new, order_id, at_us) "
            "VALUES ('main', 0, ?, ?, ?, ?, ?, ?)",
            ((serial, key(n), before, after, order, int(time.time() * 1e6)) for n in owners))
    db.execute("UPDATE zone SET serial = ?, folded_us = 0, n_rows = (SELECT count(*) FROM "
               "zone_row WHERE layer = 0)", (serial,))
    db.commit()
    db.close()


class Cut:
    def __init__(self, lab):
        self.lab = lab
        self.authority = blocks.Authority(lab, **TIMES)
        self.node = self.authority.node
        self.faults = lab.path("faults")
        self.arm(None)
        self.order, _ = self.authority.block("first.example")
        self.node.env = {"SALURAN_FAULT_FILE": self.faults}
        self.contents = {0: None}  # since which serial which names are blocked
        self.newest = {}           # serial that a resolver has shown

    def become(self, word):
        """The base is another one from the node's next start on; its serial."""
        self.node.stop()
        serial = max(int(time.time()), *self.contents) + 2
        refill(self.node, self.order, self.content(serial), word, serial)
        self.contents[serial] = word
        return serial

    def arm(self, n):
        """The node dies behind its n-th message from now on; None: it lives."""
        text = f"0 0 0 {POINT}\n" if n is None else f"{NEVER} {n} 0 {POINT}\n"
        with open(self.faults + ".new", "w", encoding="ascii") as f:
            f.write(text)
        os.replace(self.faults + ".new", self.faults)

    def log(self):
        with open(self.lab.path(self.node.name + ".log"), encoding="utf-8") as f:
            return f.read()

    # ---- what resolvers answer

    @staticmethod
    def serial(r):
        """Of the base that is in effect, 0: none."""
        got = ask(r.port, f"{BASE}.{CANARY}", "TXT")
        rows = got.texts("TXT") if got else []
        return int(rows[0]) if rows and rows[0].isdigit() else 0

    def content(self, serial):
        return self.contents[max(s for s in self.contents if s <= serial)]

    def look(self, r, asked):
        """False: its zone moves just now, or it reads it.  Fails when it has a part of one."""
        before = self.serial(r)
        if before < self.newest.get(r.name, 0):
            raise Failure(f"{r.title} went back from serial {self.newest[r.name]} to {before}")
        self.newest[r.name] = before
        word = self.content(before)
        said = {n: r.verdict(n) for n in asked}
        if self.serial(r) != before:
            return False
        odd = {n.split(".")[0]: v for n, v in said.items()
               if (v == r.blocked_as) != (word is not None and f".{word}" in n)}
        if not odd:
            return True
        if r.whole_or_nothing:
            raise Failure(f"{r.title} has serial {before}, by which {word} is blocked, and "
                          f"answers by a part of it: {odd}")
        return False

    def sample(self):
        return [n for word in WORDS for n in names(word, ROWS // SAMPLE) + names(word)[-1:]]

    def all_whole(self):
        return all([self.look(r, self.sample()) for r in self.all])

    def all_have(self, serial):
        return self.all_whole() and all(self.newest[r.name] >= serial for r in self.all)

    # ---- the deaths

    def rise(self):
        """What a killed node leaves may hold its directory for a moment."""
        self.lab.wait("the directory is free", lambda: self.node.start() or self.lab.children[
            self.node.name].wait(START_S) != EXIT_CONFLICT)

    def dies(self, n, serial):
        """False: everybody had everything before that message."""
        self.arm(n)
        if not self.node.alive():
            self.rise()
        self.lab.wait(f"the node dies behind message {n}", lambda: not self.node.alive() or
                      self.all_have(serial), EFFECT_S)
        if self.node.alive():
            return False
        code = self.lab.stop(self.node.name)
        expect("how the node ended", code, -signal.SIGKILL)
        self.all_whole()
        return True

    def under_deaths(self, serial):
        n_before, deaths = len(KILLED.findall(self.log())), 0
        for n in DEATHS:
            if not self.dies(n, serial):
                break
            deaths += 1
        self.arm(None)
        if not self.node.alive():
            self.rise()
        began = time.monotonic()
        try:
            self.lab.wait("the whole zone is everywhere",
                          lambda: self.all_have(serial), EFFECT_S)
        except Failure as e:
            raise Failure(f"{e}; serial {serial}, they have {self.newest}") from e
        expect("deaths in a transfer", len(KILLED.findall(self.log())) - n_before, deaths)
        if deaths < 2:
            raise Failure(f"the node died {deaths} times: is this a build with faults?")
        print(f"{deaths} deaths in transfers, then {time.monotonic() - began:.2f} s until "
              f"{len(self.all)} resolvers have serial {serial}", flush=True)

    def every_name(self):
        word = self.content(max(self.contents))
        for r in self.all:
            asked = [n for w in WORDS for n in names(w, EACH)]
            # BIND answers while it still reads the zone.
            self.lab.wait(f"{r.title} answers by the whole zone",
                          lambda r=r, asked=asked: self.look(r, asked), EFFECT_S)
        print(f"of each {EACH} names one was asked for: those of {word} are blocked, no other one")

    def tell(self):
        root = resolvers.Root(self.lab)
        made = [kind(self.lab, self.node, root).add() for kind in KINDS]
        serial = self.become("first")
        # Knot Resolver does not start without the zones.
        self.all = [r.start() for r in made if r.kind != "knot-resolver"]
        self.under_deaths(serial)
        self.all += [r.start() for r in made if r not in self.all]
        self.lab.wait("all have it", lambda: self.all_have(serial), EFFECT_S)
        self.every_name()

        serial = self.become("second")
        self.under_deaths(serial)
        self.every_name()
        print("ended well: " + ", ".join(sorted({f"{kind} to {name}" for name, kind in
                                                 SENT.findall(self.log())})))
        self.node.stop()


def main():
    resolvers.need()
    with Lab() as lab:
        Cut(lab).tell()
    print("ok")


if __name__ == "__main__":
    try:
        main()
    except Failure as e:
        sys.exit(f"test_rpz_cut: {e}")
