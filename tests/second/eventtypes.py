"""Types of events: the table of docs/protocol.md, section 2, read out of the document."""
import os
import re

import epochs
from formats import INT_MAX, Bad, is_hash, is_int, is_uuid7, need

SOURCE = os.environ.get("SALURAN_SOURCE") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..")
TOKEN = re.compile(r"[a-z0-9][a-z0-9._-]*")
BEGIN, END = "<!-- generated: event-types -->", "<!-- end -->"


class Shape:
    """What a value must be, from the words of the table."""

    def __init__(self, words):
        self.pos, self.words = 0, words
        self.check = self.shape()
        need(self.pos == len(words), f"the table has {words[self.pos:]!r} at an end")

    def take(self, pattern):
        m = re.compile(pattern).match(self.words, self.pos)
        if m is not None:
            self.pos = m.end()
        return m

    def shape(self):
        m = self.take(r"(\d+) to (\d+) of (?=[{a-z0-9])")
        if m is not None:
            inner, low, high = self.shape(), int(m[1]), int(m[2])
            return lambda v: isinstance(v, list) and low <= len(v) <= high \
                and all(inner(x) for x in v)
        if self.take(r"\{") is not None:
            inner = self.members()
            need(self.take(r"\}") is not None, "the table has an object without its end")
            return inner
        m = self.take(r"integer (-?\d+) to (-?\d+)")
        if m is not None:
            low, high = int(m[1]), int(m[2])
            return lambda v: is_int(v, low, high)
        m = self.take(r"token of 1 to (\d+) bytes")
        if m is not None:
            most = int(m[1])
            return lambda v: isinstance(v, str) and len(v) <= most \
                and TOKEN.fullmatch(v) is not None
        m = self.take(r"text of (\d+) to (\d+) bytes")
        if m is not None:
            low, high = int(m[1]), int(m[2])
            return lambda v: isinstance(v, str) and low <= len(v.encode()) <= high \
                and not any(ord(c) < 0x20 or ord(c) == 0x7f for c in v)
        if self.take("64 lower-case hex digits") is not None:
            return is_hash
        if self.take("lower-case UUID of version 7") is not None:
            return is_uuid7
        if self.take("true or false") is not None:
            return lambda v: isinstance(v, bool)
        m = self.take(r"one of ([a-z_0-9]+(?:, [a-z_0-9]+)*)")
        need(m is not None, f"the table has {self.words[self.pos:]!r}, which is no shape")
        words = set(m[1].split(", "))
        return lambda v: isinstance(v, str) and v in words

    def members(self):
        fields = {}
        while True:
            m = self.take(r"`(\w+)`( \(optional\))?: ")
            need(m is not None, f"the table has {self.words[self.pos:]!r}, which is no member")
            fields[m[1]] = (m[2] is None, self.shape())
            if self.take("; ") is None:
                break

        def check(v):
            return isinstance(v, dict) and all(name in fields for name in v) and all(
                inner(v[name]) if name in v else not required
                for name, (required, inner) in fields.items())
        return check


class Body(Shape):
    def shape(self):
        return self.members() if self.pos == 0 else super().shape()


class Type:
    def __init__(self, row):
        self.name, by, case, clock, needs, body = row
        self.by = ("authority", "platform") if by == "both" else (by,)
        self.case, self.clock = case, clock == "starts"
        self.disclosures = int("a disclosure" in needs)
        self.references = int("a reference" in needs)
        self.body = (lambda v: v == {}) if body == "empty" else Body(body).check


def read_table():
    with open(os.path.join(SOURCE, "docs", "protocol.md"), encoding="utf-8") as f:
        table = f.read().split(BEGIN)[1].split(END)[0]
    types = {}
    for line in table.strip().split("\n")[2:]:
        row = [cell.strip() for cell in line.strip().strip("|").split(" |")]
        row = [cell.strip("`") if i == 0 else cell for i, cell in enumerate(row)]
        types[row[0]] = Type(row)
    return types


TYPES = read_table()
MANIFEST_ERROR = "manifest_error"
IMPOSSIBLE = (MANIFEST_ERROR, "force_majeure", "insufficient_information")


def distinct(items):
    return len(set(items)) == len(items)


def check(event, party):
    """Bad when an event has not the form of its type (tier 2): then it is void.  What the
    fold says beyond that changes neither verdict nor receipts."""
    kind, body = TYPES.get(event["type"]), event["body"]
    need(kind is not None, "an unknown type")
    need(party in kind.by, "not for its author to write")
    need({"yes": True, "no": False}.get(kind.case, "case" in event) == ("case" in event),
         "its case is missing, or must not be there")
    need(len(event.get("_sd", [])) >= kind.disclosures, "a disclosure is missing")
    need(len(event.get("re", [])) >= kind.references, "a reference is missing")
    need(kind.body(body), "its body is another")
    if kind.name in ("item.decide", "item.reverse"):
        need(body["outcome"] == "removed" or event.get("_sd"), "a reason is missing")
        need(body["outcome"] != "impossible" or body.get("ground") in IMPOSSIBLE,
             "a ground is missing")
        need(distinct(body["items"]), "an item stands twice")
    elif kind.name == "channel.epoch":
        epochs.check_event(body)
    elif kind.name in ("clarify.ask", "dispute.open"):
        need(distinct(body.get("items", [])), "an item stands twice")


def starts_clock(event):
    """Of one that check() takes: whether its log adopts the receipt of it."""
    return TYPES[event["type"]].clock or (
        event["type"] in ("item.decide", "item.reverse")
        and event["body"]["outcome"] == "impossible"
        and event["body"]["ground"] != MANIFEST_ERROR)


__all__ = ["Bad", "INT_MAX", "TYPES", "check", "starts_clock"]
