#!/usr/bin/env python3
"""Two daemons with a channel and nothing to do: no write, no new checkpoint, no message and hardly
a wake-up; and the counters see it when something does happen."""
import hashlib
import os
import sqlite3
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as lab_module  # noqa: E402
from lab import Failure, Lab, Node, expect  # noqa: E402

IDLE_S = 6.0
QUIET_S = 1.0       # without a write: what the start left to do is done
WAKES_A_SECOND = 8  # of all threads of a daemon and of its signer


def lines(path):
    """Nothing of a thread that has just ended."""
    try:
        with open(path, encoding="ascii", errors="replace") as f:
            return dict(line.rstrip("\n").split(":", 1) for line in f if ":" in line)
    except (FileNotFoundError, ProcessLookupError):
        return {}


class Counters:
    """What the kernel has counted of a daemon and of its signer."""

    def __init__(self, pid):
        children = set()
        for task in os.listdir(f"/proc/{pid}/task"):
            try:
                with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
                    children.update(f.read().split())
            except (FileNotFoundError, ProcessLookupError):
                pass  # it has just ended
        self.writes = self.wakes = 0
        for each in (str(pid), *children):
            io = lines(f"/proc/{each}/io")
            self.writes += int(io["syscw"])
            for task in os.listdir(f"/proc/{each}/task"):
                self.wakes += int(lines(f"/proc/{each}/task/{task}/status")
                                  .get("voluntary_ctxt_switches", 0))


class Seen:
    """Everything that a write or a new head would change."""

    def __init__(self, node):
        self.counters = Counters(node.lab.children[node.name].pid)
        self.files = {}
        for folder, _, names in os.walk(node.dir):
            for name in names:
                path = os.path.join(folder, name)
                if name.endswith("-shm") or not os.path.isfile(path):
                    continue  # readers mark their places there
                with open(path, "rb") as f:
                    self.files[path] = (os.stat(path).st_mtime_ns,
                                        hashlib.sha256(f.read()).hexdigest())
        db = sqlite3.connect(f"file:{os.path.join(node.dir, 'store.db')}?mode=ro", uri=True)
        self.heads = db.execute("SELECT channel, party, size, root, pending_note, signed_note "
                                "FROM log_head ORDER BY channel, party").fetchall()
        self.heads += db.execute("SELECT party, size, line FROM log_receipt").fetchall()
        db.close()


def quiet(nodes):
    """Everything is receipted, and nothing was written for a while."""
    def drained():
        return all(p["sent"] == p["receipted"] and not p["failing_since"]
                   for n in nodes for p in n.cli("peer", "list", who=n.admin)["peers"])

    def still():
        before = [Counters(n.lab.children[n.name].pid).writes for n in nodes]
        time.sleep(QUIET_S)
        return before == [Counters(n.lab.children[n.name].pid).writes for n in nodes]
    nodes[0].lab.wait("everything is receipted", drained)
    nodes[0].lab.wait("nothing is written any more", still)


def main():
    with Lab() as lab:
        authority = Node(lab, "authority", "kominfo.example", "Ministry", "authority")
        platform = Node(lab, "platform", "telegram.example", "Telegram", "platform")
        nodes = (authority, platform)
        for node, admin in zip(nodes, ("ani", "pasha")):
            node.init(admin)
            node.must_start()
        lab_module.introduce(authority, platform, "id-2020")
        authority.add_person("rina", "officer")
        authority.must("POST", "/v1/notices", "rina", {
            "csv": "target,category\nhttps://t.me/channel1/1,other\n", "reference": "I-1",
            "subject": "Invented list", "legal_basis": "Invented example"})
        quiet(nodes)
        before = [Seen(node) for node in nodes]
        began_s = time.monotonic()
        time.sleep(IDLE_S)
        after = [Seen(node) for node in nodes]
        passed_s = time.monotonic() - began_s
        for node, b, a in zip(nodes, before, after):
            wakes = a.counters.wakes - b.counters.wakes
            print(f"{node.name}: {a.counters.writes - b.counters.writes} writes, {wakes} "
                  f"wake-ups in {passed_s:.1f} s")
            expect(f"{node.name}: heads and receipts", a.heads, b.heads)
            expect(f"{node.name}: files that changed",
                   sorted(p for p in a.files if a.files[p] != b.files.get(p)), [])
            expect(f"{node.name}: writes", a.counters.writes - b.counters.writes, 0)
            if wakes > WAKES_A_SECOND * passed_s:
                raise Failure(f"{node.name}: {wakes} wake-ups in {passed_s:.1f} s of nothing")

        # And they do see something.
        authority.must("POST", "/v1/notices", "rina", {
            "csv": "target,category\nhttps://t.me/channel2/1,other\n", "reference": "I-2",
            "subject": "Invented list", "legal_basis": "Invented example"})
        quiet(nodes)
        for node, a in zip(nodes, after):
            now = Seen(node)
            if now.heads == a.heads or now.counters.writes == a.counters.writes or \
                    now.files == a.files or now.counters.wakes == a.counters.wakes:
                raise Failure(f"{node.name}: a notice is not seen by what counts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
