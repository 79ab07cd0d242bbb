#!/usr/bin/env python3
"""kill -9 of a node at the points of each kind of act beside the story's: import of e-mail, evidence,
adoption of a policy, decisions that are held, approval and end of an order, webhooks, rebuild, the
store's key.  Whoever asks again finds nothing lost, nothing doubled, and views that are what a
rebuild gives.

The daemons are built with -Dfaults=true: the n-th point from now on kills, for every n that an act
passes."""
import base64
import http.client
import json
import os
import re
import ssl
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as lab_module  # noqa: E402
from acts import CONFLICT, OK, Two, expect, must  # noqa: E402
from lab import BIN, Failure, Lab, Refused  # noqa: E402
from order_acts import Order  # noqa: E402
from webhook_receiver import Receiver  # noqa: E402

EVERY = 100000  # points between two deaths: one a try
POINTS_MAX = 12
DIES_S, QUIET_S, POLL_S = 10, 1, 0.02
HOLD_S, STEP_S = 600, 900
EXIT_KILLED = -9
DEAD = (OSError, ssl.SSLError, http.client.HTTPException)


class Killed(Exception):
    """The node died under the question."""


class Fire:
    """One node under fire: from arm() on, its n-th point kills it."""

    def __init__(self, lab, node):
        self.lab, self.node = lab, node
        self.path = lab.path(node.name + ".faults")
        self.kills = {}
        self.disarm()
        node.env = {**node.env, "SALURAN_FAULT_FILE": self.path}

    def arm(self, n):
        self.write(f"{EVERY} {n} 0\n")

    def disarm(self):
        self.write("0 0 0\n")

    def write(self, text):
        """Another file: a node that has the one before open writes its count into that."""
        with open(self.path + ".new", "w", encoding="ascii") as f:
            f.write(text)
        os.replace(self.path + ".new", self.path)

    def revive(self):
        """True: it was dead."""
        self.disarm()
        if self.node.alive():
            return False
        self.lab.tend()
        with open(self.lab.path(self.node.name + ".log"), encoding="utf-8") as f:
            self.kills = re.findall(r"fault: kill at (\S+),", f.read())
        return True

    def under(self, act):
        """Do act(n) at a time when the n-th point kills, then once more in peace; until an act
        passes fewer points than that.  `act` is asked again and must not care."""
        for n in range(POINTS_MAX):
            self.arm(n)
            died = self.survived(act, n)
            while self.survived(act, n):  # a death that was on its way
                died = True
            if not died:
                return
        # More points than were tried: those were enough.

    def survived(self, act, n):
        """Do it; True: the node died, and is there again."""
        try:
            act(n)
        except (Killed, Refused, *DEAD) as e:
            if isinstance(e, Refused) and e.code != lab_module.EXIT_LATER:
                raise
            self.lab.children[self.node.name].wait(DIES_S)
        return self.revive()

    def quiet(self, probe):
        """Until it is so, nothing kills for a while, or the node dies."""
        until = time.monotonic() + QUIET_S
        while self.node.alive() and time.monotonic() < until:
            try:
                if probe():
                    return
            except Refused:
                pass
            time.sleep(POLL_S)
        if not self.node.alive():
            raise Killed

    def hit(self, *points):
        missing = set(points) - set(self.kills)
        if missing:
            raise Failure(f"{self.node.name} was never killed at {missing}, but at "
                          f"{set(self.kills)}")


def patiently(lab, act):
    """A death that was on its way is no failure of what is only looked at."""
    until = time.monotonic() + lab_module.START_S
    while True:
        lab.tend()
        try:
            return act()
        except (Refused, *DEAD) as e:
            late = not isinstance(e, Refused) or e.code == lab_module.EXIT_LATER
            if not late or time.monotonic() > until:
                raise


def events(who, kind, case=None):
    """Events of a type in the node's feed, but void ones."""
    at, found = "0", []
    while True:
        path = (f"/v1/events?types={kind}&limit=1000&after={at}"
                + (f"&case={case}" if case else ""))
        page = patiently(who.node.lab, lambda p=path: who.get(p))
        found += page["events"]
        at = page["next"]
        if not page["more"]:
            for e in found:
                must("no event is void", not e["void"], e)
            return found


def once(what, rows, n=1):
    if len(rows) != n:
        raise Failure(f"{what}: {len(rows)} instead of {n}: {rows}")


# ---- acts


