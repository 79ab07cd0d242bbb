#!/usr/bin/python3
"""The usual attacks on the pages, which are plain HTTP on loopback and may stand behind an
operator's web server: two readings, slow heads, crowds, floods."""
import os
import re
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Failure, Lab  # noqa: E402
from test_http_attacks import (  # noqa: E402
    CONNECTIONS, READ_S, SLOW_S, Attack, expect)


class Pages:
    """The listener for browsers: plain HTTP on loopback, perhaps behind a web server."""

    def __init__(self, a):
        self.port = a.node.http_port

    def raw(self, data, seconds=READ_S):
        got = b""
        with socket.create_connection(("127.0.0.1", self.port), seconds) as s:
            s.settimeout(seconds)
            try:
                s.sendall(data.encode("latin-1"))
                while more := s.recv(65536):
                    got += more
            except (TimeoutError, ConnectionError):
                pass
        return got

    def statuses(self, data, **how):
        return [int(x) for x in re.findall(rb"HTTP/1\.1 (\d{3}) ", self.raw(data, **how))]


HIDDEN_PAGE = "GET /lookup?name=hidden.example HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
FORM = "Content-Type: application/x-www-form-urlencoded"


def two_readings(_, p):
    """One request, whatever a proxy makes of it; the hidden one is never answered."""
    post = "POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    for fields, body in (
            (["Content-Length: 4", "Transfer-Encoding: chunked"], "0\r\n\r\n"),
            (["Content-Length: 2", "Content-Length: 2"], "a="),
            (["Content-Length: 0", "Content-Length: 44"], ""),
            (["Content-Length: 02"], "a="),
            (["Transfer-Encoding: xchunked"], "0\r\n\r\n"),
            (["Transfer-Encoding:\r\n chunked", "Content-Length: 4"], "0\r\n\r\n"),
            (["Content-Length: 2", "Cookie: a=b", "Cookie: c=d"], "a="),
            (["Content-Length: 2", "Host: other.example"], "a=")):
        got = p.statuses(post + "".join(f + "\r\n" for f in [FORM, *fields]) + "\r\n" + body
                         + HIDDEN_PAGE, seconds=5)
        expect(set(got) - {400}, set(), f"answers to {fields}")
    expect(p.statuses(post + FORM + "\r\nContent-Length: 99999999\r\n\r\n", seconds=5), [413],
           "a form over its limit, before it is sent")
    expect(p.statuses(post + "X: " + "y" * 70000 + "\r\n\r\n", seconds=5), [431], "a huge head")
    expect(p.statuses(HIDDEN_PAGE + HIDDEN_PAGE.replace("GET", "HEAD"), seconds=2), [200, 200],
           "two lawful requests")


def slow(_, p):
    """A head that comes a byte at a time is not waited for; others are served meanwhile."""
    with socket.create_connection(("127.0.0.1", p.port), READ_S) as s:
        began, cut = time.monotonic(), False
        try:
            for c in (HIDDEN_PAGE[:-2] + "X: " + "y" * 1000).encode():
                s.sendall(bytes([c]))
                s.settimeout(0.5)
                try:
                    if not s.recv(1):
                        cut = True
                        break
                except TimeoutError:
                    pass
        except ConnectionError:
            cut = True
        if not cut or time.monotonic() - began > SLOW_S:
            raise Failure("the pages waited for a head of one byte each half second")


def crowd(a, p):
    opened = []
    try:
        for _ in range(CONNECTIONS):
            try:
                opened.append(socket.create_connection(("127.0.0.1", p.port), 5))
            except OSError:
                pass
        expect(a.node.api("GET", "/v1/status", "admin")[0], 200, "the API meanwhile")
    finally:
        for s in opened:
            s.close()

    def answers():
        try:
            return p.statuses(HIDDEN_PAGE, seconds=1) == [200]
        except OSError:
            return False
    a.lab.wait("the pages answer again", answers)


def flood(a, p):
    """Strangers by address, people by their credential; a wrong credential costs more."""
    a.node.stop()
    a.node.configure(**{"http.rate": 20, "http.rate_public": 10, "api.rate_failed": 5})
    a.node.must_start()
    many = p.raw(HIDDEN_PAGE * 30, seconds=3)
    expect(sorted(set(re.findall(rb"HTTP/1\.1 (\d{3}) ", many))), [b"200", b"429"], "a flood")
    if not re.search(rb"Retry-After: \d+\r\n", many):
        raise Failure("429 without Retry-After")
    known = f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n{a.auth}\r\n"
    got = p.statuses(known * 30, seconds=3)
    expect((got[0], got[-1]), (200, 429), "of a known program, beside the flood")
    wrong = known.replace("Bearer ", "Bearer x")
    got = p.statuses(wrong * 12, seconds=3)
    expect((got[0], got[-1]), (401, 429), "of credentials that open nothing")


def main():
    with Lab() as lab:
        a = Attack(lab)
        p = Pages(a)
        for part in (two_readings, slow, crowd, flood):
            part(a, p)
        a.node.stop()
    print("page attacks: ok")


if __name__ == "__main__":
    main()
