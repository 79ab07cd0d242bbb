#!/usr/bin/python3
"""The usual attacks on a web API, over real TLS against a real node: each is refused with
its rule, and what is like it but lawful is not."""
import concurrent.futures
import contextlib
import json
import os
import re
import socket
import sqlite3
import ssl
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Failure, Lab, Node, introduce  # noqa: E402

READ_S = 30
PASSWORD = "correct horse battery staple 9"
CONNECTIONS = 1000
SLOW_S = 40  # a head may take 15 s
UNREAD_S = 150  # an answer may lie unread for 75 s
OVER_LIMIT = 64 * 1024 + 1


def expect(got, want, what):
    if got != want:
        raise Failure(f"{what}: {got!r} instead of {want!r}")


class Attack:
    def __init__(self, lab):
        self.lab = lab
        self.node = Node(lab, "node", "node.example", "Node", "authority")
        self.node.init("admin")
        self.node.configure(**{"api.hosts": "127.0.0.1, node.example"})
        self.node.must_start()
        self.node.add_person("officer", "officer")
        self.auth = f"Authorization: Bearer {self.node.credential('admin')}\r\n"

    def connect(self, seconds=READ_S):
        plain = socket.create_connection(("127.0.0.1", self.node.api_port), seconds)
        plain.settimeout(seconds)
        context = self.node.tls()
        return context.wrap_socket(plain, server_hostname="127.0.0.1")

    def raw(self, data, seconds=READ_S, half=False):
        """All that comes back until the node closes, or until `seconds` without a byte."""
        got = b""
        with self.connect(seconds) as s:
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                # A node that has read enough may have closed; its answer is still there.
                s.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))
                if half:
                    s.shutdown(socket.SHUT_WR)
            try:
                while more := s.recv(65536):
                    got += more
            except (TimeoutError, ConnectionError, ssl.SSLError):
                pass
        return got

    def answers(self, data, **how):
        """[(status, rule)] of what comes back."""
        got = self.raw(data, **how)
        rows = []
        for part in re.split(rb"(?=HTTP/1\.1 \d{3} )", got):
            if not part.startswith(b"HTTP/1.1"):
                continue
            rule = re.search(rb'"rule":"([^"]*)"', part)
            rows.append((int(part[9:12]), rule.group(1).decode() if rule else None))
        return rows

    def head(self, line="POST /v1/persons", *fields, auth=True, host=True):
        return (f"{line} HTTP/1.1\r\n" + ("Host: 127.0.0.1\r\n" if host else "")
                + (self.auth if auth else "")
                + "".join(f + "\r\n" for f in fields) + "\r\n")


JSON = "Content-Type: application/json"
HIDDEN = "GET /v1/lookup?name=hidden.example HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def smuggling(a):
    """One request, whatever a proxy makes of it; the hidden one is never answered."""
    framing = "RFC 9112, 6.3"
    rows = [
        (["Content-Length: 4", "Transfer-Encoding: chunked", JSON], "0\r\n\r\n", framing),
        (["Transfer-Encoding: chunked", "Content-Length: 4", JSON], "0\r\n\r\n", framing),
        (["Content-Length: 2", "Content-Length: 2", JSON], "{}", framing),
        (["Content-Length: 0", "Content-Length: 44", JSON], "", framing),
        (["Content-Length: +2", JSON], "{}", framing),
        (["Content-Length: 02", JSON], "{}", framing),
        (["Content-Length: 2, 2", JSON], "{}", framing),
        (["Content-Length: 0x2", JSON], "{}", framing),
        (["Transfer-Encoding: xchunked", JSON], "0\r\n\r\n", framing),
        (["Transfer-Encoding: gzip, chunked", JSON], "0\r\n\r\n", framing),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: identity", JSON], "0\r\n\r\n",
         framing),
        (["Transfer-Encoding : chunked", JSON], "0\r\n\r\n", None),
        (["Content-Length : 2", JSON], "{}", None),
        (["X\x0b: y"], "", "RFC 9110, 5.1"),
        (["X: a\x01b"], "", "RFC 9110, 5.5"),
    ]
    for fields, body, rule in rows:
        got = a.answers(a.head("POST /v1/persons", *fields) + body + HIDDEN, seconds=5)
        if not got:
            continue  # the line was cut: nothing was answered at all
        expect(got[0][0], 400, f"status of {fields}")
        if rule and got[0][1]:  # else the server below us refused it, as plain as we do
            expect(got[0][1], rule, f"rule of {fields}")
        expect({s for s, _ in got}, {400}, f"answers to {fields}")
    for chunks in ("zz\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n",
                   "5;" + "x" * 40000 + "\r\nhello\r\n0\r\n\r\n",
                   "ffffffffffffffffff\r\nhello\r\n0\r\n\r\n"):
        got = a.answers(a.head("POST /v1/persons", "Transfer-Encoding: chunked", JSON)
                        + chunks + HIDDEN, seconds=5)
        if any(status == 200 for status, _ in got):
            raise Failure(f"chunks {chunks[:20]!r} hid a request: {got}")
    # Two requests in one write, both lawful, are two answers.
    got = a.answers(a.head("GET /v1/status") + a.head("GET /v1/status", "Connection: close"))
    expect([s for s, _ in got], [200, 200], "pipelined requests")


