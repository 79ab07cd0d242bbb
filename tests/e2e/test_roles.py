#!/usr/bin/env python3
"""Two daemons on one database: they share the work by role.  The one that waits takes the logs
over when the one that has them is killed while it works, or hangs; whoever hung commits nothing
more.  What people asked for meanwhile is done, once."""
import http.client
import os
import shutil
import signal
import sys
import threading

os.environ["SALURAN_TEST_STORES"] = "authority"
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "soak"))
import verdict as verdict_module  # noqa: E402
from dnsask import ask  # noqa: E402
from lab import EXIT_INPUT, Failure, Lab, Node, expect, introduce  # noqa: E402

CSV = "target,category\nhttps://t.me/durov,other\n"
SILENT_S = 5
SAYERS, BEFORE = 4, 40  # who write at once; how much before the writer is killed
ALL = "writer,http,rpz"


def roles(node):
    return node.ready.split(" roles=")[1].split()[0]


def case_body(reference):
    return {"csv": CSV, "reference": reference, "subject": reference, "legal_basis": "none"}


def send(node, reference):
    return node.must("POST", "/v1/notices", "officer", case_body(reference))["case"]


def send_first(box, node, reference):
    """Of a daemon that has taken over: its marks may be older than the log, and then it first
    asks the peer what was signed."""
    def sent():
        status, _, shown = node.api("POST", "/v1/notices", "officer", case_body(reference))
        return shown["case"] if status == 200 else None
    return box.wait("the one that took over writes", sent)


def cases(node, who):
    return sorted(c["case"] for c in node.must("GET", "/v1/cases", who)["cases"])


