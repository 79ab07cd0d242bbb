#!/usr/bin/python3
"""The API's document against real traffic: a story between two nodes, played through the
API alone and recorded, is validated by tools that are not ours (tests/openapi)."""
import datetime
import hashlib
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import SOURCE, Failure, Lab, Node, introduce  # noqa: E402

CHECK = os.path.join(SOURCE, "tests", "openapi")
DOCUMENT = os.path.join(SOURCE, "docs", "openapi.yaml")
PASSWORD = "correct horse battery staple 9"
NOBODY = "00000000-0000-7000-8000-000000000000"
WAIT_S = 60
INSTALL_S = 300
COVERED_MIN = 40  # operations that the story has answered


def install():
    """The tools, as the lock file names them; from the network once."""
    if os.path.isdir(os.path.join(CHECK, "node_modules", "ajv")):
        return
    run = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=CHECK,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         timeout=INSTALL_S, check=False)
    if run.returncode != 0:
        raise Failure(f"npm cannot install tests/openapi:\n{run.stdout[-2000:]}")


def validate(*words):
    """(exit status, output)"""
    run = subprocess.run(["node", os.path.join(CHECK, "validate.mjs"), *words], cwd=CHECK,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         timeout=INSTALL_S, check=False)
    return run.returncode, run.stdout


