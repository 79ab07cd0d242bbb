#!/usr/bin/python3
"""Webhooks between two real nodes: a platform's own moderation system is handed what was
accepted and decides it through the API; it may be down, broken, deceived or slow to learn,
and nothing is lost, doubled or decided twice."""
import contextlib
import os
import re
import sqlite3
import sys

import yaml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import SOURCE, Failure, Lab, Node, introduce  # noqa: E402
from webhook_receiver import Forged, Moderation, Receiver, check  # noqa: E402

ITEMS, ITEMS_A_MESSAGE = 2300, 1000
BULK = 250  # above the policy's decide.confirm_above
SCOPES = ["cases:read", "cases:write"]
NOBODY = "00000000-0000-7000-8000-000000000000"
WAIT_S = 60
VECTOR = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
    b'{"test": 2432232314}', 1614265330)


def expect(got, want, what):
    if got != want:
        raise Failure(f"{what}: {got!r} instead of {want!r}")


def listed(n, word):
    rows = ["target,category,reference"]
    rows += [f"https://{word}.example/{i},{'other' if i % 10 == 0 else 'gambling'},{word}-{i}"
             for i in range(n)]
    return "\n".join(rows) + "\n"


class Stage:
    def __init__(self, lab):
        self.lab = lab
        self.authority = Node(lab, "authority", "authority.example", "Authority", "authority")
        self.platform = Node(lab, "platform", "platform.example", "Platform", "platform")
        for node in (self.authority, self.platform):
            node.init("admin")
        self.platform.configure(**{"webhook.http": "yes", "webhook.private": "yes",
                                   "webhook.retry_s": "1"})
        self.authority.configure(**{"webhook.http": "yes", "webhook.retry_s": "1"})
        for node in (self.authority, self.platform):
            node.must_start()
        introduce(self.authority, self.platform, "agreement-2017")
        self.authority.add_person("officer", "officer")
        self.platform.add_person("agent", "agent")
        self.platform.add_person("machine", "agent")

    def send(self, n, word):
        """A notice, on the platform's side and accepted; its case."""
        case = self.authority.must("POST", "/v1/notices", "officer", {
            "csv": listed(n, word), "reference": word, "subject": f"List {word}",
            "legal_basis": "Invented example"})["case"]
        self.lab.wait("the notice is at the platform", lambda: self.platform.api(
            "GET", f"/v1/cases/{case}", "agent")[0] == 200, WAIT_S)
        self.lab.wait("and may be accepted", lambda: self.platform.api(
            "POST", f"/v1/cases/{case}/accept", "agent", {})[0] == 200, WAIT_S)
        return case

    def token(self):
        """What the moderation system has: an agent's token for cases alone."""
        made = self.platform.must("POST", "/v1/tokens", "machine",
                                  {"name": "moderation", "scopes": SCOPES})
        self.bearer = {"Authorization": f"Bearer {made['credential']}"}
        return made["id"]

    def machine(self, method, path, body=None, headers=None):
        """(status, answer) of what the moderation system asks."""
        return self.platform.api(method, path, None, body,
                                 dict(headers or {}, **self.bearer))[::2]

    def hook(self):
        return self.platform.must("GET", "/v1/webhooks", "admin")["webhooks"][0]

    def deliveries(self):
        return self.platform.must("GET", f"/v1/webhooks/{self.hook()['webhook']}/deliveries",
                                  "admin")["deliveries"]

    def alarms(self):
        return [a for a in self.platform.must("GET", "/v1/alarms", "admin")["alarms"]
                if a["kind"] == "webhook"]

    def idle(self):
        """Everything wanted was handed over."""
        self.lab.wait("the webhook has caught up", lambda: self.hook()["attempts"] == 0 and
                      self.quiet(), WAIT_S)

    def quiet(self):
        newest = self.platform.must("GET", "/v1/events", "admin",
                                    None)["newest"]
        last = [e["id"] for e in self.platform.must(
            "GET", "/v1/events?types=case.accept,message.post&limit=1000", "admin")["events"]]
        return newest > 0 and (not last or self.hook()["after"] >= last[-1])


