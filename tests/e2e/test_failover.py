#!/usr/bin/env python3
"""A PostgreSQL server that comes back older than it was, as a standby that was behind or a copy that
was put back, under a daemon that runs: the daemon writes nothing more, and says why.  Started
again, or by itself with --roles, it takes nothing until its peer has said what it has, brings back
what was lost, and goes on; nobody has a wrong receipt."""
import os
import shutil
import sys

os.environ["SALURAN_TEST_STORES"] = "authority"
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "soak"))
import verdict as verdict_module  # noqa: E402
from lab import EXIT_CONFLICT, Failure, Lab, Node, expect, introduce  # noqa: E402
from test_restore import receipted, recovered, same_views, send, state  # noqa: E402

SINCE = 3  # notices that the older state does not have


def failed_over(box, one, name):
    """Notices that the peer has receipted are not on the server any more."""
    server = box.server
    server.stop()
    old = box.path(f"old-{name}")
    shutil.copytree(server.data, old)
    server.start()
    # The daemon finds the server again by itself.
    box.wait("it answers again", lambda: one.api("GET", "/v1/persons", "wati")[0] == 200)
    cases = [send(one, box, f"{name}-{i}")["case"] for i in range(SINCE)]
    sent = box.wait("the receipts", lambda: receipted(one))
    server.kill()
    shutil.rmtree(server.data)
    os.rename(old, server.data)
    server.give(server.data)
    server.start()
    return cases, sent


def noticed(box, node, times):
    """So often its log says that the server is older."""
    def probe():
        with open(box.path(node.name + ".log"), encoding="utf-8", errors="replace") as f:
            return f.read().count("does not have what this process committed") >= times
    return probe


def back(box, one, two, cases, sent):
    box.wait("the events are back", recovered(one, sent))
    for case in cases:
        expect("a case that was brought back", one.get(f"/v1/cases/{case}", "officer")["state"],
               two.get(f"/v1/cases/{case}", "agent")["state"])
    same_views(one)


def main():
    with Lab() as box:
        one = Node(box, "kominfo", "kominfo.example", "Ministry", "authority")
        two = Node(box, "telegram", "telegram.example", "Telegram", "platform")
        for node, admin in ((one, "wati"), (two, "pavel")):
            node.init(admin)
            node.must_start()
        one.add_person("officer", "officer")
        two.add_person("agent", "agent")
        introduce(one, two, "demo")
        send(one, box, "first")
        box.wait("the first receipts", lambda: receipted(one))

        cases, sent = failed_over(box, one, "a")
        box.wait("the daemon ends", lambda: not one.alive())
        expect("its exit code", box.stop(one.name), EXIT_CONFLICT)
        if not noticed(box, one, 1)():
            raise Failure("it does not say why it ended")
        two.stop()
        one.must_start()
        expect("what it knows without its peer", state(one)["state"], "asks")
        two.must_start()
        back(box, one, two, cases, sent)
        print("ok: a daemon that ran noticed the older server")

        one.stop()
        one.serves = ["--roles", "writer,http,rpz"]
        one.must_start()
        pid = box.children[one.name].pid
        cases, sent = failed_over(box, one, "b")
        box.wait("it notices", noticed(box, one, 2))
        back(box, one, two, cases, sent)
        expect("the process", box.children[one.name].pid, pid)
        last = send(one, box, "last")["case"]
        box.wait("the last receipts", lambda: receipted(one) and receipted(two))
        expect("the last case", two.get(f"/v1/cases/{last}", "agent")["case"], last)
        print("ok: with --roles it goes on by itself")
        two.stop()
        one.stop()
        found = verdict_module.judge([one.store, two.dir], (set(), set()))
        if not found.good() or found.events < 2 * SINCE:
            raise Failure("\n".join(found.lines()))
    print("ok")


if __name__ == "__main__":
    main()