class Sayer(threading.Thread):
    """Writes messages in a case; what is not answered is asked again under the same key, of
    whoever writes by then."""

    def __init__(self, case, word, node):
        super().__init__()
        self.case, self.word, self.node = case, word, node
        self.answered, self.over = [], threading.Event()

    def said(self, text):
        try:
            return self.node.api("POST", f"/v1/cases/{self.case}/say", "officer", {"text": text},
                                 {"Idempotency-Key": text})[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def run(self):
        while not self.over.is_set():
            text = f"{self.word}-{len(self.answered)}"
            while not self.said(text):
                if self.over.wait(0.05):
                    return
            self.answered.append(text)


def twin_of(box, node):
    """On another machine: the same organisation, other addresses."""
    folder = box.path("twin")
    shutil.copytree(node.dir, folder, ignore=shutil.ignore_patterns("sock", "lock"))
    twin = node.elsewhere("twin", folder)
    twin.serves = ["--roles", ALL]
    return twin


def refused_beside(node, reference):
    status, _, shown = node.api("POST", "/v1/notices", "officer", case_body(reference))
    expect("the status of an act beside the writer", status, 503)
    if "another one of this node writes" not in shown["detail"]:
        raise Failure(f"it does not say who does: {shown}")


def it_shows(box, node, twin):
    """What the one writes the other shows, gives out, and puts on the record."""
    sent = [send(node, "R-1")]
    box.wait("the twin shows it", lambda: cases(twin, "officer") == sent)
    refused_beside(twin, "R-no")
    serials = [ask(n.rpz_port, "rpz.saluran", "SOA").verdict for n in (node, twin)]
    expect("the serial that the twin gives", serials[1], serials[0])
    if not serials[0].isdigit():
        raise Failure(f"no zone: {serials}")

    def recorded():
        return any(a["route"] == "/v1/cases" for a in
                   node.must("GET", "/v1/access?limit=1000", "auditor")["access"])
    box.wait("who read at the twin is on the record", recorded)
    node.cli("person", "add", "late", "--role", "agent", "--out",
             box.path("late.credential"), who="wati")
    box.wait("somebody new", lambda: "late" in
             [p["name"] for p in twin.must("GET", "/v1/persons", "wati")["persons"]])
    return sent


def the_writer_is_killed(box, node, twin, other, sent):
    """Returns what was said meanwhile."""
    sayers = [Sayer(sent[0], f"s{i}", node) for i in range(SAYERS)]
    for sayer in sayers:
        sayer.start()
    try:
        box.wait("people write", lambda: sum(len(s.answered) for s in sayers) >= BEFORE)
        node.kill()
        at = [len(sayer.answered) for sayer in sayers]
        for sayer in sayers:
            sayer.node = twin
        if not twin.await_ready():
            raise Failure("the twin ended instead:\n" + box.logs())
        expect("the twin's roles", roles(twin), ALL)
        box.wait("each goes on", lambda: all(len(s.answered) > n for s, n in zip(sayers, at)))
    finally:
        for sayer in sayers:
            sayer.over.set()
        for sayer in sayers:
            sayer.join()
    sent.append(send_first(box, twin, "R-2"))
    box.wait("the platform has both", lambda: cases(other, "agent") == sorted(sent))
    # Who comes back finds the place taken, and waits for it.
    node.serves = ["--roles", ALL]
    node.must_start()
    expect("the first one's roles", roles(node), "http,rpz")
    refused_beside(node, "R-no")
    expect("what it shows", cases(node, "officer"), sorted(sent))
    return {text for sayer in sayers for text in sayer.answered}


def receipted(node, who):
    return all(p["sent"] == p["receipted"] for p in node.must("GET", "/v1/peers", who)["peers"])


def judged(places, said):
    """Both logs, all receipts, and what was said: read past the program."""
    found = verdict_module.judge(places, (said, set()))
    if not found.good() or found.events < len(said):
        raise Failure("\n".join(found.lines()))


def the_writer_hangs(box, node, twin, other, sent):
    hung = box.children["twin"]
    hung.send_signal(signal.SIGSTOP)
    try:
        if not node.await_ready():
            raise Failure("the first one ended instead:\n" + box.logs())
        expect("the first one's roles", roles(node), ALL)
        sent.append(send_first(box, node, "R-3"))
    finally:
        hung.send_signal(signal.SIGCONT)
    if not twin.await_ready():
        raise Failure("who hung ended:\n" + box.logs())
    expect("the roles of who hung", roles(twin), "http,rpz")
    refused_beside(twin, "R-no")
    box.wait("the platform has all", lambda: cases(other, "agent") == sorted(sent))
    if "writer.replaced" not in box.logs():
        raise Failure("who hung did not notice")


def main():
    with Lab() as box:
        node = Node(box, "node", "kominfo.example", "Ministry", "authority")
        other = Node(box, "other", "telegram.example", "Telegram", "platform")
        node.init("wati")
        other.init("pavel")
        node.configure(**{"store.silent_s": str(SILENT_S)})
        node.serves = ["--roles", ALL]
        node.must_start()
        other.must_start()
        expect("its roles", roles(node), ALL)
        node.add_person("officer", "officer")
        node.add_person("auditor", "auditor")
        other.add_person("agent", "agent")
        introduce(node, other, "demo")
        node.cli("operator", "add", "isp", "--address", "127.0.0.1", who="wati")
        twin = twin_of(box, node)
        twin.must_start()
        expect("the twin's roles", roles(twin), "http,rpz")
        sent = it_shows(box, node, twin)
        said = the_writer_is_killed(box, node, twin, other, sent)
        the_writer_hangs(box, node, twin, other, sent)
        box.wait("all is receipted", lambda: receipted(node, "wati") and receipted(other, "pavel"))
        judged((node.store, other.dir), said)
        expect("the views are those of the log", node.cli("rebuild", who="wati")["equal"], True)
        for one in (twin, node, other):
            one.stop()
        node.serves = ["--roles", "http,nothing"]
        expect("a role that is none", node.start(), False)
        expect("its exit code", box.stop("node"), EXIT_INPUT)
    print("ok")


if __name__ == "__main__":
    main()
