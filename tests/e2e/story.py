"""The story of one case, from the first notice to the lift, as steps that hold or fail.

The demo tells it, the tests check it, and the crash test kills nodes in the middle of it.
Each step asserts what it says; `tell` gets what a person may read.  Names and links are
public and harmless: everything that is claimed about them is an invented example."""
import csv
import io
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as lab_module  # noqa: E402
import resolvers  # noqa: E402
from lab import (EXIT_CONFLICT, EXIT_DENIED, EXIT_INPUT, Failure, Node,
                 Refused)  # noqa: E402
from story_machines import HOOK_SETTINGS, Machines  # noqa: E402
from story_measured import Measured, UNRELATED  # noqa: E402
from story_process import Process  # noqa: E402

ZONE = "rpz.saluran"
AT_ONCE_S = 5      # "at once", on a machine that does ten other things
RECEIPT_S = 60
EFFECT_S = 10      # from a signature to the last resolver's answer
FIRST_ITEMS, SECOND_ITEMS = 8, 4
LEGAL_BASIS = "Invented example: Regulation 19/2014, article 5"
LONG_DAYS, ORDER_DAYS = 28, 7
TOO_LONG = "Seven days are enough."
TAMPERED_OFFSET = 4096  # into a member, past its header


# Copies of public lists, so that the demo needs nothing but this repository.
LINKS = os.path.join(lab_module.SOURCE, "tests", "data", "telegram-links")
SAMPLE_FILE = os.path.join(LINKS, "awesome_links.txt")
NAMES_FILE = os.path.join(LINKS, "kominfo_2017-07-14_11_domains.txt")


def batch(links, word):
    """A list as an officer would import it, of links that harm nobody."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["target", "category", "description", "reference"])
    for i, link in enumerate(links, 1):
        rows.writerow([link, "other", "Invented example, not an allegation",
                       f"{word}-{i:03}"])
    return out.getvalue()


class Silent:
    """A teller that says nothing."""

    def chapter(self, title):
        pass

    def step(self, who, text, *proof):
        pass


def demo_policy(box, name, answer_s, step_s):
    """The demo's under another name: seconds to answer in, and between two steps of the ladder."""
    with open(os.path.join(lab_module.SOURCE, "policies", "demo.json"), encoding="utf-8") as f:
        policy = json.load(f)
    policy["name"] = name
    for c in policy["classes"]:
        c["accept_s"] = c["decide_s"] = answer_s
    for step in policy["ladder"]:
        step["after_s"] = step_s
    return box.write(f"{name}.json", json.dumps(policy))


def patient_policy(box):
    """What must be refused before the deadline is asked in time on a busy machine, too."""
    return demo_policy(box, "patient", 8, 1)