def decides(stage, receiver):
    """Three messages with all items, each item decided once, both sides agree."""
    case = stage.send(ITEMS, "first")
    stage.lab.wait("all messages came", lambda: len(receiver.messages) == 3, WAIT_S)
    bodies = [m[1] for m in receiver.messages]
    expect([len(b["data"]["items"]) for b in bodies], [1000, 1000, 300], "items a message")
    expect([b["data"]["last"] for b in bodies], [False, False, True], "the last part")
    expect({b["data"]["case"] for b in bodies}, {case}, "the case")
    expect([i["i"] for b in bodies for i in b["data"]["items"]], list(range(ITEMS)), "items")
    first = bodies[0]["data"]["items"][0]
    expect((first["given"], first["category"]), ("https://first.example/0", "other"), "an item")

    def decided():
        counts = stage.authority.must("GET", f"/v1/cases/{case}", "officer")["counts"]
        return counts["decided"] == ITEMS and counts["open"] == 0
    stage.lab.wait("the authority has every decision", decided, WAIT_S)
    kept = [i for i in stage.authority.must(
        "GET", f"/v1/cases/{case}/items?limit=1000", "officer")["items"]
        if i["outcome"] == "kept"]
    expect({i["category"] for i in kept}, {"other"}, "what was kept")
    return case


def in_order_through_errors(stage, receiver):
    """500 twice, a redirect once: the same message again, and the next one only after it."""
    case = stage.send(3, "second")
    stage.idle()
    before = len(receiver.seen)
    receiver.answer_with = [500, 307, 503]
    for text in ("one", "two"):
        stage.authority.must("POST", f"/v1/cases/{case}/say", "officer", {"text": text})
    stage.lab.wait("both came after all", lambda: len(receiver.seen) == before + 5, WAIT_S)
    stage.idle()
    seen = receiver.seen[before:]
    expect(len(set(seen[:4])), 1, "the same webhook-id, four times")
    if seen[4] == seen[3]:
        raise Failure("the second message never came")
    expect([d["status"] for d in stage.deliveries()[:5]], [204, 204, 503, 307, 500],
           "the list of deliveries")
    return case


def down(stage, receiver, case):
    """Nobody listens: an alarm, then everything once somebody does, and the alarm is past."""
    receiver.stop()
    stage.authority.must("POST", f"/v1/cases/{case}/say", "officer", {"text": "three"})
    stage.lab.wait("an alarm is raised", stage.alarms, WAIT_S)
    if not stage.hook()["failing_since"] or "onnect" not in stage.hook()["reason"]:
        raise Failure(f"the webhook does not say why: {stage.hook()}")
    stage.platform.kill()
    stage.platform.must_start()
    n = len(receiver.messages)
    receiver.start()
    stage.lab.wait("it came after a crash too", lambda: len(receiver.messages) == n + 1, WAIT_S)
    stage.lab.wait("the alarm is past", lambda: not stage.alarms(), WAIT_S)


def forged(stage, receiver, case):
    """Another secret: refused by the receiver; replaced by the admin, with an overlap."""
    right = receiver.secret
    receiver.secret = "whsec_" + "QUFB" * 10 + "QUE="
    n = len(receiver.messages)
    stage.authority.must("POST", f"/v1/cases/{case}/say", "officer", {"text": "four"})
    stage.lab.wait("it is refused", lambda: receiver.forged, WAIT_S)
    expect(receiver.forged[0], "no signature fits", "why")
    expect(len(receiver.messages), n, "taken messages")
    made = stage.platform.must("POST", f"/v1/webhooks/{stage.hook()['webhook']}/rotate",
                               "admin", {"overlap_s": 3600})
    receiver.secret = right
    stage.lab.wait("the old secret still signs", lambda: len(receiver.messages) == n + 1,
                   WAIT_S)
    stage.idle()
    receiver.secret = made["secret"]
    stage.authority.must("POST", f"/v1/cases/{case}/say", "officer", {"text": "five"})
    stage.lab.wait("so does the new one", lambda: len(receiver.messages) == n + 2, WAIT_S)
    stage.idle()


