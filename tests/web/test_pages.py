#!/usr/bin/env python3
"""The public pages and letters of a node with a whole story behind it, over HTTPS and at
http.listen; tests/web/pages.mjs looks at them as anybody's browser does."""
import http.client
import json
import os
import ssl
import sys
import urllib.parse

os.environ.pop("SALURAN_TRAFFIC", None)  # a page is no answer of the API
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import lab as lab_module  # noqa: E402
import story  # noqa: E402
from lab import Failure, Lab  # noqa: E402
from browse import play  # noqa: E402

PASSWORD = "a long enough passphrase of four words"
PAGES_S = 1800
NAUGHTY_BYTES = 1800  # of a ruling's reason
BIDI = "\u202egnp.exe \u2066left\u2069 \u200fright"
# Latin, Cyrillic and an emoji: what looks alike, and what is no letter.
ALIKE = "\u0430pple.example"


def naughty():
    """Strings of the list that are texts: as many as a reason holds."""
    path = os.path.join(os.environ["SALURAN_TEST_DATA"], "blns", "blns.json")
    with open(path, encoding="utf-8") as f:
        strings = json.load(f)
    chosen, size = [BIDI], len(BIDI.encode())
    for one in strings[::7]:
        one = "".join(c for c in one if c.isprintable() or c in "\u202e\u200f")
        if one and size + len(one.encode()) + 1 < NAUGHTY_BYTES:
            chosen.append(one)
            size += len(one.encode()) + 1
    return "\n".join(chosen)


def ruled(s, ref):
    """An objection that is rejected with a naughty reason, and its code."""
    made = s.kominfo.must("POST", "/v1/objections", None, {
        "order": ref, "text": "My shop <b>is lawful</b>.", "language": "en"})
    one = s.kominfo.cli("objection", "list", who="sari")["objections"][0]["objection"]
    s.kominfo.must("POST", f"/v1/objections/{one}/answer", "sari", {"text": BIDI})
    s.kominfo.must("POST", f"/v1/objections/{one}/rule", "bima",
                   {"ruling": "rejected", "reason": naughty()})
    return made["reference"]


def cookie_of(node):
    node.must("POST", "/v1/persons", node.admin,
              {"name": "printer", "role": "auditor", "password": PASSWORD})
    made = node.must("POST", "/v1/login", None, {"name": "printer", "password": PASSWORD})
    return {"name": "__Host-saluran", "value": made["session"], "secure": True}


def public_pages(ref, code, blocked):
    """[name, path, status, is it a letter]"""
    def name(text):
        return "/lookup?name=" + urllib.parse.quote(text)
    return [
        ["lookup", "/lookup", 200, False],
        ["lookup-blocked", name(blocked), 200, False],
        ["lookup-lifted", name("t.me"), 200, False],
        ["lookup-free", name("free.example"), 200, False],
        ["lookup-alike", name(ALIKE), 200, False],
        ["lookup-refused", name("<b>" + BIDI), 400, False],
        ["blocked", f"/blocked?name={blocked}", 451, False],
        ["register", "/register", 200, False],
        ["entry", f"/register/{ref}", 200, False],
        ["entry-none", "/register/B-2001-001", 404, False],
        ["logs", "/register/logs", 200, False],
        ["transparency", "/transparency", 200, False],
        ["transparency-past", "/transparency?from=2001-01&to=2003-12", 200, False],
        ["object", f"/object?ref={ref}", 200, False],
        ["objection", f"/objection/{code}", 200, False],
        ["block-public", f"/register/{ref}/letter?kind=block", 200, True],
        ["lift-public", f"/register/{ref}/letter?kind=lift", 200, True],
    ]


def letters(case, order):
    return [
        ["notice", f"/letter/case/{case}?kind=notice", 200, True],
        ["removal", f"/letter/case/{case}?kind=removal", 200, True],
        ["warning-1", f"/letter/case/{case}?kind=warning&level=1", 200, True],
        ["warning-3", f"/letter/case/{case}?kind=warning&level=3", 200, True],
        ["block", f"/letter/order/{order}?kind=block", 200, True],
        ["lift", f"/letter/order/{order}?kind=lift", 200, True],
    ]