class Story:
    def __init__(self, lab):
        self.lab = lab
        self.authority = Node(lab, "authority", "authority.example", "Authority", "authority")
        self.platform = Node(lab, "platform", "platform.example", "Platform", "platform")
        for node in (self.authority, self.platform):
            node.init("admin")
            node.must_start()
        introduce(self.authority, self.platform, "demo")
        for name, role in (("officer", "officer"), ("approver", "approver"),
                           ("approver2", "approver"), ("auditor", "auditor")):
            self.authority.add_person(name, role)
        self.platform.add_person("agent", "agent")

    def post(self, node, path, who, body=None, key=None):
        return node.must("POST", path, who, body or {},
                         {"Idempotency-Key": key} if key else None)

    def arrives(self, node, path, who, probe=bool):
        """Ask until it is there, without putting the waiting on the record."""
        record = os.environ.pop("SALURAN_RECORD")
        try:
            self.lab.wait(f"{path} arrives", lambda: (
                lambda got: got[0] == 200 and probe(got[2]))(node.api("GET", path, who)),
                WAIT_S)
        finally:
            os.environ["SALURAN_RECORD"] = record

    def people(self):
        a = self.authority
        a.must("POST", "/v1/persons", "admin",
               {"name": "sari", "role": "officer", "password": PASSWORD})
        a.api("POST", "/v1/persons", "admin", {"name": "sari", "role": "officer"})
        session = a.must("POST", "/v1/login", None, {"name": "sari", "password": PASSWORD})
        bearer = {"Authorization": f"Bearer {session['session']}"}
        a.must("GET", "/v1/me", None, headers=bearer)
        a.must("GET", "/v1/sessions", None, headers=bearer)
        token = a.must("POST", "/v1/tokens", None, {"name": "t", "scopes": ["cases:read"]},
                       bearer)
        scoped = {"Authorization": f"Bearer {token['credential']}"}
        a.must("GET", "/v1/cases", None, headers=scoped)
        a.api("GET", "/v1/persons", None, headers=scoped)
        a.must("POST", f"/v1/tokens/{token['id']}/revoke", None, {}, bearer)
        other = a.must("POST", "/v1/login", None, {"name": "sari", "password": PASSWORD})
        mine = {"Authorization": f"Bearer {other['session']}"}
        first = next(row["id"] for row in a.must("GET", "/v1/sessions", None,
                                                 headers=mine)["sessions"] if not row["this"])
        a.must("POST", f"/v1/sessions/{first}/revoke", None, {}, mine)
        a.must("POST", "/v1/persons/sari/link", "admin", {})
        a.must("POST", "/v1/logout", None, {}, mine)
        a.must("POST", "/v1/persons/sari/withdraw", "admin", {})
        for path in ("/v1/persons", "/v1/status", "/v1/peers", "/v1/alarms", "/v1/access",
                     "/v1/metrics", "/v1/tokens", "/v1/contacts", "/v1/webhooks"):
            a.must("GET", path, "admin")

    def case(self):
        a, p = self.authority, self.platform
        csv = "target,category\nhttps://blocked.example/1,other\nhttps://blocked.example/2,hate\n"
        bad = {"csv": "target,category\nnonsense,other\nhttps://a.example/1,nothing\n"}
        a.must("POST", "/v1/batches/check", "officer", bad)
        self.lists(csv)
        notice = {"csv": csv, "reference": "r-1", "subject": "One", "legal_basis": "Invented"}
        case = self.post(a, "/v1/notices", "officer", notice, "key-1")["case"]
        self.post(a, "/v1/notices", "officer", notice, "key-1")
        a.api("POST", "/v1/notices", "officer", dict(notice, subject="Two"),
              {"Idempotency-Key": "key-1"})
        self.arrives(p, f"/v1/cases/{case}", "agent")
        path = f"/v1/cases/{case}"
        self.post(p, path + "/accept", "agent", None, "key-2")
        p.api("POST", path + "/accept", "agent", {})
        self.post(p, path + "/say", "agent", {"text": "Hello"})
        self.arrives(a, path, "officer", lambda c: c["messages"])
        self.post(a, path + "/read", "officer")
        self.post(p, path + "/decide", "agent", {"items": [0], "outcome": "removed"})
        p.api("POST", path + "/decide", "agent", {"items": [1], "outcome": "nonsense"})
        for node, who in ((a, "officer"), (p, "agent")):
            for q in ("/v1/cases", "/v1/cases?limit=1", path, path + "/items?limit=1",
                      path + "/items", "/v1/events?limit=5", f"/v1/events?case={case}"):
                node.must("GET", q, who)
        _, headers, _ = a.api("GET", path, "officer")
        a.api("GET", path, "officer", headers={"If-None-Match": headers["etag"]})
        a.must("GET", path + "/bundle", "auditor")
        return case

    def lists(self, csv):
        """A list in two parts, one of them twice."""
        a, bytes_ = self.authority, csv.encode()
        said = {"name": "list.csv", "bytes": len(bytes_),
                "sha256": hashlib.sha256(bytes_).hexdigest()}
        path = "/v1/lists/" + a.must("POST", "/v1/lists", "officer", said)["list"]
        for at in (0, 0, 10):
            a.api("POST", path + "/parts", "officer",
                  {"offset": at, "text": csv[at:10 if at == 0 else None]})
        a.must("GET", path, "officer")
        a.must("GET", f"/v1/lists?file={said['sha256']}", "officer")
        a.must("POST", "/v1/batches/check", "officer",
               {"list": path.split("/")[-1], "skip_earlier": True})
        a.must("POST", path + "/drop", "officer", {})

    def picture(self, case):
        """A file given, shown grey, then clear; and what people may want of it."""
        a, bytes_ = self.authority, b"\xff\xd8\xff\xe0 no real picture"
        made = a.must("POST", f"/v1/cases/{case}/evidence", "officer",
                      {"name": "bukti.jpg", "bytes": len(bytes_), "media_type": "image/jpeg"})
        got = a.must("PUT", f"/v1/uploads/{made['upload']}?offset=0", "officer", bytes_,
                     {"Content-Type": "application/octet-stream"})
        self.arrives(a, f"/v1/cases/{case}/evidence", "officer", lambda got: got["files"])
        path = f"/v1/evidence/{got['sha256']}"
        a.api("POST", path + "/reveal", "officer", {"stage": "clear", "reason": "x"})
        shown = a.must("POST", path + "/reveal", "officer", {"stage": "grey"})
        a.must("GET", shown["view"], "officer")
        a.must("POST", path + "/reveal", "officer", {"stage": "clear", "reason": "To decide"})
        a.must("GET", "/v1/reveals?limit=1", "auditor")
        a.must("GET", "/v1/reveals", "auditor")
        a.must("GET", "/v1/approvals", "auditor")
        a.must("GET", "/v1/me/shield", "officer")
        a.api("POST", "/v1/me/shield", "officer", {"pictures": "staged", "per_shift": 100000})
        a.must("POST", "/v1/me/shield", "officer", {"pictures": "staged", "per_shift": 10})

    def ladder(self, case):
        """Remind and warn as the policy lets it, each when its time has come."""
        path = f"/v1/cases/{case}"
        record = os.environ.pop("SALURAN_RECORD")
        for act, body in (("remind", {}), ("warn", {"level": 1}), ("warn", {"level": 2}),
                          ("warn", {"level": 3})):
            os.environ["SALURAN_RECORD"] = record
            self.authority.api("POST", f"{path}/{act}", "officer", body)
            del os.environ["SALURAN_RECORD"]
            step = "remind" if act == "remind" else body["level"]

            def taken(step=step):
                rungs = self.authority.must("GET", path, "officer")["ladder"]
                return any(r["received"] and (r["step"] == "remind" if step == "remind" else
                                              r["level"] == step) for r in rungs)

            def acts(act=act, body=body, taken=taken):
                return taken() or (self.authority.api(
                    "POST", f"{path}/{act}", "officer", body)[0] >= 0 and taken())
            self.lab.wait(f"{act} {body} is receipted", acts, WAIT_S)
        os.environ["SALURAN_RECORD"] = record

    def order(self, case):
        a = self.authority
        ask = {"names": ["blocked.example"], "cites": [case]}
        a.must("POST", "/v1/orders/check", "officer", ask)
        draft = a.must("POST", "/v1/orders", "officer", dict(
            ask, reasons="r", legal_basis="l", proportionality="p", collateral="c",
            ends=self.end(),
            owner={"told": True, "channel": "email", "text": "told"}))
        order = draft["order"]
        shown = a.must("GET", f"/v1/orders/{order}", "approver")
        a.must("GET", "/v1/orders", "auditor")
        text = {"text_sha256": shown["text_sha256"]}
        a.api("POST", f"/v1/orders/{order}/approve", "approver", {"text_sha256": "0" * 64})
        a.api("POST", f"/v1/orders/{order}/approve", "approver", text)
        a.api("POST", f"/v1/orders/{order}/approve", "approver2", text)
        a.must("GET", "/v1/zone", "auditor")
        a.must("GET", "/v1/lookup?name=blocked.example")
        a.api("POST", f"/v1/orders/{order}/lift", "approver", {"reason": "done"})
        a.must("GET", f"/v1/orders/{order}", "auditor")

    @staticmethod
    def end():
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=7)
        return soon.strftime("%Y-%m-%dT%H:%M:%SZ")

    def errors(self):
        a = self.authority
        a.api("GET", "/v1/cases")
        a.api("GET", "/v1/cases?limit=0", "officer")
        a.api("GET", "/v1/cases?what=1", "officer")
        a.api("GET", f"/v1/cases/{NOBODY}", "officer")
        a.api("GET", "/v1/nothing", "officer")
        a.api("DELETE", "/v1/cases", "officer")
        a.api("POST", "/v1/persons", "officer", {"name": "x", "role": "officer"})
        a.api("POST", "/v1/persons", "admin", b"{", {"Content-Type": "application/json"})
        a.api("POST", "/v1/persons", "admin", {}, {"Content-Type": "text/plain"})

    def webhooks(self):
        p = self.platform
        made = p.must("POST", "/v1/webhooks", "admin", {"url": "https://receiver.invalid/x",
                                                        "types": "case.reopen"})
        path = f"/v1/webhooks/{made['webhook']}"
        p.must("GET", "/v1/webhooks", "admin")
        p.must("POST", path + "/rotate", "admin", {"overlap_s": 0})
        p.must("POST", path + "/replay", "admin", {"after": 1})
        p.must("GET", path + "/deliveries", "admin")
        p.must("POST", path + "/resume", "admin", {})
        p.must("POST", path + "/remove", "admin", {})


