#!/usr/bin/env python3
"""A platform whose peer was written from docs/protocol.md alone (tests/second/peer.py) and a real
node: they are introduced, each pushes and receipts the other's log, the one fetches what it is not
brought, and a court takes the bundle.  What the document says is refused is refused, by its
code; a receipt that is none does not count, and silence holds nobody up."""
import gzip
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "second")]
import lab  # noqa: E402
import peer  # noqa: E402
from forge import Key, log_line, payload_of  # noqa: E402
from formats import sha256  # noqa: E402

CSV = "target,category\nhttps://t.me/durov,other\n"
MANY = 300  # more than a package


def failing(node):
    """Why delivery fails, or None."""
    return node.cli("peer", "list", who="wati")["peers"][0]["reason"]


def introduced(box, node):
    second = peer.Peer("second.example", "Second", box.port(), box.dir)
    path = box.path("node.introduction")
    node.cli("peer", "introduce", second.org, "--policy", "demo", "--out", path, who="wati")
    with open(path, "rb") as f:
        answer = second.meet(f.read(), node.fingerprint)
    second.serve()
    with open(box.path("second.introduction"), "wb") as f:
        f.write(answer)
    node.cli("peer", "add", f.name, "--fingerprint", second.fingerprint(), who="wati")
    return second


def send(node, box, reference):
    path = box.write(f"{reference}.csv", CSV)
    return node.cli("send", path, "--reference", reference, "--subject", reference,
                    "--legal-basis", "none", who="officer")["case"]


def state(node, case):
    return node.cli("show", case, who="officer")["state"]


def case_is_here(second, case):
    with second.lock:
        return second.whole is not None and any(
            payload_of(e).get("case") == case and payload_of(e)["type"] == "notice.send"
            for e in second.theirs[:second.whole.size])


def answered(box, what, got, status):
    if got[0] != status:
        raise lab.Failure(f"{what}: {got[0]} {got[2]!r} instead of {status}")


def is_pushed_to(box, node, second):
    """What the node pushes is taken, and its clocks start by the receipt."""
    case = send(node, box, "first")
    box.wait("the case came", lambda: case_is_here(second, case))
    box.wait("its receipt counts", lambda: state(node, case) == "received")
    with second.lock:
        opened = payload_of(second.theirs[0])
    lab.expect("the first event", opened["type"], "channel.open")
    lab.expect("whom it names", opened["body"]["peer_identity"], sha256(second.entry).hex())
    return case


def refuses(box, second):
    """Each refusal of section 5 that needs nothing but a wrong request."""
    n = len(second.entries)
    text, note = second.checkpoint()
    other = text.replace(second.origin, "second.example/c/other/e0")
    stranger = Key(os.urandom(32))
    answered(box, "an unknown origin", second.add_checkpoint(0, note=f"{other}\n" + log_line(
        "second.example/c/other/e0", second.key["log"], other)), 404)
    answered(box, "a stranger's signature", second.add_checkpoint(
        0, note=f"{text}\n" + log_line(second.origin, stranger, text)), 403)
    answered(box, "old above the size", second.add_checkpoint(n + 1, proof=[]), 400)
    answered(box, "nothing pending", second.add_entries(0, n), 422)
    got = second.add_checkpoint(1, proof=[])
    answered(box, "old that is not stored", got, 409)
    lab.expect("what 409 says", got[1:], (peer.SIZE_TYPE, b"0\n"))
    answered(box, "a proof from nothing", second.add_checkpoint(0, proof=[bytes(32)]), 422)
    answered(box, "a head", second.add_checkpoint(0), 200)
    for start, end in ((0, 0), (n, n)):
        got = second.add_entries(start, end)
        answered(box, "another interval", got, 409)
        lab.expect("what 409 says", (got[1], peer.get_info(got[2])),
                   (peer.INFO_TYPE, (n, 0, b"")))
    kept, second.entries = second.entries, [b"x" + second.entries[0][1:], *second.entries[1:]]
    answered(box, "an entry that is not under the head", second.add_entries(0, n), 422)
    second.entries = kept
    answered(box, "nothing whole", second.add_entries(0, n, encode=lambda body: body[:-1]), 400)
    answered(box, "no encoding of ours", second.add_entries(
        0, n, {"Content-Encoding": "br"}), 415)
    answered(box, "no call", second.call("GET", "nothing"), 404)
    answered(box, "another method", second.call("GET", "add-entries"), 405)


