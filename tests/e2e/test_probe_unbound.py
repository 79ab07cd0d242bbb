#!/usr/bin/env python3
"""`saluran probe` and a real Unbound with a policy zone of its own: every action, over UDP, TCP
and DoT with each kind of check, a cache behind it after the lift, and one that refuses us."""
import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import dns_foe as dns  # noqa: E402
from lab import BIN, Failure, Lab, expect, parts  # noqa: E402

ZONE, SERIAL, TTL_S = "rpz.test", 20, 30
REAL, LANDING = "198.51.100.7", "192.0.2.80"
CONF = """server:
    interface: 127.0.0.1@{port}
    interface: 127.0.0.1@{tls}
    port: {port}
    tls-port: {tls}
    tls-service-key: "{dir}/key.pem"
    tls-service-pem: "{dir}/cert.pem"
    do-not-query-localhost: no
    access-control: 127.0.0.0/8 {access}
    module-config: "respip iterator"
    chroot: ""
    username: ""
    directory: "{dir}"
    pidfile: "{dir}/{port}.pid"
    logfile: "{dir}/{port}.log"
    use-syslog: no
    num-threads: 1
    do-ip6: no
    so-rcvbuf: 0
    so-sndbuf: 0
    local-zone: "test." nodefault
    serve-expired: no
remote-control:
    control-enable: no
forward-zone:
    name: "."
    forward-addr: 127.0.0.1@{upstream}
"""
POLICY = """rpz:
    name: "{zone}"
    zonefile: "{dir}/rpz.zone"
"""
HEAD = f"""$TTL {TTL_S}
$ORIGIN {ZONE}.
@ SOA localhost. h.localhost. %d 60 10 604800 10
@ NS localhost.
{ZONE}._saluran-serial TXT "%d"
"""
ROWS = f"""nx.test CNAME .
*.wild.test CNAME .
wild.test CNAME .
nodata.test CNAME *.
landing.test A {LANDING}
drop.test CNAME rpz-drop.
tcp.test CNAME rpz-tcp-only.
pass.test CNAME rpz-passthru.
dead.test CNAME .
"""
WANT = {"nx.test": "nxdomain", "wild.test": "nxdomain", "nodata.test": "nodata",
        "landing.test": "landing", "drop.test": "drop", "tcp.test": "tcp_only",
        "pass.test": "open", "good.test": "open", "gone.test": "dead"}


def upstream(name, kind, over_tcp, ident, question):
    """All names below test live at one address, but gone and dead."""
    if name.split(".")[-2:-1] in (["gone"], ["dead"]) or kind != dns.A:
        return [(0, dns.message(ident, question, rcode=dns.NXDOMAIN,
                                authority=[dns.soa("test", ttl=60)]))]
    if name == "broken.test":
        return [(0, dns.message(ident, question, rcode=dns.SERVFAIL))]
    return [(0, dns.message(ident, question, answer=[dns.address(REAL, 300)]))]


