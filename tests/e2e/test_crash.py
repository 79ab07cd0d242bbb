#!/usr/bin/env python3
"""kill -9 of either node at each commit and each send of the story: after its restart the case
goes on, with nothing lost and nothing doubled.

The daemons are built with -Dfaults=true: each counts the named points that it passes in a file,
and dies at every 31st or 32nd one, shifted by a phase.  With SALURAN_EVERY=1 all runs together
kill it at each point, else at every sixteenth.  Two runs at a time, each with nodes and ports of its
own."""
import base64
import collections
import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import story  # noqa: E402

# Far more than the points from a start to the next lasting step, else a run could die for ever
# in the same place, and where a start is slow two nodes would never both be there.  Points come in pairs, before and after, and a start begins with a
# "before": an odd distance dies at those, an even one at the others.
WHOLE = "SALURAN_EVERY" in os.environ
STEP = 4 if WHOLE else 61
RUNS = ([(61, phase) for phase in range(0, 61, STEP)] +
        [(62, phase) for phase in range(1, 62, STEP)])
AT_A_TIME = 2
NODES = ("kominfo", "telegram")
POINTS = {f"{what}.{side}" for what in ("commit", "checkpoint", "receipt", "push.send")
          for side in ("before", "after")}
SHIFT = 6  # between the phases of both nodes, so that they seldom die at once; even
NEVER = 1 << 30
WAIT_S = 0.05
RUN_S = 600
KILLED = re.compile(r"^fault: kill at (\S+), point (\d+)$", re.M)


def events(node):
    """[(party, seq, leaf, type, id)] of both logs as a node has them, from its store."""
    db = sqlite3.connect(f"file:{node.dir}/store.db?mode=ro", uri=True)
    rows = []
    for party, seq, leaf, jws in db.execute(
            "SELECT party, seq, leaf, jws FROM log_event ORDER BY party, seq"):
        payload = jws.split(".")[1]
        event = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        rows.append((party, seq, leaf.hex(), event["type"], event["id"]))
    heads = list(db.execute(
        "SELECT party, origin, size, hex(root) FROM log_head ORDER BY party"))
    db.close()
    return rows, heads


def summary(tale):
    """What must be equal whether or not somebody was killed; checks what must always hold."""
    mine, heads = events(tale.kominfo)
    theirs, their_heads = events(tale.telegram)
    if mine != theirs or heads != their_heads:
        raise lab.Failure(f"the nodes differ: {heads} and {their_heads}")
    for party, _, size, _ in heads:
        seqs = [seq for p, seq, *_ in mine if p == party]
        if seqs != list(range(size)):
            raise lab.Failure(f"log {party} has the events {seqs}, its head says {size}")
    ids = collections.Counter(e[4] for e in mine)
    twice = [i for i, n in ids.items() if n > 1]
    if twice:
        raise lab.Failure(f"events are there twice: {twice}")
    return sorted(collections.Counter(f"{e[0]} {e[3]}" for e in mine).items())


def views(tale):
    """The cases as both sides show them, without what differs by run."""
    out = []
    for node, who in ((tale.kominfo, "sari"), (tale.telegram, "max")):
        for case in (tale.first, tale.second):
            shown = node.cli("show", case, who=who)
            items = node.cli("items", case, who=who)["items"]
            out.append([node.name, shown["state"], shown["counts"],
                        [(r["step"], r["level"], bool(r["received"]))
                         for r in shown["ladder"]],
                        [(m["party"], m["text"], bool(m["read"]))
                         for m in shown["messages"]],
                        [(t["party"], t["type"], t["level"], t["void"])
                         for t in shown["timeline"]],
                        [(i["i"], i["given"], i["outcome"]) for i in items],
                        [o["state"] for o in shown["orders"]]])
    for order in tale.kominfo.cli("order", "list", who="sari")["orders"]:
        out.append([order["state"], [a["act"] for a in order["acts"]]])
    digest = hashlib.sha256(json.dumps(out, sort_keys=True).encode()).hexdigest()
    return {"digest": digest, "views": out}


