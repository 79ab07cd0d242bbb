#!/usr/bin/python3
"""A second verifier of evidence bundles, written from docs/protocol.md and docs/policy.md
and sharing nothing with the program: whoever doubts the one reads the other.

usage: verify.py BUNDLE...     a line of JSON each; exit status 1 if one does not verify
"""
import json
import re
import sys

import container
import epochs
import equivocation
import eventtypes
import policy
from formats import (
    COSIGNATURE_KEY, ORIGIN_KEY, Bad, Checkpoint, Jws, TlogProof,
    b64, b64_padded, b64url, b64url_text, decimal, ijson, is_hash, is_int, is_plain, is_text,
    is_uuid7, leaf_hash, members_of, need, root_by_path, root_of_many, sha256)
from identity import (
    INTRODUCTION_MAX, ORG_MAX, PARTIES, TEXT_MAX, IdentityLog, check_event, fingerprint, line_of,
    lines_of, other)

STEPS = ("container", "manifest", "members", "identities", "signature", "channel", "policy",
         "events", "inclusion", "heads", "receipts", "fraud", "disclosures", "fold")
SEQ_MAX = 2 ** 63 - 1
CHANNEL_MAX = 40
DISCLOSURE_MAX = 16_384
EVENTS_MAX, TEXTS_MAX = 131_072, 524_288
ORDERS_MAX, ADOPTIONS_MAX = 1_024, 2_048
FRAUDS_MAX = 64


class Head:
    """A note with a checkpoint of a party's log; who signed it is not yet known."""

    def __init__(self, raw, bundle, party):
        self.raw, self.cp = raw, Checkpoint(raw)
        self.own, self.peer = bundle.id[party], bundle.id[other(party)]
        self.log_keys = [(bundle.origin[party], ORIGIN_KEY, e.log_key)
                         for e in self.own.entries]
        self.peer_keys = [(self.peer.org + "/rcpt", COSIGNATURE_KEY, e.receipt_key)
                          for e in self.peer.entries]
        need(self.cp.origin == bundle.origin[party], "the head is of another log")
        self.size, self.root = self.cp.size, self.cp.root
        self.cosigned = any(self.cp.note.has_line(*key) for key in self.peer_keys)
        self.time = None

    def receipt(self):
        """The cosignature by the newest key that stands, or None."""
        found = None
        for n, key in enumerate(self.peer_keys):
            raw = self.cp.note.line_of(*key)
            if raw is not None and self.peer.receipt_stands(n, self.size):
                found = raw
        return found

    def verify(self, cosigned):
        by = [n for n, key in enumerate(self.log_keys)
              if self.cp.note.line_of(*key) is not None]
        need(any(self.own.head_stands(n, self.size) for n in by), "no signature of the log")
        raw = self.receipt()
        need(raw is not None or not cosigned, "no cosignature of the peer")
        self.time = None if raw is None else int.from_bytes(raw[:8], "big")


class Event:
    def __init__(self, seq, raw, bundle, party, first):
        jws = Jws(raw, "saluran-event+jws")
        self.said = jws.payload
        check_event(self.said)
        ids = bundle.id[party]
        ids.turn(self.said, jws.kid, party, first)
        need(jws.signed_by(ids.entries[ids.in_force].event_keys),
             "not signed by its author, with a key that is in force there")
        need(self.said["log"] == bundle.origin[party], "of another log")
        need(self.said["seq"] == seq, "its signed seq is another")
        self.seq, self.leaf, self.party = seq, leaf_hash(raw), party
        self.received, self.clock, self.void = None, False, None
        try:
            eventtypes.check(self.said, party)
            self.clock = eventtypes.starts_clock(self.said)
        except Bad as e:
            self.void = str(e)