def lines(a):
    """Line ends have one reading (RFC 9112, 2.2) and folded lines none (5.2): the server
    below us would lose such a field.  What is no request at all it refuses by itself,
    without a problem document, and ends the connection."""
    status, post = "GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\n", "POST /v1/persons HTTP/1.1\r\n"
    post += f"Host: 127.0.0.1\r\n{a.auth}{JSON}\r\n"
    end = a.auth + "Connection: close\r\n\r\n"
    folded, control = [(400, "RFC 9112, 5.2")], [(400, "RFC 9110, 5.5")]
    for data, want in (
            ((status + end).replace("\r\n", "\n"), [(200, None)]),
            (status + "X:a\r\nY: \t b\r\nZ:\r\n" + end, [(200, None)]),
            (status + "X: a\rY: b\r\n" + end, control),
            (status + "X: a\r\n b\r\n" + end, folded),
            (status + "X: a\r\n\tb\r\n" + end, folded),
            (post + "Transfer-Encoding:\r\n chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"
             + HIDDEN, folded),
            (post + "Content-Length: 4\r\nTransfer-Encoding: chunk\r\n ed\r\n\r\n0\r\n\r\n"
             + HIDDEN, folded),
            (post + "Content-Length:\r\n 44\r\n\r\n" + HIDDEN, folded),
            (post + "Content-Length: 2\r\n 0\r\n\r\n{}" + HIDDEN, folded)):
        got = a.answers(data, seconds=5)
        expect(got[:1], want, f"{data[-80:]!r}")
        expect({s for s, _ in got}, {want[0][0]}, f"all answers to {data[-80:]!r}")
    for data, code in (("GET /v1/status\r\n\r\n", 400), ("GET /<script> HTTP/2.0\r\n\r\n", 505),
                       (a.head("GET /v1/status", "X: " + "<script>" * 8000), 431),
                       (post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n<script>", 400)):
        got = a.raw(data + HIDDEN, seconds=5)
        expect(got[:12], f"HTTP/1.1 {code}".encode(), data[:30])
        if b"problem+json" in got or b"<script>" in got or b" 200 " in got:
            raise Failure(f"what is no request was answered {got!r}")


def hosts(a):
    rows = [("", 400), ("Host: a\r\nHost: b\r\n", 400), ("Host: evil.example\r\n", 421),
            ("Host: 127.0.0.1@evil.example\r\n", 421), ("Host: node.example:1\r\n", 200),
            ("Host: NODE.example\r\n", 200), ("Host: \r\n", 421)]
    for host, status in rows:
        got = a.answers("GET /v1/status HTTP/1.1\r\n" + host + a.auth
                        + "Connection: close\r\n\r\n")
        expect(got[0][0] if got else None, status, f"Host {host!r}")
        if status == 400:
            expect(got[0][1], "RFC 9112, 3.2", f"rule of Host {host!r}")


def paths(a):
    for path in ("/v1/../v1/status", "/v1/%2e%2e/status", "/v1/cases/..%2f..%2fkeys",
                 "/v1/cases/%00", "/v1//status", "/v1/status/", "/v1/cases/%c0%ae",
                 "/v1/cases/a%0d%0aSet-Cookie:%20x=y", "/v1/cases/%", "/v1/\\..\\keys",
                 "/v1/lookup?name=%00", "/v1/lookup?name=%zz", "/v1/lookup?name=a&name=b"):
        got = a.answers(a.head(f"GET {path}", "Connection: close"))
        expect(got[0][0], 400, path)
    for path, status in (("/v1/statu", 404), ("/v1/STATUS", 404), ("/etc/passwd", 404),
                         ("/v1/lookup?name=a.example&name2=b", 400)):
        expect(a.answers(a.head(f"GET {path}", "Connection: close"))[0][0], status, path)
    got = a.raw(a.head("GET /v1/cases/x%20%0d%0aX-Evil:1", "Connection: close"))
    if b"X-Evil" in got.split(b"\r\n\r\n")[0]:
        raise Failure("a header was injected")


def methods_and_types(a):
    status, headers, _ = a.node.api("DELETE", "/v1/persons", "admin")
    expect((status, headers["allow"]), (405, "GET, HEAD, POST"), "DELETE")
    for method in ("TRACE", "CONNECT", "OPTIONS", "PROPFIND", "get"):
        got = a.answers(a.head(f"{method} /v1/status", "Connection: close"))
        if not got or got[0][0] not in (400, 405, 501):
            raise Failure(f"{method}: {got}")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
                 "application/json; charset=utf-16", "application/json, text/plain"):
        expect(a.node.api("POST", "/v1/persons", "admin", {"name": "x", "role": "officer"},
                          {"Content-Type": kind})[0], 415, kind)
    expect(a.node.api("POST", "/v1/persons", "admin", {"name": "x"},
                      {"Content-Encoding": "gzip"})[0], 415, "a packed body")
    deep = b'{"name":' + b"[" * 100 + b"]" * 100 + b"}"
    rows = [(b'{"name":"x","name":"y","role":"officer"}', "duplicate"), (deep, "brackets"),
            (b'{"name":"x\\u0000","role":"officer"}', "no JSON"), (b"[]", "object"),
            (b'{"name":"x"', "no JSON"), (b'{"name":"\xff","role":"officer"}', "no JSON"),
            (b'{"person":"x","name":"y","role":"officer"}', "known are")]
    for body, word in rows:
        status, _, shown = a.node.api("POST", "/v1/persons", "admin", body)
        expect(status, 400, body[:40])
        if word not in shown["detail"]:
            raise Failure(f"{body[:40]!r}: {shown['detail']}")


def limits(a):
    """A body over its limit is refused by its announcement, before a byte of it."""
    got = a.answers(a.head("POST /v1/persons", JSON, f"Content-Length: {OVER_LIMIT}"))
    expect(got, [(413, None)], "announced as too long, nothing sent")
    got = a.answers(a.head("POST /v1/persons", JSON, "Expect: 100-continue",
                           f"Content-Length: {OVER_LIMIT}"))
    expect(got, [(413, None)], "and no 100 Continue")
    chunk = "10000\r\n" + "x" * 65536 + "\r\n"
    got = a.answers(a.head("POST /v1/persons", JSON, "Transfer-Encoding: chunked")
                    + chunk * 2 + "0\r\n\r\n")
    expect(got, [(413, None)], "chunks past the limit")
    got = a.answers(a.head("POST /v1/persons", JSON, "Transfer-Encoding: chunked")
                    + chunk * 40)
    if any(s == 200 for s, _ in got):
        raise Failure("chunks without end were taken")
    got = a.answers(a.head("POST /v1/notices", JSON, "Content-Length: 50000000", auth=False))
    expect([s for s, _ in got], [401], "a large body of nobody")
    got = a.answers(a.head("GET /v1/status", "X: " + "a" * 60000))
    expect([s for s, _ in got], [431], "a head of 60,000 bytes")
    got = a.answers(a.head("GET /v1/status", *[f"X-{i}: y" for i in range(100)]))
    expect([s for s, _ in got], [400], "a hundred fields")


def security_headers(a):
    for path, who in (("/v1/status", "admin"), ("/v1/status", None), ("/v1/none", "admin")):
        _, headers, _ = a.node.api("GET", path, who)
        for name, value in (("x-content-type-options", "nosniff"),
                            ("content-security-policy",
                             "default-src 'none'; frame-ancestors 'none'"),
                            ("referrer-policy", "no-referrer"),
                            ("content-disposition", "attachment"),
                            ("strict-transport-security",
                             "max-age=31536000; includeSubDomains")):
            expect(headers.get(name), value, f"{name} of {path}")
        expect(headers.get("server"), None, f"a Server header of {path}")
        if any(name.startswith("access-control-") for name in headers):
            raise Failure("CORS is allowed")
    for version, works in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True),
                           (ssl.TLSVersion.TLSv1_3, True)):
        context = a.node.tls()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        try:
            with socket.create_connection(("127.0.0.1", a.node.api_port)) as plain, \
                    context.wrap_socket(plain) as s:
                got = s.version() is not None
        except (ssl.SSLError, ConnectionError):
            got = False
        expect(got, works, version.name)


