"""A DNS server that misbehaves as it is told, for tests of what asks: over UDP and TCP,
on any loopback addresses.  What it does with a question hangs on the first label."""
import selectors
import socket
import struct
import threading
import time

from lab import free_port

A, TXT, SOA, OPT = 1, 16, 6, 41
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5
QR, AA, TC, RD, RA, Z = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0040


def wire_name(text):
    out = b""
    for label in text.rstrip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.encode()
    return out + b"\0"


def read_question(packet):
    """(id, name, type, bytes of the question)"""
    at, labels = 12, []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode())
        at += 1 + packet[at]
    kind = struct.unpack(">H", packet[at + 1:at + 3])[0]
    return (struct.unpack(">H", packet[:2])[0], ".".join(labels).lower(), kind,
            packet[12:at + 5])


def record(owner, kind, ttl, data):
    return owner + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def address(text, ttl=60, owner=b"\xc0\x0c"):
    return record(owner, A, ttl, socket.inet_aton(text))


def text(value, ttl=5):
    return record(b"\xc0\x0c", TXT, ttl, bytes([len(value)]) + value.encode())


def soa(zone, serial=1, ttl=10):
    return record(wire_name(zone), SOA, ttl, wire_name("ns." + zone) + wire_name("h." + zone)
                  + struct.pack(">IIIII", serial, 60, 60, 60, 10))


def ede(code, words):
    option = struct.pack(">H", code) + words.encode()
    data = struct.pack(">HH", 15, len(option)) + option
    return b"\0" + struct.pack(">HHIH", OPT, 1232, 0, len(data)) + data


def message(ident, question, flags=QR | RD | RA, rcode=NOERROR, answer=(), authority=(),
            additional=(), qdcount=1):
    return (struct.pack(">HHHHHH", ident, flags | rcode, qdcount, len(answer), len(authority),
                        len(additional)) + (question if qdcount else b"")
            + b"".join(answer) + b"".join(authority) + b"".join(additional))


class Server:
    """answer(name, kind, over_tcp, ident, question) gives a list of (seconds, bytes)."""

    def __init__(self, answer, addresses=("127.0.0.1",), port=0):
        self.answer, self.asked, self.lock = answer, [], threading.Lock()
        self.selector = selectors.DefaultSelector()
        self.port = port or free_port(addresses[0])
        self.sockets = []
        for a in addresses:
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            udp.bind((a, self.port))
            tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tcp.bind((a, self.port))
            tcp.listen(64)
            self.selector.register(udp, selectors.EVENT_READ, self.udp)
            self.selector.register(tcp, selectors.EVENT_READ, self.accept)
            self.sockets += [udp, tcp]
        self.wake, end = socket.socketpair()
        self.selector.register(end, selectors.EVENT_READ, None)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            for key, _ in self.selector.select():
                if key.data is None:
                    return
                key.data(key.fileobj)

    def note(self, name, kind, over_tcp):
        with self.lock:
            self.asked.append((time.monotonic(), name, kind, over_tcp))

    def udp(self, sock):
        packet, peer = sock.recvfrom(4096)
        ident, name, kind, question = read_question(packet)
        self.note(name, kind, False)
        for delay, out in self.answer(name, kind, False, ident, question):
            if delay:
                threading.Timer(delay, sock.sendto, (out, peer)).start()
            else:
                sock.sendto(out, peer)

    def accept(self, sock):
        conn, _ = sock.accept()
        threading.Thread(target=self.tcp, args=(conn,), daemon=True).start()

    def tcp(self, conn):
        with conn, conn.makefile("rb") as f:
            while True:
                head = f.read(2)
                if len(head) < 2:
                    return
                packet = f.read(struct.unpack(">H", head)[0])
                ident, name, kind, question = read_question(packet)
                self.note(name, kind, True)
                for _, out in self.answer(name, kind, True, ident, question):
                    if out is None:
                        return
                    conn.sendall(struct.pack(">H", len(out)) + out)

    def close(self):
        self.wake.close()
        self.thread.join()
        for s in self.sockets:
            s.close()