class Bundle:
    def __init__(self, data):
        self.data = data
        self.id, self.offer, self.origin, self.logs = {}, {}, {}, {}
        self.head_of = {p: (None, None) for p in PARTIES}  # own, cosigned
        self.frauds, self.epochs = [], []

    def verify(self):
        """The report: {ok, step, what} and, when ok, what is proven."""
        for step in STEPS:
            try:
                getattr(self, "step_" + step)()
            except Bad as e:
                return {"ok": False, "step": step, "what": str(e)}
        return self.report()

    # ---- container, manifest, members ---------------------------------------------

    def step_container(self):
        self.list = container.unpack(self.data)
        self.member = dict(self.list)

    def step_manifest(self):
        need(self.list[-1][0] == container.MANIFEST, "MANIFEST.jws is missing")
        raw = line_of(self.list[-1][1])
        self.jws = Jws(raw, "saluran-bundle+jws", 1 << 30, 1 << 30)
        said = members_of(self.jws.payload, ("v", "org", "made", "case", "members"))
        need(is_int(said["v"], 1, 2), "a version that is not known")
        need(is_plain(said["org"], ORG_MAX), "org is malformed")
        need(is_int(said["made"]), "made is malformed")
        need(is_uuid7(said["case"]), "case is malformed")
        need(isinstance(said["members"], list)
             and 1 <= len(said["members"]) <= container.MEMBERS_MAX, "members are malformed")
        self.long, self.case, self.said = said["v"] == 2, said["case"], said

    def known(self, name):
        if name in ("README.txt", "disclosures.txt", "policy.json", "policy-adopted.json"):
            return True
        for p in PARTIES:
            names = [f"channel/{p}.offer.jws", f"fraud/{p}.txt", f"identity/{p}.jws", f"logs/{p}/checkpoint",
                     f"logs/{p}/cosigned", f"logs/{p}/events.jws"]
            if self.long:
                names += [f"logs/{p}/cosigned.proof", f"logs/{p}/checkpoint.proof",
                          f"receipts/{p}.txt"]
            if name in names:
                return True
            for folder in () if self.long else (f"logs/{p}/proof/", f"receipts/{p}/"):
                if name.startswith(folder) and name.endswith(".tlog-proof"):
                    seq = name[len(folder):-len(".tlog-proof")]
                    try:
                        return decimal(seq, SEQ_MAX - 1) >= 0
                    except Bad:
                        return False
        return False

    def step_members(self):
        listed = self.said["members"]
        need(len(listed) == len(self.list) - 1, "the list has another number of members")
        for said, (name, content) in zip(listed, self.list):
            members_of(said, ("name", "len", "sha256"))
            need(said["name"] == name, f"{name}: another stands in its place")
            need(is_int(said["len"]) and said["len"] == len(content), f"{name}: its length")
            need(said["sha256"] == sha256(content).hex(), f"{name}: its SHA-256")
            need(self.known(name), f"{name}: does not belong into a bundle")
        for name in ("README.txt", "policy.json", *(
                n % p for p in PARTIES for n in ("identity/%s.jws", "logs/%s/events.jws"))):
            need(name in self.member, f"{name}: is missing")

    # ---- identities, signature, channel, policy -----------------------------------

    def step_identities(self):
        for p in PARTIES:
            self.id[p] = IdentityLog(self.member[f"identity/{p}.jws"])
            need(self.id[p].role == p, f"identity/{p}.jws is of the other role")
        need(self.id["authority"].org != self.id["platform"].org, "one organisation twice")

    def step_signature(self):
        by = [p for p in PARTIES if self.id[p].org == self.said["org"]]
        need(by, "made by neither of the two")
        need(self.jws.signed_by(self.id[by[0]].newest.event_keys),
             "not signed by an event key")
        self.exporter = by[0]

    def read_offer(self, party):
        raw = line_of(self.member[f"channel/{party}.offer.jws"])
        peer = self.id[other(party)]
        jws = Jws(raw, "saluran-channel+jws", INTRODUCTION_MAX, INTRODUCTION_MAX)
        # It was made when the entry that it names was the newest.
        named = jws.payload.get("identity") if isinstance(jws.payload, dict) else None
        upto = [e for e in self.id[party].entries if sha256(e.raw).hex() == named]
        need(upto, "the offer is of another identity")
        own = upto[0]
        need(sum(len(e.raw) + 1 for e in self.id[party].entries[:own.n + 1]) + len(raw) + 1
             <= INTRODUCTION_MAX, "an introduction is too long")
        need(jws.signed_by(own.event_keys), "the offer is not signed by an event key")
        said = members_of(jws.payload, ("v", "org", "peer", "channel", "origins", "policy",
                                        "identity", "iat"))
        need(is_int(said["v"], 1, 1), "v is not 1")
        need(said["org"] == own.org, "the offer is of another")
        need(said["peer"] == peer.org, "the offer is to another")
        need(is_text(said["channel"], CHANNEL_MAX)
             and re.fullmatch("[a-z0-9-]+", said["channel"]), "channel is malformed")
        need(said["origins"] == [f"{self.id[p].org}/c/{said['channel']}/e0" for p in PARTIES],
             "the origins are others")
        rules = members_of(said["policy"], ("name", "version", "sha256"))
        need(is_plain(rules["name"], TEXT_MAX) and is_int(rules["version"], 1)
             and is_hash(rules["sha256"]), "policy is malformed")
        need(said["identity"] == sha256(own.raw).hex(), "the offer is of another identity")
        need(is_int(said["iat"]), "iat is malformed")
        self.offer[party] = said

    def step_channel(self):
        for p in PARTIES:
            if f"channel/{p}.offer.jws" in self.member:
                self.read_offer(p)
        need(self.offer, "there is no channel offer")
        offers = list(self.offer.values())
        need(len({(o["channel"], o["policy"]["sha256"]) for o in offers}) == 1,
             "two offers of different channels")
        self.rules = offers[0]["policy"]
        self.channel_id = offers[0]["channel"]
        self.origin = dict(zip(PARTIES, offers[0]["origins"]))

    def step_policy(self):
        raw = self.member["policy.json"]
        need(sha256(raw).hex() == self.rules["sha256"], "not the policy of the channel")
        said = policy.read(raw)
        need((said["name"], said["version"]) == (self.rules["name"], self.rules["version"]),
             "a policy of another name or version")
        if "policy-adopted.json" in self.member:
            policy.read(self.member["policy-adopted.json"])

    # ---- events -------------------------------------------------------------------

    def belongs(self, said):
        if "case" in said:
            return said["case"] == self.case
        return said["type"] in ("channel.open", "channel.rekey", "channel.epoch",
                                "policy.adopt", "receipt.adopt") \
            or said["type"].startswith("order.")

    def read_events(self, party):
        found = []
        for line in lines_of(self.member[f"logs/{party}/events.jws"]):
            seq, space, raw = line.partition(b" ")
            need(space, "a line is a seq, a space, a JWS")
            seq = decimal(seq.decode("ascii", "replace"), SEQ_MAX - 1)
            need(not found or seq > found[-1].seq, "events do not ascend")
            event = Event(seq, raw, self, party, not found)
            need(self.belongs(event.said), "an event does not belong to this case")
            need(not found or found[-1].seq + 1 != seq
                 or event.said["prev"] == found[-1].leaf.hex(),
                 "an event does not follow the one before")
            found.append(event)
        return found

    def limits(self):
        """How much a verifier is given to keep (section 12)."""
        every = [e for p in PARTIES for e in self.logs[p]]
        need(len(every) <= EVENTS_MAX, "too many events")
        need(sum(len(e.said.get("_sd", ())) for e in every) <= TEXTS_MAX, "too many texts")

    def step_events(self):
        self.logs = {p: self.read_events(p) for p in PARTIES}
        self.limits()
        need(any("case" in e.said for p in PARTIES for e in self.logs[p]),
             "no event of the case is here")

    # ---- inclusion, heads ---------------------------------------------------------

    def read_heads(self, party):
        def head(name):
            raw = self.member.get(f"logs/{party}/{name}")
            return None if raw is None else Head(raw, self, party)
        own, cosigned, events = head("checkpoint"), head("cosigned"), self.logs[party]
        need(cosigned is None or cosigned.cosigned, "cosigned has no cosignature")
        need(own is not None or (not events and cosigned is None), "checkpoint is missing")
        need(cosigned is None or (not own.cosigned and own.size > cosigned.size),
             "cosigned is superfluous")
        need(not events or events[-1].seq < own.size, "checkpoint does not cover the events")
        self.head_of[party] = (own, cosigned)

    def proof(self, name, event):
        """(proof, head) of a member, which stands when the hashes give the head's root."""
        need(name in self.member, f"{name}: is missing")
        proof = TlogProof(self.member[name])
        need(proof.index == event.seq, f"{name}: of another entry")
        head = Head(proof.note, self, event.party)
        need(root_by_path(event.seq, head.size, event.leaf, proof.path) == head.root,
             f"{name}: does not give the root")
        return proof, head

    def strays(self, folder, party):
        here = {f"{folder}{e.seq}.tlog-proof" for e in self.logs[party]}
        for name in self.member:
            need(not name.startswith(folder) or name in here, f"{name}: of no event here")

    def many(self, party, name, head, events):
        raw = self.member.get(f"logs/{party}/{name}")
        need((raw is not None) == bool(events), f"logs/{party}/{name}: missing or superfluous")
        if events:
            lines = [b64_hash(line) for line in lines_of(raw)]
            need(root_of_many({e.seq: e.leaf for e in events}, head.size, lines)
                 == head.root, f"logs/{party}/{name}: does not give the root")

    def step_inclusion(self):
        for p in PARTIES:
            self.read_heads(p)
            own, cosigned = self.head_of[p]
            below = cosigned.size if cosigned else 0
            if self.long:
                self.many(p, "cosigned.proof", cosigned,
                          [e for e in self.logs[p] if e.seq < below])
                self.many(p, "checkpoint.proof", own,
                          [e for e in self.logs[p] if e.seq >= below])
                continue
            self.strays(f"logs/{p}/proof/", p)
            for event in self.logs[p]:
                proof, _ = self.proof(f"logs/{p}/proof/{event.seq}.tlog-proof", event)
                head = cosigned if event.seq < below else own
                need(proof.note == head.raw, f"{event.seq}: quotes another head")

    def step_heads(self):
        for p in PARTIES:
            own, cosigned = self.head_of[p]
            if own is not None:
                own.verify(own.cosigned)
            if cosigned is not None:
                cosigned.verify(True)

    def newest_receipt(self, party):
        own, cosigned = self.head_of[party]
        return own if own is not None and own.cosigned else cosigned

    # ---- receipts -----------------------------------------------------------------

    def adopts(self, event):
        """Whether a receipt.adopt quotes a cosignature that is the peer's (section 4);
        else it is void."""
        said, peer = event.said["body"], self.id[other(event.party)]
        line = f"\u2014 {peer.org}/rcpt {said['sig']}\n"
        text = f"{said['log']}\n{said['size']}\n{b64_padded(bytes.fromhex(said['root']))}\n"
        try:
            head = Head(f"{text}\n{line}".encode(), self, event.party)
            raw = head.receipt()
            return raw is not None and int.from_bytes(raw[:8], "big") == said["time"]
        except Bad:
            return False

    def two_histories(self, party, said):
        for head in self.head_of[party]:
            need(head is None or head.size != said["size"] or head.root.hex() == said["root"],
                 "two heads of one size with two roots")

    def shares(self, party):
        """[(receipt.adopt, events)]: an event that starts a clock belongs to the first
        receipt after it that covers it."""
        waiting, found = [], []
        for event in self.logs[party]:
            if event.void is None and event.clock:
                waiting.append(event)
            if event.void is not None or event.said["type"] != "receipt.adopt":
                continue
            if not self.adopts(event):
                event.void = "its receipt is not the peer's"
                continue
            said = event.said["body"]
            self.two_histories(party, said)
            mine = [e for e in waiting if e.seq < said["size"]]
            waiting = [e for e in waiting if e.seq >= said["size"]]
            for e in mine:
                e.received = said["time"]
            if mine:
                found.append((event, mine))
        return found

    def same_receipt(self, adopt, head):
        head.verify(True)
        said = adopt.said["body"]
        lines = [head.cp.note.packed_of(*key) for key in head.peer_keys]
        need((head.size, head.root.hex()) == (said["size"], said["root"])
             and said["sig"] in lines, "another receipt than the log adopted")

    def receipts_of_long(self, party, shares):
        raw = self.member.get(f"receipts/{party}.txt")
        need((raw is not None) == bool(shares), "receipts missing or superfluous")
        if raw is None:
            return
        rest = raw

        def take():
            nonlocal rest
            line, lf, rest = rest.partition(b"\n")
            need(lf, "the receipts end early")
            return line.decode("ascii", "replace")
        for adopt, events in shares:
            words = [decimal(w, SEQ_MAX) for w in take().split(" ")]
            need(len(words) == 4, "a line of four numbers is due")
            need(words[0] == adopt.seq, "a receipt of another adoption")
            need(words[3] == len(events), "a receipt of another number of events")
            need([decimal(take(), SEQ_MAX) for _ in events] == [e.seq for e in events],
                 "a receipt of other events")
            need(len(rest) >= words[1], "a head is cut off")
            head, rest = Head(rest[:words[1]], self, party), rest[words[1]:]
            self.same_receipt(adopt, head)
            need(words[2] <= len(rest), "a proof is too short")
            hashes = [b64_hash(take().encode("ascii", "replace")) for _ in range(words[2])]
            need(root_of_many({e.seq: e.leaf for e in events}, head.size, hashes)
                 == head.root, "a receipt's proof does not give the root")
        need(rest == b"", "receipts that no event adopts")

    def step_receipts(self):
        for p in PARTIES:
            newest = self.newest_receipt(p)
            for e in self.logs[p]:
                if newest is not None and e.seq < newest.size:
                    e.received = newest.time
            shares = self.shares(p)
            if self.long:
                self.receipts_of_long(p, shares)
                continue
            self.strays(f"receipts/{p}/", p)
            adopt_of = {e.seq: adopt for adopt, events in shares for e in events}
            for event in self.logs[p]:
                name = f"receipts/{p}/{event.seq}.tlog-proof"
                need((name in self.member) == (event.seq in adopt_of),
                     f"{name}: missing, or adopted by no event here")
                if event.seq in adopt_of:
                    self.same_receipt(adopt_of[event.seq], self.proof(name, event)[1])

    # ---- fraud --------------------------------------------------------------------

    def read_proofs(self, party):
        name = f"fraud/{party}.txt"
        if name not in self.member:
            return
        lines = lines_of(self.member[name])
        need(lines, f"{name}: no proof")
        need(len(lines) <= FRAUDS_MAX, f"{name}: too many proofs")
        need(all(a < b for a, b in zip(lines, lines[1:])), f"{name}: they do not ascend")
        for line in lines:
            proof = equivocation.Proof(line)
            by = other(party) if proof.kind == "receipts" else party
            need(proof.log in (None, self.origin[by]), f"{name}: of another log")
            self.frauds.append([party, proof.kind, *proof.verify(self.id[party])])

    def statements(self, event):
        """Those of a channel.epoch, its author's first."""
        found = []
        for text, party in zip(event.said["body"]["statements"],
                               (event.party, other(event.party))):
            st = epochs.Statement(text.encode())
            ids = self.id[party]
            entry = ids.of_kid(st.jws.kid)
            need(st.jws.signed_by(entry.event_keys) and st.org == ids.org,
                 "a statement of another")
            need(ids.head_stands(entry.n, st.heads[PARTIES.index(party)]["size"]),
                 "a statement by a replaced key")
            need(st.channel == self.channel_id, "a statement about another channel")
            need([h["log"] for h in st.heads] == [self.origin[p] for p in PARTIES],
                 "a statement about other logs")
            found.append(st)
        return found

    def read_epochs(self, party):
        for event in self.logs[party]:
            if event.void is not None or event.said["type"] != "channel.epoch":
                continue
            try:
                said = self.statements(event)
            except Bad as e:
                event.void = str(e)
                continue
            for st in said:
                for p, head in zip(PARTIES, st.heads):
                    self.two_histories(p, head)
            self.epochs.append([party, event.seq, said[0].epoch, [
                min(st.heads[i]["size"] for st in said) for i in range(2)]])

    def step_fraud(self):
        for p in PARTIES:
            self.read_proofs(p)
        for p in PARTIES:
            self.read_epochs(p)

    # ---- disclosures, fold --------------------------------------------------------

    def step_disclosures(self):
        if "disclosures.txt" not in self.member:
            return
        lines = lines_of(self.member["disclosures.txt"])
        need(len(lines) <= TEXTS_MAX, "too many texts")
        digests = []
        for line in lines:
            check_disclosure(line)
            digests.append(b64url_text(sha256(line)))
        need(len(set(digests)) == len(digests), "a text stands twice")
        need(self.long or lines == sorted(lines), "the texts do not ascend")
        here, named = set(digests), []
        for p in PARTIES:
            for event in self.logs[p]:
                named += [d for d in event.said.get("_sd", ()) if d in here]
        need(set(named) == here, "a text that no event here has signed")
        need(not self.long or named == digests, "the texts are not in the order of events")

    def step_fold(self):
        every = [e for p in PARTIES for e in self.logs[p] if e.void is None]
        need(sum(e.said["type"] == "policy.adopt" for e in every) <= ADOPTIONS_MAX,
             "too many adoptions of policies")
        need(sum(e.said["type"] == "order.draft" and self.case in e.said["body"]["cites"]
                 for e in every) <= ORDERS_MAX, "too many orders cite the case")

    # ---- what came of it ----------------------------------------------------------

    def report(self):
        out = {"ok": True, "step": None, "case": self.case, "channel": self.channel_id,
               "exporter": self.said["org"], "policy": self.rules["sha256"], "parties": {},
               "fraud": self.frauds, "epochs": self.epochs}
        for p in PARTIES:
            own, newest = self.head_of[p][0], self.newest_receipt(p)
            out["parties"][p] = {
                "org": self.id[p].org, "fingerprint": fingerprint(self.id[p].first.root),
                "head_size": own.size if own else 0,
                "cosigned_size": newest.size if newest else 0,
                "events": [[e.seq, e.said["type"], e.received] for e in self.logs[p]]}
        return out


def b64_hash(line):
    raw = b64(line.decode("ascii", "replace"))
    need(len(raw) == 32, "a hash is no 32 bytes")
    return raw


def check_disclosure(line):
    need(len(line) <= DISCLOSURE_MAX, "a disclosure is too long")
    value = ijson(b64url(line.decode("ascii", "replace")))
    need(isinstance(value, list) and len(value) == 3, "a disclosure is no triple")
    need(isinstance(value[0], str) and len(b64url(value[0])) == 16, "a salt is malformed")
    need(is_text(value[1], 64) and value[1] not in ("_sd", "..."),
         "a disclosure cannot have this name")


def verify(data):
    return Bundle(data).verify()


def main():
    good = True
    for path in sys.argv[1:]:
        with open(path, "rb") as f:
            report = verify(f.read())
        good = good and report["ok"]
        print(json.dumps(report))
    return 0 if good and sys.argv[1:] else 1


if __name__ == "__main__":
    sys.exit(main())
