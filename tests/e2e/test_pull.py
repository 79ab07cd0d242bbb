#!/usr/bin/env python3
"""A platform that nobody can call: it fetches what there is for it, and clocks start by the receipts
that it brings."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402

CSV = "target,category\nhttps://t.me/durov,other\n"


def send(node, box, reference):
    path = box.write(f"{reference}.csv", CSV)
    return node.cli("send", path, "--reference", reference, "--subject", reference,
                    "--legal-basis", "none", who="officer")["case"]


def shown(node, case, who):
    try:
        return node.cli("show", case, who=who)
    except lab.Refused:
        return None


def main():
    with lab.Lab() as box:
        one = lab.Node(box, "kominfo", "kominfo.example", "Ministry", "authority")
        two = lab.Node(box, "telegram", "telegram.example", "Telegram", "platform")
        one.init("wati")
        two.init("pavel")
        # It moves behind a wall: its next entry says that nobody can call it.
        root = os.path.join(two.dir, "next-root.key")
        done = two.cli("identity", "rotate", root, "--next", box.path("root-2.key"),
                       "--url", "https://telegram.invalid:443")
        two.fingerprint = done["fingerprint"]
        two.configure(**{"peer.pull_s": "1"})
        for node in (one, two):
            node.must_start()
        one.add_person("officer", "officer")
        two.add_person("agent", "agent")
        lab.introduce(one, two, "demo")
        case = send(one, box, "first")
        box.wait("the case is fetched", lambda: shown(two, case, "agent"))
        box.wait("its clock runs", lambda: shown(one, case, "officer")["state"] == "received")
        two.cli("accept", case, who="agent")
        box.wait("the answer is there",
                 lambda: shown(one, case, "officer")["state"] == "accepted")
        one.cli("say", case, "Thank you.", who="officer")
        box.wait("the message is fetched", lambda: shown(two, case, "agent")["messages"])
        two.stop()
        late = send(one, box, "late")
        two.must_start()
        box.wait("the next case is fetched", lambda: shown(two, late, "agent"))

        def receipted():
            peer = one.cli("peer", "list", who="wati")["peers"][0]
            return peer["sent"] == peer["receipted"]
        box.wait("all is receipted", receipted)
        peer = one.cli("peer", "list", who="wati")["peers"][0]
        lab.expect("why delivery fails", peer["failing_since"], None)
        for node in (one, two):
            if not node.cli("rebuild", who=node.admin)["equal"]:
                raise lab.Failure(f"the views of {node.name} are not those of its log")
        path = box.path("case.bundle")
        one.cli("export", case, "--out", path, who="wati")
        code, report, error = lab.verify(path, {"platform": two.fingerprint})
        if code != 0 or not report["ok"]:
            raise lab.Failure(f"the bundle is refused: {report} {error}")
        # The authority replaces its keys.  It cannot call to say so: its entries are fetched,
        # whichever of the two starts first.
        two.stop()
        one.stop()
        root = os.path.join(one.dir, "next-root.key")
        one.cli("identity", "rotate", root, "--next", box.path("root-one.key"))
        two.must_start()
        one.must_start()
        last = send(one, box, "last")
        box.wait("a case under new keys is fetched", lambda: shown(two, last, "agent"))
        two.cli("accept", last, who="agent")
        box.wait("and answered", lambda: shown(one, last, "officer")["state"] == "accepted")
        box.wait("and receipted", receipted)
        one.stop()
        two.stop()
    print("a platform that nobody can call had everything, and its receipts count")
    return 0


if __name__ == "__main__":
    sys.exit(main())
