#!/usr/bin/env python3
"""A short soak (tests/soak/soak.py): two nodes, killed at random under the load of people on both
sides; interrupted and gone on with; and stores that are made to lose an event, double one or have
a wrong receipt are found out."""
import os
import shutil
import sqlite3
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "soak"))
import soak as soak_module  # noqa: E402
import verdict  # noqa: E402
from lab import Failure, expect  # noqa: E402

EVENTS, KILL_EVERY_S = 4000, 0.3
KILLS, KILLS_MAX = 2, 4  # before it is interrupted, and in all: a busy machine starts slowly

# What is done to the platform's store, and what must be said of it.
DAMAGE = (
    ("an event that did not come", "lost",
     "DELETE FROM log_event WHERE party = 0 AND seq = (SELECT max(seq) FROM log_event WHERE party = 0)"),
    ("an entry that is another one", "lost",
     "UPDATE log_event SET leaf = zeroblob(32) WHERE party = 0 AND seq = 7"),
    ("a message that is not shown", "lost",
     "DELETE FROM v_message WHERE party = 1 AND body = 'p-0'"),
    ("a message that is there twice", "doubled",
     "UPDATE v_message SET body = 'p-0' WHERE party = 1 AND body = 'p-1'"),
    ("an event that is there twice", "doubled",
     "UPDATE v_event SET id = (SELECT min(id) FROM v_event WHERE party = 1) WHERE party = 1 "
     "AND seq = (SELECT max(seq) FROM v_event WHERE party = 1)"),
    ("a receipt of another root", "wrong",
     "UPDATE log_receipt SET root = zeroblob(32) WHERE party = 0"),
    ("a receipt of more than there is", "wrong",
     "UPDATE log_receipt SET size = size + 100000 WHERE party = 0"),
    ("a receipt at another time", "wrong",
     "UPDATE log_receipt SET time_s = time_s + 1 WHERE party = 1"),
    ("a receipt with another's signature", "wrong",
     "UPDATE log_receipt SET line = (SELECT min(line) FROM log_receipt WHERE party = 1) "
     "WHERE party = 0"),
)


def damaged(folders, answered, work, sql):
    there = os.path.join(work, "damaged")
    shutil.rmtree(there, ignore_errors=True)
    shutil.copytree(folders[1], there, ignore=shutil.ignore_patterns("sock", "lock"))
    db = sqlite3.connect(os.path.join(there, "store.db"))
    changed = db.execute(sql).rowcount
    db.commit()
    db.close()
    if changed < 1:
        raise Failure(f"nothing was changed by: {sql}")
    return verdict.judge([folders[0], there], answered)


def dead(folders):
    """The check at a kill: the other side holds a receipt of what is not on the disk."""
    found = verdict.Verdict()
    stores = [verdict.Store(folder) for folder in folders]
    verdict.judge_dead(stores[1], stores[0], 1, found)
    expect("a node that has what it receipted", found.wrong, 0)
    real = stores[1].size
    stores[1].size = lambda party: real(party) - 1
    verdict.judge_dead(stores[1], stores[0], 1, found)
    expect("a node that lacks what it receipted", found.wrong, 1)
    for store in stores:
        store.close()


def main():
    work = tempfile.mkdtemp(prefix="saluran-soak-")
    folder = os.path.join(work, "soak")
    run = None
    try:
        run = soak_module.Soak(folder, EVENTS, KILL_EVERY_S, 1)
        expect("it is interrupted", run.run(lambda: run.state["kills"] >= KILLS), False)
        run.stop()
        kills = run.state["kills"]
        run = soak_module.Soak(folder, EVENTS, KILL_EVERY_S, 2)
        run.kills_max = KILLS_MAX
        expect("it goes on", run.run(lambda: False), True)
        run.stop()
        if not run.state["kills"] > kills > 0:
            raise Failure("no node was killed")
        found = run.judge()
        if not found.good() or found.events < EVENTS:
            raise Failure(f"{run.line()}\n" + "\n".join(found.lines()))
        print(run.line())
        folders = [node.dir for node in run.nodes]
        answered = [soak_module.load.answered(run.next_of(i), soak_module.WORDS[i])
                    for i in range(2)]
        expect("all were answered", sum(len(a) for a in answered), EVENTS)
        for what, kind, sql in DAMAGE:
            got = damaged(folders, answered, work, sql)
            if getattr(got, kind) < 1:
                raise Failure(f"{what} is not found")
        dead(folders)
    finally:
        if run is not None:
            run.lab.close()
        shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
