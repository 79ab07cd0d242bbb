"""Two nodes whose people act through the JSON API alone, and a wall clock that a test moves: what
tests/e2e/test_policy_stories.py tells its stories with.

Acts go over HTTPS.  Questions that are asked until the answer is there go to the local socket,
which is the same API without a limit on how often."""
import http.client
import json
import os
import time

import lab as lab_module
from lab import Failure, Node, Refused, expect, when

MINUTE, HOUR, DAY = 60, 3600, 86400
US_PER_S = 1000000
WAIT_S = 60          # for what the nodes do by themselves, on a busy machine
OK, INVALID, DENIED, NOT_FOUND, CONFLICT, GONE = 200, 400, 403, 404, 409, 410
AUTHORITY_PEOPLE = {"sari": "officer", "agus": "approver", "dewi": "approver",
                    "rina": "approver", "bima": "approver", "tono": "auditor"}
PLATFORM_PEOPLE = {"max": "agent", "lena": "lead"}


def must(what, truth, shown=None):
    if not truth:
        raise Failure(f"{what}: {shown!r}")


class Clock:
    """The wall clock of both nodes, which only goes forward; one that does not move is waited
    for."""

    def __init__(self, lab, moves):
        self.lab, self.moves = lab, moves
        self.path, self.ahead_s = lab.path("clock"), 0
        self.write()

    def write(self):
        with open(self.path + ".new", "w", encoding="ascii") as f:
            f.write(f"{self.ahead_s * US_PER_S}\n")
        os.rename(self.path + ".new", self.path)

    def now(self):
        return time.time() + self.ahead_s

    def forward(self, seconds):
        self.ahead_s += int(seconds) + 1
        self.write()

    def until(self, at):
        """`at` has passed."""
        if self.moves and at >= self.now():
            self.forward(at - self.now())
        self.lab.wait("the time passes", lambda: self.now() > at, WAIT_S)


class Person:
    def __init__(self, node, name):
        self.node, self.name = node, name
        self.pseudonym = node.must("GET", "/v1/me", name)["pseudonym"]

    def get(self, path):
        return self.node.get(path, self.name)

    def post(self, path, **body):
        status, _, shown = self.node.api("POST", path, self.name, body)
        if status != OK:
            raise Failure(f"{self.name}: POST {path} answered {status}: {shown}")
        return shown

    def refused(self, want, says, path, **body):
        """The act is refused, and the sentence says why."""
        status, _, shown = self.node.api("POST", path, self.name, body)
        if status != want or says not in str(shown):
            raise Failure(f"{self.name}: POST {path} answered {status}: {shown}; expected "
                          f"{want} with {says!r}")
        return shown


