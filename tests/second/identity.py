"""The two sides of a channel, by docs/protocol.md: identity logs (section 9), and events as
far as one by itself can be checked (section 2)."""
import re

import eventtypes
from formats import (
    Bad, Jws, b64url, is_hash, is_int, is_plain, is_uuid7, leaf_hash, members_of, need,
    sha256, thumbprint)

PARTIES = ("authority", "platform")
CONSONANTS, VOWELS = "bdfghjklmnprstvz", "aiou"
ORG_MAX, TEXT_MAX, INTRODUCTION_MAX = 100, 200, 65_536
ENTRIES_MAX, ENTRY_MAX = 64, 16_384


def other(party):
    return PARTIES[1 - PARTIES.index(party)]


def line_of(content):
    need(content.endswith(b"\n") and content.count(b"\n") == 1,
         "must be one line that ends in LF")
    return content[:-1]


def lines_of(content):
    need(not content or content.endswith(b"\n"), "its last line does not end in LF")
    return content[:-1].split(b"\n") if content else []


def is_org(text):
    return isinstance(text, str) and len(text) <= ORG_MAX and re.fullmatch(
        r"(?:[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+",
        text) is not None


def is_key(text):
    try:
        return isinstance(text, str) and len(b64url(text)) == 32
    except Bad:
        return False


def is_list(value, most, inner):
    return isinstance(value, list) and 1 <= len(value) <= most and all(
        inner(v) for v in value)


def fingerprint(public):
    """Section 9: proquints of the first 16 bytes of the key's SHA-256."""
    def word(v):
        return CONSONANTS[v >> 12] + VOWELS[v >> 10 & 3] + CONSONANTS[v >> 6 & 15] \
            + VOWELS[v >> 4 & 3] + CONSONANTS[v & 15]
    h = sha256(public)[:16]
    return "-".join(word(h[i] << 8 | h[i + 1]) for i in range(0, 16, 2))


class Identity:
    """An entry of an identity log (section 9); `before` is the one that it follows."""

    def __init__(self, raw, before=None):
        n = 0 if before is None else before.n + 1
        need(len(raw) <= (ENTRY_MAX if n else INTRODUCTION_MAX), "an entry is too long")
        jws = Jws(raw, "saluran-identity+jws", INTRODUCTION_MAX, INTRODUCTION_MAX)
        entry = members_of(jws.payload, ("v", "log", "seq", "id", "type", "iat", "body")
                           + (("prev",) if n else ()))
        need(is_int(entry["v"], 1, 1), "v is not 1")
        need(isinstance(entry["log"], str) and entry["log"].endswith("/id")
             and is_org(entry["log"][:-3]), "log is not that of an organisation")
        need(is_int(entry["seq"], n, n), "not the entry of its place")
        need(n == 0 or entry["prev"] == leaf_hash(before.raw).hex(), "prev is another")
        need(is_uuid7(entry["id"]) and entry["type"] == "org.keys" and is_int(entry["iat"]),
             "id, type or iat is malformed")
        body = members_of(entry["body"], (
            "n", "name", "role", "root_pub", "next_root_sha256", "event_keys", "log_key",
            "receipt_key", "enc_key", "tls_spki", "url"), ("contacts",))
        need(is_int(body["n"], n, n), "n is not seq")
        need(is_plain(body["name"], TEXT_MAX), "name is malformed")
        need(body["role"] in PARTIES, "role is neither")
        for name in ("root_pub", "log_key", "receipt_key", "enc_key"):
            need(is_key(body[name]), f"{name} is no key")
        need(is_hash(body["next_root_sha256"]), "next_root_sha256 is no hash")
        need(is_list(body["event_keys"], 8, is_key), "event_keys are malformed")
        need(is_list(body["tls_spki"], 4, is_hash), "tls_spki is malformed")
        need(is_plain(body["url"], TEXT_MAX) and re.fullmatch(
            r"https://[a-z0-9.:\[\]-]+", body["url"]) is not None, "url is malformed")
        need("contacts" not in body or is_list(body["contacts"], 16, is_contact),
             "contacts are malformed")
        signers = [body["root_pub"], body["log_key"], body["receipt_key"],
                   *body["event_keys"]]
        need(len(set(signers)) == len(signers), "a key stands in two roles")
        self.root = b64url(body["root_pub"])
        need(jws.signed_by([self.root]), "not signed by its root")
        self.raw, self.org, self.role = raw, entry["log"][:-3], body["role"]
        self.n, self.name, self.promised = n, body["name"], body["next_root_sha256"]
        if before is not None:
            need((self.org, self.role) == (before.org, before.role), "of another")
            need(sha256(self.root).hex() == before.promised, "not the promised root")
        self.event_keys = [b64url(k) for k in body["event_keys"]]
        self.log_key, self.receipt_key = b64url(body["log_key"]), b64url(body["receipt_key"])


