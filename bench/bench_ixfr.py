#!/usr/bin/python3
"""ixfr - one change in a zone of a million names: from the approval's request (and from the lift's)
to the new serial, asked by SOA over UDP, and to the change in hand by IXFR over TCP.

What is approved or lifted is on disk before it is seen, so one flush of the disk is the floor: it is
measured in turn with the changes, in a file beside the store.

The reference is knotd with the same names, given the same change by DNS UPDATE and asked in the
same way, in turn with the node. The last line has the p95 of the node's slower kind of
change until it is fetched (limit 10 ms); the ratio is that over knotd's p95.

    bench_ixfr.py [--names N] [--turns N] [--knot-turns N]
"""
import argparse
import os
import socket
import statistics
import struct
import sys
import time

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
os.environ.setdefault("SALURAN_SOURCE", SOURCE)
sys.path.insert(0, os.path.join(SOURCE, "tests", "e2e"))
import blocks  # noqa: E402
from dnsask import TYPES, Answer  # noqa: E402
from lab import Failure, Lab, parts  # noqa: E402
from million import NAMES, fill, name, p95, post  # noqa: E402

TURNS, KNOT_TURNS = 200, 20
LIMIT_MS = 10
LOAD_S = 180      # until knotd has the zone
EFFECT_S = 30
ANSWER_S = 0.5    # until a question is asked again
FLUSH_BYTES = 100000
ORIGIN, TTL_S = "rpz.saluran", 10
IXFR, UPDATE, IN, NONE = 251, 5, 1, 254
KNOT_CONF = """server:
    listen: 127.0.0.1@{port}
    rundir: {dir}
log:
  - target: {dir}/knot.log
    any: info
database:
    storage: {dir}/db
acl:
  - id: local
    address: 127.0.0.1
    action: [transfer, update]
zone:
  - domain: {origin}
    file: {dir}/zone
    acl: local
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: changes
    semantic-checks: off
"""


def wire_name(text):
    return b"".join(bytes([len(p)]) + p.encode() for p in text.split(".")) + b"\0"


def query(kind, serial=None):
    """About the zone; with a serial, the SOA that an IXFR query has."""
    wire = os.urandom(2) + struct.pack("!5H", 0, 1, 0, serial is not None, 0)
    wire += wire_name(ORIGIN) + struct.pack("!HH", kind, IN)
    if serial is not None:
        data = b"\0\0" + struct.pack("!5I", serial, 0, 0, 0, 0)
        wire += b"\xc0\x0c" + struct.pack("!HHIH", TYPES["SOA"], IN, 0, len(data)) + data
    return wire


def update(owner, add):
    """RFC 2136: one row comes, or its name goes."""
    wire = os.urandom(2) + struct.pack("!5H", UPDATE << 11, 1, 0, 1, 0)
    wire += wire_name(ORIGIN) + struct.pack("!HH", TYPES["SOA"], IN)
    wire += wire_name(f"{owner}.{ORIGIN}") + struct.pack(
        "!HHIH", TYPES["CNAME"], IN if add else NONE, TTL_S if add else 0, 1) + b"\0"
    return wire


class Server:
    """Whoever has the zone, at a port of 127.0.0.1."""

    def __init__(self, port):
        self.at = ("127.0.0.1", port)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.connect(self.at)
        self.udp.settimeout(ANSWER_S)

    def ask(self, wire):
        """The answer over UDP, None: not in time."""
        try:
            self.udp.send(wire)
            while True:
                got = self.udp.recv(65535)
                if got[:2] == wire[:2]:
                    return Answer(got)
        except OSError:
            return None

    def serial(self):
        got = self.ask(query(TYPES["SOA"]))
        rows = got.texts("SOA") if got and got.rcode == "NOERROR" else []
        return int(rows[0]) if rows else None

    def past(self, serial):
        until = time.monotonic() + EFFECT_S
        while time.monotonic() < until:
            now = self.serial()
            if now is not None and now != serial:
                return now
        raise Failure(f"the serial is {serial} still after {EFFECT_S} s")

    def changed(self, serial):
        """The owners that differ from the serial's zone, by one IXFR."""
        wire = query(IXFR, serial)
        with socket.create_connection(self.at, EFFECT_S) as tcp:
            tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            tcp.sendall(struct.pack("!H", len(wire)) + wire)
            rows = []
            while len(rows) < 2 or sum(r[1] == TYPES["SOA"] and r[3] == rows[0][3]
                                       for r in rows) < 3:
                size, = struct.unpack("!H", self.exactly(tcp, 2))
                got = Answer(self.exactly(tcp, size))
                if got.rcode != "NOERROR" or not got.answer:
                    raise Failure(f"IXFR answered {got.rcode} with {len(got.answer)} rows")
                rows += got.answer
        return {r[0] for r in rows if r[1] == TYPES["CNAME"]}

    @staticmethod
    def exactly(tcp, size):
        got = b""
        while len(got) < size:
            more = tcp.recv(size - len(got))
            if not more:
                raise Failure("the transfer ended early")
            got += more
        return got

    def follow(self, owner, before, began):
        """Until the change of that owner is seen and in hand: ms of both, and the serial."""
        now = self.past(before)
        seen = time.monotonic()
        if self.changed(before) != {f"{owner}.{ORIGIN}"}:
            raise Failure(f"IXFR from {before} to {now} is not the change of {owner}")
        return (seen - began) * 1000, (time.monotonic() - began) * 1000, now


