"""Orders and objections through the API alone, for tests/e2e/test_policy_stories.py: an order is
checked, drafted, returned, drafted again, approved by two, objected to, ruled on and lifted."""
import time

from acts import CONFLICT, DAY, DENIED, INVALID, must
from lab import expect, when


def utc(at):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


class Order:
    def __init__(self, two, case, names, days=7, **more):
        self.two, self.case, self.names = two, case, names
        self.days, self.ends = days, None
        self.asked = {
            "names": names, "cites": [case], "owner": {
                "told": True, "channel": "email", "text": "Wrote to the registrant."}, **more}
        self.id = self.text = None

    def words(self, **more):
        return {**self.asked, "reasons": "Nobody answered (invented example).",
                "legal_basis": "Invented example", "proportionality": "These names only.",
                "collateral": "A person has looked.",
                "ends": self.ends and utc(self.ends), **more}

    def check(self, *guards):
        """What was found before anybody has drafted, with its evidence."""
        got = self.two.sari.post("/v1/orders/check", **self.asked)
        expect("what needs an override", sorted(got["overrides_needed"]), sorted(guards))
        must("the case is a ground", not got["refused"] and all(
            g["ground"] for g in got["grounds"]), got)
        must("who is reached is shown", got["channel"]["last_acked"] and
             got["channel"]["contacts"]["now"], got["channel"])
        return got

    def no_ground(self):
        """Before its time a case is no ground, and nothing is drafted on it."""
        got = self.two.sari.post("/v1/orders/check", **self.asked)
        must("there is no ground yet", got["refused"] and any(
            f["guard"] == "grounds" for f in got["findings"]), got["findings"])
        self.two.sari.refused(CONFLICT, self.case, "/v1/orders", **self.words(
            ends=utc(self.two.clock.now() + DAY)))

    def draft(self, **more):
        self.ends = int(self.two.clock.now()) + self.days * DAY
        got = self.two.sari.post("/v1/orders", **self.words(**more))
        self.id, self.text = got["order"], got["text_sha256"]
        return got

    def too_long(self, days):
        self.two.sari.refused(INVALID, "maximum", "/v1/orders", **self.words(
            ends=utc(self.two.clock.now() + days * DAY + 600)))

    def path(self, what=""):
        return f"/v1/orders/{self.id}{what}"

    def show(self):
        return self.two.sari.get(self.path())

    def again(self, why, **asked):
        """Returned by who should approve; drafted again, and what changed is shown."""
        two, first, text = self.two, self.id, self.text
        two.sari.refused(DENIED, "", self.path("/return"), text_sha256=text, reason=why)
        two.agus.post(self.path("/return"), text_sha256=text, reason=why)
        two.dewi.refused(CONFLICT, "", self.path("/approve"), text_sha256=text)
        self.asked.update(asked)
        self.names = self.asked["names"]
        self.draft(previous=first)
        before = self.show()["previous_draft"]
        expect("why it was returned", (before["order"], before["returned"]), (first, why))
        must("what changed is shown", before["changes"], before)

    def override(self, *guards):
        """By a third person, and by nobody who has a hand in it otherwise."""
        words = {"text_sha256": self.text, "guards": list(guards), "reason": "No other way."}
        self.two.agus.refused(CONFLICT, guards[0], self.path("/approve"),
                              text_sha256=self.text)
        self.two.sari.refused(DENIED, "", self.path("/override"), **words)
        self.two.rina.post(self.path("/override"), **words)
        self.two.rina.refused(CONFLICT, "", self.path("/approve"), text_sha256=self.text)

    def approve(self):
        """The exact text, by two who did not draft it; one blocks nothing."""
        two = self.two
        two.sari.refused(DENIED, "", self.path("/approve"), text_sha256=self.text)
        two.agus.refused(CONFLICT, "", self.path("/approve"), text_sha256="0" * 64)
        got = two.agus.post(self.path("/approve"), text_sha256=self.text)
        expect("after one approval", (got["state"], self.blocked()), ("draft", set()))
        two.agus.refused(CONFLICT, "", self.path("/approve"), text_sha256=self.text)
        got = two.dewi.post(self.path("/approve"), text_sha256=self.text)
        expect("after two approvals", (got["state"], self.blocked()),
               ("in_force", set(self.names)))
        for name in self.names:
            must("the public is told", two.one.must(
                "GET", f"/v1/lookup?name={name}")["blocked"])
        two.wait("the platform sees the order", lambda: any(
            o["order"] == self.id and o["state"] == "in_force"
            for o in two.max.get("/v1/orders")["orders"]))
        self.ref = two.one.must("GET", "/v1/register")["entries"][0]["ref"]
        expect("the register's order", two.register(self.ref, "in_force")["order"], self.id)

    def blocked(self):
        """The order's names in the zone."""
        rows = self.two.sari.get("/v1/zone")["rows"]
        return {r["owner"].rstrip(".") for r in rows if r["order"] == self.id}

    # ---- the public

    def object_to(self, answer_s, rule_s, kind="objection"):
        """Somebody without any credential objects, and is told by when."""
        two = self.two
        given = two.one.must("POST", "/v1/objections", body={
            "order": self.ref, "kind": kind, "language": "en", "text": "This is my shop.",
            "contact": "owner@shop.example"})
        received = when(given["received"])
        for what, seconds in (("answer_due", answer_s), ("rule_due", rule_s)):
            expect(f"{what}, after it came in", round(when(given[what]) - received), seconds)
        self.code = given["reference"]
        self.objection = two.wait("it enters the log", lambda: next((
            o["objection"] for o in two.bima.get("/v1/objections?state=open")["objections"]
            if o["order"] == self.id), None))
        self.rule_due = when(given["rule_due"])

    def answer(self):
        self.two.sari.post(f"/v1/objections/{self.objection}/answer", text="We look at it.")
        expect("what the public reads", self.tracked()["answer"], "We look at it.")

    def tracked(self):
        return self.two.one.must("GET", f"/v1/objections/{self.code}")

    def rule(self, ruling, reason, **more):
        """By a person who had no hand in the order."""
        two, path = self.two, f"/v1/objections/{self.objection}/rule"
        for who in (two.agus, two.dewi, two.sari):
            who.refused(DENIED, "", path, ruling=ruling, reason=reason, **more)
        must("in time", two.clock.now() < self.rule_due)
        got = two.bima.post(path, ruling=ruling, reason=reason, **more)
        expect("it lifts", got["lifted"], ruling != "rejected")
        shown = self.tracked()
        expect("what the public reads", (shown["state"], shown["ruling"], shown["reason"]),
               ("ruled", ruling, reason))
        two.wait("the platform has the ruling", lambda: any(
            o["objection"] == self.objection and o["ruling"] == ruling
            for o in two.max.get("/v1/objections")["objections"]))

    def upheld(self, reason):
        self.rule("upheld", reason)
        self.over("lifted")

    def over(self, state):
        """Nothing of it is in the zone, and everybody can see why."""
        expect("the order", (self.show()["state"], self.blocked()), (state, set()))
        for name in self.names:
            must("the public is told", not self.two.one.must(
                "GET", f"/v1/lookup?name={name}")["blocked"])
        entry = self.two.register(self.ref, state)
        must("its end is published", entry["ended"] and entry["lifts"], entry)
        self.two.wait("the platform has its end", lambda: any(
            o["order"] == self.id and o["state"] == state
            for o in self.two.max.get("/v1/orders")["orders"]))
