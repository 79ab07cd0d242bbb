#!/usr/bin/python3
"""A reference receiver of Saluran's webhooks: a platform's own moderation system.

It checks each message by the Standard Webhooks convention, by itself; knows a message that
comes twice by its webhook-id; and decides the items of an accepted case through the API,
under an Idempotency-Key of the message's, so that a decision that is sent again changes
nothing."""
import base64
import hashlib
import hmac
import http.server
import json
import threading
import time

TOLERANCE_S = 300
DECIDE_AT_ONCE = 100


class Forged(Exception):
    """The message is not of the node that has the secret."""


def check(secret, headers, body, now=None):
    """The webhook-id.  Forged when no signature fits, or when it is too old."""
    try:
        message, stamp = headers["webhook-id"], headers["webhook-timestamp"]
        given = headers["webhook-signature"].split(" ")
    except (KeyError, AttributeError):
        raise Forged("headers are missing") from None
    if abs((now or time.time()) - int(stamp)) > TOLERANCE_S:
        raise Forged("too old, or from the future")
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    mac = hmac.new(key, f"{message}.{stamp}.".encode() + body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(mac).decode()
    if not any(hmac.compare_digest(wanted.encode(), one.encode()) for one in given):
        raise Forged("no signature fits")
    return message


class Moderation:
    """What the platform decides: by category, as its own rules would have it."""

    def __init__(self, call):
        self.call = call  # (method, path, body, headers) -> (status, answer)
        self.answers = []

    def take(self, message, data):
        groups = {}
        for item in data["items"]:
            groups.setdefault(self.rule(item), []).append(item["i"])
        for outcome, items in sorted(groups.items()):
            for at in range(0, len(items), DECIDE_AT_ONCE):
                body = {"outcome": outcome, "items": items[at:at + DECIDE_AT_ONCE]}
                if outcome == "kept":
                    body.update(ground="not_illegal", reason="Lawful speech by our rules.")
                status, answer = self.call(
                    "POST", f"/v1/cases/{data['case']}/decide", body,
                    {"Idempotency-Key": f"{message}-{outcome}-{at}"})
                self.answers.append((status, answer))
                if status != 200:
                    raise RuntimeError(f"decide answered {status}: {answer}")

    @staticmethod
    def rule(item):
        return "kept" if item["category"] == "other" else "removed"


class Receiver:
    """An HTTP server on loopback, in a thread."""

    def __init__(self, port, secret=None, moderation=None):
        self.port, self.secret, self.moderation = port, secret, moderation
        self.answer_with = []   # statuses for the next messages, instead of taking them
        self.messages = []      # (webhook-id, parsed body), taken for the first time
        self.seen = []          # webhook-ids of all attempts, in their order
        self.twice = 0
        self.forged = []
        self.server = None

    def start(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802 (the name is http.server's)
                body = self.rfile.read(int(self.headers["content-length"]))
                status = receiver.take(self.headers, body)
                self.send_response(status)
                if status in (301, 302, 307):
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.server = None

    def take(self, headers, body):
        self.seen.append(headers.get("webhook-id"))
        if self.answer_with:
            return self.answer_with.pop(0)
        try:
            message = check(self.secret, headers, body)
        except Forged as e:
            self.forged.append(str(e))
            return 401
        if any(message == known for known, _ in self.messages):
            self.twice += 1
        parsed = json.loads(body)
        if self.moderation and "items" in parsed["data"]:
            self.moderation.take(message, parsed["data"])
        if not any(message == known for known, _ in self.messages):
            self.messages.append((message, parsed))
        return 204
