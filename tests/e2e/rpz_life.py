"""The life of one resolver as an operator of a node, with the configuration that `saluran operator
add` prints: the same story for each kind of resolver, told by tests/e2e/test_rpz_*.py."""
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import blocks  # noqa: E402
import resolvers  # noqa: E402
from lab import Failure, Lab, expect, parts  # noqa: E402

ZONE = "rpz.saluran"
EFFECT_S = 15       # at most, on a busy machine; a poll of the SOA would take a minute
WRONG_KEY = "d3Jvbmcga2V5LCB3cm9uZyBrZXksIHdyb25nIGtleSE="
# Of the SOA: a copy is good for seconds here. PowerDNS asks every second whatever it says.
EXPIRE_S = 6
PUBLIC = {"public.url": "https://register.example/"}
TIMES = {"rpz.refresh_s": 3600, "rpz.retry_s": 1, "rpz.expire_s": 3601, **PUBLIC}
SHORT = {"rpz.refresh_s": 2, "rpz.retry_s": 1, "rpz.expire_s": EXPIRE_S, **PUBLIC}
# What the node logs of who may not have the zone: with a key and without.
REFUSED = {True: re.compile(r"rpz\.\w+ .*badsig"), False: re.compile(r"rpz\.\w+ .*not_listed")}
# And of a transfer of the changes alone.
CHANGES = re.compile(r"rpz\.transfer .*=ixfr\b")
BEYOND_S = 3 * EXPIRE_S  # the node is away for so long, far past the end of every copy
UNLISTED = "127.0.0.9"
UNRELATED = "library.example"
ADDRESSES = {"live.example": "192.0.2.10", "shop.example": "192.0.2.11",
             UNRELATED: "192.0.2.12"}
ALIAS, ALIASED = "alias.example", "name1.example"


