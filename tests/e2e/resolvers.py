"""The resolvers that DNS operators run, live on free loopback ports, each with the
configuration that Saluran prints and little more: where it listens, whom it asks, and that it
asks from loopback only, so that no packet can leave the machine.

A Resolver is an operator of a node.  What it needs beside the resolver itself (knotd before
Knot Resolver, NSD before an Unbound that is to use a key) is started with it."""
import os
import re
import signal
import time

from dnsask import ask
from lab import CANARY, Failure, expect, parts

ADDRESS_UNLESS = "192.0.2.1"  # of every name that has no address of its own
REFRESH_S = 90                # a transfer that came without NOTIFY

ROOT_ZONE = """$TTL 5
@ SOA a.root. h.root. 1 3600 600 604800 5
@ NS a.root.
a.root. A 127.0.0.1
* A {unless}
"""
ROOT_CONF = """server:
    ip-address: 127.0.0.1@{port}
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "{dir}"
    pidfile: "{dir}/pid"
    database: ""
    logfile: "{dir}/log"
    xfrdfile: "{dir}/xfrd.state"
    zonelistfile: "{dir}/zone.list"
    xfrdir: "{dir}"
remote-control:
    control-enable: no
zone:
    name: "."
    zonefile: "root.zone"
"""
UNBOUND_CONF = """server:
    interface: 127.0.0.1@{port}
    port: {port}
    outgoing-interface: 127.0.0.1
    do-not-query-localhost: no
    access-control: 127.0.0.0/8 allow
    local-zone: "test." nodefault
    chroot: ""
    username: ""
    directory: "{dir}"
    pidfile: "{dir}/pid"
    logfile: "{dir}/log"
    use-syslog: no
    verbosity: 2
    num-threads: 1
    do-ip6: no
    so-rcvbuf: 0
    so-sndbuf: 0
    ede: yes
include: "{dir}/etc/saluran.conf"
remote-control:
    control-enable: no
forward-zone:
    name: "."
    forward-addr: 127.0.0.1@{root}
"""
NSD_CONF = """server:
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "{dir}/nsd"
    pidfile: "{dir}/nsd/pid"
    database: ""
    logfile: "{dir}/nsd/log"
    xfrdfile: "{dir}/nsd/xfrd.state"
    zonelistfile: "{dir}/nsd/zone.list"
    xfrdir: "{dir}/nsd"
    verbosity: 2
remote-control:
    control-enable: no
include: "{dir}/etc/saluran-nsd.conf"
"""
BIND_CONF = """options {{
  directory "{dir}";
  pid-file "{dir}/pid";
  session-keyfile "{dir}/session.key";
  lock-file none;
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  query-source address 127.0.0.1;
  allow-query {{ 127.0.0.0/8; }};
  recursion yes;
  dnssec-validation no;
  empty-zones-enable no;
  forward only;
  forwarders {{ 127.0.0.1 port {root}; }};
  include "{dir}/etc/saluran.options";
}};
controls {{ }};
logging {{
  channel f {{ file "{dir}/log"; severity debug 1; print-time iso8601; print-category yes; }};
  category default {{ f; }}; category rpz {{ f; }}; category xfer-in {{ f; }};
  category notify {{ f; }};
}};
include "{dir}/etc/saluran.zones";
"""
POWERDNS_CONF = """local-address=127.0.0.1
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
lua-config-file={dir}/etc/recursor.lua
include-dir={dir}/etc
loglevel=6
quiet=no
allow-from=127.0.0.0/8
"""
KNOT_CONF = """server:
    rundir: {dir}/knot
    udp-workers: 1
    background-workers: 1
log:
  - target: {dir}/knot/log
    any: info
database:
    storage: {dir}/knot/db
include: {dir}/etc/saluran.conf
"""
KRESD_BEFORE = """modules.unload('priming'); modules.unload('ta_update')
modules.unload('ta_signal_query'); modules.unload('detect_time_skew')
modules.unload('detect_time_jump')
net.listen('127.0.0.1', {port}, {{ kind = 'dns' }})
net.outgoing_v4('127.0.0.1')
net.ipv6 = false
log_level('info')
modules = {{ 'policy' }}
cache.open(20*MB, 'lmdb://{dir}/cache')
trust_anchors.remove('.')
"""
KRESD_AFTER = """policy.add(policy.all(policy.STUB('127.0.0.1@{root}')))
"""


