#!/usr/bin/env python3
"""`saluran probe` among servers that lie, stay silent, race and break every rule: each is
called what it is, and none ends or wedges the round."""
import json
import os
import struct
import subprocess
import sys

import dns_foe as dns
from dns_foe import message
from lab import free_port

BIN = os.environ["SALURAN_BIN"]
ZONE = "rpz.test"
REAL, OTHER, LANDING, INNER = "198.51.100.7", "203.0.113.9", "192.0.2.80", "10.9.8.7"
SERIAL = 20
PAGE = "203.0.113.80"  # where the control says that page.test lies


def real(ident, question):
    return message(ident, question, answer=[dns.address(REAL)])


def control(name, kind, over_tcp, ident, question):
    """A resolver that knows everything but "dead" and "slow" names."""
    first = name.split(".")[0]
    if kind == dns.TXT or first.startswith("dead") or name.startswith("s") and "-" in first:
        return [(0, message(ident, question, rcode=dns.NXDOMAIN))]
    if name.count(".") > 1:
        return [(0, message(ident, question, rcode=dns.NXDOMAIN))]
    if name == "page.test":
        return [(0, message(ident, question, answer=[dns.address(PAGE, 60)]))]
    return [(0, real(ident, question))]


def foe(name, kind, over_tcp, ident, question):
    """What is wrong is the first label of the name, above test."""
    labels = name.split(".")
    what = labels[-2] if len(labels) > 1 else name
    good = real(ident, question)
    nx = message(ident, question, rcode=dns.NXDOMAIN)
    policy = message(ident, question, rcode=dns.NXDOMAIN, additional=[dns.soa(ZONE)])
    below = len(labels) > 2 and not name.startswith("_")
    if kind == dns.TXT:
        return [(0, message(ident, question, answer=[dns.text(str(SERIAL))]))]
    if below and what != "beyond":
        return [(0, nx)]
    cases = {
        "good": [(0, good)],
        "nxdomain": [(0, nx)],
        "dead": [(0, nx)],
        "deadblocked": [(0, policy)],
        "nodata": [(0, message(ident, question))],
        "landing": [(0, message(ident, question, answer=[dns.address(LANDING)]))],
        "elsewhere": [(0, message(ident, question, answer=[dns.address(OTHER)]))],
        "drop": [],
        "servfail": [(0, message(ident, question, rcode=dns.SERVFAIL))],
        "refused": [(0, message(ident, question, rcode=dns.REFUSED, qdcount=0))],
        "badvers": [(0, message(ident, question, rcode=9))],
        "ede": [(0, message(ident, question, rcode=dns.NXDOMAIN,
                            additional=[dns.ede(16, "(Censored): (order 42)\x07\n")]))],
        # somebody on the way
        "twice": [(0, message(ident, question, answer=[dns.address(OTHER)])), (0.02, good)],
        "guess": [(0, real((ident + n) % 65536, question)) for n in (9, 77, 1234)]
                 + [(0.05, nx)],
        "question": [(0, message(ident, dns.wire_name("x.test") + b"\0\1\0\1",
                                 answer=[dns.address(OTHER)])), (0.05, good)],
        "zbit": [(0, message(ident, question, flags=dns.QR | dns.RD | dns.RA | dns.Z,
                             answer=[dns.address(OTHER)]))],
        "nora": [(0, message(ident, question, flags=dns.QR | dns.RD,
                             answer=[dns.address(OTHER)]))],
        "longttl": [(0, message(ident, question, answer=[dns.address(OTHER, 1 << 31)]))],
        "nxdata": [(0, message(ident, question, rcode=dns.NXDOMAIN,
                               answer=[dns.address(OTHER)]))],
        # not forged: the network doubles a packet, or a cache orders records anew
        "double": [(0, good), (0.02, good)],
        "order": [(0, message(ident, question, answer=[dns.address(REAL), dns.address(OTHER)])),
                  (0.02, message(ident, question,
                                 answer=[dns.address(OTHER), dns.address(REAL)]))],
        # bytes that are no message
        "garbage": [(0, struct.pack(">H", ident) + b"\x81\x80" + b"\xff" * 40)],
        "short": [(0, good[:11])],
        "cut": [(0, good[:-3])],
        "loop": [(0, struct.pack(">HHHHHH", ident, 0x8180, 1, 1, 0, 0) + question
                  + struct.pack(">H", 0xc000 | (12 + len(question)))
                  + struct.pack(">HHIH", 1, 1, 60, 4) + b"\1\2\3\4")],
        "counts": [(0, struct.pack(">HHHHHH", ident, 0x8180, 1, 65535, 65535, 65535) + question)],
        "echo": [(0, struct.pack(">HHHHHH", ident, 0x0100, 1, 0, 0, 0) + question)],
        "brokenfirst": [(0, struct.pack(">H", ident) + b"\x81\x80" + b"\xff" * 40), (0.05, good)],
        "aliasloop": [(0, message(ident, question, answer=[
            dns.record(b"\xc0\x0c", 5, 60, b"\xc0\x0c")]))],
        # truncated
        "tconly": [(0, good)] if over_tcp else [
            (0, message(ident, question, flags=dns.QR | dns.RD | dns.RA | dns.TC))],
        "tcdead": [(0, None)] if over_tcp else [
            (0, message(ident, question, flags=dns.QR | dns.RD | dns.RA | dns.TC))],
        # one transport says this, the other that
        "udplies": [(0, good if over_tcp else nx)],
        "udplands": [(0, good if over_tcp else message(
            ident, question, answer=[dns.address(LANDING)]))],
        "udpinner": [(0, good if over_tcp else message(
            ident, question, answer=[dns.address(INNER)]))],
        "udplost": [(0, good)] if over_tcp else [],
        "tcpreset": [(0, None)] if over_tcp else [(0, nx)],
        # more than was ordered
        "beyond": [(0, policy)],
        "topage": [(0, message(ident, question, answer=[dns.address(PAGE, 5)]))],
    }
    return cases.get(what, [(0, good)])


