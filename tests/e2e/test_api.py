#!/usr/bin/python3
"""What programs rely on: a change is refused when what it was decided on is no longer so,
event streams are counted by who opened them, and what is to be kept as a file says what it
is and under which name it may be kept."""
import base64
import hashlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Failure, Lab, Node, introduce  # noqa: E402
from test_http_attacks import Attack, expect  # noqa: E402

WAIT_S = 60
STREAMS_OF_ONE = 2
EML = ("From: a@b.example\r\nTo: c@d.example\r\nSubject: list\r\n"
       "Message-ID: <1@b.example>\r\nDate: Mon, 1 Jun 2026 10:00:00 +0000\r\n\r\n"
       "https://bad.example/1\r\n")


class Stage(Attack):
    """An authority whose API is asked by raw bytes too, and its platform."""

    def __init__(self, lab):
        super().__init__(lab)
        self.platform = Node(lab, "platform", "platform.example", "Platform", "platform")
        self.platform.init("admin")
        self.platform.must_start()
        introduce(self.node, self.platform, "demo")
        self.platform.add_person("agent", "agent")
        self.node.add_person("approver", "approver")

    def send(self, items):
        rows = "".join(f"https://a.example/{i},other\n" for i in range(items))
        case = self.node.must("POST", "/v1/notices", "officer", {
            "csv": "target,category\n" + rows, "reference": f"r-{items}", "subject": "s",
            "legal_basis": "l"})["case"]
        self.lab.wait("the notice arrives", lambda: self.platform.api(
            "GET", f"/v1/cases/{case}", "agent")[0] == 200, WAIT_S)
        return case


def stale(a):
    """The ETag of a case as If-Match: what was decided on an older sight of it is refused,
    with both versions; nothing happened."""
    case = a.send(3)
    path, p = f"/v1/cases/{case}", a.platform

    def seen():
        _, headers, shown = p.api("GET", path, "agent")
        return headers["etag"], shown["version"]

    tag, version = seen()
    expect(tag.startswith(f'"{version}:'), True, f"the version {version} in the tag {tag}")

    def unchanged():
        at, _ = seen()
        return p.api("GET", path, "agent", headers={"If-None-Match": at})[0] == 304
    a.lab.wait("an answer 304 to the tag of what was just seen", unchanged, WAIT_S)

    def act(word, body, condition):
        return p.api("POST", f"{path}/{word}", "agent", body, {"If-Match": condition})

    def fresh(word, body):
        """Done on what was seen just then; its tag and version.  What the other side's node
        adds meanwhile makes it stale, as it must."""
        def once():
            at = seen()
            status, _, shown = act(word, body, at[0])
            expect(status in (200, 409), True, f"{word} of what is seen: {shown}")
            return status == 200 and at
        return a.lab.wait(f"{word} of what is seen", once, WAIT_S)

    tag, version = fresh("accept", {})
    decide = {"items": [0], "outcome": "removed"}

    def refused():
        """A decision on what was seen before, while nothing else came."""
        before = seen()[1]
        status, _, shown = act("decide", decide, tag)
        expect(status, 409, "a decision on what was seen before")
        return before == seen()[1] and (shown, before)
    shown, now = a.lab.wait("nothing comes meanwhile", refused, WAIT_S)
    expect((shown["sent"]["version"], shown["stands"]["version"], shown["stands"]["state"]),
           (version, now, "accepted"), "both versions")
    expect(shown["stands"]["decided"], 0, "nothing happened")
    # The version alone, in quotes; no version; and both ways of saying it.
    a.lab.wait("said of the version alone", lambda: act(
        "say", {"text": "hello"}, f'"{seen()[1]}"')[0] == 200, WAIT_S)
    now = seen()[1]
    for word, condition, status in (
            ("say", '"0.0.0"', 409), ("say", "*", 200), ("say", now, 400), ("say", f'W/"{now}"', 400), ("say", f'"{now}", "x"', 400),
            ("say", "", 400)):
        got = act(word, {"text": "hello"}, condition)
        expect(got[0], status, f"{word} with If-Match {condition!r}: {got[2]}")
    expect(act("say", {"text": "x", "version": now}, f'"{now}"')[0], 400, "said twice")
    status, _, shown = act("read", {}, tag)
    expect((status, "version" in shown["detail"]), (400, True), "where there is no version")
    got = a.answers(a.head("POST " + path + "/say", 'If-Match: "1"', 'If-Match: "2"',
                           "Content-Length: 0", "Connection: close"))
    expect(got, [(400, "RFC 9110, 5.3")], "two If-Match fields")
    fresh("decide", decide)
    # Under a key too: refused, looked at again, and then done once.
    key = {"Idempotency-Key": "stale-1"}
    more = {"items": [1], "outcome": "removed"}
    expect(p.api("POST", path + "/decide", "agent", more, dict(key, **{"If-Match": tag}))[0],
           409, "stale under a key")
    a.lab.wait("a decision is receipted", lambda: p.must(
        "GET", path, "agent")["counts"]["decided"] == 1)
    again = dict(key, **{"If-Match": seen()[0]})
    one = p.api("POST", path + "/decide", "agent", more, again)
    two = p.api("POST", path + "/decide", "agent", more, again)
    expect((one[0], two[0], one[2]), (200, 200, two[2]), "once, though it is stale by then")


