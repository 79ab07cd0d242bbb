#!/usr/bin/env python3
"""A real Unbound pulls the zone from our server: a block appears, a lift appears, and both
sides survive the other's restart.  The root and test. are served by NSD on loopback, and
Unbound may only send from loopback, so that nothing leaves the machine."""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SOURCE = os.environ.get("SALURAN_SOURCE") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUILD = os.environ.get("SALURAN_BUILD") or os.path.join(SOURCE, "build")
FIXTURE = os.path.join(BUILD, "tests", "rpz_fixture")
ORIGIN = "rpz.test"
START_S = 20     # for a server to answer at all
EFFECT_S = 5     # from a change to its effect: some 20 ms when NOTIFY works
REAL = "192.0.2.1"
SECRET = "8Ds63TOqIP6NQnGNHjCBeDGQMH2uQXzZ4LJT9ZWO5WY="
MANY = 5000      # rows: several messages

ROOT_ZONE = """$TTL 3600
@ SOA a.root. h.root. 1 3600 600 604800 60
@ NS a.root.
a.root. A 127.0.0.1
test. NS ns.test.
ns.test. A 127.0.0.1
"""
TEST_ZONE = """$TTL 3600
@ SOA ns.test. h.test. 1 3600 600 604800 60
@ NS ns.test.
ns A 127.0.0.1
* A 192.0.2.1
blk A 192.0.2.1
*.blk A 192.0.2.1
"""
NSD_CONF = """server:
    ip-address: 127.0.0.1@{nsd}
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "{dir}"
    pidfile: "{dir}/nsd.pid"
    database: ""
    logfile: "{dir}/nsd.log"
    xfrdfile: "{dir}/xfrd.state"
    zonelistfile: "{dir}/zone.list"
    xfrdir: "{dir}"
remote-control:
    control-enable: no
zone:
    name: "."
    zonefile: "root.zone"
zone:
    name: "test"
    zonefile: "test.zone"
key:
    name: "rpzkey"
    algorithm: hmac-sha256
    secret: "{secret}"
zone:
    name: "{origin}"
    zonefile: "copy.zone"
    request-xfr: 127.0.0.1@{rpz} rpzkey
    allow-notify: 127.0.0.1 rpzkey
"""
UNBOUND_CONF = """server:
    interface: 127.0.0.1@{unbound}
    port: {unbound}
    outgoing-interface: 127.0.0.1
    do-not-query-localhost: no
    access-control: 127.0.0.0/8 allow
    local-zone: "test." nodefault
    module-config: "respip iterator"
    chroot: ""
    username: ""
    directory: "{dir}"
    pidfile: "{dir}/unbound.pid"
    logfile: "{dir}/unbound.log"
    use-syslog: no
    verbosity: 2
    num-threads: 1
    do-ip6: no
    so-rcvbuf: 0
    so-sndbuf: 0
    rrset-cache-size: 1m
    msg-cache-size: 1m
    ede: yes
rpz:
    name: "{origin}"
    primary: 127.0.0.1@{rpz}
    allow-notify: 127.0.0.1
    zonefile: "{dir}/rpz.zone"
    rpz-log: yes
    rpz-log-name: "orders"
remote-control:
    control-enable: no
forward-zone:
    name: "."
    forward-addr: 127.0.0.1@{nsd}
"""


def fail(text):
    raise SystemExit("test_rpz_fixture: " + text)


def free_port():
    """Free for UDP and TCP alike."""
    for _ in range(50):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", 0))
            port = udp.getsockname()[1]
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
                try:
                    tcp.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue
    fail("no free port")