class IdentityLog:
    """The entries of an organisation, and from where on in its log each is in force."""

    def __init__(self, content):
        need(content.endswith(b"\n"), "its last line does not end in LF")
        self.entries = []
        for raw in lines_of(content):
            need(len(self.entries) < ENTRIES_MAX, "too many entries")
            self.entries.append(Identity(raw, self.entries[-1] if self.entries else None))
        self.first, self.newest = self.entries[0], self.entries[-1]
        self.org, self.role, self.turns, self.in_force = \
            self.first.org, self.first.role, [], 0

    def turn(self, said, kid, party, first):
        """An event is next: is another entry in force from it on?"""
        if said["seq"] == 0 and first:
            n = max((e.n for e in self.entries if kid in map(thumbprint, e.event_keys)),
                    default=0)
        elif is_rekey(said, party):
            body = said["body"]
            if first and body["n"] >= len(body["entries"]):
                self.in_force = body["n"] - len(body["entries"])
            n = self.in_force + len(body["entries"])
            need(said["seq"] != 0 and body["n"] == n, "a rekey to another number")
            need(n < len(self.entries), "a rekey to an entry that is not here")
            need([e.raw.decode() for e in self.entries[self.in_force + 1:n + 1]]
                 == body["entries"], "a rekey with other entries")
        else:
            return
        need(len(self.turns) < ENTRIES_MAX, "too many turns")
        self.turns.append((n, said["seq"], said["ack"]["size"]))
        self.in_force = n

    def head_stands(self, n, size):
        return all(turn[0] <= n or size <= turn[1] for turn in self.turns)

    def receipt_stands(self, n, size):
        return all(turn[0] <= n or size <= turn[2] for turn in self.turns)

    def at(self, seq):
        """The entry that is in force for that event; without a turn the newest."""
        before = [turn[0] for turn in self.turns if turn[1] <= seq] or [
            turn[0] for turn in self.turns[:1]] or [self.newest.n]
        return before[-1]

    def of_kid(self, kid):
        """The newest entry with that event key."""
        found = [e for e in self.entries if kid in map(thumbprint, e.event_keys)]
        need(found, "not signed with an event key of the organisation")
        return found[-1]


def is_rekey(said, party):
    if said["type"] != "channel.rekey":
        return False
    try:
        eventtypes.check(said, party)
    except Bad:
        return False
    return True


def is_contact(value):
    return isinstance(value, dict) and set(value) == {"name", "reach"} and all(
        is_plain(v, TEXT_MAX) for v in value.values())


def is_head(value, last, digest):
    return isinstance(value, dict) and set(value) == {"log", last, digest} \
        and is_origin(value["log"]) and is_int(value[last]) and is_hash(value[digest])


def is_origin(text):
    return is_plain(text, 200) and " " not in text and "+" not in text


def are_digests(values, most, inner):
    return is_list(values, most, inner) and len(set(values)) == len(values)


def check_event(event):
    """Tier 1 (section 2), as far as an event by itself can be checked."""
    members_of(event, ("v", "log", "seq", "id", "type", "iat", "by", "ack", "body"),
               ("prev", "case", "re", "due", "_sd", "blobs"))
    need(is_int(event["v"], 1, 1), "v is not 1")
    need(is_origin(event["log"]), "log is malformed")
    need(is_int(event["seq"]), "seq is malformed")
    need(("prev" in event) == (event["seq"] > 0) and is_hash(event.get("prev", "0" * 64)),
         "prev is malformed")
    need(is_uuid7(event["id"]), "id is malformed")
    need(isinstance(event["type"], str) and len(event["type"]) <= 64
         and re.fullmatch(r"[a-z]+(\.[a-z_]+)+", event["type"]), "type is malformed")
    need("case" not in event or is_uuid7(event["case"]), "case is malformed")
    need("re" not in event or is_list(
        event["re"], 64, lambda r: is_head(r, "seq", "leaf")), "re is malformed")
    need(is_int(event["iat"]), "iat is malformed")
    need(is_plain(event["by"], 64), "by is malformed")
    need("due" not in event or is_int(event["due"], 1), "due is malformed")
    need(is_head(event["ack"], "size", "root"), "ack is malformed")
    need(isinstance(event["body"], dict), "body is no object")
    need("_sd" not in event or are_digests(event["_sd"], 1024, is_key), "_sd is malformed")
    need("blobs" not in event or are_digests(event["blobs"], 64, is_hash),
         "blobs are malformed")