def letter(n, k):
    return (f"From: a@b.example\nTo: c@d.example\nSubject: Letter {n}-{k}\n"
            f"Message-ID: <{n}-{k}@b.example>\nDate: Tue, 1 Aug 2017 10:00:00 +0000\n\n"
            f"Please look at https://t.me/channel{n}x{k}/1 and https://t.me/other{n}x{k}/2\n")


def mails(two, fire):
    """Whole or not at all, and the same bytes once."""
    def act(n):
        for k in range(2):
            body = {"raw": base64.b64encode(letter(n, k).encode()).decode()}
            status, _, got = two.one.api("POST", "/v1/mail", "sari", body)
            expect("the import", status, OK)
            must("it is here", got["answer"] in ("imported", "again"), got)
            must("all of it", got["proposals"] == 2, got)
    fire.under(act)
    shown = two.sari.get("/v1/mail?limit=1000")["mails"]
    subjects = [m["subject"] for m in shown]
    expect("mails that are there twice", len(subjects) - len(set(subjects)), 0)
    once("proposals that are not two", [m for m in shown if m["proposals"] != 2], 0)
    return shown


def mails_sent(two, fire, shown):
    """As one notice, under one reference, with its evidence; nothing half done."""
    mails_ = [m["mail"] for m in shown[:2]]

    def act(_):
        status, _, got = two.one.api("POST", "/v1/mail/send", "sari", {
            "mails": mails_, "category": "other", "reference": "mails", "subject": "Letters",
            "legal_basis": "Invented example"})
        if status == CONFLICT:  # it went before the answer did
            must("it was sent", two.sari.get("/v1/mail?state=sent&limit=9")["mails"], got)
        else:
            expect(f"sending: {got}", status, OK)
    fire.under(act)
    two.settle()
    once("notices of the letters", [e for e in events(two.sari, "notice.send")])

    def given():
        case = two.sari.get("/v1/mail?state=sent&limit=9")["mails"][0]["case"]
        files = two.max.get(f"/v1/cases/{case}/evidence")["files"]
        return len(files) == 2 and case
    case = two.wait("both letters are evidence", given)
    once("events of evidence", events(two.sari, "evidence.add", case), 2)


def evidence(two, fire_one, fire_two, case):
    """Files that go up in pieces, and over in pieces, while either node dies."""
    lab = two.sari.node.lab
    for i, (up, over) in enumerate(((fire_one, fire_one), (None, fire_two))):
        content, name = os.urandom(300_000), f"{i}.bin"
        made = patiently(lab, lambda n=name, c=content: two.sari.post(
            f"/v1/cases/{case}/evidence", name=n, bytes=len(c),
            media_type="application/octet-stream"))
        path = f"/v1/uploads/{made['upload']}"
        for n in range(POINTS_MAX if up else 0):
            up.arm(n)
            up.survived(lambda _, p=path, c=content: put(two, p, c, 20_000), n)
        patiently(lab, lambda p=path, c=content: put(two, p, c, len(c)))

        def arrived(n=name):
            return [f for f in two.max.get(f"/v1/cases/{case}/evidence")["files"]
                    if f["name"] == n and f["checked"] and f["here"] == "whole"]
        for n in range(POINTS_MAX):
            over.arm(n)
            over.survived(lambda _: over.quiet(arrived), n)
        once(f"files {name}", two.wait(f"{name} arrives", arrived))
        status, _, read = two.two.api("GET", f"/v1/evidence/{arrived()[0]['sha256']}", "max")
        expect("the file as the platform opens it", (status, read == content), (OK, True))
    once("events of evidence", events(two.sari, "evidence.add", case), 2)


def put(two, path, content, most):
    """Goes on from where the node says that it stands, by `most` bytes."""
    status, _, at = two.one.api("GET", path, "sari")
    if status != OK or at["offset"] == len(content):
        return  # it is whole, and perhaps gone over
    status, _, got = two.one.api(
        "PUT", f"{path}?offset={at['offset']}", "sari",
        content[at["offset"]:at["offset"] + most],
        {"Content-Type": "application/octet-stream"})
    expect(f"a piece: {got}", status, OK)


