"""Bundles to hold two verifiers against: a good one taken apart, changed in one thing, and
put together again so that nothing else is wrong."""
import copy
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from container import MANIFEST, pack, unpack
from formats import (
    COSIGNATURE_KEY, DASH, ORIGIN_KEY, Checkpoint, TlogProof, b64_padded, b64url, b64url_text,
    key_id, leaf_hash, node_hash, sha256, split, thumbprint)
from verify import PARTIES, other

TYP = {"identity": "saluran-identity+jws", "offer": "saluran-channel+jws",
       "event": "saluran-event+jws", "manifest": "saluran-bundle+jws"}


class Raw(str):
    """JSON as it is to stand there."""


class Key:
    def __init__(self, seed):
        self.private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.kid = thumbprint(self.public)

    def sign(self, data):
        return self.private.sign(data)


def dump(value):
    """JSON with what Raw holds put in as it is."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{dump(v)}"
                              for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(dump(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def payload_of(jws):
    return json.loads(b64url(jws.decode().split(".")[1]))


def make_jws(key, typ, payload, header=None):
    raw = payload if isinstance(payload, bytes) else dump(payload).encode("utf-8",
                                                                          "surrogatepass")
    header = header or f'{{"alg":"Ed25519","kid":"{key.kid}","typ":"{typ}"}}'
    text = f"{b64url_text(header.encode())}.{b64url_text(raw)}"
    return f"{text}.{b64url_text(key.sign(text.encode()))}".encode()


def note_line(name, kind, key, signature):
    return f"{DASH} {name} {b64_padded(key_id(name, kind, key.public) + signature)}\n"


def log_line(origin, key, text):
    return note_line(origin, ORIGIN_KEY, key, key.sign(text.encode()))


def receipt_line(org, key, text, time):
    message = f"cosignature/v1\ntime {time}\n{text}".encode()
    return note_line(org + "/rcpt", COSIGNATURE_KEY, key,
                     time.to_bytes(8, "big") + key.sign(message))


def root_of(leaves):
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    half = split(len(leaves))
    return node_hash(root_of(leaves[:half]), root_of(leaves[half:]))


def path_of(index, leaves):
    if len(leaves) <= 1:
        return []
    half = split(len(leaves))
    if index < half:
        return path_of(index, leaves[:half]) + [root_of(leaves[half:])]
    return path_of(index - half, leaves[half:]) + [root_of(leaves[:half])]


def many_of(indexes, leaves, low=0):
    """The proof of version 2."""
    here = [i for i in indexes if low <= i < low + len(leaves)]
    if not here:
        return [root_of(leaves)]
    if len(leaves) == 1:
        return []
    half = split(len(leaves))
    return many_of(here, leaves[:half], low) + many_of(here, leaves[half:], low + half)


def signed_bundle(members, key, said):
    """The archive of these members under a manifest that lists them."""
    listed = [{"name": n, "len": len(c), "sha256": sha256(c).hex()} for n, c in members]
    jws = make_jws(key, TYP["manifest"], {**said, "members": listed})
    return pack([*members, (MANIFEST, jws + b"\n")])


class World:
    """A bundle of version 1 that has nearly all of both logs, and the keys of both sides."""

    def __init__(self, data, keys):
        self.members = dict(unpack(data))
        self.said = payload_of(self.members.pop(MANIFEST)[:-1])
        self.keys, self.log, self.heads = keys, {}, {}
        self.identity = {p: self.members[f"identity/{p}.jws"][:-1] for p in PARTIES}
        self.org = {p: payload_of(self.identity[p])["log"][:-3] for p in PARTIES}
        self.exporter = next(p for p in PARTIES if self.org[p] == self.said["org"])
        for p in PARTIES:
            events = [line.split(b" ") for line in
                      self.members[f"logs/{p}/events.jws"].splitlines()]
            self.log[p] = {int(seq): payload_of(jws) for seq, jws in events}
            self.heads[p] = [self.head_of(p, n) for n in ("checkpoint", "cosigned")
                             if f"logs/{p}/{n}" in self.members]
            self.origin = {**getattr(self, "origin", {}), p: self.heads[p][0][0].origin}
        self.gaps = {p: self.leaves_between(p) for p in PARTIES}

    def head_of(self, party, name):
        cp = Checkpoint(self.members[f"logs/{party}/{name}"])
        times = [int.from_bytes(raw[:8], "big") for n, _, raw in cp.note.lines
                 if n != cp.origin]
        return cp, times[0] if times else None

    def leaves_between(self, party):
        """The hashes of single entries that the bundle leaves out, which the proofs of their
        neighbours have."""
        gaps, size = {}, self.heads[party][0][0].size
        for seq in range(size):
            if seq not in self.log[party]:
                proof = TlogProof(self.members[f"logs/{party}/proof/{seq ^ 1}.tlog-proof"])
                gaps[seq] = proof.path[0]
        return gaps

    def clone(self):
        twin = copy.copy(self)
        twin.log, twin.members = copy.deepcopy(self.log), dict(self.members)
        twin.identity, twin.said = dict(self.identity), copy.deepcopy(self.said)
        return twin

    def text(self, party, size, leaves):
        return f"{self.origin[party]}\n{size}\n{b64_padded(root_of(leaves[:size]))}\n"

    def head(self, party, size, time, leaves):
        text, keys = self.text(party, size, leaves), self.keys
        note = f"{text}\n" + log_line(self.origin[party], keys[party]["log"], text)
        if time is not None:
            peer = other(party)
            note += receipt_line(self.org[peer], keys[peer]["receipt"], text, time)
        return note

    def sign_log(self, party, kept):
        """Leaves and lines of a log in which each event follows the one before, and each
        receipt.adopt but those in `kept` quotes the receipt of the log as it now is."""
        leaves, lines = [], []
        for seq in range(self.heads[party][0][0].size):
            said = self.log[party].get(seq)
            if said is None:
                leaves.append(self.gaps[party][seq])
                continue
            if isinstance(said.get("prev"), str) and (party, seq) not in kept:
                said["prev"] = leaves[-1].hex()
            if said.get("type") == "receipt.adopt" and (party, seq) not in kept:
                self.adopt(party, said["body"], leaves)
            jws = make_jws(self.keys[party]["event"], TYP["event"], said)
            leaves.append(leaf_hash(jws))
            lines.append((seq, jws))
        return leaves, lines

    def adopt(self, party, body, leaves):
        peer, text = other(party), self.text(party, body["size"], leaves)
        line = receipt_line(self.org[peer], self.keys[peer]["receipt"], text, body["time"])
        body["root"], body["sig"] = root_of(leaves[:body["size"]]).hex(), line.split()[2]

    def build(self, version=1, kept=()):
        """The archive.  kept: {(party, seq)} whose payload stands as it is."""
        made = {n: c for n, c in self.members.items()
                if not n.startswith(("logs/", "receipts/", "identity/"))}
        for p in PARTIES:
            made[f"identity/{p}.jws"] = self.identity[p] + b"\n"
            leaves, lines = self.sign_log(p, kept)
            made[f"logs/{p}/events.jws"] = b"".join(b"%d %s\n" % x for x in lines)
            notes = [(cp.size, self.head(p, cp.size, time, leaves))
                     for cp, time in self.heads[p]]
            for name, (_, note) in zip(("checkpoint", "cosigned"), notes):
                made[f"logs/{p}/{name}"] = note.encode()
            put = self.proofs_long if version == 2 else self.proofs
            put(made, p, leaves, [seq for seq, _ in lines], notes)
            self.receipts(made, p, leaves, version)
        if version == 2 and "disclosures.txt" in made:
            made["disclosures.txt"] = self.texts_in_order(made["disclosures.txt"])
        return signed_bundle(sorted(made.items()), self.keys[self.exporter]["event"],
                             {**self.said, "v": version})

    def proofs(self, made, party, leaves, seqs, notes):
        for seq in seqs:
            size, note = notes[-1] if seq < notes[-1][0] else notes[0]
            made[f"logs/{party}/proof/{seq}.tlog-proof"] = proof_text(seq, leaves[:size], note)

    def proofs_long(self, made, party, leaves, seqs, notes):
        below = notes[1][0] if len(notes) == 2 else 0
        for name, size, here in (
                ("cosigned", below, [s for s in seqs if s < below]),
                ("checkpoint", notes[0][0], [s for s in seqs if s >= below])):
            if here:
                made[f"logs/{party}/{name}.proof"] = hash_lines(many_of(here, leaves[:size]))

    def receipts(self, made, party, leaves, version):
        waiting, text = [], b""
        for seq, said in sorted(self.log[party].items()):
            if isinstance(said.get("type"), str) and CLOCKS.get(said["type"]) == party:
                waiting.append(seq)
            if said.get("type") != "receipt.adopt":
                continue
            body = said.get("body") if isinstance(said.get("body"), dict) else {}
            size, time = body.get("size"), body.get("time")
            if not isinstance(size, int) or not 0 < size <= len(leaves) \
                    or not isinstance(time, int) or not 0 <= time < 2 ** 63:
                continue
            mine, waiting = ([s for s in waiting if s < size],
                             [s for s in waiting if s >= size])
            note = self.head(party, size, time, leaves)
            if version == 1:
                for s in mine:
                    made[f"receipts/{party}/{s}.tlog-proof"] = proof_text(
                        s, leaves[:size], note)
            elif mine:
                hashes = many_of(mine, leaves[:size])
                text += b"%d %d %d %d\n" % (seq, len(note.encode()), len(hashes), len(mine))
                text += b"".join(b"%d\n" % s for s in mine) + note.encode()
                text += hash_lines(hashes)
        if text:
            made[f"receipts/{party}.txt"] = text

    def texts_in_order(self, raw):
        by_digest = {b64url_text(sha256(line)): line for line in raw.splitlines()}
        return b"".join(by_digest.pop(d) + b"\n" for p in PARTIES
                        for _, said in sorted(self.log[p].items())
                        for d in list_of(said.get("_sd")) if d in by_digest)


def list_of(value):
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


CLOCKS = {"notice.send": "authority", "case.remind": "authority", "case.warn": "authority",
          "clarify.answer": "authority", "case.transfer": "authority",
          "clarify.ask": "platform"}


def hash_lines(hashes):
    return b"".join(b64_padded(h).encode() + b"\n" for h in hashes)


def proof_text(index, leaves, note):
    return b"c2sp.org/tlog-proof@v1\nindex %d\n" % index + hash_lines(
        path_of(index, leaves)) + b"\n" + note.encode()


# ---- changes --------------------------------------------------------------------

WRONG = [None, True, -1, 0, 1, 2 ** 53 - 1, "", "x", "X" * 300, [], {}, ["x", "x"],
         Raw("1.0"), Raw("1e3"), Raw("-0"), Raw("9007199254740992"), Raw('"\\ud800"'),
         Raw('"\\u0000"'), Raw('"\\ufffe"'), Raw('{"a":1,"a":1}'), Raw("[" * 17 + "]" * 17),
         Raw("NaN"), Raw('"\t"')]


def places(value, path=()):
    """Every member and element of a JSON value."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, list) else ()
    for k, v in items:
        yield from places(v, (*path, k))