def inner(a):
    """What fails inside is told with a reference, and what happened stands in the log."""
    store = sqlite3.connect(a.node.dir + "/store.db", timeout=30)
    with store:
        store.execute("ALTER TABLE template RENAME TO template_gone")
    status, _, shown = a.node.api("GET", "/v1/templates", "admin")
    with store:
        store.execute("ALTER TABLE template_gone RENAME TO template")
    store.close()
    expect((status, shown["title"]), (500, "io"), "a broken store")
    reference = shown["instance"].removeprefix("urn:uuid:")
    expect(shown["detail"], "something failed in the node: its log has more under the reference "
           + reference, "what is told")
    lines_of = [x for x in a.lab.logs().splitlines() if reference in x]
    expect(len(lines_of), 1, f"lines with {reference}")
    for word in ("http.failed", "route=/v1/templates", "template"):
        expect(word in lines_of[0], True, f"{word} in {lines_of[0]!r}")
    expect(a.node.api("GET", "/v1/templates", "admin")[0], 200, "mended")


def kept_by_browsers(a):
    """Nothing that somebody was shown; what is public lies anywhere, asked for again."""
    for path, who, want in (("/v1/persons", "admin", "no-store"), ("/v1/none", "admin", "no-store"),
                            ("/v1/register", None, "public, no-cache"),
                            ("/v1/lookup?name=a.example", None, "public, no-cache"),
                            ("/v1/register/none", None, "no-store")):
        status, headers, _ = a.node.api("GET", path, who)
        expect(headers.get("cache-control"), want, f"{path} of {who}")
        if status == 200:
            got = a.node.api("GET", path, who, headers={"If-None-Match": headers["etag"]})
            expect((got[0], got[1].get("cache-control")), (304, want), f"{path} again")


