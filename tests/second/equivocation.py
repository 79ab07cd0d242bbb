#!/usr/bin/python3
"""Proofs that an organisation has signed what cannot both be true (docs/protocol.md, section
7).

usage: equivocation.py FILE...     each a proof for others; exit status 1 if one proves nothing
"""
import json
import sys

from formats import (
    COSIGNATURE_KEY, ORIGIN_KEY, Bad, Jws, Note, b64_padded, consistent, ijson, is_hash,
    is_int, is_plain, members_of, need)
from identity import ENTRIES_MAX, ORG_MAX, Identity, IdentityLog, check_event, is_origin

PROOF_MAX, EVENT_MAX, ENTRY_MAX, SIG_MAX, HASHES_MAX = 131_072, 60_000, 16_384, 128, 64
FILE_MAX = PROOF_MAX + 2 * (65_536 + ENTRIES_MAX * ENTRY_MAX)
KINDS = {"heads": ("log", "heads"), "receipts": ("log", "heads"), "events": ("log", "signed"),
         "identity": ("signed",)}


def two_of(value):
    need(isinstance(value, list) and len(value) == 2, "not two")
    return value


class Proof:
    """What it says; verify() believes it."""

    def __init__(self, raw):
        need(len(raw) <= PROOF_MAX, "a proof is too long")
        self.read(ijson(raw))

    def read(self, said):
        kind = said.get("kind") if isinstance(said, dict) else None
        need(isinstance(kind, str) and kind in KINDS, "of no kind")
        by_heads = "heads" in KINDS[kind]
        members_of(said, ("kind", *KINDS[kind]), ("root", "proof") if by_heads else ())
        self.kind, self.log = kind, said.get("log")
        need("log" not in said or is_origin(self.log), "log is malformed")
        if by_heads:
            self.read_heads(said)
            return
        self.signed = two_of(said["signed"])
        need(all(isinstance(x, str) and len(x.encode()) <= (
            EVENT_MAX if self.log else ENTRY_MAX) for x in self.signed), "signed is malformed")

    def read_heads(self, said):
        self.heads = two_of(said["heads"])
        for head in self.heads:
            members_of(head, ("size", "root", "sig"))
            need(is_int(head["size"], 1) and is_hash(head["root"])
                 and is_plain(head["sig"], SIG_MAX), "a head is malformed")
        self.root, path = said.get("root"), said.get("proof", ["0" * 64])
        need("root" not in said or is_hash(self.root), "root is malformed")
        need(isinstance(path, list) and 1 <= len(path) <= HASHES_MAX
             and all(map(is_hash, path)), "proof is malformed")
        self.path = [bytes.fromhex(h) for h in said.get("proof", [])]
        sizes = [h["size"] for h in self.heads]
        need(sizes[0] <= sizes[1], "the smaller head stands second")
        need(("root" in said) == (sizes[0] != sizes[1]), "root with heads of one size")
        need("root" in said or not self.path, "a proof with heads of one size")

    def verify(self, ids):
        """(at, most) when the organisation signed both, else Bad."""
        if self.kind == "identity":
            return self.verify_entries(ids)
        if self.kind == "events":
            return self.verify_events(ids)
        small, large = self.heads
        if self.root is None:
            need(small["root"] != large["root"], "one root")
        else:
            need(self.root != small["root"], "the smaller head is one of the larger")
            need(consistent(small["size"], bytes.fromhex(self.root), large["size"],
                            bytes.fromhex(large["root"]), self.path), "the proof fails")
        for head in self.heads:
            need(any(self.head_by(ids, e, head) for e in ids.entries), "not by a key of it")
        return small["size"], large["size"]

    def head_by(self, ids, entry, head):
        """Whether that entry's key signed the head, and stands for its size."""
        key = (self.log, ORIGIN_KEY, entry.log_key) if self.kind == "heads" else (
            ids.org + "/rcpt", COSIGNATURE_KEY, entry.receipt_key)
        text = f"{self.log}\n{head['size']}\n{b64_padded(bytes.fromhex(head['root']))}\n"
        try:
            note = Note(f"{text}\n\u2014 {key[0]} {head['sig']}\n".encode())
            if note.line_of(*key) is None:
                return False
        except Bad:
            return False
        stands = ids.head_stands if self.kind == "heads" else ids.receipt_stands
        return stands(entry.n, head["size"])

    def verify_events(self, ids):
        need(self.signed[0] != self.signed[1], "one event")
        numbers = set()
        for text in self.signed:
            jws = Jws(text.encode(), "saluran-event+jws")
            check_event(jws.payload)
            entry, seq = ids.of_kid(jws.kid), jws.payload["seq"]
            need(jws.payload["log"] == self.log, "an event of another log")
            need(not ids.turns or entry.n >= ids.at(seq), "an event by a replaced key")
            need(jws.signed_by(entry.event_keys), "an event that it did not sign")
            numbers.add(seq)
        need(len(numbers) == 1, "events of two numbers")
        return (numbers.pop(),) * 2

    def verify_entries(self, ids):
        need(self.signed[0] != self.signed[1], "one entry")
        for before in ids.entries:
            try:
                for text in self.signed:
                    Identity(text.encode(), before)
                return before.n + 1, before.n + 1
            except Bad:
                continue
        raise Bad("no entry is followed by both")


def verify_file(raw):
    """A file with a proof for others: (kind, at, most), or Bad."""
    need(len(raw) <= FILE_MAX, "a file is too long")
    said = members_of(ijson(raw), ("v", "org", "identity", "proof"))
    need(is_int(said["v"], 1, 1), "v is not 1")
    need(is_plain(said["org"], ORG_MAX), "org is malformed")
    entries = said["identity"]
    need(isinstance(entries, list) and 1 <= len(entries) <= ENTRIES_MAX
         and all(isinstance(x, str) and "\n" not in x for x in entries), "identity is malformed")
    ids = IdentityLog("".join(x + "\n" for x in entries).encode())
    need(ids.org == said["org"], "of another organisation")
    proof = Proof.__new__(Proof)
    proof.read(said["proof"])
    return (proof.kind, *proof.verify(ids))


def main():
    good = True
    for path in sys.argv[1:]:
        with open(path, "rb") as f:
            raw = f.read()
        try:
            kind, at, most = verify_file(raw)
            report = {"ok": True, "kind": kind, "at": at, "most": most}
        except Bad as e:
            report, good = {"ok": False, "what": str(e)}, False
        print(json.dumps(report))
    return 0 if good and sys.argv[1:] else 1


if __name__ == "__main__":
    sys.exit(main())
