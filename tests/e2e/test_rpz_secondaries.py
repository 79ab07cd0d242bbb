#!/usr/bin/env python3
"""Knot, NSD and BIND as secondaries of our server, each with its key: after every one of many
random changes each holds exactly the rows that were published, whether it followed serial by
serial, over a jump of several, or was away meanwhile.

SALURAN_TEST_SEED repeats a run; the seed is printed."""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_rpz_fixture as fixture  # noqa: E402
from test_rpz_fixture import ORIGIN, SECRET, Lab, ask, fail, free_port, need, wait_for  # noqa: E402

STEPS = 30
OWNERS = 3000
FOLLOWS_S = 30   # from a change to the secondary's new serial; some 20 ms when all is idle
START_S = 60
ACTS = [("nxdomain", "CNAME .", None), ("nodata", "CNAME *.", None),
        ("passthru", "CNAME rpz-passthru.", None),
        ("landing", "CNAME page.authority.example.", "page.authority.example"),
        ("a", "A 192.0.2.80", "192.0.2.80"), ("aaaa", "AAAA 2001:db8::80", "2001:db8::80"),
        ("txt", 'TXT "order-42"', "order-42")]

KNOT = """server:
    listen: 127.0.0.1@{knot}
    rundir: "{dir}/knot"
log:
  - target: "{dir}/knot.log"
    any: info
database:
    storage: "{dir}/knot"
key:
  - id: key-{name}
    algorithm: hmac-sha256
    secret: "{secret}"
remote:
  - id: saluran
    address: 127.0.0.1@{rpz}
    key: key-{name}
acl:
  - id: all
    key: key-{name}
    action: [notify, transfer]
zone:
  - domain: {origin}
    storage: "{dir}/knot"
    file: copy.zone
    master: saluran
    acl: all
    zonefile-sync: -1
    semantic-checks: off
"""
NSD = """server:
    ip-address: 127.0.0.1@{nsd}
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "{dir}/nsd"
    pidfile: "{dir}/nsd/pid"
    database: ""
    logfile: "{dir}/nsd.log"
    xfrdfile: "{dir}/nsd/xfrd.state"
    zonelistfile: "{dir}/nsd/zone.list"
    xfrdir: "{dir}/nsd"
    xfrd-reload-timeout: 0
    verbosity: 2
remote-control:
    control-enable: no
key:
    name: "key-{name}"
    algorithm: hmac-sha256
    secret: "{secret}"
zone:
    name: "{origin}"
    zonefile: "copy.zone"
    request-xfr: 127.0.0.1@{rpz} key-{name}
    allow-notify: 127.0.0.1 key-{name}
    provide-xfr: 127.0.0.1 key-{name}
"""
BIND = """options {{
    directory "{dir}/bind"; pid-file "{dir}/bind/pid"; session-keyfile "{dir}/bind/session.key";
    listen-on port {bind} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
    recursion no; notify no; dnssec-validation no;
    transfer-source 127.0.0.1; query-source address 127.0.0.1;
}};
controls {{ }};
key key-{name} {{ algorithm hmac-sha256; secret "{secret}"; }};
logging {{ channel f {{ file "{dir}/bind.log"; severity info; }}; category default {{ f; }}; }};
zone "{origin}" {{
    type secondary; file "copy.zone";
    primaries {{ 127.0.0.1 port {rpz} key key-{name}; }};
    allow-notify {{ key key-{name}; }}; allow-transfer {{ key key-{name}; }};
}};
"""