def put(value, path, new):
    for k in path[:-1]:
        value = value[k]
    value[path[-1]] = new


def get(value, path):
    for k in path:
        value = value[k]
    return value


def near(old):
    """Values that look like it."""
    if isinstance(old, str):
        return [old.upper(), old + "0", old[:-1], old[::-1], " " + old]
    if isinstance(old, bool):
        return [not old]
    if isinstance(old, int):
        return [old + 1, old - 1, str(old)]
    if isinstance(old, list):
        return [old + old[:1], old[1:], old[::-1]]
    return [{**old, "x": 1}] if isinstance(old, dict) else []


def json_changes(payload, rng, each):
    """(words, changed payload): at every place it is left out, and `each` others stand there;
    and one member more."""
    for path in places(payload):
        where, old = ".".join(map(str, path)), get(payload, path)
        cut = copy.deepcopy(payload)
        del get(cut, path[:-1])[path[-1]]
        yield f"{where} left out", cut
        for new in rng.sample(WRONG, each) + rng.sample(near(old), min(each, len(near(old)))):
            other_one = copy.deepcopy(payload)
            put(other_one, path, copy.deepcopy(new))
            yield f"{where} = {dump(new)[:40]}", other_one
    yield "a member more", {**copy.deepcopy(payload), "x": 1}