def one_run(every, phase):
    """The story with both nodes under fire; gives what it came to."""
    with lab.Lab() as box:
        faults = {name: box.write(f"{name}.faults", "0 0 0\n") for name in NODES}
        tale = story.Story(box, dns=(), policy=story.demo_policy(box, "quick", 1, 0), env={
            name: {"SALURAN_FAULT_FILE": path} for name, path in faults.items()})
        tale.set_up()
        box.restless = True
        for i, name in enumerate(NODES):
            box.write(f"{name}.faults", f"{every} {(phase + i * SHIFT) % every} 0\n")
        tale.steps()
        points = [int(lab.lines_of(path)[0].split()[2]) for path in faults.values()]
        for _ in range(2):  # a daemon may just be writing its count
            for name in NODES:
                box.write(f"{name}.faults", "0 0 0\n")
            tale.settled()
        tale.rebuild()
        shown = views(tale)
        for node in box.nodes:
            node.stop()
        kills = {}
        for name in NODES:
            with open(box.path(f"{name}.log"), encoding="utf-8", errors="replace") as f:
                kills[name] = KILLED.findall(f.read())
        return {"points": points, "kills": kills, "events": summary(tale), **shown}


def run_all(scratch):
    """{(every, phase): result}, AT_A_TIME of them at any moment."""
    waiting = list(RUNS)
    running, results = {}, {}
    while waiting or running:
        while waiting and len(running) < AT_A_TIME:
            run = waiting.pop(0)
            out = os.path.join(scratch, "%d-%d.json" % run)
            running[run] = (subprocess.Popen(
                [sys.executable, os.path.abspath(__file__), "--run", *map(str, run), out]),
                out, time.monotonic())
        for run, (child, out, began) in list(running.items()):
            try:
                child.wait(WAIT_S)
            except subprocess.TimeoutExpired:
                if time.monotonic() - began < RUN_S:
                    continue
            if child.poll() != 0:
                for other, _, _ in running.values():
                    other.terminate()
                    other.wait()
                raise lab.Failure(f"every {run[0]}, phase {run[1]}: failed, or took over "
                                  f"{RUN_S} s")
            del running[run]
            with open(out, encoding="utf-8") as f:
                results[run] = json.load(f)
            kills = " and ".join(f"{n} {len(k)} times"
                                 for n, k in results[run]["kills"].items())
            print(f"every {run[0]}, phase {run[1]:2}: killed {kills}, "
                  f"{time.monotonic() - began:.1f} s", flush=True)
    return results


def compare(calm, results):
    usual = dict(calm["events"])
    for run, got in sorted(results.items()):
        now = dict(got["events"])
        if now != usual:
            diff = {k: (usual.get(k), now.get(k)) for k in {**usual, **now}
                    if usual.get(k) != now.get(k)}
            raise lab.Failure(f"every {run[0]}, phase {run[1]}: events (undisturbed, now): {diff}")
        if got["digest"] != calm["digest"]:
            for a, b in zip(calm["views"], got["views"]):
                if json.dumps(a) != json.dumps(b):
                    print(f"undisturbed: {a}\nnow:         {b}", file=sys.stderr)
            raise lab.Failure(f"every {run[0]}, phase {run[1]}: the cases are not those of "
                              "an undisturbed run")
    for name in NODES:
        hit = {point for got in results.values() for point, _ in got["kills"][name]}
        # Of an eighth of the points the rarest kinds may all be missed.
        if len(POINTS & hit) < (len(POINTS) if WHOLE else len(POINTS) // 2):
            raise lab.Failure(f"{name} was never killed at {sorted(POINTS - hit)}; is this a "
                              "build with -Dfaults=true?")


def main():
    if sys.argv[1:2] == ["--run"]:
        got = one_run(int(sys.argv[2]), int(sys.argv[3]))
        with open(sys.argv[4], "w", encoding="utf-8") as f:
            json.dump(got, f)
        return
    calm = one_run(NEVER, NEVER - SHIFT - 1)
    print(f"undisturbed: {calm['points']} points, {len(calm['events'])} kinds of events",
          flush=True)
    with tempfile.TemporaryDirectory(prefix="saluran-crash-") as scratch:
        results = run_all(scratch)
    compare(calm, results)
    kills = sum(len(k) for r in results.values() for k in r["kills"].values())
    print(f"ok: {kills} kills in {len(results)} runs")


if __name__ == "__main__":
    main()
