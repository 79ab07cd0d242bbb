#!/usr/bin/env python3
"""A node that was restored from an old copy, or lost its marks, says so and takes nothing:
going on would sign a second history."""
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


def must_be_frozen(node, box, why):
    node.must_start()
    frozen = node.cli("status", who=node.admin)["frozen"]
    if len(frozen) != 1 or why not in frozen[0]:
        raise lab.Failure(f"the status does not say that {why}: {frozen}")
    before = node.cli("peer", "list", who=node.admin)["peers"][0]["sent"]
    try:
        send(node, box, "after")
    except lab.Refused as refusal:
        if refusal.problem.get("title") != "frozen":
            raise
    else:
        raise lab.Failure("a frozen node took a notice")
    if node.cli("peer", "list", who=node.admin)["peers"][0]["sent"] != before:
        raise lab.Failure("a frozen log has grown")
    node.stop()


def main():
    with lab.Lab() as box:
        one = lab.Node(box, "kominfo", "kominfo.example", "Ministry", "authority")
        two = lab.Node(box, "telegram", "telegram.example", "Telegram", "platform")
        for node, admin in ((one, "wati"), (two, "pavel")):
            node.init(admin)
            node.must_start()
        one.add_person("officer", "officer")
        lab.introduce(one, two, "demo")
        send(one, box, "first")
        box.wait("the first receipts", lambda: receipted(one))
        one.stop()
        old = box.path("old")
        shutil.copytree(one.dir, old)
        one.must_start()
        send(one, box, "second")
        box.wait("the second receipts", lambda: receipted(one))
        one.stop()
        new = box.path("new")
        shutil.copytree(one.dir, new)

        # The store of yesterday with the marks of today.
        for name in os.listdir(one.dir):
            if name.startswith("store.db"):
                os.unlink(os.path.join(one.dir, name))
        shutil.copy(os.path.join(old, "store.db"), one.dir)
        must_be_frozen(one, box, "it is an old copy")

        # The store of today with the marks of yesterday, and without any.
        for name in os.listdir(one.dir):
            if name.startswith("store.db"):
                os.unlink(os.path.join(one.dir, name))
        for name in os.listdir(new):
            if name.startswith("store.db"):
                shutil.copy(os.path.join(new, name), one.dir)
        shutil.copy(os.path.join(old, "marks"), one.dir)
        must_be_frozen(one, box, "it is old or was made anew")
        os.unlink(os.path.join(one.dir, "marks"))
        must_be_frozen(one, box, "it is old or was made anew")

        # With its own marks it goes on.
        shutil.copy(os.path.join(new, "marks"), one.dir)
        one.must_start()
        if one.cli("status", who="wati")["frozen"]:
            raise lab.Failure("a whole node is frozen")
        send(one, box, "third")
        box.wait("the third receipts", lambda: receipted(one))
        two.stop()
        one.stop()
    print("ok")


if __name__ == "__main__":
    main()