class Root:
    """The whole of the DNS, made up: NSD serves "." and every name in it.  An address that is a
    name with its last dot makes an alias."""

    def __init__(self, lab, addresses=None, name="root"):
        self.lab, self.addresses, self.port = lab, dict(addresses or {}), lab.port()
        folder = lab.path(name)
        os.makedirs(folder)
        zone = ROOT_ZONE.format(unless=ADDRESS_UNLESS) + "".join(
            f"{n}. {'A' if a[0].isdigit() else 'CNAME'} {a}\n" for n, a in self.addresses.items())
        # A name makes its parents exist, where the wildcard at the top ends.
        zone += "".join(f"*.{n}. A {ADDRESS_UNLESS}\n" for n in self.parents())
        lab.write(f"{name}/root.zone", zone)
        conf = lab.write(f"{name}/nsd.conf", ROOT_CONF.format(port=self.port, dir=folder))
        lab.start(name + "-server", [parts("nsd")[0], "-d", "-c", conf])
        lab.wait("NSD answers", lambda: ask(self.port, "any.example"))

    def parents(self):
        made = {"example"}
        for name in self.addresses:
            labels = name.split(".")
            made.update(".".join(labels[i:]) for i in range(len(labels)))
        return made

    def address(self, name):
        address = self.addresses.get(name, ADDRESS_UNLESS)
        return self.address(address[:-1]) if address.endswith(".") else address


class Resolver:
    """One operator with one resolver.  `add` are more words for `saluran operator add`."""
    kind = title = None
    answers = True        # it is asked by people
    signs = True          # it can have a key of its own
    blocked_as = "nxdomain"
    ede = []              # with a blocked answer
    outlives_expiry = True  # it goes on blocking when its copy of the zone is expired
    rules_at_once = True    # after a restart its first answer is by the rules
    whole_or_nothing = True # of a whole transfer that was cut it takes no part
    follows_aliases = True  # a name that leads to a blocked one is blocked
    asks_at_start = True    # for what is newer, whatever its copy says of a refresh
    deaf = []               # [(pattern, text)]: what makes it refuse NOTIFY

    def __init__(self, lab, node, root, name=None, tsig=None, address="127.0.0.1"):
        self.lab, self.node, self.root = lab, node, root
        self.name = name or self.kind
        self.tsig = self.signs if tsig is None else tsig
        self.dir, self.port, self.relay_port = lab.path(self.name), lab.port(), lab.port()
        self.own_port = self.notify_port()
        self.address = address
        for folder in (self.dir, self.path("etc"), *map(self.path, self.folders())):
            os.makedirs(folder)

    def path(self, *parts_):
        return os.path.join(self.dir, *parts_)

    def folders(self):
        return []

    def notify_port(self):
        return self.port

    def state_dir(self):
        return self.dir

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text.format(dir=self.dir, port=self.port, root=self.root.port))
        return self.path(name)

    def add(self, *more):
        """Make it an operator; the printed configuration goes into its etc/ as it stands."""
        key = ["--tsig"] if self.tsig else []
        made = self.node.cli(
            "operator", "add", self.name, "--address", self.address, "--notify-port",
            str(self.own_port), "--resolver", self.kind, "--state-dir", self.state_dir(),
            "--resolver-port", str(self.port), "--relay-port", str(self.relay_port), *key,
            *more, who=self.node.admin)
        self.config, self.key = made["config"], (made["tsig_name"], made["tsig_secret"])
        for f in self.config["files"]:
            with open(self.path("etc", os.path.basename(f["path"])), "w",
                      encoding="utf-8") as out:
                out.write(f["text"])
        self.configure()
        return self

    def change_key(self, new):
        """Another (name, secret) where the old one stands; in how many files it did."""
        changed = 0
        for name in os.listdir(self.path("etc")):
            with open(self.path("etc", name), encoding="utf-8") as f:
                text = f.read()
            changed += self.key[1] in text
            with open(self.path("etc", name), "w", encoding="utf-8") as f:
                f.write(text.replace(self.key[0], new[0]).replace(self.key[1], new[1]))
        self.key = new
        return changed

    def deafen(self):
        """Refuse NOTIFY from now on; a function that undoes it."""
        before, changed = {}, 0
        for name in os.listdir(self.path("etc")):
            with open(self.path("etc", name), encoding="utf-8") as f:
                text = before[name] = f.read()
            for pattern, other in self.deaf:
                text, n = re.subn(pattern, other, text)
                changed += n != 0
            with open(self.path("etc", name), "w", encoding="utf-8") as f:
                f.write(text)
        expect(f"places of what is printed for {self.title}", changed, len(self.deaf))

        def undo():
            for name, was in before.items():
                with open(self.path("etc", name), "w", encoding="utf-8") as f:
                    f.write(was)
        return undo

    def programs(self):
        """[(name of the process, command)] in the order of their start."""
        raise NotImplementedError

    def configure(self):
        """What is around the printed configuration."""
        raise NotImplementedError

    def before(self, name):
        """What must be so before a program starts."""

    def start(self):
        for name, command in self.programs():
            self.before(name)
            self.lab.start(name, command)
        if self.answers:
            self.lab.wait(f"{self.name} answers", lambda: self.ask("start.example"))
        return self

    def stop(self, how=signal.SIGTERM):
        for name, _ in reversed(self.programs()):
            if name in self.lab.children:
                self.lab.stop(name, how)

    def ask(self, name, kind="A"):
        return ask(self.port, name, kind)

    def verdict(self, name):
        got = self.ask(name)
        return got.verdict if got else "nothing"

    def blocked(self, *names):
        return all(self.verdict(n) == self.blocked_as for n in names)

    def open(self, *names):
        return all(self.verdict(n) == self.root.address(n) for n in names)

    def serial(self):
        """The serial in effect, None: none yet."""
        got = self.ask(f"{CANARY}", "TXT")
        rows = got.texts("TXT") if got else []
        return int(rows[0]) if rows and rows[0].isdigit() else None

    def log(self, name="log"):
        path = self.path(name) if "/" not in name else self.lab.path(name.lstrip("/"))
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()