def cached_and_keyed(a):
    """ETag both ways; a key answers the same, and another request under it is refused."""
    _, headers, first = a.node.api("GET", "/v1/persons", "admin")
    tag = headers["etag"]
    for given, status in ((tag, 304), (f'"x", W/{tag}', 304), ("*", 304), ('"x"', 200),
                          (tag.strip('"'), 200)):
        expect(a.node.api("GET", "/v1/persons", "admin",
                          headers={"If-None-Match": given})[0], status, given)
    body, key = {"name": "keyed", "role": "officer"}, {"Idempotency-Key": '"k-1"'}
    _, _, one = a.node.api("POST", "/v1/persons", "admin", body, key)
    _, _, two = a.node.api("POST", "/v1/persons", "admin", body, {"Idempotency-Key": "k-1"})
    expect(two, one, "the same key")
    # An answer that is given again is on record, and for who may have it only.
    reader = a.node.must("POST", "/v1/tokens", "admin",
                         {"name": "reader", "scopes": ["cases:read"]})["credential"]
    expect(a.node.api("POST", "/v1/persons", None, body,
                      {**key, "Authorization": f"Bearer {reader}"})[0], 403, "a scope")
    expect(a.node.api("POST", "/v1/persons", "admin", {"name": "x", "role": "officer"},
                      key)[0], 422, "another request, recorded")
    def recorded():
        rows = a.node.must("GET", "/v1/access?limit=100", "admin")["access"]
        return [r["outcome"] for r in rows
                if (r["method"], r["route"]) == ("POST", "/v1/persons")][:4]
    a.lab.wait("what the record has of one key",
               lambda: recorded() == ["unprocessable", "denied", "ok", "ok"])
    expect(a.node.api("GET", "/v1/persons", "admin", headers={"If-None-Match": tag})[0], 200,
           "after a change")
    status, _, shown = a.node.api("POST", "/v1/persons", "admin",
                                  {"name": "other", "role": "officer"}, key)
    expect((status, shown["rule"]), (422, "Idempotency-Key"), "another request")
    expect(a.node.api("POST", "/v1/persons", "admin", body)[0], 409, "without a key")
    for bad in ("", '""', "a b", "x" * 129, 'a"b'):
        expect(a.node.api("POST", "/v1/persons", "admin", body,
                          {"Idempotency-Key": bad})[0], 400, f"key {bad[:9]!r}")
    # A refusal is not kept: mended, the same key works.
    again = {"Idempotency-Key": "k-2"}
    expect(a.node.api("POST", "/v1/persons/late/withdraw", "admin", {}, again)[0], 404, "none")
    a.node.must("POST", "/v1/persons", "admin", {"name": "late", "role": "officer"})
    expect(a.node.api("POST", "/v1/persons/late/withdraw", "admin", {}, again)[0], 200, "late")
    # The answer outlives the node.
    a.node.kill()
    a.node.must_start()
    _, _, three = a.node.api("POST", "/v1/persons", "admin", body, key)
    expect(three, one, "the same key after a crash")
    many = {"name": "race", "role": "officer"}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: a.node.api("POST", "/v1/persons", "admin", many,
                                                 {"Idempotency-Key": "k-3"}), range(24)))
    answers = {json.dumps(g[2]) for g in got if g[0] == 200}
    expect(len(answers), 1, "different answers to one key")
    if any(g[0] not in (200, 409) for g in got):
        raise Failure(f"a race: {[g[0] for g in got]}")