def adoption(two, fire_one, fire_two):
    """Both sides adopt, both die: adopted once each, in effect on both."""
    sha = []

    def first(_):
        status, _, got = two.one.api("POST", "/v1/policies", "wati", {"policy": "id-2014"})
        if status != CONFLICT:  # it is adopted already
            expect(f"adopting: {got}", status, OK)
            sha[:] = [got["sha256"]]
    fire_one.under(first)
    two.settle()
    sha[:] = sha or [next(p["sha256"] for p in two.wati.get("/v1/policies")["known"]
                          if p["name"] == "id-2014")]

    def second(_):
        status, _, got = two.two.api("POST", "/v1/policies", "pavel", {"policy": sha[0]})
        must("adopting", status in (OK, CONFLICT), got)
    fire_two.under(second)
    two.settle()
    for who in (two.wati, two.pavel):
        two.wait("the policy is in effect", lambda w=who: w.get(
            "/v1/policies")["channels"][0]["in_effect"]["sha256"] == sha[0])
        once("adoptions, with the first two", events(who, "policy.adopt"), 2 + BEFORE)


BEFORE = 0  # adoptions by the introduction itself


def held(two, fire, case):
    """A decision on more than may be decided at once waits; has effect once, or is cancelled."""
    def act(_):
        shown = two.max.get("/v1/held?state=held")["held"]
        if [h for h in shown if h["case"] == case]:
            return  # it waits
        status, _, seen = two.two.api("POST", f"/v1/cases/{case}/decide/preview", "max",
                                      {"items": "open", "outcome": "removed"})
        expect(f"the preview: {seen}", status, OK)
        status, _, got = two.two.api("POST", f"/v1/cases/{case}/decide", "max", {
            "items": "open", "outcome": "removed", "selection": seen["selection"],
            "confirm": seen["confirm"]})
        expect(f"deciding: {got}", status, OK)
    fire.under(act)
    shown = patiently(two.lab, lambda: two.max.get("/v1/held?state=held"))["held"]
    once("decisions that wait", [h for h in shown if h["case"] == case])
    once("decisions before their time", events(two.max, "item.decide", case), 0)
    two.clock.forward(HOLD_S)

    fire.under(lambda _: fire.quiet(
        lambda: two.show(case, two.max)["counts"]["open"] == 0))
    two.wait("it has effect", lambda: two.show(case, two.max)["counts"]["open"] == 0)
    decided = events(two.max, "item.decide", case)
    must("decided in one act", len(decided) == 1, decided)


def order(two, fire, case):
    """Drafted once, approved once by each, in force once, and it ends once by itself."""
    two.lapse(case)
    two.climb(case, STEP_S)
    it = Order(two, case, ["t.example"], days=1)
    it.draft()

    def sign(who, verb, **more):
        def act(_):
            status, _, got = two.one.api("POST", it.path(f"/{verb}"), who,
                                         {"text_sha256": it.text, **more})
            must(f"{verb} by {who}", status in (OK, CONFLICT), got)
        fire.under(act)
    sign("agus", "approve")
    sign("dewi", "approve")
    expect("the order", it.show()["state"], "in_force")
    once("approvals", [a for a in it.show()["acts"] if a["act"] == "approve"], 2)
    serial = two.sari.get("/v1/status")["zone_serial"]
    two.clock.forward(2 * 86400)

    def ended():
        return it.show()["state"] == "expired" and not it.blocked()
    fire.under(lambda _: fire.quiet(ended))
    two.wait("the order ends by itself", ended)
    once("ends", events(two.sari, "order.expire"))
    must("the serial rises", two.sari.get("/v1/status")["zone_serial"] > serial)


def webhooks(two, fire, receiver, case):
    """Each event at least once, in their order, the same id whenever it comes again."""
    receiver.secret = None
    made = two.pavel.post("/v1/webhooks", url=f"http://127.0.0.1:{receiver.port}/",
                          types="message.post")
    receiver.secret = made["secret"]
    receiver.start()
    for n in range(POINTS_MAX):
        patiently(two.lab, two.settle)
        fire.arm(n)
        two.sari.post(f"/v1/cases/{case}/say", text=f"Invented {n}")
        until = time.monotonic() + 2
        while time.monotonic() < until and fire.node.alive() and len(
                receiver.messages) <= n:
            time.sleep(0.02)
        fire.revive()
        two.lab.wait(f"message {n} is handed over", lambda c=n + 1: len(
            receiver.messages) >= c)
    ids = [m for m, _ in receiver.messages]
    wanted = [e["id"] for e in events(two.max, "message.post", case)][-POINTS_MAX:]
    expect("what was handed over, in its order",
           [m["data"]["id"] for _, m in receiver.messages], wanted)
    expect("ids that are there twice", len(ids) - len(set(ids)), 0)
    expect("forged messages", receiver.forged, [])
    before = len(receiver.seen)
    two.pavel.post(f"/v1/webhooks/{made['webhook']}/replay", after=0)
    two.lab.wait("all are handed over again", lambda: len(receiver.seen)
                 >= before + POINTS_MAX)
    receiver.stop()


