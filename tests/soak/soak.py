#!/usr/bin/env python3
"""soak - many events between two real nodes that are killed at random, with kill -9, one or both.

People on both sides write messages without pause; what is not answered is asked again under the
same key.  When all are recorded and receipted, nothing may be lost, nothing doubled, and no receipt
wrong (tests/soak/verdict.py).  Ctrl-C stops it; the same command goes on from there.

    soak.py [--events N] [--dir FOLDER] [--kill-every SECONDS] [--seconds MOST] [--seed N]
"""
import argparse
import json
import os
import random
import shutil
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.abspath(os.path.join(HERE, "..", ".."))
os.environ.setdefault("SALURAN_SOURCE", SOURCE)
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
sys.path.insert(0, HERE)
import lab as lab_module  # noqa: E402
import load  # noqa: E402
import verdict as verdict_module  # noqa: E402
from lab import Failure, Lab, Node  # noqa: E402

EVENTS = 1_000_000
KILL_EVERY_S = 10.0
CASES, CONNECTIONS = 256, 24
DOWN_MAX_S = 1.0
START_S, DRAIN_S = 900, 3600
TELL_S = 5.0
WORDS = ("a", "p")  # what the messages of each side begin with
PEOPLE = (("authority", "kominfo.example", "Ministry", "ani", "rina", "officer"),
          ("platform", "telegram.example", "Telegram", "pasha", "max", "agent"))


class Kept(Lab):
    """A laboratory in a folder that stays."""

    def __init__(self, folder):
        super().__init__(keep=False)
        shutil.rmtree(self.dir)
        self.dir = folder
        os.makedirs(folder, exist_ok=True)

    def close(self):
        """What runs is stopped; the folder stays."""
        if self.closed:
            return
        self.closed = True
        for name in list(self.children):
            self.stop(name)
        if self.server:
            self.server.close()