class Secondaries(Lab):
    def __init__(self, scratch, programs):
        super().__init__(scratch)
        self.programs = programs
        self.port = {"knot": free_port(), "nsd": free_port(), "bind": free_port()}
        conf = {"dir": scratch, "rpz": self.rpz, "origin": ORIGIN, "secret": SECRET, **self.port}
        self.command = {}
        for name, text, words in (("knot", KNOT, ["knotd", "-c"]), ("nsd", NSD, ["nsd", "-d", "-c"]),
                                  ("bind", BIND, ["named", "-g", "-c"])):
            os.mkdir(os.path.join(scratch, name))
            path = self.write(name + ".conf", text.format(name=name, **conf))
            self.command[name] = [programs[words[0]], *words[1:], path]

    def launch(self, name):
        self.start(name, *self.command[name])

    def publish(self, rows):
        """The rows under a new serial."""
        self.serial += 1
        lines = [f"serial {self.serial}"]
        lines += [f"operator {name} 127.0.0.1 {port} key-{name} {SECRET}"
                  for name, port in self.port.items()]
        for owner, act in rows.items():
            word, _, data = ACTS[act]
            lines.append(" ".join(["row", owner, word] + ([data] if data else [])))
        self.write("rows", "\n".join(lines) + "\n")
        if "rpz" in self.children:
            self.children["rpz"].send_signal(fixture.signal.SIGHUP)

    def held(self, name):
        """What this one gives to who has the key: all but the SOA, as "owner type data"."""
        run = subprocess.run([self.programs["kdig"], "@127.0.0.1", "-p", str(self.port[name]),
                              ORIGIN, "AXFR", "-y", f"hmac-sha256:key-{name}:{SECRET}", "+noall", "+answer", "+retry=0"],
                             stdout=subprocess.PIPE, text=True, check=True)
        got = []
        for line in run.stdout.splitlines():
            words = line.split(None, 4)
            if len(words) == 5 and not line.startswith(";") and words[3] != "SOA":
                got.append(f"{words[0].lower()} {words[3]} {words[4]}")
        return sorted(got)

    def expect(self, rows):
        want = [f"{owner.lower()}.{ORIGIN}. {ACTS[act][1]}" for owner, act in rows.items()]
        want += [f"{ORIGIN}. NS localhost.", f'_saluran-serial.{ORIGIN}. TXT "{self.serial}"',
                 f'{ORIGIN}._saluran-serial.{ORIGIN}. TXT "{self.serial}"']
        return sorted(want)

    def compare(self, rows, names):
        want = self.expect(rows)
        for name in names:
            wait_for(f"{name} has serial {self.serial}",
                     lambda: ask(self.port[name], ORIGIN, "SOA") == (0, {str(self.serial)}),
                     FOLLOWS_S)
            got = self.held(name)
            if got != want:
                lost, more = set(want) - set(got), set(got) - set(want)
                fail(f"serial {self.serial}: {name} lacks {sorted(lost)[:3]} "
                     f"({len(lost)}) and has {sorted(more)[:3]} ({len(more)}) too many")


def owner(i):
    kind = i % 20
    if kind == 0:
        return f"32.{i % 256}.113.0.203.rpz-ip" if i < 5120 else f"n{i}.example"
    return f"*.n{i}.Example" if kind == 1 else f"n{i}.d{i % 31}.example"


def change(rng, rows):
    """Some rows come, go or become others; now and then most of them."""
    n = rng.choice([1, 1, 1, 2, 5, 30, 30, 400, 2500])
    for i in rng.sample(range(OWNERS), n):
        name = owner(i)
        if name in rows and rng.random() < 0.5:
            del rows[name]
        else:
            rows[name] = rng.randrange(len(ACTS))


def story(lab, rng):
    names = list(lab.port)
    rows = {}
    change(rng, rows)
    lab.publish(rows)
    lab.start_rpz()
    for name in names:
        lab.launch(name)
    for name in names:
        wait_for(f"{name} has the first zone",
                 lambda: ask(lab.port[name], ORIGIN, "SOA") == (0, {str(lab.serial)}), START_S)
    lab.compare(rows, names)
    for step in range(STEPS):
        away = rng.choice(names) if step % 10 == 5 else None
        if away:
            lab.stop(away)
        for _ in range(rng.choice([1, 1, 1, 3, 8])):  # more than one: a jump
            change(rng, rows)
            lab.publish(rows)
            if rng.random() < 0.5:
                time.sleep(rng.random() / 50)
        lab.compare(rows, [name for name in names if name != away])
        if away:
            lab.launch(away)
            lab.compare(rows, [away])
    log = lab.out("rpz.out")
    for name in names:
        n = {kind: log.count(f"operator={name} kind={kind} ") for kind in ("axfr", "ixfr")}
        print(f"{name}: {n['axfr']} whole zones, {n['ixfr']} differences")
    if log.count("kind=ixfr ") < STEPS:
        fail("the secondaries hardly used differences")
    if "rpz.journal" in log:
        fail("a difference did not fit the rows")


def main():
    programs = dict(zip(("knotd", "nsd", "named", "kdig"), need("knotd", "nsd", "named", "kdig")))
    seed = os.environ.get("SALURAN_TEST_SEED") or str(int(time.time()))
    print(f"SALURAN_TEST_SEED={seed} repeats this run")
    scratch = tempfile.mkdtemp(prefix="saluran-secondaries-")
    lab = Secondaries(scratch, programs)
    done = False
    try:
        story(lab, random.Random(seed))
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