def unmade(stage, receiver, case):
    """A message that cannot be made, here as its secret cannot be opened, is a delivery
    that failed: people are told, and it goes when it can be made again."""
    n = len(receiver.messages)
    with contextlib.closing(sqlite3.connect(
            os.path.join(stage.platform.dir, "store.db"), timeout=30)) as db, db:
        sealed = db.execute("SELECT secret FROM webhook").fetchone()[0]
        db.execute("UPDATE webhook SET secret = 'x'")
    stage.authority.must("POST", f"/v1/cases/{case}/say", "officer", {"text": "six"})
    stage.lab.wait("the failure is told", lambda: stage.hook()["attempts"] > 0 and
                   stage.alarms(), WAIT_S)
    if not any(d["status"] == 0 and d["reason"] for d in stage.deliveries()):
        raise Failure(f"no delivery says why: {stage.deliveries()}")
    expect(len(receiver.messages), n, "messages")
    with contextlib.closing(sqlite3.connect(
            os.path.join(stage.platform.dir, "store.db"), timeout=30)) as db, db:
        db.execute("UPDATE webhook SET secret = ?", (sealed,))
    stage.lab.wait("then it comes", lambda: len(receiver.messages) == n + 1, WAIT_S)
    stage.idle()


def replayed(stage, receiver):
    """All over again: known by its id, and no decision is made twice."""
    hook = stage.hook()["webhook"]
    events = stage.platform.must("GET", "/v1/events?types=item.decide&limit=1000", "admin")
    count, total = len(receiver.messages), len(receiver.moderation.answers)
    stage.platform.must("POST", f"/v1/webhooks/{hook}/replay", "admin", {"after": 0})
    stage.lab.wait("all came again", lambda: receiver.twice >= count, WAIT_S)
    stage.idle()
    expect(len(receiver.messages), count, "messages that are new")
    expect(receiver.moderation.answers[:total], receiver.moderation.answers[total:2 * total],
           "the answers to decisions that were sent again")
    after = stage.platform.must("GET", "/v1/events?types=item.decide&limit=1000", "admin")
    expect(len(after["events"]), len(events["events"]), "decisions in the log")
    one = stage.deliveries()[-1]
    twice = receiver.twice
    stage.platform.must("POST", f"/v1/webhooks/{hook}/replay", "admin",
                        {"delivery": one["delivery"]})
    stage.lab.wait("one alone came again", lambda: receiver.twice == twice + 1, WAIT_S)
    expect(receiver.seen[-1], one["message"], "which one")


def refused(stage):
    """Where webhooks may not go, and who may not set them."""
    port = stage.lab.port()
    for url, status in ((f"ftp://127.0.0.1:{port}/", 400), ("https://u:p@x.example/", 400),
                        ("https://x.example/#f", 400), ("no url", 400)):
        expect(stage.platform.api("POST", "/v1/webhooks", "admin", {"url": url})[0], status,
               url)
    expect(stage.platform.api("POST", "/v1/webhooks", "agent",
                              {"url": "https://x.example/"})[0], 403, "an agent's webhook")
    # The authority's node was not told that private addresses are allowed.
    made = stage.authority.must("POST", "/v1/webhooks", "admin",
                                {"url": f"http://localhost:{port}/", "after": 0})

    def reason():
        rows = stage.authority.must("GET", f"/v1/webhooks/{made['webhook']}/deliveries",
                                    "admin")["deliveries"]
        return rows and rows[0]["reason"]
    if "private network" not in stage.lab.wait("it is refused", reason, WAIT_S):
        raise Failure(f"refused for another reason: {reason()}")
    stage.authority.must("POST", f"/v1/webhooks/{made['webhook']}/remove", "admin", {})
    expect(stage.authority.must("GET", "/v1/webhooks", "admin")["webhooks"], [], "what is left")
    path = f"/v1/webhooks/{made['webhook']}"
    expect(stage.authority.api("POST", path + "/resume", "admin", {})[0], 404, "resume what is gone")
    expect(stage.authority.api("GET", path + "/deliveries", "admin")[0], 404, "its deliveries")


def gone(stage, receiver):
    """410: switched off at once, with an alarm; resumed by a person."""
    hook = stage.hook()["webhook"]
    case = stage.send(1, "third")
    stage.idle()
    receiver.answer_with = [410]
    stage.authority.must("POST", f"/v1/cases/{case}/say", "officer", {"text": "six"})
    stage.lab.wait("it is off", lambda: not stage.hook()["active"], WAIT_S)
    expect(len(stage.alarms()), 1, "alarms")
    n = len(receiver.messages)
    stage.platform.must("POST", f"/v1/webhooks/{hook}/resume", "admin", {})
    stage.lab.wait("it goes on", lambda: len(receiver.messages) == n + 1, WAIT_S)
    stage.lab.wait("the alarm is past", lambda: not stage.alarms(), WAIT_S)