class Node:
    def __init__(self, lab, count):
        self.authority = blocks.Authority(lab)
        self.node = self.authority.node
        first, _ = self.authority.block("first.example")
        self.node.stop()
        began = time.monotonic()
        fill(self.node, first, count)
        self.node.must_start()
        print(f"a base of {count} names in {time.monotonic() - began:.1f} s", flush=True)
        self.node.cli("operator", "add", "bench", "--address", "127.0.0.1", who="wati")
        self.server = Server(self.node.rpz_port)

    def turn(self, i):
        one = f"change{i}.example"
        order, text = self.authority.draft(one)
        self.authority.approve("agus", order, text)
        before = self.server.serial()
        began = time.monotonic()
        post(self.node, f"/v1/orders/{order}/approve", "dewi", text_sha256=text)
        block = self.server.follow(one, before, began)
        began = time.monotonic()
        post(self.node, f"/v1/orders/{order}/lift", "dewi", reason="It is over.")
        return block, self.server.follow(one, block[2], began)


class Knotd:
    def __init__(self, lab, count):
        folder, port = lab.path("knotd"), lab.port()
        os.makedirs(os.path.join(folder, "db"))
        with open(os.path.join(folder, "zone"), "w", encoding="utf-8") as f:
            f.write(f"$ORIGIN {ORIGIN}.\n$TTL {TTL_S}\n@ SOA localhost. hostmaster 1 60 10 "
                    f"604800 {TTL_S}\n@ NS localhost.\n")
            f.writelines(f"{name(i)} CNAME .\n" for i in range(count))
        with open(os.path.join(folder, "knot.conf"), "w", encoding="utf-8") as f:
            f.write(KNOT_CONF.format(dir=folder, port=port, origin=ORIGIN))
        lab.start("knotd", [parts("knotd")[0], "-c", os.path.join(folder, "knot.conf")])
        self.server = Server(port)
        lab.wait("knotd has the zone", self.server.serial, LOAD_S)

    def change(self, one, add):
        before = self.server.serial()
        began = time.monotonic()
        got = self.server.ask(update(one, add))
        if got is not None and got.rcode != "NOERROR":
            raise Failure(f"knotd answers an UPDATE with {got.rcode}")
        return self.server.follow(one, before, began)

    def turn(self, i):
        one = f"change{i}.example"
        return self.change(one, True), self.change(one, False)


class Disk:
    """One flush of as much as a change writes."""

    def __init__(self, folder):
        self.fd = os.open(os.path.join(folder, "flush"), os.O_CREAT | os.O_RDWR, 0o600)
        self.at = 0

    def turn(self):
        os.pwrite(self.fd, bytes(FLUSH_BYTES), self.at)
        self.at += FLUSH_BYTES
        began = time.monotonic()
        os.fdatasync(self.fd)
        return (time.monotonic() - began) * 1000


def figures(title, rows):
    """The p95 of the slower kind, until it is fetched."""
    worst = 0
    for word, kind in (("block", 0), ("lift", 1)):
        seen, got = ([row[kind][k] for row in rows] for k in (0, 1))
        worst = max(worst, p95(got))
        print(f"{title}, {word}: serial seen after median {statistics.median(seen):.1f} ms, "
              f"p95 {p95(seen):.1f} ms; fetched after median {statistics.median(got):.1f} ms, "
              f"p95 {p95(got):.1f} ms, max {max(got):.1f} ms", flush=True)
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=int, default=NAMES)
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--knot-turns", type=int, default=KNOT_TURNS)
    asked = parser.parse_args()
    parts("knotd")
    with Lab() as lab:
        node, knotd = Node(lab, asked.names), Knotd(lab, asked.names)
        disk = Disk(node.node.dir)
        ours, theirs, flushes = [], [], []
        for i in range(max(asked.turns, asked.knot_turns)):
            if i < asked.knot_turns:
                theirs.append(knotd.turn(i))
            if i < asked.turns:
                ours.append(node.turn(i))
                flushes.append(disk.turn())
        ms, knotd_ms = figures("node", ours), figures("knotd", theirs)
        node.node.stop()
    print(f"disk: one flush median {statistics.median(flushes):.1f} ms, "
          f"p95 {p95(flushes):.1f} ms")
    print(f"ixfr names={asked.names} p95_ms={ms:.1f} flush_p95_ms={p95(flushes):.1f} "
          f"knotd_p95_ms={knotd_ms:.0f} "
          f"limit_ms={LIMIT_MS} ratio={ms / knotd_ms:.3f}")


if __name__ == "__main__":
    try:
        main()
    except Failure as e:
        sys.exit(f"bench_ixfr: {e}")
