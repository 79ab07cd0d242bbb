"""What both sides do beside the core of the story: who is reached, a question, a dispute, a file
as evidence, a draft that is returned, an objection that is upheld, and the public's view."""
import json
import os
import time

from lab import EXIT_DENIED, Failure, when

CONTACTS = {
    "kominfo": ("wati", [{"name": "Duty desk", "reach": "+62 21 5550"}]),
    "telegram": ("lena", [{"name": "Trust desk", "reach": "desk@telegram.example"},
                          {"name": "Vera", "reach": "+44 20 5550", "role": "escalation"}]),
}
PICTURE_BYTES = 60000
DISPUTED = 7   # an item of the first case that the platform keeps at first
OBJECTION = "My customers read my channel of cooking recipes there (invented example)."


class Process:
    """Of a Story, which has the nodes, the people and the cases."""

    def contacts(self):
        for node in (self.kominfo, self.telegram):
            who, contacts = CONTACTS[node.name]
            path = self.lab.write(f"{node.name}.contacts", json.dumps(contacts))
            node.cli("contacts", "set", path, who=who)

        def theirs():
            shown = self.kominfo.cli("contacts", "show", who="sari")["channels"][0]["theirs"]
            return shown if shown["now"] else None
        shown = self.lab.wait("the contacts arrive", theirs)
        test = self.kominfo.cli("channel", "test", who="sari")["tests"][0]["test"]
        self.lab.wait("the test arrives", lambda: any(
            t["test"] == test for t in self.get(self.telegram, "/v1/channel/tests")["tests"]))
        self.telegram.cli("channel", "ack", test, who="max")
        at = self.lab.wait("the answer arrives", lambda: self.get(
            self.kominfo, "/v1/channel/tests")["channels"][0]["last_acked"])
        self.tell.step("both", "Each side publishes who is reached, and who is next. A channel "
                       "test: Max, a person, has seen it.",
                       f"on duty at telegram: {shown['now']['name']}, then "
                       f"{shown['next']['name']}", f"acknowledged {at[11:19]}")

    def evidence(self):
        """A file for both sides' eyes only, delivered before the event that names it."""
        path = self.lab.path("screenshot.png")
        content = b"\x89PNG " + os.urandom(PICTURE_BYTES)
        with open(path, "wb") as f:
            f.write(content)
        got = self.kominfo.cli("evidence", "add", self.first, path, "--type", "image/png",
                               who="sari")["files"][0]["sha256"]
        self.lab.wait("the file arrives", lambda: [
            f for f in self.get(self.telegram, f"/v1/cases/{self.first}/evidence")["files"]
            if f["sha256"] == got and f["checked"] and f["here"] == "whole"])
        read = self.lab.path("read.png")
        self.telegram.cli("evidence", "get", got, "--out", read, who="max")
        with open(read, "rb") as f:
            if f.read() != content:
                raise Failure("the platform opens another file than was given")
        self.tell.step("kominfo", "Sari adds a screenshot as evidence. It is encrypted to both "
                       "sides, and telegram can open it.", f"SHA-256 {got[:16]}…")

    def returned(self, order, text, why):
        """An approver who is not content: the draft ends, and its drafter makes another."""
        self.kominfo.cli("order", "return", order, "--text-sha256", text, "--reason", why,
                         who="agus")
        if self.get(self.kominfo, f"/v1/orders/{order}")["state"] != "returned":
            raise Failure("the draft is not returned")
        self.tell.step("kominfo", f"Agus does not approve it. He returns it: \"{why}\"")

    def compared(self, why):
        before = self.show_order()["previous_draft"]
        ends = {c["is"]: c["line"] for c in before["changes"] if c["line"].startswith("Ends: ")}
        if before["returned"] != why or set(ends) != {"gone", "new"}:
            raise Failure(f"what changed is not shown: {before}")
        self.tell.step("kominfo", "What changed since the draft before is shown to everybody.",
                       f"gone: {ends['gone']}", f"new: {ends['new']}")

    def guards(self, check):
        """What was found before anybody signs, each with its figures."""
        shown = check["channel"]
        if not shown["last_acked"] or not shown["contacts"]["now"]:
            raise Failure(f"the check does not show the channel: {shown}")
        ground = check["grounds"][0]
        if not ground["ground"] or ground["open"] != ground["items"]:
            raise Failure(f"the check does not show the ground: {ground}")
        self.tell.step("kominfo", "Before anybody signs, the node shows what the order rests on "
                       "and what it would hit.",
                       f"ground: {ground['items']} items received {ground['receipt'][11:19]}, "
                       f"due {ground['due'][11:19]}, {ground['open']} open",
                       f"channel tested {shown['last_acked'][11:19]}, on duty "
                       f"{shown['contacts']['now']['name']}",
                       "owners of the names: told by e-mail")

    def question(self):
        """The clock of the second case stands still while the authority owes an answer."""
        def deadline():
            return self.get(self.kominfo, f"/v1/cases/{self.second}/deadline")
        before = deadline()["decide"]["due"]
        self.telegram.cli("clarify", self.second, "Which message of item 3?", "--items", "3",
                          who="max")

        def arrived():
            shown = self.show(self.kominfo, self.second)
            return shown["questions"] and (deadline()["paused"] or shown["overdue"])
        self.lab.wait("the clock stands", arrived)
        # A machine may be so busy that the case was late before: then it stays late.
        late = "" if deadline()["paused"] else ", were it not late already"
        self.tell.step("telegram", "Max asks about an item of the second case: the clock stands "
                       f"still until there is an answer{late}.", f"due {before[11:19]} before")
        self.kominfo.cli("answer", self.second, "The pinned one (invented example).",
                         who="sari")
        self.lab.wait("the clock runs", lambda: not deadline()["paused"])
        after = deadline()["decide"]["due"]
        if when(after) < when(before):
            raise Failure(f"a pause moved the deadline from {before} to {after}")
        self.tell.step("kominfo", "Sari answers, and the clock runs on.",
                       f"due {after[11:19]} now")

    def dispute(self):
        """A decision is contested, ruled on by who did not make it, and reversed."""
        def at(node):
            return self.show(node, self.first)["disputes"]
        self.kominfo.cli("dispute", self.first, "It has the same posts (invented example).",
                         "--items", str(DISPUTED), who="sari")
        dispute = self.lab.wait("the dispute arrives", lambda: at(self.telegram))[0]["dispute"]
        words = ("dispute", "rule", dispute, "upheld", "--reason", "It has.")
        self.refused(self.telegram, "max", EXIT_DENIED, *words)
        self.telegram.cli(*words, who="vera")
        self.telegram.cli("reverse", self.first, "--items", str(DISPUTED), "--outcome",
                          "removed", "--reason", "As it was ruled.", who="max")
        self.lab.wait("the reversal arrives", lambda: [
            (d["ruling"], d["owed"]) for d in at(self.kominfo)] == [("upheld", 0)])
        self.tell.step("telegram", "Sari disputes one of the items that were kept. Vera, who did "
                       "not decide it, rules that she is right, and Max reverses his decision.",
                       self.proof(self.receipted(self.telegram, self.first, "item.reverse")))

    def objected(self):
        """Somebody without an account objects; gives the id and the code."""
        ref = self.kominfo.must("GET", "/v1/register")["entries"][0]["ref"]
        given = self.kominfo.cli("object", ref, "--text", OBJECTION, "--language", "en")
        self.ref, self.code = ref, given["reference"]
        self.tell.step("public", "The order stands in the public register. A shopkeeper objects, "
                       "without an account, and gets a reference to follow it by.",
                       f"{ref}, reference {self.code}",
                       f"to be ruled on by {given['rule_due'][11:19]}")
        one = self.lab.wait("the objection is listed", lambda: self.get(
            self.kominfo, "/v1/objections")["objections"])[0]["objection"]
        self.kominfo.cli("objection", "answer", one, "--text", "We look into it.", who="sari")
        return one

    def upheld(self, objection):
        words = ("objection", "rule", objection, "upheld", "--reason",
                 "The names carry lawful channels (invented example).")
        for who in ("agus", "dewi", "rina"):
            self.refused(self.kominfo, who, EXIT_DENIED, *words)
        began = time.monotonic()
        if not self.kominfo.cli(*words, who="bima")["lifted"]:
            raise Failure("an objection that is upheld has lifted nothing")
        got = self.show_order()
        tracked = self.kominfo.cli("objection", "track", self.code)
        if got["state"] != "lifted" or tracked["ruling"] != "upheld":
            raise Failure(f"after the ruling the order is {got['state']}: {tracked}")
        self.tell.step("kominfo", "Agus, Dewi and Rina had a hand in the order and may not rule. "
                       "Bima does: upheld, and by that the order is lifted.",
                       f"zone serial {got['serial_off']}")
        return began, got["serial_off"]

    def figures_of_both(self):
        """Computed from the logs, so the same on both nodes."""
        self.tell.chapter("What everybody can see")
        path = self.lab.path("order.proof")
        self.kominfo.cli("register", "proof", self.ref, "--out", path)
        report = self.kominfo.cli("proof", "verify", path)
        if "order.lift" not in report["events"]:
            raise Failure(f"the register's proof has {report['events']}")
        entry = self.kominfo.must("GET", f"/v1/register/{self.ref}")
        self.tell.step("public", f"The register says that {self.ref} was lifted, and why; its "
                       "proof can be checked by anybody.",
                       f"{len(report['events'])} signed events stand in the log",
                       f"reason: {entry['lifts'][0]['reason']}")
        seen = {}

        def same():
            for node in (self.kominfo, self.telegram):
                seen[node.name] = node.must("GET", "/v1/statistics")
            return seen["kominfo"]["logs"] == seen["telegram"]["logs"]
        self.lab.wait("both nodes have the same logs", same)
        if seen["kominfo"] != seen["telegram"]:
            raise Failure(f"the figures differ: {seen}")
        f = seen["kominfo"]["total"]
        if (f["notices"]["warnings"], f["orders"]["wrong"], f["platform"]["reversals"]) != (
                3, 1, 1):
            raise Failure(f"the figures are {f}")
        self.tell.step("both", "The figures are computed from the logs, and so are the same on "
                       "both nodes.",
                       f"{f['notices']['received']} notices received, "
                       f"{f['notices']['warnings']} warnings, "
                       f"{f['items']['decided']} items decided, "
                       f"{f['platform']['reversals']} decision reversed",
                       f"{f['orders']['lifted']} order lifted, {f['orders']['wrong']} found "
                       f"wrong; {f['objections']['upheld']} objection upheld")