def least(stage):
    """The token opens cases and nothing else: every other route that wants a credential,
    of all that the document has, is refused."""
    with open(os.path.join(SOURCE, "docs", "openapi.yaml"), encoding="utf-8") as f:
        paths = yaml.safe_load(f)["paths"]
    asked = 0
    for path, operations in paths.items():
        for method, operation in operations.items():
            word = path.split("/")[2] if path.startswith("/v1/") else path
            if word == "cases" or operation.get("security") == []:
                continue
            status, shown = stage.machine(method.upper(), re.sub(r"{[^}]+}", NOBODY, path),
                                          None if method == "get" else {})
            expect(status, 403, f"{method} {path} with a token for cases: {shown}")
            asked += 1
    if asked < 50:
        raise Failure(f"only {asked} routes were asked")
    # An agent's role bounds it too: what is an officer's or a keeper's is refused.
    for word in ("remind", "warn", "answer", "transfer", "erase"):
        expect(stage.machine("POST", f"/v1/cases/{NOBODY}/{word}", {})[0], 403, word)
    expect(stage.machine("GET", "/v1/cases")[0], 200, "the list of cases")


def in_bulk(stage):
    """A program decides more than a person must confirm, as the preview has it."""
    case = stage.send(BULK, "bulk")
    path, ask = f"/v1/cases/{case}/decide", {"items": "open", "outcome": "removed"}
    status, shown = stage.machine("POST", path, ask)
    expect((status, shown["count"]), (409, BULK), "unconfirmed")
    for wrong in ({"confirm": shown["confirm"]}, {"selection": shown["selection"]},
                  {"selection": shown["selection"], "confirm": "yes"},
                  {"selection": "0" * 64, "confirm": shown["confirm"]}):
        got = stage.machine("POST", path, dict(ask, **wrong))
        expect(got[0] in (400, 409), True, f"confirmed by {wrong}: {got}")
    _, seen = stage.machine("POST", path + "/preview", ask)
    expect((seen["count"], seen["refused"], seen["hold_s"]), (BULK, [], 0), "the preview")
    # What was previewed is no longer what is there: refused.
    expect(stage.machine("POST", path, {"items": [0], "outcome": "removed"})[0], 200, "one")
    said = {"selection": seen["selection"], "confirm": seen["confirm"]}
    expect(stage.machine("POST", path, dict(ask, **said))[0], 409, "an older preview")
    _, seen = stage.machine("POST", path + "/preview", ask)
    said = {"selection": seen["selection"], "confirm": seen["confirm"]}
    status, shown = stage.machine("POST", path, dict(ask, **said), {"Idempotency-Key": case})
    expect((status, shown.get("items")), (200, BULK - 1), f"the bulk: {shown}")
    expect(stage.machine("POST", path, dict(ask, **said), {"Idempotency-Key": case}),
           (status, shown), "and again")
    stage.lab.wait("the authority has it", lambda: stage.authority.must(
        "GET", f"/v1/cases/{case}", "officer")["counts"]["decided"] == BULK, WAIT_S)


def taken_back(stage, token):
    stage.platform.must("POST", f"/v1/tokens/{token}/revoke", "machine", {})
    expect(stage.machine("GET", "/v1/cases")[0], 401, "a token that was taken back")


def main():
    secret, headers, body, now = VECTOR
    expect(check(secret, headers, body, now), headers["webhook-id"], "the published vector")
    try:
        check(secret, headers, body + b" ", now)
        raise Failure("a changed body passes the check")
    except Forged:
        pass
    with Lab() as lab:
        stage = Stage(lab)
        receiver = Receiver(lab.port())
        made = stage.platform.must("POST", "/v1/webhooks", "admin", {
            "url": f"http://127.0.0.1:{receiver.port}/hook",
            "types": "case.accept,message.post"})
        receiver.secret = made["secret"]
        token = stage.token()
        receiver.moderation = Moderation(stage.machine)
        receiver.start()
        if "secret" in str(stage.hook().keys() - {"old_secret_until"}):
            raise Failure("a list shows secrets")
        decides(stage, receiver)
        case = in_order_through_errors(stage, receiver)
        down(stage, receiver, case)
        forged(stage, receiver, case)
        unmade(stage, receiver, case)
        replayed(stage, receiver)
        gone(stage, receiver)
        refused(stage)
        receiver.stop()
        least(stage)
        in_bulk(stage)
        taken_back(stage, token)
        stage.authority.stop()
        stage.platform.stop()
    print("webhooks: ok")


if __name__ == "__main__":
    main()