class Life:
    def __init__(self, lab, kind, **more):
        self.lab, self.kind, self.more = lab, kind, more
        self.authority = blocks.Authority(lab, **TIMES)
        self.node = self.authority.node
        self.root = resolvers.Root(lab, {**ADDRESSES, ALIAS: f"{ALIASED}."})
        self.resolver = None
        self.count = 0

    def log(self):
        with open(self.lab.path(self.node.name + ".log"), encoding="utf-8") as f:
            return f.read()

    def fresh(self):
        """A name that no order has had, nor any cache."""
        self.count += 1
        return f"name{self.count}.example"

    def wait(self, what, probe):
        began = time.monotonic()
        self.lab.wait(f"{self.resolver.name}: {what}", probe, EFFECT_S)
        return time.monotonic() - began

    def wait_for(self, what, probe):
        return self.lab.wait(f"{self.resolver.name}: {what}", probe, EFFECT_S)

    def block(self, *names):
        order, serial = self.authority.block(*names)
        self.wait(f"{names} blocked", lambda: self.resolver.blocked(
            *[n.replace("*", "below") for n in names]))
        self.wait("the order's serial", lambda: self.has(serial))
        return order

    def has(self, serial):
        return (self.resolver.serial() or 0) >= serial

    def lift(self, order, *names):
        serial = self.authority.lift(order)
        self.wait(f"{names} lifted", lambda: self.resolver.open(
            *[n.replace("*", "below") for n in names]))
        self.wait("the lift's serial", lambda: self.has(serial))
        said = [self.resolver.ask(n.replace("*", "below")).ede for n in names]
        expect("what lifted names say", said, [[] for _ in names])

    # ---- the story

    def wrong(self):
        """Another key, or another address where there is no key: nothing is handed out."""
        keyed = self.more.get("tsig", self.kind.signs)
        other = {} if keyed else {"address": UNLISTED}
        self.resolver = wrong = self.kind(self.lab, self.node, self.root, name="wrong",
                                          **self.more, **other).add()
        if keyed:
            expect("files with the key", wrong.change_key((wrong.key[0], WRONG_KEY)), 1)
        fetches = wrong.programs()[0]
        self.lab.start(*fetches)
        self.wait("it is refused", lambda: REFUSED[keyed].search(self.log()))
        if wrong.answers and wrong.serial() is not None and len(wrong.programs()) == 1:
            raise Failure("who has the wrong key has the zone")
        self.lab.stop(fetches[0])
        self.node.cli("operator", "remove", "wrong", who="wati")

    def strangers(self):
        """Keys by hand: each wrong one is told apart, and nobody gets a row."""
        kdig = parts("kdig")[0]
        key = f"{self.resolver.name}.{ZONE}"
        for words, status in (([], "REFUSED" if self.resolver.tsig else "NOERROR"),
                              (["-y", f"hmac-sha256:{key}:{WRONG_KEY}"],
                               "BADSIG" if self.resolver.tsig else "BADKEY"),
                              (["-y", f"hmac-sha256:nobody.{ZONE}:{WRONG_KEY}"], "BADKEY")):
            got = subprocess.run(
                [kdig, "@127.0.0.1", "-p", str(self.node.rpz_port), "+tcp", "+retry=0",
                 *words, "SOA", ZONE], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, check=False).stdout
            if f"status: {status}" not in got:
                raise Failure(f"{words} is answered by {got}")
        # The orders' numbers are for those whose resolver says them, with their key.
        if self.resolver.tsig:
            mine = subprocess.run(
                [kdig, "@127.0.0.1", "-p", str(self.node.rpz_port), "+tcp", "+retry=0",
                 "-y", ":".join(("hmac-sha256", *self.resolver.key)), "SOA", f"_why.hot.{ZONE}"],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False).stdout
            if f"status: {'NOERROR' if self.resolver.ede else 'REFUSED'}" not in mine:
                raise Failure(f"who asks for the orders' numbers is answered by {mine}")

    def first_contact(self):
        self.resolver = self.kind(self.lab, self.node, self.root, **self.more).add().start()
        took = self.wait("the first zone is in effect", lambda: self.resolver.serial())
        print(f"first contact {took:.3f} s")
        if not self.resolver.open(*ADDRESSES):
            raise Failure("names that no order has do not resolve")

    def blocks_and_lifts(self):
        for turn in range(3):
            name = self.fresh()
            if not self.resolver.open(name):  # and is cached
                raise Failure(f"{name} does not resolve")
            began = time.monotonic()
            order = self.block(name)
            middle = time.monotonic()
            self.looks(name)
            self.lift(order, name)
            print(f"turn {turn}: block {middle - began:.3f} s, "
                  f"lift {time.monotonic() - middle:.3f} s, orders included")
        if not self.resolver.open(*ADDRESSES):
            raise Failure("more was blocked than ordered")
        changes = [row for row in self.log().splitlines() if CHANGES.search(row)
                   and f"operator={self.resolver.name} " in row + " "]
        if not changes:
            raise Failure("every change came as a whole zone:\n" + self.log())
        print(f"{len(changes)} transfers of changes alone (IXFR)")

    def looks(self, name):
        """The answer itself: what it says to who asks, and how long it may be kept."""
        got = self.resolver.ask(name)
        expect("answer", (got.rcode, got.answer), ("NXDOMAIN", []))
        expect("EDE", [code for code, _ in got.ede], self.resolver.ede)
        if self.resolver.ede:
            number = r"B-\d{4}-\d{3,}"
            said = re.compile(f"order ({number}) of authority.example: "
                              f"https://register.example/register/({number})")
            self.wait(f"EDE says the order's number, not {got.ede}", lambda: all(
                (m := said.fullmatch(text)) and m[1] == m[2]
                for _, text in self.resolver.ask(name).ede))
            if self.resolver.ask(UNRELATED).ede:
                raise Failure("a name that is not blocked has an EDE")
        if name == ALIASED:
            self.looks_alias()
        kept = [ttl for _, _, ttl, _ in got.authority + got.additional]
        if kept and max(kept) > 10:
            raise Failure(f"a cache behind the resolver may keep the block for {max(kept)} s")

    def looks_alias(self):
        """A name that leads to a blocked one is blocked, but where resolvers look at nothing but
        what they are asked for; nobody has its number: the lookup's link."""
        if not self.kind.follows_aliases:
            expect("an alias of it", self.resolver.open(ALIAS), True)
            return
        got = self.resolver.ask(ALIAS)
        expect("an alias of it", (got.rcode, [text for _, text in got.ede]), ("NXDOMAIN", [
            f"order of authority.example: https://register.example/lookup?name={ALIAS}"
        ] if self.resolver.ede else []))

    def below(self):
        """A name is not what is below it, unless the order says so."""
        apex = self.block("live.example")
        if not self.resolver.open("below.live.example"):
            raise Failure("the apex blocks what is below it")
        wild = self.block("*.shop.example")
        if not self.resolver.blocked("shop.example", "far.below.shop.example"):
            raise Failure("not all of *.shop.example is blocked")
        self.lift(apex, "live.example")
        if not self.resolver.blocked("below.shop.example"):
            raise Failure("one lift lifted another order")
        self.lift(wild, "shop.example", "below.shop.example")

    def resolver_restarts(self):
        """What held holds from its first answer on (at BIND a moment later: it answers while
        it still reads the zone), and what changed meanwhile follows."""
        held, gone, new = self.fresh(), self.fresh(), self.fresh()
        self.block(held)
        lifted = self.block(gone)
        self.resolver.stop()
        self.authority.lift(lifted)
        self.authority.block(new)
        self.resolver.start()
        if self.kind.rules_at_once and not self.resolver.blocked(held):
            raise Failure("after its restart it answers before it has its rules")
        self.wait("the rules are back", lambda: self.resolver.blocked(held))
        took = self.wait("new rules", lambda: self.resolver.blocked(new))
        print(f"after a restart {took:.3f} s to what it missed")
        self.wait("the lift that it missed", lambda: self.resolver.open(gone))

    def node_restarts(self):
        held = self.fresh()
        order = self.block(held)
        before = self.resolver.serial()
        self.node.stop()
        if not self.resolver.blocked(held) or not self.resolver.open(UNRELATED):
            raise Failure("the block went away with the node")
        self.node.must_start()
        new = self.fresh()
        self.block(new)
        if not self.resolver.blocked(held) or self.resolver.serial() <= before:
            raise Failure("the node came back with another zone")
        self.lift(order, held)

    def deaf(self):
        """It refuses NOTIFY, as one that was set up wrongly does: people see which answer came,
        and what mends it, and that it is over."""
        if not self.resolver.deaf or len(self.resolver.programs()) > 1:
            return
        self.resolver.stop()
        undo = self.resolver.deafen()
        self.resolver.start()
        name = self.fresh()
        order, serial = self.authority.block(name)

        def told():
            rows = self.node.cli("operator", "show", self.resolver.name, who="wati")["notify"]
            return [n for n in rows if n["origin"].startswith("hot.")
                    and n["serial"] == serial]
        said = self.wait_for("people see that NOTIFY is refused", lambda: [
            n["result"] for n in told() if n["result"] in ("refused", "notauth") and n["mend"]])
        if "NOTIFY of hot" not in self.node.run(
                "operator", "show", self.resolver.name, who="wati", as_json=False)[1]:
            raise Failure("the command does not show what became of NOTIFY")
        self.resolver.stop()
        undo()
        self.resolver.start()
        self.wait("it is blocked", lambda: self.resolver.blocked(name))
        self.lift(order, name)
        print(f"NOTIFY refused: {said[0]}")

    def new_key(self):
        """Old and new are good beside each other, until the old one is revoked."""
        if not self.resolver.tsig:
            return
        old = self.resolver.key
        got = self.node.cli("operator", "key", self.resolver.name, who="wati")
        self.block(self.fresh())  # by the old one
        self.node.cli("operator", "revoke", self.resolver.name, "--key", old[0], who="wati")
        self.resolver.stop()
        self.resolver.start()
        if not self.kind.asks_at_start:
            self.by_hand(old)     # as it does itself when its copy is to be refreshed
        self.wait("an alarm names the operator", lambda: any(
            self.resolver.name in a["text"] and "revoked" in a["text"]
            for a in self.alarms()))
        self.resolver.stop()
        expect("files with the key", self.resolver.change_key(
            (got["tsig_name"], got["tsig_secret"])), 1)
        self.resolver.configure()
        self.resolver.start()
        self.block(self.fresh())
        self.wait("the alarm is over", lambda: not self.alarms())

    def by_hand(self, key):
        """A query with that key, and what is answered."""
        return subprocess.run(
            [parts("kdig")[0], "@127.0.0.1", "-p", str(self.node.rpz_port), "+tcp", "+retry=0",
             "-y", f"hmac-sha256:{key[0]}:{key[1]}", "SOA", ZONE], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False).stdout

    def alarms(self):
        return [a for a in self.node.cli("alarms", who="wati")["alarms"]
                if a["kind"] == "operator_key"]

    def node_is_away(self):
        """Past the expiry that the SOA tells, as a day would be with the ordinary one."""
        self.node.stop()
        self.node.configure(**SHORT)
        self.node.must_start()
        held, lifted = self.fresh(), self.fresh()
        order = self.block(held, lifted)
        self.node.stop()
        began = time.monotonic()

        def away():
            seconds = time.monotonic() - began
            if not self.resolver.open(UNRELATED):
                raise Failure(f"{seconds:.1f} s without the node it resolves no more")
            if self.kind.outlives_expiry and not self.resolver.blocked(held):
                raise Failure(f"{seconds:.1f} s without the node the block is gone")
            return seconds > BEYOND_S
        self.lab.wait("the time of a copy is over", away, BEYOND_S + EFFECT_S)
        if self.resolver.blocked(held) != self.kind.outlives_expiry:
            raise Failure("past its expiry the zone is not what operators.md says")
        if isinstance(self.resolver, resolvers.Distribution):
            self.wait("the server before it gives an expired zone to nobody",
                      lambda: self.resolver.held(f"hot.{ZONE}") is None)
        self.node.must_start()
        self.lift(order, held, lifted)
        self.wait("a new block, after all that", lambda: self.block(self.fresh()))


def main(*variants):
    """variants: (kind, more) one after the other, each with a node of its own."""
    resolvers.need()
    for kind, more in variants:
        with Lab() as lab:
            life = Life(lab, kind, **more)
            life.wrong()
            life.first_contact()
            life.strangers()
            life.blocks_and_lifts()
            life.below()
            life.resolver_restarts()
            life.node_restarts()
            life.deaf()
            life.new_key()
            life.node_is_away()
        print(f"{kind.kind} {more or ''}: passed")


def run(*variants):
    try:
        main(*variants)
    except Failure as e:
        sys.exit(f"{os.path.basename(sys.argv[0])}: {e}")