def browser(a):
    """Cookies: never readable, never fixed, never enough for a change."""
    a.node.must("POST", "/v1/persons", "admin",
                {"name": "wati", "role": "officer", "password": PASSWORD})
    origin = f"https://127.0.0.1:{a.node.api_port}"
    page = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
    login = {"name": "wati", "password": PASSWORD}
    fixed = dict(page, Cookie="__Host-saluran=chosen-by-the-attacker")
    status, headers, shown = a.node.api("POST", "/v1/login", None, login, fixed)
    expect(status, 200, f"login: {shown}")
    cookie = headers["set-cookie"]
    name, _, value = cookie.split(";")[0].partition("=")
    expect(name, "__Host-saluran", "the cookie's name")
    flags = {f.strip() for f in cookie.split(";")[1:]}
    expect({"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} - flags, set(), "flags")
    if "session" in shown or value in json.dumps(shown):
        raise Failure("a browser's script can read the session")
    if "attacker" in value:
        raise Failure("the session was fixed from outside")
    mine = {"Cookie": f"__Host-saluran={value}"}
    expect(a.node.api("GET", "/v1/me", None, headers=mine)[0], 200, "reading by cookie")
    csrf = shown["csrf"]
    body = {"name": "wati2"}
    rows = [
        ({}, 403, "without token and origin"),
        (page, 403, "without a token"),
        (dict(page, **{"X-CSRF-Token": "wrong"}), 403, "with another token"),
        ({"X-CSRF-Token": csrf}, 403, "without an origin"),
        ({"X-CSRF-Token": csrf, "Origin": "https://evil.example"}, 403, "another origin"),
        ({"X-CSRF-Token": csrf, "Origin": "null"}, 403, "no origin"),
        ({"X-CSRF-Token": csrf, "Origin": origin, "Sec-Fetch-Site": "cross-site"}, 403,
         "from another site"),
        ({"X-CSRF-Token": csrf, "Origin": origin, "Sec-Fetch-Site": "same-site"}, 403,
         "from a neighbour"),
    ]
    for extra, status, what in rows:
        got = a.node.api("POST", "/v1/logout", None, {}, dict(mine, **extra))
        expect(got[0], status, what)
    del body
    expect(a.node.api("GET", "/v1/me", None, headers=dict(
        mine, **{"Sec-Fetch-Site": "cross-site"}))[0], 403, "read from another site")
    expect(a.node.api("POST", "/v1/login", None, login, {"Origin": "https://evil.example"})[0],
           403, "a login that another site makes")
    for bad in (f"__Host-saluran={value}; __Host-saluran=x", "__Host-saluran", "=;=",
                f'__Host-saluran="{value}"'):
        expect(a.node.api("GET", "/v1/me", None, headers={"Cookie": bad})[0] in (400, 401),
               True, f"cookie {bad[:20]}")
    expect(a.node.api("GET", "/v1/me", None, headers={"Cookie": "__Host-saluran=x"})[0], 401,
           "a cookie of nobody")
    status, headers, _ = a.node.api("POST", "/v1/logout", None, {},
                                    dict(mine, **page, **{"X-CSRF-Token": csrf}))
    expect(status, 200, "logout")
    if "Max-Age=0" not in headers.get("set-cookie", ""):
        raise Failure("the cookie is not cleared")
    expect(a.node.api("GET", "/v1/me", None, headers=mine)[0], 401, "after the logout")
    # A program gets the session itself, and needs no token.
    status, headers, shown = a.node.api("POST", "/v1/login", None, login)
    if status != 200 or "set-cookie" in headers or "session" not in shown:
        raise Failure(f"a program's login: {status} {shown}")


def rates(a):
    """429 says when; a lift is never counted."""
    a.node.stop()
    a.node.configure(**{"api.rate": "20", "api.rate_public": "5", "api.rate_failed": "5"})
    a.node.must_start()
    got = [a.node.api("GET", "/v1/status", "officer") for _ in range(30)]
    limited = [g for g in got if g[0] == 429]
    if not 5 <= len(limited) <= 10:
        raise Failure(f"{len(limited)} of 30 requests were limited")
    if int(limited[0][1]["retry-after"]) < 1 or "ratelimit" not in limited[0][1]:
        raise Failure(f"429 without its headers: {limited[0][1]}")
    expect({a.node.api("POST", f"/v1/orders/{'0' * 36}/lift", "officer", {"reason": "x"})[0]
            for _ in range(40)} & {429}, set(), "limited lifts")
    got = [a.node.api("GET", "/v1/lookup?name=a.example")[0] for _ in range(12)]
    expect(429 in got and 200 in got, True, f"the public: {got}")
    got = [a.node.api("GET", "/v1/status", headers={"Authorization": "Bearer x"})
           for _ in range(12)]
    expect({g[0] for g in got}, {401, 429}, "guessing")
    if any("ratelimit" not in g[1] for g in got if g[0] == 429):
        raise Failure("guessing: 429 without its headers")
    a.node.stop()
    a.node.configure(**{"api.connections": "128", "api.connections_of_one": "64"})
    conf = os.path.join(a.node.dir, "saluran.conf")
    with open(conf, encoding="utf-8") as f:
        lines = [x for x in f if not x.startswith("api.rate")]
    with open(conf, "w", encoding="utf-8") as f:
        f.writelines(lines)
    a.node.must_start()


def slow(a):
    """A head that comes a byte at a time, a body that never does, an answer nobody reads."""
    reader = unread(a)
    with a.connect() as s:
        began = time.monotonic()
        text = a.head("GET /v1/status").encode()
        cut = False
        try:
            for i in range(len(text)):
                s.sendall(text[i:i + 1])
                s.settimeout(0.5)
                try:
                    if not s.recv(1):
                        cut = True
                        break
                except TimeoutError:
                    continue
        except (ConnectionError, ssl.SSLError):
            cut = True
        if not cut or time.monotonic() - began > SLOW_S:
            raise Failure("a head of one byte each half second was waited for")
    expect(a.node.api("GET", "/v1/status", "admin")[0], 200, "others meanwhile")
    a.lab.wait("who reads nothing is cut off", lambda: not reader.is_alive(), UNREAD_S)


def unread(a):
    """Asks for megabytes and reads none of them, until the node has had enough."""
    def ask():
        with a.connect(2 * UNREAD_S) as s:
            try:
                s.sendall((a.head("GET /metrics") * 3000).encode())
                while True:  # once the node reads no more, this waits, and then fails
                    s.sendall(a.head("GET /metrics").encode() * 100)
            except (OSError, ssl.SSLError):
                pass
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    return thread


def crowd(a):
    """A thousand connections from one address: most are turned away, the node lives, and the
    people on this machine are not kept out."""
    opened = []
    try:
        for _ in range(CONNECTIONS):
            try:
                s = socket.create_connection(("127.0.0.1", a.node.api_port), 5)
                s.setblocking(False)
                opened.append(s)
            except OSError:
                pass
        expect(bool(a.node.cli("status", who="admin")), True, "the local socket meanwhile")
    finally:
        for s in opened:
            s.close()
    a.lab.wait("HTTPS answers again", lambda: answers_again(a))


def answers_again(a):
    try:
        return a.node.api("GET", "/v1/status", "admin")[0] == 200
    except (OSError, ssl.SSLError):
        return False


def metrics(a):
    """Prometheus' text format, line by line."""
    expect(a.node.api("GET", "/metrics")[0], 401, "metrics of nobody")
    status, headers, text = a.node.api("GET", "/metrics", "admin")
    expect((status, headers["content-type"]),
           (200, "text/plain; version=0.0.4; charset=utf-8"), "metrics")
    kinds, seen = {}, set()
    sample = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)'
                        r'(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (\S+)')
    for line in text.decode().splitlines():
        if line.startswith("# HELP "):
            continue
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            expect(name in kinds, False, f"{name} has one type")
            kinds[name] = kind
            continue
        m = sample.fullmatch(line)
        if not m:
            raise Failure(f"no line of the format: {line!r}")
        base = re.sub(r"_(bucket|sum|count)$", "", m.group(1))
        family = m.group(1) if m.group(1) in kinds else base
        if family not in kinds:
            raise Failure(f"{m.group(1)} has no type")
        expect((m.group(1), m.group(2)) in seen, False, f"{line} stands twice")
        seen.add((m.group(1), m.group(2)))
        float(m.group(3))
    for name in ("saluran_http_requests_total", "saluran_http_request_seconds",
                 "saluran_writer_queue", "saluran_zone_serial", "saluran_alarms"):
        expect(name in kinds, True, name)
    if "officer" in text.decode() or "wati" in text.decode():
        raise Failure("metrics name people")