def need(*programs):
    run = subprocess.run([os.path.join(SOURCE, "tools", "parts.sh"), *programs],
                         stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0:
        fail("the servers cannot be had: see the message of tools/parts.sh above")
    return run.stdout.split()


def ask(port, name, qtype="A"):
    """(rcode, set of data) or None without an answer; a client of our own."""
    kind = {"A": 1, "SOA": 6, "TXT": 16}[qtype]
    qid = os.urandom(2)
    question = b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\0"
    wire = qid + b"\1\0\0\1\0\0\0\0\0\0" + question + bytes([0, kind, 0, 1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(2)
        s.connect(("127.0.0.1", port))
        try:
            s.send(wire)
            got = s.recv(4096)
        except OSError:
            return None
    if got[:2] != qid:
        return None
    return got[3] & 15, set(records(got, kind, len(wire)))


def records(wire, kind, at):
    for _ in range(int.from_bytes(wire[6:8], "big")):
        while wire[at] and wire[at] < 0xC0:
            at += wire[at] + 1
        at += 2 if wire[at] else 1
        rtype = int.from_bytes(wire[at:at + 2], "big")
        size = int.from_bytes(wire[at + 8:at + 10], "big")
        data = wire[at + 10:at + 10 + size]
        at += 10 + size
        if rtype == kind == 1:
            yield socket.inet_ntoa(data)
        elif rtype == kind == 6:  # the serial, as text: the five numbers end the data
            yield str(int.from_bytes(data[-20:-16], "big"))
        elif rtype == kind == 16:
            yield data[1:1 + data[0]].decode()


def wait_for(what, probe, seconds):
    """Ask until it is so; a question with its answer takes the time that passes."""
    start = time.monotonic()
    while True:
        got = probe()
        if got:
            return time.monotonic() - start
        if time.monotonic() - start > seconds:
            fail(f"{what}: not within {seconds} s")
        time.sleep(0.005)


class Lab:
    def __init__(self, scratch):
        self.dir = scratch
        self.children = {}
        self.nsd, self.unbound, self.rpz = free_port(), free_port(), free_port()
        self.serial = 0

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path + ".new", "w", encoding="ascii") as f:
            f.write(text)
        os.rename(path + ".new", path)
        return path

    def start(self, name, *command):
        log = open(os.path.join(self.dir, name + ".out"), "ab")
        with log:
            self.children[name] = subprocess.Popen(command, stdout=log, stderr=log,
                                                   stdin=subprocess.DEVNULL)

    def stop(self, name):
        child = self.children.pop(name)
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            fail(f"{name} did not end within 10 s of SIGTERM")
        return child.returncode

    def out(self, name):
        with open(os.path.join(self.dir, name), encoding="utf-8", errors="replace") as f:
            return f.read()

    def rows(self, *rows):
        """A new content under a new serial."""
        self.serial += 1
        lines = [f"serial {self.serial}",
                 f"operator unbound 127.0.0.1 {self.unbound}",
                 f"operator nsd 127.0.0.1 {self.nsd} rpzkey {SECRET}"]
        self.write("rows", "\n".join(lines + ["row " + r for r in rows]) + "\n")
        if "rpz" in self.children:
            self.children["rpz"].send_signal(signal.SIGHUP)

    def start_rpz(self):
        self.start("rpz", FIXTURE, "127.0.0.1", str(self.rpz), ORIGIN,
                   os.path.join(self.dir, "rows"))

    def blocked(self, name):
        return ask(self.unbound, name) == (3, set())

    def open(self, name):
        return ask(self.unbound, name) == (0, {REAL})

    def canary(self):
        got = ask(self.unbound, "_saluran-serial", "TXT")
        return got is not None and got[1] == {str(self.serial)}


def story(lab, nsd, unbound):
    conf = {"dir": lab.dir, "nsd": lab.nsd, "unbound": lab.unbound, "rpz": lab.rpz,
            "origin": ORIGIN, "secret": SECRET}
    lab.write("root.zone", ROOT_ZONE)
    lab.write("test.zone", TEST_ZONE)
    lab.start("nsd", nsd, "-d", "-c", lab.write("nsd.conf", NSD_CONF.format(**conf)))
    wait_for("NSD answers", lambda: ask(lab.nsd, "blk.test") == (0, {REAL}), START_S)
    lab.rows("first.test nxdomain")
    lab.start_rpz()
    lab.start("unbound", unbound, "-d", "-c",
              lab.write("unbound.conf", UNBOUND_CONF.format(**conf)))

    print("first contact %.3f s" % wait_for(
        "the first zone is in effect", lambda: lab.blocked("first.test"), START_S))
    wait_for("names that no row covers stay open", lambda: lab.open("blk.test"), EFFECT_S)

    for turn in range(3):  # each is cached by Unbound, in its other state, when it turns
        lab.rows("first.test nxdomain", "blk.test nxdomain", "*.blk.test nxdomain")
        print("block %.3f s" % wait_for(
            "a block appears", lambda: lab.blocked("blk.test"), EFFECT_S))
        if not lab.blocked("below.blk.test"):
            fail("*.blk.test does not cover below.blk.test")
        if not lab.canary():
            fail(f"the canary does not show serial {lab.serial}")
        lab.rows("first.test nxdomain")
        print("lift %.3f s" % wait_for(
            "a lift appears", lambda: lab.open("blk.test"), EFFECT_S))
        if not lab.canary() or not lab.blocked("first.test"):
            fail(f"turn {turn}: the lift changed more than it should")

    print("a large zone, to Unbound and, signed, to NSD")
    lab.rows("blk.test nxdomain", *(f"n{i}.test nxdomain" for i in range(MANY)))
    wait_for("Unbound has all rows", lambda: lab.blocked(f"n{MANY - 1}.test"), EFFECT_S)
    wait_for("NSD has verified the transfer",
             lambda: ask(lab.nsd, ORIGIN, "SOA") == (0, {str(lab.serial)}), EFFECT_S)
    lab.rows("first.test nxdomain")
    wait_for("the lift of the large zone", lambda: lab.open("blk.test"), EFFECT_S)
    wait_for("NSD follows",
             lambda: ask(lab.nsd, ORIGIN, "SOA") == (0, {str(lab.serial)}), EFFECT_S)

    print("restart of our server, with a change while it is away")
    if lab.stop("rpz") != 0:
        fail("the server did not end cleanly: " + lab.out("rpz.out"))
    if not lab.blocked("first.test"):
        fail("the block went away with our server")
    lab.rows("blk.test nxdomain")
    lab.start_rpz()
    print("effect %.3f s" % wait_for(
        "the change is in effect", lambda: lab.blocked("blk.test"), START_S))
    wait_for("the lift is in effect", lambda: lab.open("first.test"), EFFECT_S)

    print("restart of Unbound, with a change while it is away")
    lab.stop("unbound")
    lab.rows("again.test nxdomain")
    lab.start("unbound", unbound, "-d", "-c", os.path.join(lab.dir, "unbound.conf"))
    wait_for("the change is in effect", lambda: lab.blocked("again.test"), START_S)
    if not lab.open("blk.test") or not lab.canary():
        fail("Unbound serves another zone than ours after its restart")
    pulled = [int(n) for n in re.findall(r"^pulled unbound (\d+)$", lab.out("rpz.out"), re.M)]
    if not set(range(1, lab.serial + 1)) <= set(pulled):
        fail(f"transfers of {pulled} are known, each of 1 to {lab.serial} was in effect")


def main():
    nsd, unbound = need("nsd", "unbound")
    if not os.access(FIXTURE, os.X_OK):
        fail(f"{FIXTURE} is missing: build it with ninja")
    scratch = tempfile.mkdtemp(prefix="saluran-rpz-")
    lab = Lab(scratch)
    done = False
    try:
        story(lab, nsd, unbound)
        done = True
    finally:
        for name in list(lab.children):
            lab.stop(name)
        if not done:
            for name in sorted(os.listdir(scratch)):
                if name.endswith((".out", ".log")):
                    print(f"---- {name}\n{lab.out(name)[-3000:]}", file=sys.stderr)
        shutil.rmtree(scratch)
    print("ok")


if __name__ == "__main__":
    main()
