#!/usr/bin/env python3
"""Whatever a resolver refuses must never be published.  Each mini-zone of known failures goes to
the four resolvers, live, and to our validator: where any of them drops more than the offending
row, the validator refuses that row; and what the validator lets through they all take."""
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import resolvers  # noqa: E402
from dnsask import ask  # noqa: E402
from lab import SOURCE, Failure, Lab, parts  # noqa: E402

BUILD = os.environ.get("SALURAN_BUILD") or os.path.join(SOURCE, "build")
FIXTURE = os.path.join(BUILD, "tests", "rpzrow_fixture")
DATA = os.path.join(os.environ.get("SALURAN_TEST_DATA") or
                    os.path.join(SOURCE, "..", "shared", "data"), "rpz-known-failures")
ORIGIN = "rpz.test"
WRAPPER_LINES = 3            # $TTL, SOA, NS
CONTROLS = ("before.example.com", "after.example.com")
GIVE_UP_S = 5                # a resolver that has not begun to answer by then has refused
SETTLE_S = 3                 # one that answers has loaded its rules by then, or refused them

BIND = """options {{
  directory "{dir}"; pid-file none; session-keyfile "{dir}/session.key"; lock-file none;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  query-source address 127.0.0.1; recursion yes; dnssec-validation no; empty-zones-enable no;
  forward only; forwarders {{ 127.0.0.1 port {root}; }};
  response-policy {{ zone "rpz.test"; }} qname-wait-recurse no min-update-interval 0;
}};
controls {{ }};
logging {{ category default {{ default_stderr; }}; }};
zone "rpz.test" {{ type primary; file "{zone}"; notify no; }};
"""
UNBOUND = """server:
    interface: 127.0.0.1@{port}
    port: {port}
    outgoing-interface: 127.0.0.1
    do-not-query-localhost: no
    module-config: "respip iterator"
    chroot: ""
    username: ""
    directory: "{dir}"
    pidfile: ""
    use-syslog: no
    logfile: "{dir}/log"
    num-threads: 1
    do-ip6: no
    so-rcvbuf: 0
    so-sndbuf: 0
rpz:
    name: "rpz.test"
    zonefile: "{zone}"
remote-control:
    control-enable: no
forward-zone:
    name: "."
    forward-addr: 127.0.0.1@{root}
"""
POWERDNS = """local-address=127.0.0.1
local-port={port}
query-local-address=127.0.0.1
socket-dir={dir}
setuid=
daemon=no
dont-query=
dnssec=off
threads=2
forward-zones=.=127.0.0.1:{root}
security-poll-suffix=
lua-config-file={dir}/rpz.lua
allow-from=127.0.0.0/8
"""
POWERDNS_LUA = 'rpzFile("{zone}", {{policyName="rpz.test"}})\n'
KRESD = resolvers.KRESD_BEFORE + """
policy.add(policy.rpz(policy.DENY, '{zone}', false))
""" + resolvers.KRESD_AFTER


def command(kind, folder, own):
    """How this resolver is started with that zone as a file."""
    def write(name, text):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="ascii") as f:
            f.write(text.format(**own))
        return path
    if kind == "bind":
        return [parts("named")[0], "-f", "-n", "1", "-c", write("named.conf", BIND)]
    if kind == "unbound":
        return [parts("unbound")[0], "-d", "-c", write("unbound.conf", UNBOUND)]
    if kind == "powerdns":
        write("recursor.conf", POWERDNS)
        write("rpz.lua", POWERDNS_LUA)
        return [parts("pdns_recursor")[0], f"--config-dir={folder}"]
    return [parts("kresd")[0], "-n", "-c", write("kresd.conf", KRESD), folder]


KINDS = ("bind", "unbound", "powerdns", "knot-resolver")