def probe(*words, code=0):
    run = subprocess.run([BIN, "probe", *words, "--json", "--rate", "0", "--timeout", "250",
                          "--linger", "120"], capture_output=True, text=True, timeout=120)
    if run.returncode != code:
        raise SystemExit(f"probe {words}: exit {run.returncode}, not {code}: {run.stderr}")
    return [json.loads(line) for line in run.stdout.splitlines()]


# name: (transports, verdict)
WANT = {
    "good": ("udp", "open"), "nxdomain": ("udp", "nxdomain"), "dead": ("udp", "dead"),
    "deadblocked": ("udp", "nxdomain"), "nodata": ("udp", "nodata"),
    "landing": ("udp", "landing"), "elsewhere": ("udp", "differs"), "drop": ("udp", "drop"),
    "servfail": ("udp", "servfail"), "refused": ("udp", "refused"),
    "badvers": ("udp", "unknown"), "ede": ("udp", "nxdomain"), "twice": ("udp", "tampered"),
    "guess": ("udp", "tampered"), "question": ("udp", "tampered"), "zbit": ("udp", "tampered"),
    "nora": ("udp", "tampered"), "longttl": ("udp", "tampered"), "nxdata": ("udp", "tampered"),
    "double": ("udp", "open"), "order": ("udp", "open"), "garbage": ("udp", "drop"),
    "short": ("udp", "drop"), "cut": ("udp", "drop"), "loop": ("udp", "drop"),
    "counts": ("udp", "drop"), "echo": ("udp", "drop"), "brokenfirst": ("udp", "open"),
    "aliasloop": ("udp", "nodata"), "tconly": ("udp", "tcp_only"), "tcdead": ("udp", "unknown"),
    "udplies": ("both", "tampered"), "udplands": ("both", "tampered"),
    "udpinner": ("both", "tampered"), "udplost": ("both", "tampered"),
    "tcpreset": ("both", "nxdomain"), "beyond": ("udp", "nxdomain"),
}


