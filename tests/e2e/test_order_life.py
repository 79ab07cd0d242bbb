#!/usr/bin/env python3
"""The life of orders on two real nodes, seen at a real resolver: an emergency that ends by
itself after a notice, a draft that is returned and drafted again, an override, a lift in
stages name by name, its review, and the evidence of it all."""
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as lab_module  # noqa: E402
from lab import EXIT_CONFLICT, EXIT_DENIED, Failure, Lab, Node, Refused, expect  # noqa: E402
from resolvers import Several, Unbound  # noqa: E402

EMERGENCY_S = 12
NOTICE_S = 8
STAGES_S = (6, 12)   # from the plan on: far enough apart to be told apart
EFFECT_S = 10
DAY_S = 86400
URGENT, SERVICE, ONE, TWO = "live.example", "t.me", "one.example", "two.example"
NAMES = {URGENT: "192.0.2.1", SERVICE: "192.0.2.2", ONE: "192.0.2.3", TWO: "192.0.2.4"}


def policy(lab):
    """No ladder, one second to answer, a short emergency."""
    with open(os.path.join(lab_module.SOURCE, "policies", "demo.json"),
              encoding="utf-8") as f:
        p = json.load(f)
    p["name"] = "orders"
    p["ladder"] = []
    for c in p["classes"]:
        c["accept_s"] = c["decide_s"] = 1
    p["order"].update(ladder_steps=0, emergency_max_s=EMERGENCY_S,
                      notice_before_end_s=NOTICE_S)
    return lab.write("policy.json", json.dumps(p))


def refused(node, who, code, *words):
    try:
        node.cli(*words, who=who)
    except Refused as e:
        expect(f"'{' '.join(words[:2])}' by {who}", e.code, code)
        return e.detail
    raise Failure(f"'{' '.join(words[:2])}' by {who} was not refused")