class Two:
    """An authority and a platform, from nothing to an open channel, and their common acts."""

    def __init__(self, lab, moves=True):
        self.lab, self.clock = lab, Clock(lab, moves)
        env = {"SALURAN_CLOCK_FILE": self.clock.path} if moves else {}
        self.one = Node(lab, "authority", "kominfo.example", "Ministry", "authority", env)
        self.two = Node(lab, "platform", "telegram.example", "Telegram", "platform", env)
        for node, admin, people in ((self.one, "wati", AUTHORITY_PEOPLE),
                                    (self.two, "pavel", PLATFORM_PEOPLE)):
            node.init(admin)
            node.must_start()
            self.join(node, admin)
            for name, role in people.items():
                made = self.__dict__[admin].post("/v1/persons", name=name, role=role)
                node.people[name] = lab.write(f"{name}.credential", made["credential"])
                self.join(node, name)

    def join(self, node, name):
        setattr(self, name, Person(node, name))

    def wait(self, what, probe):
        return self.lab.wait(what, probe, WAIT_S)

    # ---- the channel

    def introduce(self, policy):
        """Both files and both fingerprints, as two people read them out."""
        for mine, theirs, more in ((self.wati, self.pavel, {"policy": policy}),
                                   (self.pavel, self.wati, {})):
            made = mine.post("/v1/peers/introduce", peer=theirs.node.org, **more)
            theirs.refused(DENIED, "fingerprint", "/v1/peers", file=made["file"],
                           fingerprint=theirs.node.fingerprint)
            theirs.post("/v1/peers", file=made["file"], fingerprint=made["fingerprint"])
        self.settle()

    def settle(self):
        """Everything that was written is receipted on both sides."""
        def settled():
            peers = [who.get("/v1/peers")["peers"][0] for who in (self.wati, self.pavel)]
            return all(0 < p["sent"] == p["receipted"] for p in peers) and all(
                a["sent"] == b["received"] for a, b in (peers, peers[::-1]))
        self.wait("everything is receipted", settled)

    def adopt(self, policy):
        """In effect from the second side's adoption on, as both nodes say."""
        got = self.wati.post("/v1/policies", policy=policy)
        must("one side alone adopts", not got["in_effect"], got)
        self.settle()
        self.pavel.post("/v1/policies", policy=got["sha256"])
        for who in (self.wati, self.pavel):
            self.wait(f"{policy} is in effect", lambda w=who: w.get(
                "/v1/policies")["channels"][0]["in_effect"]["sha256"] == got["sha256"])
        return got

    def policy_in_effect(self, name):
        for who in (self.sari, self.max):
            expect("the policy in effect",
                   who.get("/v1/policies")["channels"][0]["in_effect"]["name"], name)

    def contacts(self):
        """Both sides say who is reached, and a person of the platform answers a test."""
        for who, mail in ((self.wati, "desk@kominfo.example"),
                          (self.lena, "desk@telegram.example")):
            who.post("/v1/contacts", contacts=[
                {"name": "Duty desk", "reach": mail, "languages": ["en"]},
                {"name": "Head of desk", "reach": "+62 21 555", "role": "escalation"}])

        def theirs():
            shown = self.sari.get("/v1/contacts")["channels"][0]["theirs"]
            return shown["now"] and shown
        shown = self.wait("the contacts arrive", theirs)
        expect("who is reached now", shown["now"]["reach"], "desk@telegram.example")
        expect("who is next", shown["next"]["role"], "escalation")
        test = self.sari.post("/v1/channel/tests")["tests"][0]["test"]
        self.wait("the test arrives", lambda: any(
            t["test"] == test and t["state"] == "waiting"
            for t in self.max.get("/v1/channel/tests")["tests"]))
        self.max.post(f"/v1/channel/tests/{test}/ack")
        self.wait("the acknowledgement arrives", lambda: any(
            t["test"] == test and t["state"] == "acked" and t["acked_by"]
            for t in self.sari.get("/v1/channel/tests")["tests"]))

    # ---- cases

    @staticmethod
    def csv(targets, category):
        return "target,category\n" + "".join(f"{t},{category}\n" for t in targets)

    def notice(self, reference, targets, category, **more):
        """It is sent, received, and both nodes have the same deadline."""
        body = {"reference": reference, "subject": f"Invented example {reference}",
                "legal_basis": "Invented example", "csv": self.csv(targets, category), **more}
        self.sari.post("/v1/batches/check", csv=body["csv"])
        got = self.sari.post("/v1/notices", **body)
        case = got["case"]
        expect("items sent", got["items"], len(targets))
        must("sending again sends nothing",
             self.sari.post("/v1/notices", **body)["again"] is True)
        self.wait("the notice is received", lambda: self.show(case)["receipt"])
        self.there(case)
        self.wait("both know the deadline", lambda: self.due(case) and self.due(
            case, self.max) == self.due(case))
        return case

    def there(self, case):
        def probe():
            try:
                return self.max.get(f"/v1/cases/{case}")["receipt"]
            except Refused as e:
                if e.code != lab_module.EXIT_NOT_FOUND:
                    raise
                return None
        self.wait("the case is in the platform's inbox", probe)

    def show(self, case, who=None):
        return (who or self.sari).get(f"/v1/cases/{case}")

    def due(self, case, who=None):
        return self.show(case, who)["decide_due"]

    def receipt(self, case):
        return when(self.show(case)["receipt"])

    def due_after(self, case, accept_s, decide_s=None):
        """So long after the receipt, as both nodes explain it."""
        self.settle()
        for who in (self.sari, self.max):
            shown = who.get(f"/v1/cases/{case}/deadline")
            for what, seconds in (("accept", accept_s), ("decide", decide_s or accept_s)):
                expect(f"{what} by, after the receipt",
                       when(shown[what]["due"]) - self.receipt(case), seconds)
                expect("its last step", shown[what]["steps"][-1]["what"], "result")

    def act(self, who, case, what, **body):
        """The act, and the other side has it."""
        got = who.post(f"/v1/cases/{case}/{what}", **body)
        other = self.max if who.node is self.one else self.sari
        self.wait(f"{what} arrives", lambda: any(
            e["seq"] == got["seq"] and e["type"] == got["event"] and e["void"] is None
            for e in self.show(case, other)["timeline"]))
        return got

    def question(self, case, text, items, answer, stands_s):
        """The clock stands still while the authority owes an answer, and what is owed is
        later by just that."""
        before = when(self.due(case))
        self.act(self.max, case, "clarify", text=text, items=items)
        asked = self.wait("the question arrives", lambda: self.show(case)["questions"])[0]
        expect("the question", asked["text"], text)
        self.stands(case)
        self.clock.forward(stands_s)
        self.act(self.sari, case, "answer", text=answer, question=asked["question"])
        shown = self.runs(case)
        moved = when(shown["decide"]["due"]) - before
        if not stands_s <= moved <= stands_s + WAIT_S:
            raise Failure(f"a pause of {stands_s} s moved the deadline by {moved} s")
        steps = [s["what"] for s in shown["decide"]["steps"]]
        must("the pause is explained", "pause" in steps and "resume" in steps, steps)
        self.wait("both explain the same", lambda: self.max.get(
            f"/v1/cases/{case}/deadline")["decide"] == shown["decide"])

    def stands(self, case):
        """The clock stands still, as both nodes know."""
        for who in (self.sari, self.max):
            self.wait("the clock stands", lambda w=who: w.get(
                f"/v1/cases/{case}/deadline")["paused"])

    def runs(self, case):
        """The clock runs again; gives how the deadlines came about."""
        return self.wait("the clock runs again", lambda: next((
            d for d in [self.sari.get(f"/v1/cases/{case}/deadline")] if not d["paused"]),
            None))

    def lapse(self, case):
        """The deadline passes without an answer."""
        must("nothing is overdue yet", not self.show(case)["overdue"])
        self.clock.until(when(self.show(case)["due"]))
        for who in (self.sari, self.max):
            self.wait("it is overdue", lambda w=who: self.show(case, w)["overdue"])

    def climb(self, case, between_s, steps=4):
        """Each step is prepared by the node when it is due, and sent by a person."""
        for step in range(steps):
            nxt = self.wait("the step before is receipted", lambda: next(
                (s for s in [self.show(case)["next_step"]]
                 if s and not s["waits_for_receipt"]), None))
            if step > 0:
                expect("between two steps", when(nxt["not_before"]) - when(
                    self.show(case)["ladder"][-1]["received"]), between_s)
                words = ("warn", {"level": step})
                self.sari.refused(CONFLICT, "", f"/v1/cases/{case}/{words[0]}", **words[1])
            self.clock.until(when(nxt["not_before"]))
            row = self.wait("the step is prepared", lambda s=step: next(
                (p for p in self.sari.get("/v1/prepared")["prepared"]
                 if p["case"] == case and p["level"] == s), None))
            self.sari.post(f"/v1/prepared/{row['prepared']}/send",
                           text=f"Step {step}: please answer.")
        self.wait("the whole ladder is receipted", lambda: [
            (s["step"], s["level"]) for s in self.show(case)["ladder"] if s["received"]] == [
                ("remind", 0), *(("warn", n) for n in range(1, steps))])
        must("no step is left", self.show(case)["next_step"] is None)

    def disputed(self, case, item, text, ruling, outcome, **more):
        """A decision is contested; who leads the platform's work rules, and an agent decides
        as ruled."""
        dispute = self.act(self.sari, case, "dispute", text=text, items=[item])["dispute"]
        path = f"/v1/disputes/{dispute}"
        self.max.post(f"{path}/answer", text="We look at it again.")
        self.max.refused(DENIED, "lead", f"{path}/rule", ruling=ruling, reason="mine")
        self.lena.post(f"{path}/rule", ruling=ruling, reason="It is as they say.")
        self.wait("the ruling arrives", lambda: [
            d["ruling"] for d in self.show(case)["disputes"]] == [ruling])
        expect("a reversal is owed", self.show(case)["disputes"][0]["owed"], 1)
        self.act(self.max, case, "reverse", items=[item], outcome=outcome,
                 reason="As it was ruled.", **more)
        expect("none is owed", self.show(case)["disputes"][0]["owed"], 0)
        expect("what the authority sees", self.sari.get(
            f"/v1/cases/{case}/items")["items"][item]["outcome"], outcome)

    def private(self, case, text):
        """A note among colleagues, which nobody else ever sees."""
        self.sari.post(f"/v1/cases/{case}/notes", text=text)
        self.sari.post(f"/v1/cases/{case}/claim")
        expect("the colleagues' notes", [n["text"] for n in self.tono.get(
            f"/v1/cases/{case}/notes")["notes"]], [text])
        expect("the platform's notes", self.max.get(f"/v1/cases/{case}/notes")["notes"], [])
        expect("who works on it, seen from there", self.show(case, self.max)["owner"], None)
        self.settle()
        must("nothing of it has come over", text not in str(self.show(case, self.max)))

    def give(self, case, name, content):
        """A file as evidence, which the other side can open."""
        made = self.sari.post(f"/v1/cases/{case}/evidence", name=name, bytes=len(content),
                              media_type="image/png")
        got = {"offset": 0}
        for end in (len(content) // 2, len(content)):  # it goes on from where it was
            status, _, got = self.one.api(
                "PUT", f"/v1/uploads/{made['upload']}?offset={got['offset']}", "sari",
                content[got["offset"]:end], {"Content-Type": "application/octet-stream"})
            expect(f"the answer to a piece ({got})", status, OK)
        self.wait("the file arrives", lambda: [
            f["name"] for f in self.max.get(f"/v1/cases/{case}/evidence")["files"]
            if f["checked"] and f["here"] == "whole"] == [name])
        status, _, read = self.two.api("GET", f"/v1/evidence/{got['sha256']}", "max")
        expect("the file, opened by the platform", (status, read == content), (OK, True))
        return got["sha256"]

    def close(self, case, submitted, refused=0):
        """Counted and signed; the same on both sides."""
        self.wait("every decision has arrived",
                  lambda: self.show(case)["counts"]["open"] == 0)
        counts = self.act(self.sari, case, "close")["counts"]
        expect("the signed counts", counts, {
            "submitted": submitted, "accepted": submitted - refused, "refused": refused,
            "duplicate": 0, "decided": submitted - refused, "open": 0})
        for who in (self.sari, self.max):
            self.wait("it is closed", lambda w=who: self.show(case, w)["state"] == "closed")

    # ---- the end

    def same_figures(self, **wanted):
        """Statistics of both sides, equal, and what happened here."""
        seen = {}

        def heads():
            for who in (self.sari, self.max):
                seen[who.name] = who.get("/v1/statistics?each=month")
            return seen["sari"]["logs"] == seen["max"]["logs"]
        self.wait("both have the same logs", heads)
        expect("the figures of the other side", seen["sari"], seen["max"])
        total = seen["sari"]["total"]
        for path, want in wanted.items():
            part, _, figure = path.partition("__")
            expect(f"the figure {part}.{figure}", total[part][figure], want)
        return total

    def bundle(self, case):
        """Verified offline by a stranger, with both fingerprints; a changed one is not."""
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.two.api_port, timeout=lab_module.COMMAND_S,
            context=self.two.tls())
        connection.request("GET", f"/v1/cases/{case}/bundle", headers={
            "Authorization": f"Bearer {self.two.credential('max')}"})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        expect("the bundle's status", answer.status, OK)
        path = self.lab.path("case.bundle")
        report = None
        for content, want in ((data, True), (data.replace(
                b"logs/authority/", b"logs/authoritx/", 1), False)):
            with open(path, "wb") as f:
                f.write(content)
            code, got, said = lab_module.verify(path, {
                "authority": self.one.fingerprint, "platform": self.two.fingerprint})
            expect(f"the bundle verifies ({said})", code == 0, want)
            report = report or got
        return report, data

    def register(self, ref, state):
        """The public entry, and its proof, which verifies without the node."""
        status, _, entry = self.one.api("GET", f"/v1/register/{ref}")
        expect("the register's answer", (status, entry["state"]), (OK, state))
        proof = self.one.must("GET", f"/v1/register/{ref}/proof")
        path = self.lab.write("order.proof", json.dumps(proof))
        report = self.one.cli("proof", "verify", path)
        must("the proof has its events", "order.approve" in report["events"], report)
        proof["events"][-1]["jws"] = proof["events"][0]["jws"]
        self.lab.write("order.proof", json.dumps(proof))
        must("a changed proof is refused", self.one.run("proof", "verify", path)[0] != 0)
        return entry

    def rebuilt(self):
        self.settle()
        for who in (self.wati, self.pavel):
            got = who.post("/v1/rebuild")
            must("the views made anew are what they were", got["equal"], got["differ"])

    def stop(self):
        for node in (self.one, self.two):
            node.stop()