def stream(a, peer):
    """Server-sent events: resumed from any id, filtered, and the same as the pages."""
    introduce(a.node, peer, "agreement-2017")
    case = a.node.must("POST", "/v1/notices", "officer", {
        "csv": "target,category\nhttps://a.example/1,other\n", "reference": "r", "subject": "s",
        "legal_basis": "l"})["case"]
    for i in range(5):
        a.node.must("POST", f"/v1/cases/{case}/say", "officer", {"text": f"m{i}"})
    page = a.node.must("GET", f"/v1/events?case={case}&limit=1000", "officer")
    ids = [e["id"] for e in page["events"]]
    expect(ids, sorted(set(ids)), "ids rise")

    def read(path, count, *fields):
        events, text = [], b""
        with a.connect() as s:
            s.sendall(a.head(f"GET {path}", *fields).encode())
            while len(events) < count:
                more = s.recv(65536)
                if not more:
                    raise Failure("the stream ended")
                text += more
                events = re.findall(rb"id: (\d+)\r?\nevent: (\S+)\r?\ndata: (.*)\r?\n", text)
        return [(int(i), t.decode(), json.loads(d)) for i, t, d in events]

    got = read("/v1/events/stream?after=0&case=" + case, len(ids))
    expect([g[0] for g in got], ids, "the whole stream")
    expect([g[2] for g in got], page["events"], "rows of the stream")
    got = read(f"/v1/events/stream?case={case}", len(ids) - 3, f"Last-Event-ID: {ids[2]}")
    expect([g[0] for g in got], ids[3:], "resumed")
    got = read("/v1/events/stream?after=0&types=message.*", 5)
    expect({g[1] for g in got}, {"message.post"}, "filtered")
    expect(a.node.api("GET", "/v1/events/stream", "officer",
                      headers={"Last-Event-ID": "x"})[0], 400, "a wrong id")
    expect(a.node.api("GET", "/v1/events/stream?case=x", "officer")[0], 400, "a wrong case")
    with a.connect() as s:
        s.sendall(a.head("GET /v1/events/stream").encode())
        text = b""
        while b"retry:" not in text:
            text += s.recv(65536)
        a.node.must("POST", f"/v1/cases/{case}/say", "officer", {"text": "now"})
        while b"message.post" not in text:
            more = s.recv(65536)
            if not more:
                raise Failure("the stream ended before the news")
            text += more
        # The node stops though a stream is open.
        a.node.stop()
    a.node.must_start()


def main():
    with Lab() as lab:
        a = Attack(lab)
        peer = Node(lab, "peer", "peer.example", "Peer", "platform")
        peer.init("admin")
        peer.must_start()
        for part in (smuggling, lines, hosts, paths, methods_and_types, limits, security_headers,
                     inner, kept_by_browsers, cached_and_keyed, browser, metrics):
            part(a)
        stream(a, peer)
        for part in (rates, slow, crowd):
            part(a)
        a.node.stop()
        peer.stop()
    print("http attacks: ok")


if __name__ == "__main__":
    main()
