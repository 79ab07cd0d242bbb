#!/usr/bin/env python3
"""A node whose store is in PostgreSQL: the server dies under it, and a second daemon wants the
same store."""
import os
import shutil
import signal
import sys
import threading

os.environ["SALURAN_TEST_STORES"] = "authority"
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import EXIT_CONFLICT, EXIT_LATER, Failure, Lab, Node, Refused, expect  # noqa: E402

BEFORE = 20  # people that are added before the server dies under those who add more
ROUNDS = 2


def add(node, name):
    """One person: True once the node has said so."""
    status, _, _ = node.api("POST", "/v1/persons", "wati", {"name": name, "role": "officer"})
    return status == 200


def names(node):
    return [p["name"] for p in node.must("GET", "/v1/persons", "wati")["persons"]]


class Adder(threading.Thread):
    """Adds people until it is told to stop; knows which were promised."""

    def __init__(self, node, round_):
        super().__init__()
        self.node, self.round, self.done, self.over = node, round_, [], threading.Event()

    def run(self):
        for i in range(100000):
            name = f"p{self.round}-{i}"
            if add(self.node, name):
                self.done.append(name)
            if self.over.is_set():
                return


def the_server_dies(box, node):
    """Whatever was promised is there, once; and the node goes on by itself."""
    promised = []
    for round_ in range(ROUNDS):
        adder = Adder(node, round_)
        adder.start()
        box.wait("people are added", lambda: len(adder.done) >= BEFORE)
        if round_ == 0:
            box.server.stop(signal.SIGQUIT)
        else:
            box.server.kill()
        code, _, err = node.run("status", who="wati", as_json=False)
        expect("the exit code without a server", code, EXIT_LATER)
        if "try again" not in err and "later" not in err and "reached" not in err \
                and "connection" not in err:
            raise Failure(f"no way out is named: {err!r}")
        at = len(adder.done)
        box.server.start()
        box.wait("the node goes on by itself", lambda: len(adder.done) >= at + BEFORE)
        adder.over.set()
        adder.join()
        promised += adder.done
        there = names(node)
        lost = set(promised) - set(there)
        if lost or len(there) != len(set(there)):
            raise Failure(f"lost {sorted(lost)}, or somebody twice")
    expect("the views are those of the log", node.cli("rebuild", who="wati")["equal"], True)


def a_second_daemon_is_refused(box, node):
    """On another machine, with a copy of everything."""
    twin = Node(box, "twin", node.org, node.title, node.role)
    shutil.copytree(node.dir, twin.dir, ignore=shutil.ignore_patterns("sock", "lock"))
    expect("the twin starts", twin.start(), False)
    expect("its exit code", box.stop("twin"), EXIT_CONFLICT)
    if "another process writes to it" not in box.logs():
        raise Failure("the twin does not say why")
    twin.wanted = False
    try:
        Node.init(Taker(box, node), "wati")
    except Refused as e:
        expect("init in a database that is taken", e.code, EXIT_CONFLICT)
    else:
        raise Failure("a second node was made in the same database")
    # The first one noticed nothing; when it is gone, the twin may.
    expect("the first goes on", add(node, "after"), True)
    node.stop()
    twin.must_start()
    twin.people, twin.api_port = node.people, node.api_port
    if "after" not in names(twin):
        raise Failure("the twin reads another store")
    twin.stop()


class Taker(Node):
    """Wants a database that another node has."""

    def __init__(self, box, other):
        super().__init__(box, "taker", "taker.example", "Taker", "authority")
        self.other = other

    def cli(self, *words, who=None):
        return super().cli(*(self.theirs(w) for w in words), who=who)

    def theirs(self, word):
        return self.other.store if word.startswith("postgresql:") else word


def main():
    with Lab() as box:
        node = Node(box, "node", "node.example", "Node", "authority")
        node.init("wati")
        node.must_start()
        the_server_dies(box, node)
        a_second_daemon_is_refused(box, node)
    print("ok")


if __name__ == "__main__":
    main()
