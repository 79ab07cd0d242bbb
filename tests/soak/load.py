"""Many connections to one node's socket, each writing one message after the other, for as long as
it takes: what is not answered, because the node was killed, is asked again under the same
Idempotency-Key, so that each is recorded once."""
import json
import os
import selectors
import signal
import socket
import sys
import time

PAUSE_S = 0.05       # before a node that is down or not ready is asked again
SAVE_S = 1.0
LOOK_S = 0.2
ANSWER_MAX = 1 << 20
LATER = (409, 423, 429, 500, 503)  # it starts, stops, or asks the peer first


class Slot:
    """One connection.  It writes the messages number, number + step, number + 2 * step ..."""

    def __init__(self, load, number):
        self.load, self.number = load, number
        self.sock, self.got, self.again_s = None, b"", 0.0

    def open(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.sock.connect(self.load.socket)
        except OSError:
            self.close()
            return
        self.load.select.register(self.sock, selectors.EVENT_READ, self)
        self.send()

    def close(self, pause_s=PAUSE_S):
        if self.sock is not None:
            try:
                self.load.select.unregister(self.sock)
            except (KeyError, ValueError):
                pass
            self.sock.close()
        self.sock, self.got = None, b""
        self.again_s = time.monotonic() + pause_s

    def send(self):
        at = self.load.next[self.number]
        if at >= self.load.total:
            self.close(float("inf"))
            return
        body = json.dumps({"text": self.load.text(at)}).encode()
        case = self.load.cases[at % len(self.load.cases)]
        head = (f"POST /v1/cases/{case}/say HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                f"{self.load.credential}\r\nContent-Type: application/json\r\nIdempotency-Key: "
                f"{self.load.word}-{at}\r\nContent-Length: {len(body)}\r\n\r\n")
        try:
            self.sock.sendall(head.encode() + body)
        except OSError:
            self.close()

    def answer(self):
        """The status and body of a whole answer, or None."""
        head, end, rest = self.got.partition(b"\r\n\r\n")
        if not end:
            return None
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if len(rest) < length:
            return None
        return int(head.split(b" ", 2)[1]), rest[:length]

    def read(self):
        try:
            more = self.sock.recv(65536)
        except OSError:
            more = b""
        self.got += more
        if not more or len(self.got) > ANSWER_MAX:
            self.close()
            return
        got = self.answer()
        if got is None:
            return
        status, body = got
        if status == 200 and "seq" in json.loads(body):
            self.got = b""
            self.load.next[self.number] += self.load.step
            self.load.done += 1
            self.send()
        elif status in LATER:
            self.close()
        else:
            raise SystemExit(f"the node answered {status}: {body[:300]!r}")


class Load:
    def __init__(self, plan):
        self.socket, self.total, self.cases = plan["socket"], plan["total"], plan["cases"]
        self.credential, self.word, self.state = plan["credential"], plan["word"], plan["state"]
        self.step = plan["connections"]
        self.select = selectors.DefaultSelector()
        self.next, self.stopped = list(range(self.step)), False
        if os.path.exists(self.state):
            with open(self.state, encoding="ascii") as f:
                self.next = json.load(f)
        self.slots = [Slot(self, i) for i in range(self.step)]
        self.done = done_of(self.next)

    def text(self, at):
        return f"{self.word}-{at}"

    def save(self):
        with open(self.state + ".new", "w", encoding="ascii") as f:
            json.dump(self.next, f)
        os.replace(self.state + ".new", self.state)

    def run(self):
        saved_s = 0.0
        while not self.stopped and self.done < self.total:
            now_s = time.monotonic()
            for slot in self.slots:
                if slot.sock is None and slot.again_s <= now_s:
                    slot.open()
            for key, _ in self.select.select(LOOK_S):
                if key.data.sock is not None:
                    key.data.read()
            if now_s - saved_s > SAVE_S:
                self.save()
                saved_s = now_s
        self.save()


def done_of(next_):
    """How many messages were answered: those below next_[i] in steps of len(next_)."""
    return sum((at - i) // len(next_) for i, at in enumerate(next_))


def answered(next_, word):
    """Their texts."""
    return {f"{word}-{at}" for i, end in enumerate(next_) for at in range(i, end, len(next_))}


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        load = Load(json.load(f))

    def stop(*_):
        load.stopped = True
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    load.run()


if __name__ == "__main__":
    main()