class Soak:
    def __init__(self, folder, events, kill_every_s, seed, tell=print):
        self.lab, self.tell = Kept(folder), tell
        self.random = random.Random(seed)
        self.kill_every_s, self.kills_max = kill_every_s, float("inf")
        self.loads, self.verdict = {}, verdict_module.Verdict()
        self.state = {"kills": 0, "seconds": 0.0, "events": events}
        self.before_s, self.began_s = 0.0, time.monotonic()
        if os.path.exists(self.file("state.json")):
            with open(self.file("state.json"), encoding="utf-8") as f:
                self.state = json.load(f)
            self.nodes = [self.node(i) for i in range(2)]
            self.before_s = self.state["seconds"]
            for kind, n in self.state["faults"].items():
                if n != 0:
                    self.verdict.add(kind, "found before this start", n)
        else:
            self.nodes = [self.node(i) for i in range(2)]
            self.make()

    def file(self, name):
        return self.lab.path(name)

    def node(self, i):
        name, org, title, admin, person, _ = PEOPLE[i]
        node = Node(self.lab, name, org, title, name)
        if "ports" in self.state:
            node.peer_port, node.http_port, node.api_port, node.rpz_port = \
                self.state["ports"][i]
        node.admin = admin
        for who in (admin, person):
            node.people[who] = self.file(f"{name}-{who}.credential")
        return node

    def make(self):
        """Both nodes, introduced, with cases to write in."""
        for node, (name, _, _, admin, person, role) in zip(self.nodes, PEOPLE):
            node.init(admin)
            os.replace(node.people[admin], self.file(f"{name}-{admin}.credential"))
            node.people[admin] = self.file(f"{name}-{admin}.credential")
            node.configure(**{"api.rate": "1000000", "guard.psl": self.suffixes()})
            node.must_start()
            node.add_person(person, role)
        lab_module.introduce(*self.nodes, "id-2020")
        self.state["cases"] = [self.nodes[0].must("POST", "/v1/notices", "rina", {
            "csv": f"target,category\nhttps://t.me/channel{i}/1,other\n",
            "reference": f"S-{i}", "subject": "Invented list of the soak",
            "legal_basis": "Invented example"})["case"] for i in range(CASES)]
        self.lab.wait("the cases are on both sides", self.drained, START_S)
        self.state["ports"] = [[n.peer_port, n.http_port, n.api_port, n.rpz_port]
                               for n in self.nodes]
        for node in self.nodes:
            node.stop()
        self.save()

    def suffixes(self):
        """A short Public Suffix List: the world's is no part of this, and slow to read."""
        return self.lab.write("psl", "// ===BEGIN ICANN DOMAINS===\nme\n// ===END ICANN "
                                     "DOMAINS===\n// ===BEGIN PRIVATE DOMAINS===\n// ===END "
                                     "PRIVATE DOMAINS===\n")

    def save(self):
        self.state["seconds"] = self.before_s + time.monotonic() - self.began_s
        self.state["faults"] = {k: getattr(self.verdict, k) for k in
                                ("lost", "doubled", "wrong")}
        with open(self.file("state.json.new"), "w", encoding="utf-8") as f:
            json.dump(self.state, f)
        os.replace(self.file("state.json.new"), self.file("state.json"))

    # ---- load

    def load_start(self, i):
        node, plan = self.nodes[i], self.file(f"load-{WORDS[i]}.plan")
        with open(plan, "w", encoding="utf-8") as f:
            json.dump({"socket": os.path.join(node.dir, "sock"), "word": WORDS[i],
                       "total": self.state["events"] // 2, "cases": self.state["cases"],
                       "credential": node.credential(PEOPLE[i][4]),
                       "state": self.file(f"load-{WORDS[i]}.json"),
                       "connections": CONNECTIONS}, f)
        self.loads[i] = self.lab.start(f"load-{WORDS[i]}",
                                       [sys.executable, os.path.join(HERE, "load.py"), plan],
                                       to_log=True)

    def next_of(self, i):
        try:
            with open(self.file(f"load-{WORDS[i]}.json"), encoding="ascii") as f:
                return json.load(f)
        except FileNotFoundError:
            return list(range(CONNECTIONS))

    def done(self):
        return sum(load.done_of(self.next_of(i)) for i in range(2))

    def loaded(self):
        """All is recorded."""
        for i, child in self.loads.items():
            if child.poll() not in (None, 0):
                raise Failure(f"the load of {PEOPLE[i][0]} ended:\n" + self.lab.logs())
        return all(child.poll() == 0 for child in self.loads.values())

    def drained(self):
        """Both nodes have a receipt for everything."""
        for node, person in zip(self.nodes, ("ani", "pasha")):
            try:
                peers = node.get("/v1/peers", person)["peers"]
            except lab_module.Refused:
                return False
            if not peers or any(p["sent"] != p["receipted"] for p in peers):
                return False
        return True

    # ---- kills

    def kill(self):
        which = self.random.choice(((0,), (1,), (0, 1)))
        for i in which:
            if self.lab.children.get(self.nodes[i].name).poll() is not None:
                raise Failure(f"{self.nodes[i].name} ended by itself:\n" + self.lab.logs())
            self.nodes[i].kill()
            self.state["kills"] += 1
        time.sleep(self.random.random() * DOWN_MAX_S)
        if len(which) == 1:
            self.judge_dead(which[0])
        for i in self.random.sample(which, len(which)):
            self.nodes[i].must_start()
        self.save()

    def places(self):
        return [node.store or node.dir for node in self.nodes]

    def judge_dead(self, i):
        dead, alive = (verdict_module.Store(self.places()[k]) for k in (i, 1 - i))
        verdict_module.judge_dead(dead, alive, i, self.verdict)
        dead.close()
        alive.close()

    def run(self, over):
        """Until everything is recorded and receipted; False: over() came before that."""
        for node in self.nodes:
            node.must_start()
        for i in range(2):
            self.load_start(i)
        told_s, first = 0.0, self.done()
        kill_s = began_s = time.monotonic()
        while not self.loaded():
            now_s = time.monotonic()
            if over():
                return False
            if now_s >= kill_s and self.state["kills"] < self.kills_max:
                self.kill()
                kill_s = time.monotonic() + self.random.expovariate(1 / self.kill_every_s)
            if now_s - told_s >= TELL_S:
                done = self.done()
                rate = (done - first) / max(now_s - began_s, 1)
                left_s = (self.state["events"] - done) / rate if rate else 0
                self.tell(f"{done} of {self.state['events']} events, {self.state['kills']} "
                          f"kills, {rate:.0f} events/s, {left_s:.0f} s left")
                told_s = now_s
            time.sleep(min(0.2, max(0.02, kill_s - now_s)))
        self.lab.wait("a receipt for everything", self.drained, DRAIN_S)
        return True

    def stop(self):
        """Loads first, so that each has written down how far it is."""
        for name in [n for n in self.lab.children if n.startswith("load-")]:
            self.lab.stop(name)
        for node in self.nodes:
            if node.alive():
                node.stop()
        self.save()

    def judge(self):
        answered = [load.answered(self.next_of(i), WORDS[i]) for i in range(2)]
        return verdict_module.judge(self.places(), answered, self.verdict)

    def line(self):
        v = self.verdict
        return (f"soak events={v.events} kills={self.state['kills']} lost={v.lost} "
                f"doubled={v.doubled} wrong={v.wrong} seconds={self.state['seconds']:.0f}")


def main():
    ask = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0],
                                  epilog="example: soak.py --events 10000 --kill-every 2")
    ask.add_argument("--events", type=int, default=EVENTS)
    ask.add_argument("--dir", default=os.path.join(SOURCE, "build-release", "soak"))
    ask.add_argument("--kill-every", type=float, default=KILL_EVERY_S, metavar="SECONDS")
    ask.add_argument("--seconds", type=float, default=float("inf"), metavar="MOST",
                     help="stop by then; the same command goes on")
    ask.add_argument("--seed", type=int, default=None)
    words = ask.parse_args()
    lab_module.START_S = START_S

    def interrupt(*_):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, interrupt)
    soak = Soak(os.path.abspath(words.dir), words.events, words.kill_every, words.seed,
                lambda text: print(text, flush=True))
    whole, until_s = False, time.monotonic() + words.seconds
    try:
        whole = soak.run(lambda: time.monotonic() > until_s)
    except KeyboardInterrupt:
        pass
    finally:
        soak.stop()
    if not whole:
        print(f"stopped at {soak.done()} events and {soak.state['kills']} kills: the same "
              "command goes on", flush=True)
        return 130
    soak.judge()
    for text in soak.verdict.lines():
        print(text)
    print(soak.line(), flush=True)
    return 0 if soak.verdict.good() else 1


if __name__ == "__main__":
    sys.exit(main())