def for_nobody(node, paths):
    """Letters of a node's people are shown to nobody else, and letters that are none not at
    all."""
    for _, path, _, _ in paths:
        status, _, _ = node.api("GET", path)
        if status != 401:
            raise Failure(f"{path} is shown to anybody: {status}")
    for path in ("/orders", "/login", "/case/x"):
        status, _, _ = node.api("GET", path)
        if status != 404:
            raise Failure(f"{path} is served over HTTPS: {status}")


def nobody_named(node, ref):
    """Public letters say nothing of persons; and cookies make no difference."""
    for kind in ("block", "lift"):
        path = f"/register/{ref}/letter?kind={kind}"
        status, headers, page = node.api("GET", path)
        page = page.decode() if isinstance(page, bytes) else page
        for person in ("sari", "agus", "dewi", "rina", "bima"):
            if status != 200 or f">{person}<" in page:
                raise Failure(f"{path} names {person}: {status}")
        same = node.api("GET", path, headers={"Cookie": "__Host-saluran=nonsense"})
        if same[0] != 200 or "set-cookie" in headers:
            raise Failure(f"a cookie matters to {path}: {same[0]}")


def landing(node, blocked):
    """A DNS operator may lead a blocked name to this node: whatever is asked for under it says
    why, over HTTP and HTTPS alike; under a name that is not blocked nothing of the node is shown."""
    for port, tls in ((node.http_port, False), (node.api_port, True)):
        for path in ("/", "/index.php?a=b", "/console", "/login"):
            status, headers, page = asked(port, tls, path, blocked)
            if status != 451 or not headers.get("Link", "").endswith('; rel="blocked-by"'):
                raise Failure(f"{path} of {blocked} on {port}: {status} {headers.get('Link')}")
            if "certificate" not in page or "<form" in page or "Set-Cookie" in headers:
                raise Failure(f"{path} of {blocked} on {port} says: {page}")
        status, headers, page = asked(port, tls, "/", "free.example")
        if status != 421 or "Link" in headers or "Ministry" in page:
            raise Failure(f"a name that is not blocked, on {port}: {status} {page}")
    status, _, page = asked(node.api_port, True, "/v1/status", blocked)
    if status != 421 or "api.hosts" not in page:
        raise Failure(f"the API under a blocked name: {status} {page}")


def asked(port, tls, path, host):
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    line = (http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=trust) if tls
            else http.client.HTTPConnection("127.0.0.1", port, timeout=30))
    line.request("GET", path, headers={"Host": host, "Accept-Language": "en"})
    answer = line.getresponse()
    got = answer.status, dict(answer.getheaders()), answer.read().decode()
    line.close()
    return got


def main():
    with Lab() as box:
        s = story.Story(box, dns=())
        s.set_up()
        s.first_batch()
        s.ladder()
        s.draft()
        s.approve()
        node = s.kominfo
        ref = node.must("GET", "/v1/register")["entries"][0]["ref"]
        code = ruled(s, ref)
        node.cli("order", "lift", s.order, "--reason", "Invented example.", "--name", "t.me",
                 who="agus")
        # Over HTTPS a node knows other names by its own.
        node.stop()
        node.configure(**{"api.hosts": "127.0.0.1"})
        node.must_start()
        landing(node, next(n for n in s.names if n != "t.me"))
        staff = letters(s.first, s.order)
        for_nobody(node, staff)
        nobody_named(node, ref)
        https = f"https://127.0.0.1:{node.api_port}"
        pages = public_pages(ref, code, next(n for n in s.names if n != "t.me"))
        stage = {"places": [[https, None, pages], [https, cookie_of(node), staff],
                            [f"http://127.0.0.1:{node.http_port}", None, pages[:3]]]}
        play(box, "pages.mjs", stage, PAGES_S)


main()