def streams(a):
    """A person who loads a page again and again has the newest streams, so many at one time:
    the oldest gives way at once and is told to come back later."""
    a.node.stop()
    a.node.configure(**{"api.streams_of_one": str(STREAMS_OF_ONE)})
    a.node.must_start()
    case = a.send(1)
    opened = []

    def open_one(who="officer"):
        s = a.connect()
        s.settimeout(WAIT_S)
        s.sendall(f"GET /v1/events/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: "
                  f"Bearer {a.node.credential(who)}\r\n\r\n".encode())
        return s, hear(s, b"", b"\r\n\r\n", "an answer")

    def hear(s, text, wanted, what):
        while wanted not in text:
            more = s.recv(65536)
            if not more:
                raise Failure(f"{what}: the line ended: {text!r}")
            text += more
        return text

    other = open_one("approver")
    for _ in range(STREAMS_OF_ONE + 8):
        s, text = open_one()
        expect(int(text[9:12]), 200, f"one more: {text!r}")
        opened.append((s, text))
    for s, text in opened[:8]:
        hear(s, text, b"retry: 60000\n\n\r\n0\r\n\r\n", "one that gives way")
        s.close()
    a.node.must("POST", f"/v1/cases/{case}/say", "officer", {"text": "news"})
    for s, text in opened[8:] + [other]:
        hear(s, text, b"event: message.post", "those that stay")
        s.close()


def kept(headers, name, kind, what):
    expect(headers.get("content-type"), kind, f"{what}: its type")
    expect(headers.get("content-disposition"), f"attachment; filename*=UTF-8''{name}",
           f"{what}: its name")
    expect(headers.get("x-content-type-options"), "nosniff", f"{what}: nosniff")


def files(a):
    """Bytes that matter come as they are, to be kept and never shown."""
    case = a.send(2)
    status, headers, raw = a.node.api("GET", f"/v1/cases/{case}/bundle", "officer")
    expect((status, raw[257:262]), (200, b"ustar"), "a bundle")
    kept(headers, f"case-{case}.tar", "application/x-tar", "a bundle")
    mail = a.node.must("POST", "/v1/mail", "officer", {
        "raw": base64.b64encode(EML.encode()).decode(), "source": "one.eml"})["mail"]
    status, headers, raw = a.node.api("GET", f"/v1/mail/{mail}/raw", "officer")
    expect((status, raw), (200, EML.encode()), "an e-mail as it came")
    kept(headers, f"mail-{mail}.eml", "message/rfc822", "an e-mail")
    for path, name in (("/v1/register?format=csv", "register.csv"),
                       ("/v1/statistics?format=csv", "statistics.csv")):
        status, headers, raw = a.node.api("GET", path)
        expect((status, raw[-2:]), (200, b"\r\n"), path)
        kept(headers, name, "text/csv; charset=utf-8; header=present", path)
    # A page of somebody's: its name and its type are theirs, how it is given is ours.
    page = b"<script>alert(1)</script>"
    made = a.node.must("POST", f"/v1/cases/{case}/evidence", "officer", {
        "name": 'caf\u00e9 "x".html', "bytes": len(page), "media_type": "text/html"})
    done = a.node.must("PUT", f"/v1/uploads/{made['upload']}?offset=0", "officer", page,
                       {"Content-Type": "application/octet-stream"})
    expect(done["offset"], len(page), "the upload")

    def given():
        rows = a.node.must("GET", f"/v1/cases/{case}/evidence", "officer")["files"]
        return rows and rows[0]["sha256"]
    sha256 = a.lab.wait("the file is evidence", given, WAIT_S)
    status, headers, raw = a.node.api("GET", f"/v1/evidence/{sha256}", "officer")
    expect((status, hashlib.sha256(raw).hexdigest()),
           (200, hashlib.sha256(page).hexdigest()), "the file")
    kept(headers, "caf%C3%A9%20%22x%22.html", "application/octet-stream", "the file")
    for name in ("../x", "a\r\nb", "a\u202egpj"):
        got = a.node.api("POST", f"/v1/cases/{case}/evidence", "officer", {
            "name": name, "bytes": 1, "media_type": "text/plain"})
        expect(got[0] in (200, 400), True, f"a file named {name!r}: {got[2]}")


def main():
    with Lab() as lab:
        a = Stage(lab)
        for part in (stale, files, streams):
            part(a)
        a.node.stop()
        a.platform.stop()
    print("api: ok")


if __name__ == "__main__":
    main()