def rebuild(two, fire):
    def act(_):
        status, _, got = two.one.api("POST", "/v1/rebuild", "wati", {})
        expect("rebuilding", (status, got["equal"]), (OK, True))
    fire.under(act)


def store_key(two, fire):
    """saluran key rotate-store, killed at each of its points; the node starts with either key."""
    def run(n):
        fire.arm(n)
        done = subprocess.run([BIN, "key", "rotate-store", "--dir", two.one.dir, "--json"],
                              env={**os.environ, "SALURAN_FAULT_FILE": fire.path},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=lab_module.COMMAND_S, check=False)
        fire.disarm()
        return done
    two.lab.restless = False
    two.one.stop()
    points, done = set(), None
    for n in range(POINTS_MAX):
        done = run(n)
        if done.returncode != EXIT_KILLED:
            break
        points |= set(re.findall(r"fault: kill at (\S+),", done.stderr))
        two.one.must_start()
        two.sari.get("/v1/status")
        two.one.stop()
    expect("the rotation", done.returncode, 0)
    must("it sealed something", json.loads(done.stdout)["sealed"] > 0, done.stdout)
    must("it was killed everywhere", {"rotate.key", "rotate.before", "rotate.after",
                                      "rotate.placed"} <= points, points)
    two.one.must_start()
    two.sari.get("/v1/status")


# ---- all


def policy(lab):
    with open(os.path.join(lab_module.SOURCE, "policies", "demo.json"), encoding="utf-8") as f:
        text = json.load(f)
    text["name"] = "moved"  # the clock is: nothing is due by itself meanwhile
    for row in text["classes"]:
        row["accept_s"] = row["decide_s"] = STEP_S
    for step in text["ladder"]:
        step["after_s"] = STEP_S
    text["decide"] = {"confirm_above": 2, "hold_s": HOLD_S}
    return json.dumps(text)


def main():
    with Lab() as lab:
        two = Two(lab)
        two.two.configure(**{"webhook.http": "yes", "webhook.private": "yes",
                             "webhook.retry_s": "1"})
        fires = [Fire(lab, node) for node in (two.one, two.two)]
        two.stop()
        for node in (two.one, two.two):
            node.must_start()
        # A secret, so that there is something to seal.
        two.wati.post("/v1/operators", name="isp", address="127.0.0.9", tsig=True)
        introduce(two, policy(lab))
        lab.restless = True  # whoever dies late is there again for the next question
        global BEFORE
        BEFORE = len(events(two.wati, "policy.adopt"))
        two.contacts()
        shown = mails(two, fires[0])
        mails_sent(two, fires[0], shown)
        case = two.notice("held", [f"https://t.me/heldchannel/{i}" for i in range(1, 6)], "other")
        two.act(two.max, case, "accept")
        evidence(two, *fires, case)
        webhooks(two, fires[1], Receiver(lab.port()), case)
        held(two, fires[1], case)
        late = two.notice("order", ["https://t.example/1", "https://t.example/2"], "other")
        order(two, fires[0], late)
        adoption(two, *fires)
        rebuild(two, fires[0])
        store_key(two, fires[0])
        two.rebuilt()
        fires[0].hit("commit.before", "commit.after")
        must("killed around a rebuild", {"views.before", "views.after"} & set(fires[0].kills),
             fires[0].kills)
        fires[1].hit("commit.before", "commit.after")
        # Which of the two depends on what the node does beside it.
        must("killed around a webhook", {"hook.send.before", "hook.send.after"} & set(
            fires[1].kills), fires[1].kills)
        two.stop()
        kills = sum(len(f.kills) for f in fires)
        print(f"act crash: ok, {kills} kills")


def introduce(two, text):
    for mine, theirs, more in ((two.wati, two.pavel, {"policy": text}),
                               (two.pavel, two.wati, {})):
        made = mine.post("/v1/peers/introduce", peer=theirs.node.org, **more)
        theirs.post("/v1/peers", file=made["file"], fingerprint=made["fingerprint"],
                    **({"policy": text}))
    two.settle()


if __name__ == "__main__":
    try:
        main()
    except Refused as e:
        raise Failure(f"refused: {e}") from e