class World:
    def __init__(self, lab):
        self.lab, self.up = lab, dns.Server(upstream)
        self.port, self.tls, self.cache, self.closed = (lab.port() for _ in range(4))
        self.certificate()
        self.zone(SERIAL, ROWS)
        self.unbound("unbound", self.port, self.tls, "allow", self.up.port, True)
        self.unbound("cache", self.cache, lab.port(), "allow", self.port, False)
        self.unbound("closed", self.closed, lab.port(), "refuse", self.up.port, False)

    def certificate(self):
        d = self.lab.dir
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{d}/key.pem",
                        "-out", f"{d}/cert.pem", "-days", "2", "-subj", "/CN=dns.test",
                        "-addext", "subjectAltName=DNS:dns.test"], check=True,
                       capture_output=True)
        pem = subprocess.run(["openssl", "x509", "-in", f"{d}/cert.pem", "-pubkey", "-noout"],
                             check=True, capture_output=True).stdout
        key = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
        self.pin = base64.b64encode(hashlib.sha256(key).digest()).decode()

    def zone(self, serial, rows):
        self.lab.write("rpz.zone", HEAD % (serial, serial) + rows)

    def unbound(self, name, port, tls, access, up, policy):
        conf = CONF.format(port=port, tls=tls, access=access, upstream=up, dir=self.lab.dir)
        if policy:
            conf += POLICY.format(zone=ZONE, dir=self.lab.dir)
        path = self.lab.write(name + ".conf", conf)
        self.lab.start(name, [parts("unbound")[0], "-d", "-c", path])
        self.lab.wait(f"{name} answers", lambda: self.probe(
            "good.test", port=port)[0]["asked"][0]["got"] in ("answer", "refused"))

    def probe(self, *words, port=None, via="", code=0):
        common = ["--control", f"127.0.0.1:{self.up.port}", "--never", "good.test", "--zone",
                  ZONE, "--landing", LANDING, "--timeout", "300", "--rate", "0", "--json"]
        done = subprocess.run([BIN, "probe", *words, "--resolver",
                               f"127.0.0.1:{port or self.port}{via}", *common],
                              capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != code:
            raise Failure(f"probe {words} {via}: exit {done.returncode}: {done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def verdicts(self, *words, **more):
        return {r["owner"]: r["verdict"] for r in self.probe(*words, **more)}


def actions(w):
    got = w.verdicts(*WANT)
    expect("over UDP", got, WANT)
    r = {x["owner"]: x for x in w.probe(*WANT)}
    expect("the canary", r["nx.test"]["canary_serial"], SERIAL)
    # Our SOA in the answer tells a block of a name that is dead everywhere.
    soa = r["nx.test"]["asked"][0]["soa"]
    expect("a dead name that is blocked", w.verdicts("dead.test")["dead.test"],
           "nxdomain" if soa and soa["owner"] == ZONE else "dead")
    expect("a wildcard", w.verdicts("*.wild.test", "*.good.test")["*.good.test"], "open")
    print("ok: each action of the policy zone")


def transports(w):
    names = [n for n in WANT if n not in ("drop.test", "tcp.test")]
    for via in (",tcp", f",dot:{w.tls}", f",udp,tcp,dot:{w.tls}"):
        got = w.verdicts(*names, via=via)
        expect(f"over {via}", got, {n: WANT[n] for n in names})
    # Strict: the right name and key; and the wrong ones, which are as good as no connection.
    ca = f"{w.lab.dir}/cert.pem"
    for auth, checked in (("", "none"), ("@dns.test", "name"), (f"@sha256/{w.pin}", "pin")):
        r = w.probe("nx.test", "--ca", ca, via=f",dot:{w.tls}{auth}")[0]
        expect(f"dot{auth}", r["verdict"], "nxdomain")
        expect(f"what dot{auth} checked", r["asked"][0]["tls"]["checked"], checked)
        expect("the key that was shown", r["asked"][0]["tls"]["pin"], w.pin)
    wrong = base64.b64encode(bytes(32)).decode()
    for auth, why in (("@other.test", "not one of that name"), (f"@sha256/{wrong}", "pinned")):
        r = w.probe("nx.test", "--ca", ca, via=f",udp,dot:{w.tls}{auth}")[0]
        dot = [x for x in r["asked"] if x["transport"] == "dot"][0]
        expect(f"dot{auth}", dot["got"], "broken")
        if why not in dot["why"]:
            raise Failure(f"dot{auth}: {dot['why']!r}")
        expect(f"the verdict without dot{auth}", r["verdict"], "nxdomain")
    # TLS where there is none.
    r = w.probe("nx.test", via=f",dot:{w.port}")[0]
    expect("dot at a port of TCP", r["verdict"], "down")
    print("ok: UDP, TCP and DoT, strict and not")


def outages(w):
    expect("one that refuses", w.verdicts("nx.test", port=w.closed)["nx.test"], "refused")
    expect("a name whose servers fail",
           w.verdicts("broken.test")["broken.test"], "dead")
    expect("nobody there", w.verdicts("nx.test", port=w.lab.port())["nx.test"], "down")
    print("ok: refused, failing and down are no blocks")


def lifted(w):
    """A cache behind the resolver keeps the landing address for its TTL."""
    expect("behind the cache", w.verdicts("landing.test", port=w.cache)["landing.test"],
           "landing")
    w.zone(SERIAL + 1, ROWS.replace(f"landing.test A {LANDING}\n", ""))
    w.lab.stop("unbound")
    w.unbound("unbound", w.port, w.tls, "allow", w.up.port, True)
    free = ("landing.test", "--expect", "free", "--serial", str(SERIAL + 1))
    expect("at the resolver itself", w.verdicts(*free)["landing.test"], "lifted")
    r = w.probe(*free, port=w.cache)[0]
    expect("behind the cache", r["verdict"], "cached")
    if "TTL" not in r["why"]:
        raise Failure(f"cached, because {r['why']!r}")
    w.lab.wait("the cache has let go", lambda: w.verdicts(
        *free, port=w.cache)["landing.test"] in ("lifted", "open"), TTL_S + 15)
    # A serial that it does not have yet.
    late = ("landing.test", "--expect", "free", "--serial", str(SERIAL + 2))
    expect("before its serial", w.verdicts(*late)["landing.test"], "open")
    print("ok: lifted, and cached for as long as the TTL")


def every(w):
    """It goes on until it is told to stop."""
    child = subprocess.Popen(
        [BIN, "probe", "nx.test", "--resolver", f"127.0.0.1:{w.port}", "--never", "good.test",
         "--zone", ZONE, "--every", "1s", "--json", "--vantage", "here"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    began = time.monotonic()
    rounds = [json.loads(child.stdout.readline()) for _ in range(3)]
    if time.monotonic() - began < 1.9:
        raise Failure("three rounds in less than two pauses")
    child.terminate()
    expect("its exit", child.wait(20), 0)
    expect("the vantage", {r["vantage"] for r in rounds}, {"here"})
    print("ok: a round every so often")


def interrupted(w):
    """What was measured until ^C is there, the exit says so, and the rest can be had later."""
    names = [f"n{i}.test" for i in range(30)]
    words = [BIN, "probe", *names, "--resolver", f"127.0.0.1:{w.port}", "--control",
             f"127.0.0.1:{w.up.port}", "--never", "good.test", "--zone", ZONE, "--no-siblings",
             "--json", "--vantage", "here"]
    path = w.lab.path("part.json")
    with open(path, "w", encoding="utf-8") as out:
        child = subprocess.Popen(words, stdout=out, stderr=subprocess.PIPE, text=True)
        w.lab.wait("the first results", lambda: os.path.getsize(path) != 0)
        child.send_signal(signal.SIGINT)
        err = child.communicate(timeout=20)[1]
    expect("its exit", child.returncode, 10)
    if "results are missing" not in err:
        raise Failure(f"interrupted, it says {err!r}")
    with open(path, encoding="utf-8") as f:
        had = {json.loads(line)["owner"] for line in f}
    if not 0 < len(had) < len(names):
        raise Failure(f"{len(had)} results of an interrupted round")
    with open(path, "a", encoding="utf-8") as out:
        out.write('{"resolver": "127.0')  # as of one that was killed
    done = subprocess.run([*words, "--rate", "0", "--resume", path], capture_output=True,
                          text=True, timeout=60, check=True)
    more = {json.loads(line)["owner"] for line in done.stdout.splitlines()}
    expect("what was left", more, set(names) - had)
    with open(path, "a", encoding="utf-8") as out:
        out.write("\n")
    done = subprocess.run([*words, "--resume", path], capture_output=True, text=True, timeout=60,
                          check=False)
    expect("a file that is none", done.returncode, 3)
    print("ok: interrupted, and gone on with")


def watched(w):
    """After the first round only what changed is shown."""
    child = subprocess.Popen(
        [BIN, "probe", "nx.test", "good.test", "--resolver", f"127.0.0.1:{w.port}", "--control",
         f"127.0.0.1:{w.up.port}", "--never", "good.test", "--zone", ZONE, "--watch", "--every",
         "1s", "--timeout", "200"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    first = [child.stdout.readline() for _ in range(3)]
    if not first[2].startswith("2 results") or sum("blocked: NXDOMAIN" in x for x in first) != 1:
        raise Failure(f"the first round: {first}")
    if sum(x.startswith("!") for x in first) != 1:
        raise Failure(f"good.test is not as expected: {first}")
    asked = len(w.up.asked)
    w.lab.wait("rounds that show nothing", lambda: len(w.up.asked) > asked + 6)
    w.lab.stop("unbound")
    change = child.stdout.readline()
    if "resolver is down" not in change or not change.startswith("!"):
        raise Failure(f"what changed: {change}")
    child.send_signal(signal.SIGINT)
    expect("its exit", child.wait(20), 0)
    print("ok: only changes are shown")


def main():
    parts("unbound")
    with Lab() as lab:
        w = World(lab)
        for chapter in (actions, transports, outages, lifted, every, interrupted, watched):
            chapter(w)
        w.up.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