class Story(Process, Machines, Measured):
    whole = False  # the crash test plays the core alone
    several = resolvers.Several

    def __init__(self, lab, tell=None, dns=(resolvers.Unbound,), env=None, policy="demo"):
        """dns: the kinds of resolvers that operators have; none: nobody looks."""
        self.lab, self.tell, self.kinds, self.policy = lab, tell or Silent(), dns, policy
        env = env or {}
        self.kominfo = Node(lab, "kominfo", "kominfo.example",
                            "Ministry of Communications", "authority", env.get("kominfo"))
        self.telegram = Node(lab, "telegram", "telegram.example", "Telegram", "platform",
                             env.get("telegram"))
        self.names = lab_module.lines_of(NAMES_FILE)
        self.dns = self.first = self.second = self.order = None
        self.figures = {}

    # ---- asking and doing

    def patiently(self, what, question):
        """Asked again while a test has the node down."""
        def probe():
            try:
                return question()
            except Refused as e:
                if e.code != lab_module.EXIT_LATER or not self.lab.restless:
                    raise
                return None
        return self.lab.wait(f"an answer to {what}", probe)

    def ask(self, node, *words, who):
        return self.patiently(" ".join(words), lambda: node.cli(*words, who=who))

    def do(self, node, who, *words, done=None):
        """A command that must succeed.  When the node dies under it, nobody knows whether it
        took effect: `done` asks the state before it is repeated."""
        again = False

        def probe():
            nonlocal again
            if again and done is not None:
                found = done()
                if found:
                    return found
            try:
                return node.cli(*words, who=who)
            except Refused as e:
                if e.code != lab_module.EXIT_LATER or not self.lab.restless:
                    raise
                again = True
                return None
        return self.lab.wait(f"success of {' '.join(words)}", probe)

    def refused(self, node, who, code, *words):
        """A command that must be refused; gives the sentence that says why."""
        def probe():
            try:
                node.cli(*words, who=who)
            except Refused as e:
                if e.code == lab_module.EXIT_LATER and self.lab.restless:
                    return None
                if e.code != code:
                    raise Failure(f"'{words[0]}' by {who} ended with {e.code}, not {code}: "
                                  f"{e.detail}") from None
                return e.detail
            raise Failure(f"'{' '.join(words)}' by {who} was not refused")
        return self.lab.wait(f"refusal of {' '.join(words)}", probe)

    def get(self, node, path):
        who = "sari" if node is self.kominfo else "max"
        return self.patiently(path, lambda: node.get(path, who))

    def show(self, node, case):
        return self.get(node, f"/v1/cases/{case}")

    def show_order(self):
        return self.get(self.kominfo, f"/v1/orders/{self.order}")

    def peer(self, node):
        return self.get(node, "/v1/peers")["peers"][0]

    def event(self, node, case, kind, level=None):
        """The newest event of a type in a case's timeline, when it has a receipt."""
        shown = self.show(node, case)
        if level is not None and not any(
                r["level"] == level and r["step"] == "warn" for r in shown["ladder"]):
            return None
        for row in reversed(shown["timeline"]):
            if row["type"] == kind:
                return row if row["received"] else None
        return None

    def receipted(self, node, case, kind, level=None):
        return self.lab.wait(f"receipt of {kind}",
                             lambda: self.event(node, case, kind, level), RECEIPT_S)

    def proof(self, row):
        return f"log index {row['seq']}, receipt {row['received'][11:19]}"

    # ---- steps

    def set_up(self):
        self.tell.chapter("Two organisations, each with a node of its own")
        for node, admin, people in (
                (self.kominfo, "wati", (("sari", "officer"), ("agus", "approver"),
                                        ("dewi", "approver"), ("rina", "approver"),
                                        ("bima", "approver"),
                                        ("tono", "auditor"))),
                (self.telegram, "lena", (("max", "agent"), ("vera", "lead")))):
            made = node.init(admin)
            if self.whole and node is self.telegram:
                node.configure(**HOOK_SETTINGS)
            node.must_start()
            for name, role in people:
                node.add_person(name, role)
            self.tell.step(node.name, f"{node.title}: its node runs, and its people have "
                           "credentials of their own.",
                           f"root key {made['fingerprint']}")
        lab_module.introduce(self.kominfo, self.telegram, self.policy)
        self.lab.wait("both sides are connected", lambda: all(
            p["sent"] > 0 and p["sent"] == p["receipted"] and p["received"] > 0
            for p in (self.peer(self.kominfo), self.peer(self.telegram))))
        self.tell.step("both", "Each has added the other by its file and the fingerprint "
                       "that people read out to each other. The channel is open.",
                       f"policy {self.policy}")

    def resolver(self):
        addresses = {n: f"192.0.2.{i}" for i, n in enumerate(self.names, 1)}
        addresses[UNRELATED] = "192.0.2.99"
        self.dns = self.several(self.lab, self.kominfo, addresses, self.kinds)
        self.tell.step("resolver", f"At {self.dns.titles()} the {len(self.names)} names and "
                       "an unrelated one resolve, and the empty zone has arrived.",
                       f"t.me is {self.dns.ask('t.me')}", f"serial {self.dns.serial()}")

    @staticmethod
    def times(took):
        return ", ".join(f"{title} {s * 1000:.0f} ms" for title, s in took.items())

    def send(self, word, links, subject):
        path = self.lab.write(f"{word}.csv", batch(links, word))
        return self.do(self.kominfo, "sari", "send", path, "--reference", f"2017/07/{word}",
                       "--subject", subject, "--legal-basis", LEGAL_BASIS)["case"]

    def links(self):
        links = [x for x in lab_module.lines_of(SAMPLE_FILE) if "//t.me/" in x]
        return links[:FIRST_ITEMS], links[FIRST_ITEMS:FIRST_ITEMS + SECOND_ITEMS]

    def first_batch(self):
        self.tell.chapter("A first batch: received, and then nobody answers")
        began = time.monotonic()
        self.first = self.send("first", self.links()[0], "First batch (invented example)")
        row = self.receipted(self.kominfo, self.first, "notice.send")
        took = time.monotonic() - began
        if took > AT_ONCE_S and not self.lab.restless:
            raise Failure(f"the first batch was receipted after {took:.1f} s, not at once")
        self.figures["receipt"] = took
        self.tell.step("kominfo", f"Sari sends {FIRST_ITEMS} items.", self.proof(row),
                       f"{took * 1000:.0f} ms from sending to receipt")
        self.lab.wait("the case is in the platform's inbox", lambda: any(
            c["case"] == self.first for c in self.ask(
                self.telegram, "inbox", who="max")["cases"]))
        due = self.lab.wait("the deadline is known on both sides",
                            lambda: self.show(self.telegram, self.first)["due"], RECEIPT_S)
        self.tell.step("telegram", "The case is in the inbox. Nobody accepts it.",
                       f"due {due[11:19]}")

    def not_yet(self):
        """The ladder cannot be climbed before its time, nor grounds claimed."""
        self.refused(self.kominfo, "sari", EXIT_CONFLICT, "remind", self.first)
        self.refused(self.kominfo, "sari", EXIT_CONFLICT, "order", "check", "--name", "t.me",
                     "--cite", self.first)

    def ladder(self):
        self.lab.wait("the deadline passes",
                      lambda: self.show(self.kominfo, self.first)["overdue"])
        self.tell.step("kominfo", "The deadline has passed without an answer.",
                       "overdue on both nodes")
        while True:
            shown = self.show(self.kominfo, self.first)
            step = shown["next_step"]
            if step is None:
                break
            if not step["waits_for_receipt"]:
                self.rung(step)
        if [(r["step"], r["level"]) for r in shown["ladder"]] != [
                ("remind", 0), ("warn", 1), ("warn", 2), ("warn", 3)]:
            raise Failure(f"the ladder is {shown['ladder']}")

    def rung(self, step):
        level = step["level"] if step["step"] == "warn" else None
        words = ["warn", self.first, "--level", str(level)] if level else [
            "remind", self.first]
        due = lab_module.when(step["not_before"])
        self.lab.wait("the next step is due", lambda: time.time() >= due)
        self.do(self.kominfo, "sari", *words, done=lambda: [
            r for r in self.show(self.kominfo, self.first)["ladder"]
            if (r["step"], r["level"]) == (step["step"], step["level"])])
        row = self.receipted(self.kominfo, self.first, f"case.{step['step']}", level)
        self.tell.step("kominfo", f"Sari sends warning {level} of 3." if level else
                       "Sari sends a reminder.", self.proof(row))

    def second_batch(self):
        self.tell.chapter("A second batch, while the platform's node is down")
        self.telegram.stop()
        self.tell.step("telegram", "The node is switched off.")
        self.second = self.send("second", self.links()[1],
                                "Second batch (invented example)")

        def undelivered():
            shown = self.show(self.kominfo, self.second)
            peer = self.peer(self.kominfo)
            if shown["state"] != "sent" or shown["receipt"]:
                raise Failure(f"the second batch is {shown['state']} with nobody there")
            return peer if peer["failing_since"] and peer["next_try"] else None
        peer = self.lab.wait("a failed try", undelivered)
        self.tell.step("kominfo", f"Sari sends {SECOND_ITEMS} more items: shown as "
                       "undelivered, and tried again for ever.",
                       f"{peer['sent'] - peer['receipted']} events wait",
                       f"next try {peer['next_try'][11:19]}")
        why = self.refused(self.kominfo, "sari", EXIT_CONFLICT, "order", "check", "--name",
                           "t.me", "--cite", self.second)
        if "never receipted" not in why:
            raise Failure(f"the refusal does not say why: {why}")
        self.tell.step("kominfo", "Sari tries to rest an order on it. Refused:", why)

    def draft(self):
        self.tell.chapter(f"An order on {len(self.names)} names")
        common = ["--names", NAMES_FILE, "--cite", self.first, "--sample", SAMPLE_FILE,
                  "--owner-told", "email: wrote to the registrant (invented example)"]
        check = self.ask(self.kominfo, "order", "check", *common, who="sari")
        found = {f["name"]: f for f in check["findings"] if f["guard"] == "whole_service"}
        if "t.me" not in found or check["overrides_needed"] != ["whole_service"]:
            raise Failure(f"the check does not show whole services: {check}")
        t_me = next(n for n in check["names"] if n["name"] == "t.me")
        if not 0 < t_me["items"] < t_me["sample"] <= check["sample_size"]:
            raise Failure(f"the figures of t.me make no sense: {t_me}")
        self.tell.step("kominfo", f"{len(found)} of the names carry whole services: "
                       f"{', '.join(found)}.", found["t.me"]["text"])
        if self.whole:
            self.guards(check)
            self.drafted(common, LONG_DAYS)
            self.returned(self.order, self.text, TOO_LONG)
            self.drafted(common, ORDER_DAYS, "--previous", self.order)
            self.compared(TOO_LONG)
        else:
            self.drafted(common, ORDER_DAYS)

    def drafted(self, common, days, *more):
        ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + days * 86400))
        draft = self.do(self.kominfo, "sari", "order", "draft", *common, "--reasons",
                        "Notices were received and not answered (invented example).",
                        "--legal-basis", LEGAL_BASIS, "--proportionality",
                        "Every step of the ladder was taken; the order is limited in time.",
                        "--collateral", "The sample of links shows what else goes dark.",
                        "--ends", ends, *more, done=lambda: next(iter(self.ask(
                            self.kominfo, "order", "list", who="sari")["orders"]), None))
        self.order, self.text = draft["order"], draft["text_sha256"]
        what = "drafts it again" if more else "drafts the order"
        self.tell.step("kominfo", f"Sari {what}; it cites the first case and ends "
                       f"on {ends[:10]} by itself.", f"SHA-256 of its text {self.text[:16]}…")

    def sign(self, who, verb, *more):
        def done():
            shown = self.show_order()
            return [a for a in shown["acts"] if a["act"] == verb
                    and a["author"] == self.kominfo.pseudonyms[who]] and {
                        "state": shown["state"], "serial": shown["serial_on"],
                        "approvals": sum(a["act"] == "approve" for a in shown["acts"])}
        return self.do(self.kominfo, who, verb, self.order, "--text-sha256", self.text,
                       *more, done=done)

    def sign_refused(self, who, code, verb, *more):
        return self.refused(self.kominfo, who, code, verb, self.order, "--text-sha256",
                            self.text, *more)

    OVERRIDE = ("--guard", "whole_service", "--reason",
                "No narrower name exists for the web service (invented example).")

    def approve(self):
        self.sign_refused("agus", EXIT_CONFLICT, "approve")
        self.tell.step("kominfo", "Agus cannot approve yet: nobody has overridden the "
                       "finding on whole services.")
        self.sign_refused("sari", EXIT_DENIED, "override", *self.OVERRIDE)
        self.sign("rina", "override", *self.OVERRIDE)
        self.tell.step("kominfo", "Sari, who drafted, may not override it. Rina, a third "
                       "person, does, with a reason on the record.")
        why = self.sign_refused("sari", EXIT_DENIED, "approve")
        self.tell.step("kominfo", "Sari may not approve her own draft. Refused:", why)
        got = self.sign("agus", "approve")
        if got["state"] != "draft" or got["approvals"] != 1:
            raise Failure(f"after one approval the order is {got}")
        for who, verb, more in (("rina", "approve", ()), ("agus", "approve", ()),
                                ("agus", "override", self.OVERRIDE)):
            self.sign_refused(who, EXIT_CONFLICT, verb, *more)
        if self.dns and not self.dns.open(self.names):
            raise Failure("one approval has blocked names")
        self.tell.step("kominfo", "Agus approves the exact text. One approval blocks "
                       "nothing, and Rina, who overrode, may not be the second.")
        began = time.monotonic()
        got = self.sign("dewi", "approve")
        if got["state"] != "in_force":
            raise Failure(f"after two approvals the order is {got}")
        self.tell.step("kominfo", "Dewi approves: the order is in force.",
                       f"zone serial {got['serial']}")
        if self.dns:
            self.blocked(began, got["serial"])

    def blocked(self, began, serial):
        took = self.dns.until("blocked", self.names, began, EFFECT_S)
        self.figures["block"] = max(took.values())
        if not self.dns.open([UNRELATED]):
            raise Failure(f"{UNRELATED} does not resolve any more")
        if self.dns.serial() != serial:
            raise Failure(f"resolvers have serial {self.dns.serial()}, the order took {serial}")
        looked = self.kominfo.cli("lookup", "t.me")
        if not looked["blocked"]:
            raise Failure("the public lookup does not show t.me as blocked")
        self.tell.step("resolver", f"All {len(self.names)} names answer NXDOMAIN; "
                       f"{UNRELATED} still resolves.",
                       "from the signature to the last name: " + self.times(took))
        if self.whole:
            self.tell.step("kominfo", "What became of the order at each operator, as measured.",
                           *self.stages(self.measured("blocked")))

    def comes_back(self):
        self.tell.chapter("The platform comes back, and answers")
        self.telegram.must_start()
        began = time.monotonic()
        row = self.receipted(self.kominfo, self.second, "notice.send")
        self.figures["second_receipt"] = time.monotonic() - began
        if self.figures["second_receipt"] > AT_ONCE_S and not self.lab.restless:
            raise Failure("the second batch was receipted "
                          f"{self.figures['second_receipt']:.1f} s after the platform came "
                          "back, not at once")
        self.tell.step("telegram", "The node is back. The second batch is receipted at once.",
                       self.proof(row),
                       f"{self.figures['second_receipt'] * 1000:.0f} ms after its start")

    def decide(self, case, items, outcome, reason=None):
        words = ["decide", case, "--items", items, "--outcome", outcome]
        if reason:
            words += ["--reason", reason]
        wanted = range(int(items.split("-")[0]), int(items.split("-")[-1]) + 1)

        def done():
            rows = self.ask(self.telegram, "items", case, who="max")["items"]
            return all(rows[i]["outcome"] == outcome for i in wanted) and {"seq": None}
        return self.do(self.telegram, "max", *words, done=done)

    def answers(self):
        for case, items, kept in ((self.first, FIRST_ITEMS, 2),
                                  (self.second, SECOND_ITEMS, 1)):
            self.do(self.telegram, "max", "accept", case, done=lambda c=case: self.show(
                self.telegram, c)["state"] == "accepted" and {"seq": None})
            if self.whole and case == self.second:
                self.question()
            self.decide(case, f"0-{items - kept - 1}", "removed")
            self.refused(self.telegram, "max", EXIT_INPUT, "decide", case,
                         "--items", str(items - 1), "--outcome", "kept")
            self.decide(case, f"{items - kept}-{items - 1}", "kept",
                        "A public tool that breaks no rule (invented example).")
            row = self.lab.wait("receipt of the decisions", lambda c=case: self.event(
                self.telegram, c, "item.decide"), RECEIPT_S)
            self.tell.step("telegram", f"Max accepts the "
                           f"{'first' if case == self.first else 'second'} case and decides "
                           f"its {items} items: {items - kept} removed, {kept} kept with a "
                           "reason.", self.proof(row))
        if self.whole:
            self.dispute()
        self.say(self.telegram, "max", "We have decided every item. From now on this channel "
                 "reaches a person on our side the same day.")
        self.lab.wait("the answer has arrived", lambda: self.show(
            self.kominfo, self.first)["messages"], RECEIPT_S)
        self.do(self.kominfo, "sari", "read", self.first, done=lambda: all(
            m["read"] for m in self.show(self.kominfo, self.first)["messages"]))
        row = self.receipted(self.kominfo, self.first, "message.read")
        self.tell.step("telegram", "Max writes: from now on this channel reaches a person "
                       "the same day. Sari has read it.", self.proof(row))

    def say(self, node, who, text):
        self.do(node, who, "say", self.first, text, done=lambda: [
            m for m in self.show(node, self.first)["messages"] if m["text"] == text])
        self.receipted(node, self.first, "message.post")

    def objection(self):
        self.tell.chapter("Somebody objects, and the order is lifted")
        self.answers_again(*self.upheld(self.objected()))

    def lift(self):
        began = time.monotonic()

        def done():
            shown = self.show_order()
            return shown["state"] == "lifted" and {
                "state": "lifted", "serial": shown["serial_off"]}
        got = self.do(self.kominfo, "dewi", "lift", self.order, "--reason",
                      "The platform has answered (invented example).", done=done)
        if got["state"] != "lifted":
            raise Failure(f"after the lift the order is {got}")
        self.tell.step("kominfo", "Dewi lifts the order: one person is enough.",
                       f"zone serial {got['serial']}")
        self.answers_again(began, got["serial"])

    def answers_again(self, began, serial):
        if self.dns:
            took = self.dns.until("open", self.names, began, EFFECT_S)
            self.figures["lift"] = max(took.values())
            if self.dns.serial() != serial:
                raise Failure(f"resolvers have serial {self.dns.serial()}")
            self.tell.step("resolver", f"All {len(self.names)} names answer again.",
                           f"t.me is {self.dns.ask('t.me')}",
                           "from the lift to the last name: " + self.times(took))
        if self.dns and self.whole:
            self.normalised()

    def close(self):
        for case in (self.first, self.second):
            self.lab.wait("every decision has arrived", lambda c=case: self.show(
                self.kominfo, c)["counts"]["open"] == 0, RECEIPT_S)
            self.do(self.kominfo, "sari", "close", case, done=lambda c=case: self.show(
                self.kominfo, c)["state"] == "closed")
            self.receipted(self.kominfo, case, "case.close")
        shown = self.show(self.kominfo, self.first)
        n = shown["counts"]
        if n["submitted"] != n["accepted"] + n["refused"] or n["accepted"] != n["decided"]:
            raise Failure(f"the counts do not add up: {n}")
        self.tell.step("kominfo", "Sari closes both cases.",
                       f"submitted {n['submitted']} = accepted {n['accepted']} + refused "
                       f"{n['refused']}; decided {n['decided']}, open {n['open']}")
        self.settled()

    def settled(self):
        """Both logs end receipted."""
        self.lab.wait("everything is receipted", lambda: all(
            p["sent"] == p["receipted"]
            for p in (self.peer(self.kominfo), self.peer(self.telegram))), RECEIPT_S)

    def rebuild(self):
        for node, who in ((self.kominfo, "tono"), (self.telegram, "lena")):
            got = self.ask(node, "rebuild", who=who)
            if not got["equal"] or got["differ"]:
                raise Failure(f"the views of {node.name} differ after a rebuild: "
                              f"{got['differ']}")
            self.tell.step(node.name, f"All {len(got['views'])} views made anew from the log "
                           "are what they were.", f"{got['milliseconds']} ms")

    def export(self, node, who):
        path = self.lab.path(f"{node.name}.bundle")
        node.cli("export", self.first, "--out", path, who=who)
        return path

    def prove(self):
        self.figures_of_both()
        self.tell.chapter("The proof")
        known = {"authority": self.kominfo.fingerprint,
                 "platform": self.telegram.fingerprint}
        for node, who, name in ((self.kominfo, "tono", "Tono, an auditor,"),
                                (self.telegram, "max", "Max")):
            path = self.export(node, who)
            code, report, said = lab_module.verify(path, known)
            if code != 0 or not report["ok"] or not all(s["ok"] for s in report["steps"]):
                raise Failure(f"the bundle of {node.name} does not verify: {said}")
            if not all(report[party]["compared"] for party in known):
                raise Failure("the fingerprints were not compared")
            self.tell.step(node.name, f"{name} exports the evidence of the first case. "
                           "Anybody can check it, with no network and no node.",
                           f"saluran verify: {len(report['steps'])} of "
                           f"{len(report['steps'])} steps hold, "
                           f"{os.path.getsize(path)} bytes")
        self.proven(report)
        self.tampered(path, known)
        self.rebuild()

    def proven(self, report):
        """What the bundle proves and what it does not; each must be there."""
        for kind, text, wanted in (
                ("proven", "What is proven, by the other side's own signature:", (
                    "telegram.example received the notice",
                    "telegram.example had to accept or refuse",
                    "telegram.example accepted the case",
                    "telegram.example decided 8 of 8 items",
                    "Warning 3 was received by telegram.example",
                    "this case was overdue and warned of as the policy asks")),
                ("claimed", "What is only claimed, by one side's own clock:", (
                    "kominfo.example wrote the notice", "is in force since",
                    "was lifted on")),
                ("missing", "What no signature can say:", (
                    "Whether what the notice says is true",))):
            lines = []
            for want in wanted:
                found = [x for x in report[kind] if want in x]
                if not found:
                    raise Failure(f"the report does not say as {kind}: {want}")
                line = next((x for x in found if self.order in x), found[0])
                lines.append(re.sub(f"(O|o)rder {self.order}", lambda m: (
                    "The" if m[1] == "O" else "the") + " order", line))
            self.tell.step("both", text, *lines)

    def tampered(self, path, known):
        """One byte in the middle of what the authority signed."""
        with open(path, "rb") as f:
            data = bytearray(f.read())
        data[data.index(b"logs/authority/events.jws") + TAMPERED_OFFSET] ^= 1
        changed = path + ".changed"
        with open(changed, "wb") as f:
            f.write(data)
        code, report, _ = lab_module.verify(changed, known)
        if code != lab_module.EXIT_INPUT or report["ok"] or not report["step"]:
            raise Failure("a changed bundle is not refused")
        self.tell.step("both", "With one byte of it changed it is worth nothing:",
                       f"step \"{report['step']}\" fails: {report['where']} {report['what']}")

    def steps(self):
        """The story without its proof, which is read from the bundle afterwards."""
        self.first_batch()
        if not self.lab.restless:
            self.not_yet()
        if self.whole:
            self.evidence()
        self.ladder()
        self.second_batch()
        self.draft()
        self.approve()
        self.comes_back()
        self.answers()
        if self.whole:
            self.objection()
        else:
            self.lift()
        self.close()
        if self.whole:
            self.backlog()
            self.moderation()
            if self.dns:
                self.over()
            self.settled()

    def all(self):
        self.whole = True
        self.set_up()
        self.contacts()
        if self.kinds:
            self.resolver()
            self.prober()
        self.steps()
