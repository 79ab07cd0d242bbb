#!/usr/bin/python3
"""A request under an Idempotency-Key when the node is killed at each point of its way: before
the commit, behind it, and before the answer.  Asked again, it was carried out once, and
whoever asks gets the answer that belongs to it."""
import http.client
import os
import re
import ssl
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Failure, Lab, Node  # noqa: E402

ROUNDS = 12
MOST = 60   # rounds: commits of the node's own may take a point's place
EVERY = 50  # points between two deaths: one a round
POINTS = {"commit.before", "commit.after", "idem.committed"}


CUT = (OSError, ssl.SSLError, http.client.HTTPException)


def lives(node):
    try:
        return node.api("GET", "/v1/status", "admin")[0] == 200
    except CUT:
        return False


def ask(node, name, key):
    """The answer, or None when the node died over it."""
    try:
        status, _, shown = node.api("POST", "/v1/persons", "admin",
                                    {"name": name, "role": "officer"},
                                    {"Idempotency-Key": key})
    except CUT:
        return None
    if status != 200:
        raise Failure(f"{name}: {status} {shown}")
    return shown


def main():
    with Lab() as lab:
        faults = lab.path("faults")
        node = Node(lab, "node", "node.example", "Node", "authority",
                    {"SALURAN_FAULT_FILE": faults})
        with open(faults, "w", encoding="ascii") as f:
            f.write("0 0 0\n")
        node.init("admin")
        node.must_start()
        died, points, i = 0, set(), 0
        while i < ROUNDS or (not POINTS <= points and i < MOST):
            name, key = f"person{i}", f"key-{i}"
            # The next point kills, or one of those after it.
            with open(faults, "w", encoding="ascii") as f:
                f.write(f"{EVERY} {i % 4} 0\n")
            first = ask(node, name, key)
            with open(faults, "w", encoding="ascii") as f:
                f.write("0 0 0\n")
            # A commit of the node's own may be at the point instead, behind the answer.
            if first is None or not lives(node):
                died += first is None
                node.kill()
                node.must_start()
            again, third = ask(node, name, key), ask(node, name, key)
            if again is None or again != third or (first and first != again):
                raise Failure(f"{name}: {first}, then {again}, then {third}")
            there = [p for p in node.must("GET", "/v1/persons", "admin")["persons"]
                     if p["name"] == name]
            if len(there) != 1 or there[0]["pseudonym"] != again["pseudonym"]:
                raise Failure(f"{name} is there as {there}, answered as {again}")
            if node.api("GET", "/v1/status", headers={
                    "Authorization": f"Bearer {again['credential']}"})[0] != 200:
                raise Failure(f"{name}'s credential opens nothing")
            with open(lab.path("node.log"), encoding="utf-8") as f:
                points = set(re.findall(r"fault: kill at (\S+),", f.read()))
            i += 1
        if not POINTS <= points:
            raise Failure(f"killed at {points} only, not at each of {POINTS}")
        node.stop()
        print(f"keyed crash: ok, {died} of {i} requests were cut")


if __name__ == "__main__":
    main()
