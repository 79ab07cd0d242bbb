"""The zone's server by itself (tests/contract/rpz_fixture.c), with real servers that pull its
zone: those of resolvers.py, but with configurations of our own, as there is no node to print
them."""
import os
import re
import signal

from dnsask import ask
from lab import Failure, SOURCE
from resolvers import Bind, Knot, Nsd, Root, Unbound

BUILD = os.environ.get("SALURAN_BUILD") or os.path.join(SOURCE, "build")
FIXTURE = os.path.join(BUILD, "tests", "rpz_fixture")
ORIGIN = "rpz.test"
SECRET = "8Ds63TOqIP6NQnGNHjCBeDGQMH2uQXzZ4LJT9ZWO5WY="

# {kind: {file: text}}
TEXTS = {
    Unbound: {"saluran.conf": """server:
    module-config: "respip iterator"
rpz:
    name: "{zone}"
    primary: 127.0.0.1@{rpz}
    allow-notify: 127.0.0.1
    zonefile: "{dir}/rpz.zone"
"""},
    Nsd: {"saluran-nsd.conf": """server:
    ip-address: 127.0.0.1@{port}
    xfrd-reload-timeout: 0
key:
    name: "{key}"
    algorithm: hmac-sha256
    secret: "{secret}"
zone:
    name: "{zone}"
    zonefile: "copy.zone"
    request-xfr: 127.0.0.1@{rpz} {key}
    allow-notify: 127.0.0.1 {key}
    provide-xfr: 127.0.0.1 {key}
"""},
    Knot: {"saluran.conf": """server:
    listen: 127.0.0.1@{port}
key:
  - id: {key}
    algorithm: hmac-sha256
    secret: "{secret}"
remote:
  - id: saluran
    address: 127.0.0.1@{rpz}
    key: {key}
acl:
  - id: all
    key: {key}
    action: [notify, transfer]
zone:
  - domain: {zone}
    storage: "{dir}/knot"
    file: copy.zone
    master: saluran
    acl: all
    zonefile-sync: -1
    semantic-checks: off
"""},
    Bind: {"saluran.options": "notify no;\n", "saluran.zones": """key {key} {{
    algorithm hmac-sha256; secret "{secret}";
}};
zone "{zone}" {{
    type secondary; file "copy.zone";
    primaries {{ 127.0.0.1 port {rpz} key {key}; }};
    allow-notify {{ key {key}; }}; allow-transfer {{ key {key}; }};
}};
"""},
}


class ZoneServer:
    """Of ORIGIN. Every content is published under a serial of its own."""

    def __init__(self, lab, kinds):
        if not os.access(FIXTURE, os.X_OK):
            raise Failure(f"{FIXTURE} is missing: build it with ninja")
        self.lab, self.port, self.serial = lab, lab.port(), 0
        self.root = Root(lab)
        self.all = {kind.kind: self._server(kind) for kind in kinds}

    def _server(self, kind):
        made = kind(self.lab, None, self.root)
        for name, text in TEXTS[kind].items():
            with open(made.path("etc", name), "w", encoding="ascii") as f:
                f.write(text.format(zone=ORIGIN, rpz=self.port, dir=made.dir, port=made.port,
                                    key=self.key(kind.kind), secret=SECRET))
        made.configure()
        return made

    @staticmethod
    def key(name):
        return f"key-{name}"

    def publish(self, *rows):
        """A new content under a new serial."""
        self.serial += 1
        lines = [f"serial {self.serial}"]
        for name, server in self.all.items():
            key = f" {self.key(name)} {SECRET}" if server.signs else ""
            lines.append(f"operator {name} 127.0.0.1 {server.port}{key}")
        new = self.lab.write("rows.new", "\n".join(lines + ["row " + r for r in rows]) + "\n")
        os.rename(new, self.lab.path("rows"))
        if "rpz" in self.lab.children:
            self.lab.children["rpz"].send_signal(signal.SIGHUP)

    def start(self):
        self.lab.start("rpz", [FIXTURE, "127.0.0.1", str(self.port), ORIGIN,
                               self.lab.path("rows")], to_log=True)

    def stop(self):
        code = self.lab.stop("rpz")
        if code != 0:
            raise Failure(f"the zone's server ended with {code}: {self.log()}")

    def log(self):
        with open(self.lab.path("rpz.log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def pulled(self, name):
        """The serials that this one is known to have."""
        return {int(n) for n in re.findall(rf"^pulled {name} (\d+)$", self.log(), re.M)}

    def has(self, name):
        """Does its copy of the zone have the newest serial?"""
        got = ask(self.all[name].port, ORIGIN, "SOA")
        return got is not None and got.texts("SOA") == [str(self.serial)]