def main():
    bad, ctl = dns.Server(foe), dns.Server(control)
    common = ["--control", f"127.0.0.1:{ctl.port}", "--never", "good.test", "--zone", ZONE,
              "--landing", LANDING]
    results = {}
    for over in ("udp", "both"):
        names = [n + ".test" for n, (o, _) in WANT.items() if o == over]
        via = "" if over == "udp" else ",udp,tcp"
        for r in probe(*names, "--resolver", f"127.0.0.1:{bad.port}{via}", *common):
            results[r["owner"].split(".")[0]] = r
    problems = [f"{n}: {results[n]['verdict']} ({results[n]['why']}), not {want}"
                for n, (_, want) in WANT.items() if results[n]["verdict"] != want]
    if problems:
        raise SystemExit("\n".join(problems))

    e = results["ede"]["asked"][0]["ede"]
    assert e == [{"code": 16, "name": "Censored", "text": "(Censored): (order 42)??"}], e
    assert results["drop"]["asked"][0]["tries"] == 3, results["drop"]
    assert results["beyond"]["beyond"] and not results["nxdomain"]["beyond"]
    assert results["deadblocked"]["asked"][0]["soa"]["owner"] == ZONE
    assert results["good"]["canary_serial"] == SERIAL
    assert [t["transport"] for t in results["tconly"]["asked"]] == ["udp", "tcp"]
    # A page is declared by its name as well, and found where the control says that it is.
    page = ["--control", f"127.0.0.1:{ctl.port}", "--never", "good.test", "--zone", ZONE]
    for landing, want in ((["--landing", "page.test"], ["landing", "differs"]),
                          (["--landing", "good.test"], ["differs", "differs"]),
                          ([], ["differs", "differs"])):
        r = probe("topage.test", "elsewhere.test", "--resolver", f"127.0.0.1:{bad.port}", *page,
                  *landing)
        assert [x["verdict"] for x in sorted(r, key=lambda x: -len(x["owner"]))] == want[::-1], \
            (landing, r)
    print("ok: each foe is called what it is")

    # Nobody was asked for what was not named: names, siblings, the canary.
    allowed = {n + ".test" for n in WANT} | {f"{ZONE}._saluran-serial", "topage.test"}
    for _, name, _, _ in bad.asked:
        assert name in allowed or name.split(".", 1)[1] in allowed, name
    print("ok: only what was named was asked")

    # A resolver that is not there is down, whatever is expected; its names are not asked.
    for expect in ("blocked", "free"):
        r = probe("good.test", "nxdomain.test", "--resolver",
                  f"127.0.0.1:{free_port()},udp", *common, "--expect", expect)
        assert [x["verdict"] for x in r] == ["down", "down"], r
    # One that goes away in the middle of a round, after its canary, blocks nothing.
    gone = []

    def dying(name, *rest):
        gone.extend([name] if name == "drop.test" else [])
        return [] if gone else foe(name, *rest)

    for expect in ("blocked", "free"):
        gone.clear()
        sick = dns.Server(dying)
        r = probe("good.test", "drop.test", "nxdomain.test", "--resolver",
                  f"127.0.0.1:{sick.port}", *common, "--expect", expect, "--rate", "50")
        sick.close()
        by = {x["owner"]: x["verdict"] for x in r}
        assert by["drop.test"] == "down" and by["nxdomain.test"] == "down", by
        assert by["good.test"] in ("open", "lifted"), by
    # A control that is not there: nothing without our own mark is called a block.
    dead = ["--control", f"127.0.0.1:{free_port()}", "--never", "good.test", "--zone", ZONE]
    r = probe("nxdomain.test", "deadblocked.test", "good.test", "--resolver",
              f"127.0.0.1:{bad.port}", *dead)
    assert [x["verdict"] for x in r] == ["unknown", "nxdomain", "unknown"], r
    print("ok: an outage is no block")

    # Lifted: as the control, with the serial; one serial too few is only open.
    free = ["--resolver", f"127.0.0.1:{bad.port}", *common, "--expect", "free"]
    for serial, want in ((SERIAL, "lifted"), (SERIAL - 1, "lifted"), (SERIAL + 1, "open")):
        r = probe("good.test", *free, "--serial", str(serial))
        assert r[0]["verdict"] == want, (serial, r)
    # Made anew at each question, its TTL does not fall: no cache.
    r = probe("deadblocked.test", *free, "--serial", str(SERIAL))
    assert r[0]["verdict"] == "nxdomain" and len(r[0]["asked"]) == 2, r
    print("ok: a lift needs the serial")

    # --check fails when a resolver is not as expected, and not when it is.
    probe("nxdomain.test", "--resolver", f"127.0.0.1:{bad.port}", *common, "--check")
    probe("good.test", "--resolver", f"127.0.0.1:{bad.port}", *common, "--check", code=6)
    for words in (["t.me"], ["t.me", "--resolver", "one.one"], ["--resolver", "127.0.0.1"],
                  ["t.me", "--resolver", "127.0.0.1,quic"], ["t..me", "--resolver", "::1"],
                  ["t.me", "--resolver", "127.0.0.1:0"], ["t.me", "--resolver", "127.0.0.1,tcp:53"],
                  ["t.me", "--resolver", "127.0.0.1,dot@sha256/AAAA"],
                  ["t.me", "--resolver", "127.0.0.1", "--type", "nonsense"],
                  ["t.me", "--resolver", "127.0.0.1", "--every", "9y"],
                  ["t.me", "--resolver", "127.0.0.1", "--every", "9s", "--once"],
                  ["t.me", "--resolver", "127.0.0.1", "--landing", "here"]):
        probe(*words, code=3)
    print("ok: what cannot be asked is refused")
    bad.close()
    ctl.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