def of_others():
    """What the other end-to-end tests said in their last run of this build."""
    folder = os.environ.get("SALURAN_TRAFFIC")
    names = sorted(os.listdir(folder)) if folder and os.path.isdir(folder) else []
    for name in names:
        code, text = validate(DOCUMENT, os.path.join(folder, name))
        if code != 0:
            raise Failure(f"docs/openapi.yaml does not describe what {name} has:\n" + text)
        print(f"{name}: {text.splitlines()[-1]}")


def spoiled(lab, text):
    """The check can fail: on another document, and on other traffic."""
    bad = lab.write("bad.yaml", text.replace("openapi: 3.1.0", "openapi: 3.1.0\nextra: 1"))
    if validate(bad)[0] == 0:
        raise Failure("a document with a member that OpenAPI does not know passes")
    row = ('{"method":"GET","path":"/v1/status","sent":{},"body":null,"status":200,'
           '"headers":{"content-type":"application/json","etag":"x"},"answer":{"org":7}}\n')
    if validate(DOCUMENT, lab.write("bad.jsonl", row))[0] == 0:
        raise Failure("an answer of another shape passes")


def main():
    install()
    with Lab() as lab:
        traffic = lab.path("traffic.jsonl")
        os.environ["SALURAN_RECORD"] = traffic
        story = Story(lab)
        story.people()
        case = story.case()
        story.picture(case)
        story.errors()
        story.webhooks()
        story.ladder(case)
        story.order(case)
        code, text = validate(DOCUMENT, traffic)
        keep = os.environ.get("SALURAN_RECORD_KEEP")
        if keep:
            with open(traffic, encoding="utf-8") as f, open(keep, "w", encoding="utf-8") as g:
                g.write(f.read())
        if code != 0:
            raise Failure("docs/openapi.yaml does not describe what was said:\n" + text)
        print(text.splitlines()[-1])
        answered = int(text.split(" exchanges, ")[1].split()[0])
        if answered < COVERED_MIN:
            raise Failure(f"{answered} operations were answered, {COVERED_MIN} are needed")
        with open(DOCUMENT, encoding="utf-8") as f:
            spoiled(lab, f.read())
        of_others()
        story.authority.stop()
        story.platform.stop()


if __name__ == "__main__":
    main()
