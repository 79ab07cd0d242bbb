"""A DNS client for tests: one question over UDP, and all that the answer says."""
import os
import socket
import struct

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "TXT": 16, "AAAA": 28}
OPT, EDE_OPTION = 41, 15
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 5: "REFUSED",
          9: "NOTAUTH"}
EDNS_BYTES = 1232
ASK_S = 2


class Answer:
    """rcode as a word; rows [(owner, type, ttl, text)] of each section; EDE [(code, text)]."""

    def __init__(self, wire):
        self.wire = wire
        flags, counts = struct.unpack_from("!H", wire, 2)[0], struct.unpack_from("!4H", wire, 4)
        self.rcode = RCODES.get(flags & 15, str(flags & 15))
        self.truncated = bool(flags & 0x200)
        self.ede = []
        at = 12
        for _ in range(counts[0]):
            at = self._name(at)[1] + 4
        self.answer, at = self._rows(at, counts[1])
        self.authority, at = self._rows(at, counts[2])
        self.additional, at = self._rows(at, counts[3])

    def _name(self, at):
        labels, end = [], None
        while self.wire[at]:
            if self.wire[at] >= 0xC0:
                end = end or at + 2
                at = struct.unpack_from("!H", self.wire, at)[0] & 0x3FFF
            else:
                labels.append(self.wire[at + 1:at + 1 + self.wire[at]].decode("latin-1"))
                at += 1 + self.wire[at]
        return ".".join(labels), end or at + 1

    def _rows(self, at, count):
        rows = []
        for _ in range(count):
            owner, at = self._name(at)
            kind, _, ttl, size = struct.unpack_from("!HHIH", self.wire, at)
            at += 10
            if kind == OPT:
                self._options(at, at + size)
            else:
                rows.append((owner, kind, ttl, self._text(kind, at, size)))
            at += size
        return rows, at

    def _options(self, at, end):
        while at < end:
            code, size = struct.unpack_from("!HH", self.wire, at)
            if code == EDE_OPTION:
                self.ede.append((struct.unpack_from("!H", self.wire, at + 4)[0],
                                 self.wire[at + 6:at + 4 + size].decode(errors="replace")))
            at += 4 + size

    def _text(self, kind, at, size):
        data = self.wire[at:at + size]
        if kind == TYPES["A"]:
            return socket.inet_ntoa(data)
        if kind == TYPES["AAAA"]:
            return socket.inet_ntop(socket.AF_INET6, data)
        if kind in (TYPES["CNAME"], TYPES["NS"]):
            return self._name(at)[0]
        if kind == TYPES["TXT"]:
            return data[1:1 + data[0]].decode(errors="replace")
        if kind == TYPES["SOA"]:  # the serial; the five numbers end the data
            return str(struct.unpack_from("!I", data, size - 20)[0])
        return data.hex()

    def texts(self, kind):
        return [text for _, k, _, text in self.answer if k == TYPES[kind]]

    @property
    def verdict(self):
        """nxdomain, nodata, an address, or the response code."""
        if self.rcode == "NOERROR":
            rows = self.texts("A") + self.texts("TXT") + self.texts("SOA")
            return rows[0] if rows else "nodata"
        return self.rcode.lower()


def question(name, kind="A"):
    labels = [part.encode() for part in name.rstrip(".").split(".") if part]
    body = b"".join(bytes([len(part)]) + part for part in labels) + b"\0"
    return (os.urandom(2) + struct.pack("!5H", 0x0100, 1, 0, 0, 1) + body +
            struct.pack("!HH", TYPES[kind], 1) + struct.pack("!BHHIH", 0, OPT, EDNS_BYTES, 0, 0))


def ask(port, name, kind="A", seconds=ASK_S):
    """The Answer, or None when there is none in time."""
    wire = question(name, kind)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(seconds)
        s.connect(("127.0.0.1", port))
        try:
            s.send(wire)
            while True:
                got = s.recv(65535)
                if got[:2] == wire[:2]:
                    return Answer(got)
        except OSError:
            return None
