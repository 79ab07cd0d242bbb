"""Proofs of equivocation and epochs for bundles of tests/second/forge.py: true ones, and ones
that prove nothing."""
import copy

from forge import (
    TYP, dump, json_changes, log_line, make_jws, payload_of, receipt_line, root_of)
from formats import b64_padded, b64url_text, leaf_hash, sha256, split
from verify import PARTIES, other

STATEMENT = "saluran-epoch+jws"
TIME = 1_500_000_000


def consistency(old, leaves, whole=True):
    """RFC 9162, 2.1.4.1: from the tree of the first `old` leaves."""
    if old == len(leaves):
        return [] if whole else [root_of(leaves)]
    half = split(len(leaves))
    if old <= half:
        return consistency(old, leaves[:half], whole) + [root_of(leaves[half:])]
    return consistency(old - half, leaves[half:], False) + [root_of(leaves[:half])]


def some_leaves(word, n):
    return [leaf_hash(b"%s %d" % (word, i)) for i in range(n)]


class Accuser:
    """Proofs about one party, by its keys."""

    def __init__(self, world, party, keys=None):
        self.world, self.party, self.keys = world, party, keys or world.keys[party]

    def origin(self, kind):
        return self.world.origin[other(self.party) if kind == "receipts" else self.party]

    def head(self, kind, size, root):
        text = f"{self.origin(kind)}\n{size}\n{b64_padded(root)}\n"
        line = log_line(self.origin(kind), self.keys["log"], text) if kind == "heads" else \
            receipt_line(self.world.org[self.party], self.keys["receipt"], text, TIME)
        return {"size": size, "root": root.hex(), "sig": line.split()[2]}

    def heads(self, kind, sizes=(5, 7)):
        one, two = some_leaves(b"one", sizes[0]), some_leaves(b"two", sizes[1])
        said = {"kind": kind, "log": self.origin(kind), "heads": [
            self.head(kind, sizes[0], root_of(one)), self.head(kind, sizes[1], root_of(two))]}
        if sizes[0] != sizes[1]:
            said["root"] = root_of(two[:sizes[0]]).hex()
            said["proof"] = [h.hex() for h in consistency(sizes[0], two)]
        return said

    def events(self):
        said = next(e for _, e in sorted(self.world.log[self.party].items()) if e["seq"])
        twin = {**said, "iat": said["iat"] + 1}
        return {"kind": "events", "log": self.origin("events"), "signed": [
            make_jws(self.keys["event"], TYP["event"], x).decode() for x in (said, twin)]}

    def entries(self):
        first = self.world.identity[self.party]
        said, root = payload_of(first), self.keys["next"]
        body = {**said["body"], "n": 1, "root_pub": b64url_text(root.public),
                "next_root_sha256": sha256(b"next").hex()}
        return {"kind": "identity", "signed": [make_jws(
            root, TYP["identity"], {**said, "seq": 1, "iat": said["iat"] + i, "body": body,
                                    "prev": leaf_hash(first).hex()}).decode()
            for i in (1, 2)]}

    def every(self):
        for kind in ("heads", "receipts"):
            for sizes in ((5, 7), (6, 6), (4, 7), (1, 2), (3, 64)):
                yield f"{kind} of {sizes}", self.heads(kind, sizes)
        yield "events", self.events()
        yield "identity", self.entries()


def lines(*proofs):
    return b"".join(sorted(dump(p).encode() + b"\n" for p in proofs))


def accused(world, party, content):
    twin = world.clone()
    twin.members[f"fraud/{party}.txt"] = content
    return twin


def proofs(world, rng, each):
    """(words, world): true proofs, each alone and all together, then what is none."""
    for p in PARTIES:
        of = Accuser(world, p)
        every = [proof for _, proof in of.every()]
        yield f"all proofs about the {p}", accused(world, p, lines(*every))
        for words, proof in of.every():
            yield f"{p}: {words}", accused(world, p, lines(proof))
            yield f"{p}: {words} about the other side", accused(world, other(p), lines(proof))
            for what, changed in json_changes(proof, rng, each):
                yield f"{p}: {words}: {what}", accused(world, p, lines(changed))
        stranger = Accuser(world, p, {**world.keys[other(p)]})
        for words, proof in stranger.every():
            yield f"{p}: {words} by the other side", accused(world, p, lines(proof))
        good = lines(*every)
        for words, content in (
                ("no line", b""), ("without the last LF", good[:-1]), ("twice", good + good),
                ("an empty line", b"\n" + good), ("not JSON", b"x\n"), ("a text", b'"x"\n'),
                ("turned around", b"".join(good.splitlines(True)[::-1])),
                ("one history", lines(one_history(of))),
                ("too many", lines(*(of.heads("heads", (n, n)) for n in range(1, 66)))),
                ("as many as there may be",
                 lines(*(of.heads("heads", (n, n)) for n in range(1, 65))))):
            yield f"{p}: {words}", accused(world, p, content)