class Life:
    def __init__(self, lab):
        self.lab = lab
        self.authority = Node(lab, "authority", "authority.example", "Authority",
                              "authority")
        self.platform = Node(lab, "platform", "platform.example", "Platform", "platform")

    def set_up(self):
        people = {self.authority: (("sari", "officer"), ("agus", "approver"),
                                   ("dewi", "approver"), ("rina", "approver")),
                  self.platform: (("max", "agent"),)}
        for node, admin in ((self.authority, "wati"), (self.platform, "lena")):
            node.init(admin)
            node.must_start()
            for name, role in people[node]:
                node.add_person(name, role)
        lab_module.introduce(self.authority, self.platform, policy(self.lab))
        self.dns = Several(self.lab, self.authority, NAMES, (Unbound,))

    def cli(self, who, *words):
        return self.authority.cli(*words, who=who)

    def show(self, order):
        return self.authority.get(f"/v1/orders/{order}", "sari")

    def draft(self, *words):
        got = self.cli("sari", "order", "draft", "--reasons", "Invented.", "--legal-basis",
                       "UU 19/2016", "--proportionality", "These names only.",
                       "--collateral", "Looked at: nothing else.", *words)
        return got["order"], got["text_sha256"]

    def approve(self, order, text, state):
        for who in ("agus", "dewi"):
            got = self.cli(who, "order", "approve", order, "--text-sha256", text)
        expect("the order after two approvals", got["state"], state)

    def blocked(self, *names):
        self.lab.wait(f"{names} are blocked", lambda: self.dns.blocked(names), EFFECT_S)

    def alarms(self, kind, order):
        return [a for a in self.cli("sari", "alarms")["alarms"]
                if a["kind"] == kind and a["subject"] == order]

    def emergency(self):
        """It needs no case, blocks at once, is announced, and is over by itself."""
        order, text = self.draft("--name", URGENT, "--emergency", "--emergency-reason",
                                 "It is live.")
        self.approve(order, text, "in_force")
        self.blocked(URGENT)
        self.lab.wait("the end is announced", lambda: self.alarms("order_ends", order))
        self.lab.wait("the name answers again by itself",
                      lambda: self.dns.open([URGENT]), EMERGENCY_S + EFFECT_S)
        shown = self.show(order)
        expect("the emergency", shown["state"], "expired")
        took = lab_module.when(shown["ended"]) - lab_module.when(shown["drafted"])
        if not EMERGENCY_S - 1 <= took < EMERGENCY_S + EFFECT_S:
            raise Failure(f"the emergency ended {took:.1f} s after its draft")
        again, text = self.draft("--name", URGENT, "--emergency", "--emergency-reason",
                                 "Again.")
        why = refused(self.authority, "agus", EXIT_CONFLICT, "order", "approve", again,
                      "--text-sha256", text)
        if "emergency_again" not in why:
            raise Failure(f"a second emergency is refused by: {why}")
        self.cli("sari", "order", "withdraw", again, "--reason", "It is over.")
        expect("the second one", self.show(again)["state"], "withdrawn")

    def overdue_case(self):
        path = self.lab.write("batch.csv", "target,category\n"
                              f"https://{SERVICE}/badchannel/1,other\nhttps://{ONE}/x,other\n"
                              f"https://{TWO}/y,other\n")
        self.case = self.cli("sari", "send", path, "--reference", "2017/1", "--subject",
                             "Invented", "--legal-basis", "UU 19/2016")["case"]
        self.lab.wait("the deadline passes", lambda: self.authority.get(
            f"/v1/cases/{self.case}", "sari")["overdue"])

    def returned_and_overridden(self):
        ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + DAY_S))
        owner = ("--owner-told", "email: wrote to the registrant", "--ends", ends)
        broad, text = self.draft("--name", f"*.{SERVICE}", "--name", ONE, "--name", TWO,
                                 "--cite", self.case, *owner)
        self.cli("agus", "order", "return", broad, "--text-sha256", text, "--reason",
                 "Not all below it.")
        refused(self.authority, "dewi", EXIT_CONFLICT, "order", "approve", broad,
                "--text-sha256", text)
        self.order, text = self.draft("--name", SERVICE, "--name", ONE, "--name", TWO,
                                      "--cite", self.case, "--previous", broad, *owner)
        before = self.show(self.order)["previous_draft"]
        expect("why it was returned", before["returned"], "Not all below it.")
        gone = [c["line"] for c in before["changes"] if c["is"] == "gone"]
        if f"- {SERVICE} and every name below it" not in gone:
            raise Failure(f"what changed is not shown: {gone}")
        words = ("order", "override", self.order, "--text-sha256", text, "--guard",
                 "whole_service", "--reason", "No narrower name exists.")
        refused(self.authority, "agus", EXIT_CONFLICT, "order", "approve", self.order,
                "--text-sha256", text)
        refused(self.authority, "sari", EXIT_DENIED, *words)
        self.cli("rina", *words)
        self.approve(self.order, text, "in_force")
        self.blocked(SERVICE, ONE, TWO)

    def staged_lift(self):
        """The platform answers; the names come back one stage after the other."""
        self.platform.cli("decide", self.case, "--items", "open", "--outcome", "removed",
                          who="max")
        now = time.time()
        at = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + s)) for s in STAGES_S]
        self.cli("dewi", "order", "plan", self.order, "--stage", f"{at[0]}={ONE}",
                 "--stage", f"{at[1]}={SERVICE},{TWO}", "--reason", "They answered.")
        self.lab.wait("the first stage", lambda: self.dns.open([ONE]),
                      STAGES_S[0] + EFFECT_S)
        if time.time() < now + STAGES_S[1] - 1 and not self.dns.blocked([SERVICE, TWO]):
            raise Failure("the second stage came with the first")
        self.lab.wait("the second stage", lambda: self.dns.open([SERVICE, TWO]),
                      STAGES_S[1] + EFFECT_S)
        shown = self.lab.wait("the order is lifted", lambda: next(
            (o for o in [self.show(self.order)] if o["state"] == "lifted"), None))
        plan = next(a for a in shown["acts"] if a["act"] == "plan")
        expect("the plan", plan["reviewed"], "owed")
        refused(self.authority, "dewi", EXIT_CONFLICT, "order", "review", self.order,
                "--lift", str(plan["seq"]), "--outcome", "right", "--reason", "Mine.")
        self.cli("agus", "order", "review", self.order, "--lift", str(plan["seq"]),
                 "--outcome", "right", "--reason", "As agreed.")
        expect("what is to do", self.show(self.order)["tasks"], [])

    def evidence(self):
        path = self.lab.path("case.bundle")
        self.cli("sari", "export", self.case, "--out", path)
        code, report, err = lab_module.verify(path)
        if code != 0:
            raise Failure(f"the bundle does not verify: {report} {err}")
        states = sorted(o["state"] for o in report["orders"])
        expect("orders in the evidence", states, ["lifted", "returned"])

    def same_on_both(self):
        """The platform's node has folded the same life, and so does a rebuild."""
        self.lab.wait("the platform has all of it", lambda: self.platform.get(
            f"/v1/orders/{self.order}", "max")["tasks"] == [])
        for node, who in ((self.authority, "wati"), (self.platform, "lena")):
            expect(f"rebuild of {node.name}", node.cli("rebuild", who=who)["equal"], True)
            node.stop()


def main():
    with Lab() as lab:
        life = Life(lab)
        life.set_up()
        life.emergency()
        life.overdue_case()
        life.returned_and_overridden()
        life.staged_lift()
        life.evidence()
        life.same_on_both()
    print("the life of orders: passed")


if __name__ == "__main__":
    try:
        main()
    except Failure as e:
        sys.exit(f"test_order_life: {e}")
