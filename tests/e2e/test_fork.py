#!/usr/bin/env python3
"""A copy of a node runs beside it, with the same keys: the peer finds two histories, the channel
is frozen on both sides with a proof that anybody can check, and goes on when both sides agree."""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402

CSV = "target,category\nhttps://t.me/durov,other\n"
SECOND = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "second")


def second(program, path):
    """What the second verifier says, which knows nothing of the program: (holds, report)."""
    done = subprocess.run([sys.executable, os.path.join(SECOND, program), path], timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1) or not done.stdout:
        raise lab.Failure(f"the second verifier: {done.stderr.decode()}")
    return done.returncode == 0, json.loads(done.stdout)


def send(node, box, reference):
    path = box.path(f"{node.name}-{reference}.csv")
    with open(path, "w", encoding="ascii") as f:
        f.write(CSV)
    return node.cli("send", path, "--reference", reference, "--subject", reference,
                    "--legal-basis", "none", who="officer")["case"]


def receipted(node):
    peer = node.cli("peer", "list", who=node.admin)["peers"][0]
    return peer["sent"] == peer["receipted"] and peer["sent"]


def frozen(node):
    log = node.cli("recovery", who=node.admin)["logs"][0]
    return log["frozen"] and log["state"] == "frozen"


def told(node, act):
    if "FROZEN: the channel with" not in node.run("status", who=node.admin, as_json=False)[1]:
        raise lab.Failure(f"the status of {node.name} does not say that it is frozen")
    if not [a for a in node.cli("alarms", who=node.admin)["alarms"] if a["kind"] == "fraud"]:
        raise lab.Failure(f"{node.name} has no alarm")
    try:
        act()
    except lab.Refused as refusal:
        if refusal.problem.get("title") != "frozen":
            raise
    else:
        raise lab.Failure(f"{node.name} took something while it was frozen")


def checked(path, who):
    code, report, words = lab.verify(path)
    if code != 0 or not report["proven"] or report["org"] != who:
        raise lab.Failure(f"the proof does not hold: {code} {report} {words}")
    again, said = second("equivocation.py", path)
    if not again or [said[n] for n in ("kind", "at", "most")] != [
            report[n] for n in ("kind", "at", "most")]:
        raise lab.Failure(f"the second verifier says otherwise of the proof: {said} {report}")
    with open(path, encoding="ascii") as f:
        proof = json.load(f)
    proof["proof"]["heads"][0] = proof["proof"]["heads"][1]
    with open(path + ".broken", "w", encoding="ascii") as f:
        json.dump(proof, f)
    if lab.verify(path + ".broken")[0] == 0 or second("equivocation.py", path + ".broken")[0]:
        raise lab.Failure("a proof that proves nothing was believed")


def bundle(node, box, case):
    path = box.path(f"{case}.bundle")
    node.cli("export", case, "--out", path, who="officer")
    code, report, words = lab.verify(path)
    good, own = second("verify.py", path)
    if code != 0 or not good:
        raise lab.Failure(f"a bundle from across the epoch does not hold: {words} {own}")
    for said in (report, own):
        if not said["fraud"] or len(said["epochs"]) != 2:
            raise lab.Failure(f"the bundle does not show what was: {said['fraud']} "
                              f"{said['epochs']}")


def copy_of(box, one, name):
    """Its directory, on other ports: what the virtual machine's clone would be."""
    folder = box.path(name)
    shutil.copytree(one.dir, folder)
    return one.elsewhere(name, folder)


def unaware(clone):
    """It has asked what the peer has: had it asked later, it would know that it is a copy."""
    clone.lab.wait("the copy takes its log for whole", lambda: clone.cli(
        "recovery", who=clone.admin)["logs"][0]["state"] == "open")


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
        box.wait("the first receipts", lambda: receipted(one) and receipted(two))
        one.stop()
        clone = copy_of(box, one, "clone")
        backup = copy_of(box, one, "backup")
        one.must_start()
        clone.must_start()
        unaware(clone)
        send(one, box, "second")
        box.wait("the second receipts", lambda: receipted(one))

        # The copy goes on from where it was made.
        send(clone, box, "other")
        box.wait("the peer finds two histories", lambda: frozen(two))
        box.wait("the owner hears of it", lambda: frozen(one))
        box.wait("the copy takes nothing any more",
                 lambda: clone.cli("status", who=clone.admin)["frozen"])
        told(one, lambda: send(one, box, "third"))
        told(two, lambda: two.cli("accept", first, who="agent"))
        for node in (one, two):
            path = box.path(f"{node.name}.proof")
            node.cli("channel", "proof", "--out", path, who=node.admin)
            checked(path, one.org)
        two.stop()
        two.must_start()
        if not frozen(two):
            raise lab.Failure("a new start forgot it")

        # One that comes back from before the two parted wrote neither, and is told why.
        backup.must_start()
        box.wait("a backup from before hears of it", lambda: frozen(backup))
        path = box.path("backup.proof")
        backup.cli("channel", "proof", "--out", path, who=backup.admin)
        checked(path, one.org)
        backup.stop()

        # People find the copy and stop it, and one side alone opens nothing.
        clone.stop()
        if one.cli("channel", "epoch", who="wati")["begun"]:
            raise lab.Failure("one side alone went on")
        box.wait("the other side hears of that", lambda: two.cli(
            "recovery", who="pavel")["logs"][0]["peer_agreed"])
        if not frozen(one) or not frozen(two):
            raise lab.Failure("one side alone went on")
        if not two.cli("channel", "epoch", who="pavel")["begun"]:
            raise lab.Failure("both have signed and it does not go on")
        box.wait("both go on", lambda: not frozen(one) and not frozen(two))
        third = send(one, box, "third")
        two.cli("accept", first, who="agent")
        box.wait("the receipts of the new epoch", lambda: receipted(one) and receipted(two))
        for case in (first, third):
            bundle(one, box, case)
        for node in (one, two):
            log = node.cli("recovery", who=node.admin)
            if log["logs"][0]["epoch"] != 1 or not log["fraud"]:
                raise lab.Failure(f"{node.name} does not say what was: {log}")
            if not node.cli("rebuild", who=node.admin)["equal"]:
                raise lab.Failure(f"the views of {node.name} are not those of its log")
            node.stop()


if __name__ == "__main__":
    main()