def takes(lab, root, kind, name, zone):
    """Does this resolver block both control names with that zone?"""
    # Short: a socket's path has 107 bytes, and PowerDNS ends when its own does not fit.
    folder, port = tempfile.mkdtemp(prefix=kind[0], dir=lab.dir), lab.port()
    child = lab.start(f"{name}-{kind}", command(kind, folder, {
        "dir": folder, "port": port, "root": root.port, "zone": zone}))
    try:
        lab.wait("it answers or ends", lambda: child.poll() is not None or
                 ask(port, "start.example", seconds=0.2), GIVE_UP_S)
    except Failure:
        pass

    def blocks():
        got = [ask(port, c) for c in CONTROLS]
        return all(x is not None and x.verdict in ("nxdomain", "nodata") for x in got)

    # BIND answers for a moment before its rules are loaded.
    taken = False
    try:
        lab.wait("its rules hold or it ends", lambda: child.poll() is not None or blocks(),
                 SETTLE_S)
        taken = child.poll() is None
    except Failure:
        pass
    lab.stop(f"{name}-{kind}")
    return taken


def validate(rows):
    """[(verdict, row)] and the verdict on those that are ok, together."""
    done = subprocess.run([FIXTURE, ORIGIN], input="\n".join(rows) + "\n", text=True,
                          stdout=subprocess.PIPE, check=True)
    *each, zone = done.stdout.splitlines()
    if len(each) != len(rows):
        raise Failure(f"{len(each)} verdicts on {len(rows)} rows")
    return list(zip(each, rows)), zone


def write_zone(lab, name, rows):
    return lab.write(name, "$TTL 10\n@ SOA localhost. h.localhost. 1 60 60 3600 10\n"
                     "  NS localhost.\n" + "\n".join(rows) + "\n")


def main():
    if not os.path.isdir(DATA):
        raise Failure(f"{DATA} is missing: SALURAN_TEST_DATA must name the shared test data")
    resolvers.need()
    files = sorted(n for n in os.listdir(DATA) if n.endswith(".rpz"))
    with Lab() as lab, ThreadPoolExecutor(len(KINDS)) as pool:
        root = resolvers.Root(lab)
        passed, seen, refusals = {}, 0, 0
        for file in files:
            with open(os.path.join(DATA, file), encoding="utf-8") as f:
                rows = f.read().splitlines()[WRAPPER_LINES:]
            seen += len(rows)
            whole = lab.write(file, "$ORIGIN rpz.test.\n" + "\n".join(
                ["$TTL 10", "@ SOA localhost. h.localhost. 1 60 60 3600 10", "  NS localhost.",
                 *rows]) + "\n")
            live = dict(zip(KINDS, pool.map(
                lambda kind: takes(lab, root, kind, file, whole), KINDS)))
            each, zone = validate(rows)
            refused = [why for why, _ in each if why != "ok"] or (
                [zone] if zone != "zone ok" else [])
            print(f"{file}: " + ", ".join(
                f"{k} {'takes' if ok else 'REFUSES'} it" for k, ok in live.items()) +
                f"; ours: {refused[0] if refused else 'takes it'}")
            if not all(live.values()) and not refused:
                raise Failure(f"{file}: refused by a resolver, not by us")
            refusals += bool(refused)
            if zone == "zone ok":
                passed.update((row.split()[0].lower(), row) for why, row in each if why == "ok")
        if refusals == 0 or len(passed) <= len(CONTROLS):
            raise Failure("the data are not what they were")
        zone = write_zone(lab, "passed.rpz", passed.values())
        for kind, ok in zip(KINDS, pool.map(
                lambda kind: takes(lab, root, kind, "passed", zone), KINDS)):
            if not ok:
                raise Failure(f"{kind} refuses what our validator lets through: "
                              f"{list(passed.values())}")
    print(f"{len(files)} mini-zones, {seen} rows: ok")


if __name__ == "__main__":
    try:
        main()
    except Failure as e:
        sys.exit(f"test_rpz_failures: {e}")
