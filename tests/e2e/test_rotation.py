#!/usr/bin/env python3
"""All keys of a node are replaced while messages flow: nothing is lost, what was receipted still
verifies, and whoever has a copy of the old keys is refused."""
import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402

CSV = "target,category\nhttps://t.me/durov,other\n"


def send(node, box, reference):
    path = box.write(f"{reference}.csv", CSV)
    return node.cli("send", path, "--reference", reference, "--subject", reference,
                    "--legal-basis", "none", who="officer")["case"]


def peer_of(node):
    return node.cli("peer", "list", who=node.admin)["peers"][0]


def receipted(node):
    peer = peer_of(node)
    return peer["sent"] > 0 and peer["sent"] == peer["receipted"]


def settled(box, *nodes):
    box.wait("all is receipted", lambda: all(receipted(n) for n in nodes))


def rotate(box, node, root, next_name):
    """Returns the new fingerprint and where the next root key is."""
    node.stop()
    next_root = box.path(next_name)
    done = node.cli("identity", "rotate", root, "--next", next_root)
    lab.expect("where the next root key is", done["recovery"], next_root)
    if os.stat(next_root).st_mode & 0o777 != 0o600:
        raise lab.Failure("others can read the next root key")
    return done["fingerprint"], next_root


def refused(node, code, *words):
    try:
        node.cli(*words)
    except lab.Refused as refusal:
        lab.expect(f"the exit code of {words}", refusal.code, code)
        return
    raise lab.Failure(f"{words} was done")


def verified(box, node, case, fingerprints):
    path = box.path(f"{node.name}.bundle")
    node.cli("export", case, "--out", path, who=node.admin)
    code, report, error = lab.verify(path, fingerprints)
    if code != 0 or not report["ok"]:
        raise lab.Failure(f"the bundle of {node.name} is refused: {report} {error}")
    os.unlink(path)


def main():
    with lab.Lab() as box:
        one = lab.Node(box, "kominfo", "kominfo.example", "Ministry", "authority")
        two = lab.Node(box, "telegram", "telegram.example", "Telegram", "platform")
        for node, admin in ((one, "wati"), (two, "pavel")):
            node.init(admin)
            node.must_start()
        one.add_person("officer", "officer")
        two.add_person("agent", "agent")
        lab.introduce(one, two, "demo")
        first = send(one, box, "first")
        settled(box, one, two)
        two.cli("accept", first, who="agent")
        settled(box, one, two)
        old_print = one.fingerprint
        roots = {n: os.path.join(n.dir, "next-root.key") for n in (one, two)}

        # A running node's keys are not replaced, nor by another root key.
        refused(one, 6, "identity", "rotate", roots[one], "--next", box.path("x"))
        one.stop()
        copy = box.path("stolen")
        shutil.copytree(one.dir, copy)
        refused(one, 4, "identity", "rotate", roots[two], "--next", box.path("x"))
        refused(one, 6, "identity", "rotate", roots[one])  # next-root.key is still there
        one.must_start()

        # New keys, while each side has something that the other lacks.
        late = send(one, box, "late")
        new_print, root = rotate(box, one, roots[one], "root-2.key")
        two.cli("say", first, "While you were away.", who="agent")
        one.must_start()
        one.cli("say", first, "With new keys.", who="officer")
        two.cli("say", first, "We read you.", who="agent")
        settled(box, one, two)
        if len(one.cli("show", first, who="officer")["messages"]) != 3 or \
                len(two.cli("show", first, who="agent")["messages"]) != 3:
            raise lab.Failure("a message is lost")
        two.cli("accept", late, who="agent")
        settled(box, one, two)
        for node in (one, two):
            if node.cli("alarms", who=node.admin)["alarms"]:
                raise lab.Failure(f"{node.name} has alarms: {node.cli('alarms', who=node.admin)}")
            if not node.cli("rebuild", who=node.admin)["equal"]:
                raise lab.Failure(f"the views of {node.name} are not those of its log")
            for prints in ({}, {"authority": old_print}, {"authority": new_print}):
                verified(box, node, first, prints)

        # The thief has the old TLS key, event key and log key, and is refused.
        before = peer_of(two)["received"]
        thief = one.elsewhere("thief", copy)
        thief.must_start()
        box.wait("the thief is refused", lambda: "403" in (peer_of(thief)["reason"] or ""))
        thief.stop()
        lab.expect("what came of the thief", peer_of(two)["received"], before)

        # Both at once, and one of them a second time: each is the other's unknown caller.
        _, root_two = rotate(box, two, roots[two], "root-two.key")
        _, root = rotate(box, one, root, "root-3.key")
        refused(two, 4, "identity", "rotate", roots[two], "--next", box.path("x"))
        one.must_start()
        two.must_start()
        last = send(one, box, "last")
        box.wait("the case is there", lambda: shown(two, last))
        two.cli("accept", last, who="agent")
        settled(box, one, two)
        for node in (one, two):
            verified(box, node, first, {"authority": old_print, "platform": two.fingerprint})
            if not node.cli("rebuild", who=node.admin)["equal"]:
                raise lab.Failure(f"the views of {node.name} are not those of its log")
        one.stop()
        two.stop()
    print("keys were replaced three times, and nothing was lost")
    return 0


def shown(node, case):
    try:
        return node.cli("show", case, who="agent")
    except lab.Refused:
        return None


if __name__ == "__main__":
    sys.exit(main())