class Unbound(Resolver):
    """With a key: NSD beside it has the key."""
    kind, title, signs = "unbound", "Unbound", False
    deaf = [(r"(primary|allow-notify): 127\.0\.0\.1", r"\1: 127.0.0.3")]
    asks_at_start = False  # NSD keeps its timers

    def folders(self):
        return ["nsd"] if self.tsig else []

    def notify_port(self):
        return self.lab.port() if self.tsig else self.port

    def configure(self):
        self.write("unbound.conf", UNBOUND_CONF)
        if self.tsig:
            self.write("nsd.conf", NSD_CONF)

    def programs(self):
        relay = [(self.name + "-relay",
                  [parts("nsd")[0], "-d", "-c", self.path("nsd.conf")])] if self.tsig else []
        return relay + [(self.name + "-server",
                         [parts("unbound")[0], "-d", "-c", self.path("unbound.conf")])]


class Bind(Resolver):
    kind, title, rules_at_once, whole_or_nothing = "bind", "BIND", False, False
    deaf = [(r"allow-notify \{[^}]*\}", "allow-notify { none; }"),
            (r"primaries \{ 127\.0\.0\.1", "primaries { 127.0.0.3")]

    def configure(self):
        self.write("named.conf", BIND_CONF)

    def programs(self):
        return [(self.name + "-server", [parts("named")[0], "-f", "-n", "2", "-c",
                                         self.path("named.conf")])]


class PowerDns(Resolver):
    kind, title = "powerdns", "PowerDNS Recursor"
    ede = [16]

    def configure(self):
        script = os.path.exists(self.path("etc", "saluran.lua"))
        self.write("recursor.conf", POWERDNS_CONF + (
            "lua-dns-script={dir}/etc/saluran.lua\n" if script else ""))

    def programs(self):
        return [(self.name + "-server", [parts("pdns_recursor")[0],
                                         f"--config-dir={self.dir}"])]


class KnotResolver(Resolver):
    kind, title = "knot-resolver", "Knot Resolver"
    ede = [16]
    follows_aliases = False
    asks_at_start = False  # knotd keeps its timers

    def folders(self):
        return ["knot", "knot/db"]

    def notify_port(self):
        return self.lab.port()

    def state_dir(self):
        return self.path("knot")

    def configure(self):
        self.write("knot.conf", KNOT_CONF)
        printed = self.path("etc", "kresd.conf")
        with open(printed, encoding="utf-8") as f:
            text = f.read()
        own = {"dir": self.dir, "port": self.port, "root": self.root.port}
        with open(self.path("kresd.conf"), "w", encoding="utf-8") as f:
            f.write(KRESD_BEFORE.format(**own) + text + KRESD_AFTER.format(**own))
        self.files = [line.split("'")[1] for line in text.splitlines()
                      if ".zone'" in line]

    def before(self, name):
        if name == self.name + "-server":
            self.lab.wait("knotd has written the zone", lambda: all(
                os.path.exists(f) for f in self.files), REFRESH_S)

    def programs(self):
        return [(self.name + "-knotd", [parts("knotd")[0], "-c", self.path("knot.conf")]),
                (self.name + "-server", [parts("kresd")[0], "-n", "-c",
                                         self.path("kresd.conf"), self.dir])]


