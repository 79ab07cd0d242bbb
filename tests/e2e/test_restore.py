#!/usr/bin/env python3
"""A node that was restored from an old copy, or lost its marks, takes nothing until its peer has
said what it has; then it brings back what it lost, killed on the way or not, and goes on."""
import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402

CSV = "target,category\nhttps://t.me/durov,other\n"


def send(node, box, reference):
    path = box.path(f"{reference}.csv")
    with open(path, "w", encoding="ascii") as f:
        f.write(CSV)
    return node.cli("send", path, "--reference", reference, "--subject", reference,
                    "--legal-basis", "none", who="officer")


def receipted(node):
    peer = node.cli("peer", "list", who=node.admin)["peers"][0]
    return peer["sent"] == peer["receipted"] and peer["sent"]


def store_files(folder):
    return [name for name in os.listdir(folder) if name.startswith("store.db")]


def put_back(node, copy, *files):
    """The store of a copy of the directory, or another file of it."""
    for name in files:
        if name == "store.db":
            for old in store_files(node.dir):
                os.unlink(os.path.join(node.dir, old))
            for kept in store_files(copy):
                shutil.copy(os.path.join(copy, kept), node.dir)
        else:
            shutil.copy(os.path.join(copy, name), node.dir)


def state(node):
    return node.cli("recovery", who=node.admin)["logs"][0]


def takes_nothing(node, box, why):
    frozen = node.cli("status", who=node.admin)["frozen"]
    if len(frozen) != 1 or why not in frozen[0]:
        raise lab.Failure(f"the status does not say that {why}: {frozen}")
    try:
        send(node, box, "after")
    except lab.Refused as refusal:
        if refusal.problem.get("title") != "frozen":
            raise
    else:
        raise lab.Failure("a frozen node took a notice")
    if why not in node.run("status", who=node.admin, as_json=False)[1]:
        raise lab.Failure("people are not told")


def recovered(node, sent):
    """All of its events are back, and nothing is frozen."""
    def probe():
        try:
            peer = node.cli("peer", "list", who=node.admin)["peers"][0]
            return (peer["sent"] >= sent == peer["receipted"] or receipted(node)) and \
                not node.cli("status", who=node.admin)["frozen"] and peer["sent"] >= sent
        except lab.Refused:
            return False
    return probe


def same_views(node):
    if not node.cli("rebuild", who=node.admin)["equal"]:
        raise lab.Failure(f"the views of {node.name} are not those of its log")


def main():
    with lab.Lab() as box:
        faults = box.write("faults", "0 0 0\n")
        one = lab.Node(box, "kominfo", "kominfo.example", "Ministry", "authority",
                       {"SALURAN_FAULT_FILE": faults})
        two = lab.Node(box, "telegram", "telegram.example", "Telegram", "platform")
        for node, admin in ((one, "wati"), (two, "pavel")):
            node.init(admin)
            node.must_start()
        one.add_person("officer", "officer")
        two.add_person("agent", "agent")
        lab.introduce(one, two, "demo")
        first = send(one, box, "first")["case"]
        box.wait("the first receipts", lambda: receipted(one))
        one.stop()
        old = box.path("old")
        shutil.copytree(one.dir, old)
        one.must_start()
        for i in range(3):
            send(one, box, f"second-{i}")
        two.cli("accept", first, who="agent")
        box.wait("the second receipts", lambda: receipted(one) and receipted(two))
        sent = receipted(one)
        one.stop()
        two.stop()

        # The store of yesterday with the marks of today: while the peer is silent, nothing
        # enters the log; nobody is told that something did.
        put_back(one, old, "store.db")
        one.must_start()
        if state(one)["state"] != "asks":
            raise lab.Failure(f"it does not ask: {state(one)}")
        takes_nothing(one, box, "it is an old copy")
        one.kill()

        # The peer is back; the node is killed at every second point on the way.
        two.must_start()
        box.restless = True
        box.write("faults", "2 1 0\n")
        one.start()
        box.wait("half of the way", lambda: one.starts > 8 or recovered(one, sent)(), 60)
        box.write("faults", "0 0 0\n")
        box.wait("the events are back", recovered(one, sent), 60)
        box.restless = False
        if one.starts < 5:
            raise lab.Failure(f"it was started {one.starts} times: nothing was killed")
        same_views(one)
        send(one, box, "third")
        box.wait("the third receipts", lambda: receipted(one))
        if one.cli("show", first, who="officer")["state"] != "accepted":
            raise lab.Failure("what the peer did meanwhile is not known")
        if [a for a in one.cli("alarms", who="wati")["alarms"] if a["kind"] == "recovery"]:
            raise lab.Failure("the alarm still stands")

        # Store and marks of yesterday: the peer's first word tells it.
        sent = receipted(one)
        one.stop()
        put_back(one, old, "store.db", "marks")
        one.must_start()
        box.wait("the events are back once more", recovered(one, sent))
        same_views(one)

        # Without marks.
        one.stop()
        os.unlink(os.path.join(one.dir, "marks"))
        one.must_start()
        box.wait("it goes on without its marks", recovered(one, sent))
        send(one, box, "fourth")
        box.wait("the fourth receipts", lambda: receipted(one))
        same_views(one)
        same_views(two)
        two.stop()
        one.stop()
    print("ok")


if __name__ == "__main__":
    main()