def pushes(box, node, second, case):
    """A log of more than a package, most of it of types that no version has: all is receipted."""
    second.append("channel.open", {
        "channel": second.offer["channel"], "org": second.org, "peer": node.org,
        "identity": sha256(second.entry).hex(), "peer_identity": sha256(
            second.their_entry).hex(), "policy": second.offer["policy"]})
    refuses(box, second)
    first = second.push()
    second.append("case.accept", {}, case)
    second.append("message.post", {}, case, [("text", "We look at it.")])
    for _ in range(MANY):
        second.append("of.another.make", {"kept": True})
    status, _, _ = second.call("POST", "disclosures", b"\n".join(second.texts.values()))
    lab.expect("disclosures", status, 200)
    size = len(second.entries)
    answered(box, "the next head", second.add_checkpoint(1), 200)
    got = second.add_entries(1, size, {"Content-Encoding": "gzip"},
                             lambda body: gzip.compress(body[:-100]))
    answered(box, "a body that ends in the second package", got, 202)
    lab.expect("what 202 says", (got[1], peer.get_info(got[2])), (peer.INFO_TYPE, (size, 256, b"")))
    got = second.add_entries(256, size)
    answered(box, "the rest", got, 200)
    if second.cosigned(size, got[2]) < first:
        raise lab.Failure("the time of a receipt goes back")
    again = second.add_entries(size, size)
    lab.expect("the same receipt again", again, got)
    for seq in (0, 255, size - 1):
        lab.expect(f"the proof of entry {seq}", second.proof(seq), True)
    box.wait("its answer counts", lambda: state(node, case) == "accepted")
    shown = node.cli("show", case, who="officer")
    lab.expect("its message", [m["text"] for m in shown["messages"]], ["We look at it."])
    feed = node.must("GET", "/v1/events?limit=500", "officer")["events"]
    void = [e for e in feed if e["type"] == "of.another.make"]
    lab.expect("what has no effect is there, with why", [len(void), all(
        e["why"] for e in void)], [MANY, True])


def pulls(box, node, second):
    """Nobody can call it now: it fetches, and its receipt counts as if it had been asked."""
    second.away = True
    case = send(node, box, "second")
    box.wait("the node tried", lambda: failing(node))
    lab.expect("the state of what did not come", state(node, case), "sent")
    lab.expect("the receipt that is brought", second.pull(), 204)
    if not case_is_here(second, case):
        raise lab.Failure("the case is not in what was fetched")
    box.wait("the receipt counts", lambda: state(node, case) == "received")
    second.away = False
    box.wait("the node goes on", lambda: node.cli("peer", "retry", second.org, who="wati")
             and not failing(node))
    return case


def lies(box, node, second):
    """A receipt by another key is none: people see why, and the clock stands."""
    second.forged = Key(os.urandom(32))
    case = send(node, box, "lied")
    why = box.wait("people see it", lambda: failing(node))
    if "receipt" not in why:
        raise lab.Failure(f"they are told {why!r}")
    lab.expect("the state of what has no receipt", state(node, case), "sent")
    second.forged = None
    node.cli("peer", "retry", second.org, who="wati")
    box.wait("the true one counts", lambda: state(node, case) == "received")


def stalls(box, node, second):
    """A peer that takes the call and says nothing holds up nobody, and what it has not said does
    not count."""
    second.open.clear()
    case = send(node, box, "stalled")
    for n in range(3):
        other = send(node, box, f"stalled-{n}")
        lab.expect("the state of what waits", state(node, other), "sent")
    lab.expect("its state", state(node, case), "sent")
    lab.expect("its level", node.cli("show", case, who="officer")["receipt"], None)
    second.open.set()
    box.wait("the answer counts when it comes", lambda: state(node, other) == "received")


def main():
    with lab.Lab() as box:
        node = lab.Node(box, "kominfo", "kominfo.example", "Ministry", "authority")
        node.init("wati")
        node.must_start()
        node.add_person("officer", "officer")
        second = introduced(box, node)
        case = is_pushed_to(box, node, second)
        pushes(box, node, second, case)
        late = pulls(box, node, second)
        lies(box, node, second)
        stalls(box, node, second)
        for exported in (case, late):
            path = box.path(f"{exported}.bundle")
            node.cli("export", exported, "--out", path, who="wati")
            code, report, error = lab.verify(path, {"platform": second.fingerprint()})
            if code != 0 or not report["ok"]:
                raise lab.Failure(f"the bundle is refused: {report} {error}")
        node.stop()
        second.close()
    print("a peer that was written from protocol.md alone is a peer")
    return 0


if __name__ == "__main__":
    sys.exit(main())
