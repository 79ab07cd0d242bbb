"""What two stores say after a soak: is every message that was answered with "recorded" there, is
each there once, and is every receipt true?

Nothing here asks the program: the stores are read with SQLite, or with libpq; roots are computed
from the leaves, and cosignatures are checked by the second verifier's formats (tests/second/formats.py)."""
import hashlib
import json
import os
import sqlite3
import sys

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", *more)
                for more in (("second",), ())]
import pgread  # noqa: E402
from formats import COSIGNATURE_KEY, Bad, Checkpoint, b64url, need  # noqa: E402

PARTIES = ("authority", "platform")
CHANNEL = 1
TOLD_MAX = 5  # of each kind of fault, in words


class Store:
    """One node's store, read only; also of a node that runs or was killed.  `place` is the node's
    folder, or the URI of its database."""

    def __init__(self, place):
        if place.startswith("postgresql:"):
            self.db = pgread.Database(place)
            return
        self.db = sqlite3.connect(f"file:{os.path.join(place, 'store.db')}?mode=ro", uri=True,
                                  timeout=60)
        self.db.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")

    def close(self):
        self.db.close()

    def rows(self, sql, *values):
        return self.db.execute(sql, values)

    def one(self, sql, *values):
        return self.rows(sql, *values).fetchone()[0]

    def size(self, party):
        return self.one("SELECT size FROM log_head WHERE channel = ? AND party = ?", CHANNEL,
                        party)

    def receipted(self, party):
        return self.one("SELECT coalesce(max(size), 0) FROM log_receipt WHERE channel = ? "
                        "AND party = ?", CHANNEL, party)

    def organisations(self):
        """{party: (organisation, its receipt key, its name)}"""
        own = self.one("SELECT own_party FROM channel WHERE channel = ?", CHANNEL)
        peer = self.one("SELECT peer_org FROM channel WHERE channel = ?", CHANNEL)
        found = {}
        for org, wire in self.rows("SELECT org, wire FROM identity ORDER BY n"):
            said = json.loads(b64url(wire.split(".")[1]))["body"]
            found[1 - own if org == peer else own] = (org, b64url(said["receipt_key"]))
        return found


class Edge:
    """The right edge of a growing tree: enough for the root at each size."""

    def __init__(self):
        self.size, self.parts = 0, []

    def add(self, leaf):
        self.size += 1
        at = self.size
        while at % 2 == 0:
            leaf = hashlib.sha256(b"\x01" + self.parts.pop() + leaf).digest()
            at //= 2
        self.parts.append(leaf)

    def root(self):
        if not self.parts:
            return hashlib.sha256(b"").digest()
        got = self.parts[-1]
        for part in reversed(self.parts[:-1]):
            got = hashlib.sha256(b"\x01" + part + got).digest()
        return got


class Verdict:
    def __init__(self):
        self.lost = self.doubled = self.wrong = self.events = 0
        self.words = {}

    def add(self, kind, words, n=1):
        setattr(self, kind, getattr(self, kind) + n)
        told = self.words.setdefault(kind, [])
        if len(told) < TOLD_MAX:
            told.append(words)

    def good(self):
        return not (self.lost or self.doubled or self.wrong)

    def lines(self):
        return [f"{kind}: {words}" for kind, told in self.words.items() for words in told]


def judge_dead(dead, alive, dead_party, verdict):
    """A node that was killed has, on its disk, whatever its receipts say that it has: those that
    the other side holds, and so the other side's log up to there."""
    promised = alive.receipted(1 - dead_party)
    stored = dead.size(1 - dead_party)
    if promised > stored:
        verdict.add("wrong", f"{PARTIES[dead_party]} was killed with {stored} events of the other "
                             f"log, of which it had receipted {promised}")


def judge_log(stores, party, verdict):
    """One log on both sides, and all receipts of it."""
    writer, reader = stores[party], stores[1 - party]
    key = writer.organisations()[1 - party]
    need(key == reader.organisations()[1 - party], "the sides do not agree on who is who")
    receipts = {}
    for side, store in enumerate((writer, reader)):
        for size, root, time_s, note, line in store.rows(
                "SELECT size, root, time_s, note, line FROM log_receipt WHERE channel = ? AND "
                "party = ? ORDER BY size", CHANNEL, party):
            receipts.setdefault(size, {})[side] = (root, time_s, note, line)
    edge = Edge()
    leaves = [store.rows("SELECT seq, leaf, jws FROM log_event WHERE channel = ? AND party = ? "
                         "ORDER BY seq", CHANNEL, party) for store in (writer, reader)]
    for mine in leaves[0]:
        seq, leaf, jws = mine
        theirs = leaves[1].fetchone()
        if seq != edge.size or hashlib.sha256(b"\x00" + jws.encode()).digest() != leaf:
            verdict.add("lost", f"{PARTIES[party]}'s log: entry {edge.size} is another one")
        if theirs != mine:
            verdict.add("lost", f"{PARTIES[party]}'s log: {seq} "
                                + ("is another one there" if theirs else "did not come"))
        edge.add(leaf)
        verdict.events += 1
        for receipt in receipts.pop(edge.size, {}).values():
            judge_receipt(edge, receipt, key, verdict)
    if leaves[1].fetchone() is not None:
        verdict.add("lost", f"{PARTIES[party]}'s log: the other side has more")
    for size in receipts:
        verdict.add("wrong", f"a receipt of {size} events of {PARTIES[party]}, of {edge.size}")


def judge_receipt(edge, receipt, key, verdict):
    """The bytes of the peer's cosignature, its time, and the root that the leaves give."""
    root, time_s, note, line = receipt
    try:
        head = Checkpoint((note + line).encode())
        raw = head.note.line_of(f"{key[0]}/rcpt", COSIGNATURE_KEY, key[1])
        need(raw is not None, "is signed by somebody else")
        need(int.from_bytes(raw[:8], "big") == time_s, "has another time")
        need(head.size == edge.size and head.root == root == edge.root(), "has another root")
    except Bad as e:
        verdict.add("wrong", f"the receipt at {edge.size}: {e}")


def judge_messages(stores, party, answered, verdict):
    """answered: the texts that the node said it had recorded.  Others may be there, once: the
    answer to them is what was lost."""
    for side, store in enumerate(stores):
        left = set(answered)
        seen = set()
        for (body,) in store.rows("SELECT body FROM v_message WHERE channel = ? AND party = ?",
                                  CHANNEL, party):
            if body in seen:
                verdict.add("doubled", f"{body!r} of the {PARTIES[party]}, at the "
                                       f"{PARTIES[side]}")
            seen.add(body)
            left.discard(body)
        for body in sorted(left):
            verdict.add("lost", f"{body!r} of the {PARTIES[party]}, at the {PARTIES[side]}")
        twice = store.one("SELECT count(*) - count(DISTINCT id) FROM v_event WHERE channel = ? "
                          "AND party = ?", CHANNEL, party)
        if twice:
            verdict.add("doubled", f"{twice} events have another's id", twice)


def judge(places, answered, verdict=None):
    """places: of the stores of the authority and of the platform, both stopped and in step."""
    verdict = verdict or Verdict()
    stores = [Store(place) for place in places]
    for party in range(len(PARTIES)):
        judge_log(stores, party, verdict)
        judge_messages(stores, party, answered[party], verdict)
    for store in stores:
        store.close()
    return verdict