def one_history(of):
    """Heads of which the smaller is one of the larger."""
    leaves = some_leaves(b"one", 7)
    return {"kind": "heads", "log": of.origin("heads"), "heads": [
        of.head("heads", 5, root_of(leaves[:5])), of.head("heads", 7, root_of(leaves))],
        "root": root_of(leaves[:5]).hex(), "proof": [h.hex() for h in consistency(5, leaves)]}


# ---- epochs -----------------------------------------------------------------------------

def statement(world, party, sizes=None):
    heads = []
    for p in PARTIES:
        leaves, _ = world.clone().sign_log(p, ())
        size = world.heads[p][-1][0].size if sizes is None else sizes[PARTIES.index(p)]
        heads.append({"log": world.origin[p], "size": size, "root": root_of(leaves[:size]).hex()})
    origin = world.origin[party]
    return {"v": 1, "org": world.org[party], "peer": world.org[other(party)],
            "channel": origin.split("/")[2], "epoch": 1, "heads": heads, "iat": 1}


def begun(world, party, texts, epoch=1):
    """The log of `party` with a channel.epoch more."""
    twin = world.clone()
    twin.heads = {p: list(h) for p, h in world.heads.items()}
    cp, time = twin.heads[party][0]
    cp, seq = copy.copy(cp), cp.size
    cp.size += 1
    twin.heads[party][0] = (cp, time)
    last = world.log[party][max(world.log[party])]
    twin.log[party][seq] = {
        "v": 1, "log": world.origin[party], "seq": seq, "prev": "0" * 64,
        "id": last["id"][:-4] + "0e0e", "type": "channel.epoch", "iat": last["iat"],
        "by": "node", "ack": last["ack"], "body": {"epoch": epoch, "statements": texts}}
    return twin


def signed(world, party, said, typ=STATEMENT, role="event"):
    return make_jws(world.keys[party][role], typ, said).decode()


def epochs(world, rng, each):
    """(words, world): logs with a channel.epoch that is as it should be, and with others."""
    for p in PARTIES:
        sides = (p, other(p))
        said = [statement(world, side) for side in sides]
        texts = [signed(world, side, x) for side, x in zip(sides, said)]
        yield f"{p} begins an epoch", begun(world, p, texts)
        yield f"{p}: the other's first", begun(world, p, texts[::-1])
        yield f"{p}: its own twice", begun(world, p, texts[:1] * 2)
        yield f"{p}: three", begun(world, p, [*texts, texts[0]])
        yield f"{p}: another number", begun(world, p, texts, 2)
        for i, side in enumerate(sides):
            def put(text, i=i):
                return begun(world, p, [*texts[:i], text, *texts[i + 1:]])
            for role in ("log", "receipt"):
                yield f"{p}: {side} by its {role} key", put(signed(
                    world, side, said[i], role=role))
            yield f"{p}: {side} by the other", put(signed(world, other(side), said[i]))
            yield f"{p}: {side} of another type", put(signed(
                world, side, said[i], TYP["event"]))
            yield f"{p}: {side} of no history", put(signed(
                world, side, {**said[i], "heads": [
                    {**h, "root": "ab" * 32} for h in said[i]["heads"]]}))
            for words, changed in json_changes(said[i], rng, each):
                yield f"{p}: {side}: {words}", put(signed(world, side, changed))


# ---- files ------------------------------------------------------------------------------

def files(world, rng, each):
    """(words, bytes): a proof for others, and what looks like one."""
    for p in PARTIES:
        of = Accuser(world, p)
        entries = [world.identity[p].decode()]
        for words, proof in of.every():
            whole = {"v": 1, "org": world.org[p], "identity": entries, "proof": proof}
            yield f"{p}: {words}", dump(whole).encode()
            for what, changed in json_changes(whole, rng, each):
                yield f"{p}: {words}: {what}", dump(changed).encode("utf-8", "surrogatepass")