class Distribution(Resolver):
    """A server that hands the zones on, and an Unbound that has them from it: with the text that
    is printed for the server, and the one for a resolver behind it."""

    def folders(self):
        return ["behind", "behind/etc"]

    def notify_port(self):
        return self.lab.port()

    def add(self, *more):
        super().add(*more)
        shown = self.node.cli(
            "operator", "config", self.name, "--resolver", "unbound", "--behind", "127.0.0.1",
            "--behind-port", str(self.own_port), "--state-dir", self.path("behind"),
            "--resolver-port", str(self.port), who=self.node.admin)
        expect("files for a resolver behind", len(shown["files"]), 1)
        if self.key[1] in shown["files"][0]["text"] or str(self.node.rpz_port) in \
                shown["files"][0]["text"]:
            raise Failure("a resolver behind a server asks the node")
        with open(self.path("behind", "etc", "saluran.conf"), "w", encoding="utf-8") as f:
            f.write(shown["files"][0]["text"])
        with open(self.path("behind", "unbound.conf"), "w", encoding="utf-8") as f:
            f.write(UNBOUND_CONF.format(dir=self.path("behind"), port=self.port,
                                        root=self.root.port))
        return self

    def programs(self):
        return [self.server(),
                (self.name + "-behind", [parts("unbound")[0], "-d", "-c",
                                         self.path("behind", "unbound.conf")])]

    def held(self, zone):
        """The serial that the server itself has, None: it does not answer for the zone."""
        got = ask(self.own_port, zone, "SOA")
        rows = got.texts("SOA") if got else []
        return int(rows[0]) if rows else None


class Nsd(Distribution):
    kind, title = "nsd", "NSD"

    def folders(self):
        return super().folders() + ["nsd"]

    def state_dir(self):
        return self.path("nsd")

    def configure(self):
        self.write("nsd.conf", NSD_CONF)

    def server(self):
        return (self.name + "-server", [parts("nsd")[0], "-d", "-c", self.path("nsd.conf")])


class Knot(Distribution):
    kind, title = "knot", "Knot DNS"
    asks_at_start = False

    def folders(self):
        return super().folders() + ["knot", "knot/db"]

    def state_dir(self):
        return self.path("knot")

    def configure(self):
        self.write("knot.conf", KNOT_CONF)

    def server(self):
        return (self.name + "-server", [parts("knotd")[0], "-c", self.path("knot.conf")])


ALL = (Bind, Unbound, PowerDns, KnotResolver)


class Several:
    """Operators side by side, asked as one: something holds when it holds at all of them."""

    def __init__(self, lab, node, addresses, kinds=ALL, **more):
        self.lab, self.root = lab, Root(lab, addresses)
        self.all = all_of(lab, node, self.root, kinds, **more)
        lab.wait("every resolver has the zone", lambda: self.serial() is not None, REFRESH_S)

    def titles(self):
        names = [r.title for r in self.all]
        return " and ".join(", ".join(names).rsplit(", ", 1))

    def ask(self, name):
        """What the first says."""
        return self.all[0].verdict(name)

    def open(self, names):
        return all(r.open(*names) for r in self.all)

    def blocked(self, names):
        return all(r.blocked(*names) for r in self.all)

    def serial(self):
        """That all have in effect, None while they differ."""
        serials = {r.serial() for r in self.all}
        return serials.pop() if len(serials) == 1 else None

    def until(self, state, names, began, seconds):
        """Wait for "blocked" or "open" at all; {title: seconds since `began`} of each."""
        took, waiting = {}, list(self.all)

        def probe():
            for r in list(waiting):
                if getattr(r, state)(*names):
                    took[r.title] = time.monotonic() - began
                    waiting.remove(r)
            return not waiting
        self.lab.wait(f"{len(names)} names {state} at all resolvers", probe, seconds)
        return took


def need():
    """All programs at once, so that none is fetched while a clock runs."""
    parts("unbound", "named", "pdns_recursor", "kresd", "knotd", "nsd")


def all_of(lab, node, root, kinds=ALL, **more):
    """All added and started, side by side."""
    made = [kind(lab, node, root, **more).add() for kind in kinds]
    for resolver in made:
        resolver.start()
    return made
