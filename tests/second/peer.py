"""A second peer, written from docs/protocol.md alone: a platform's keys, its introduction, its
log, what it answers a node that pushes, and what it asks one itself.

It keeps all in memory and believes nothing: signatures, order, proofs and roots are checked as
sections 1, 2, 4, 5, 6 and 9 say.  A real node is on the other side
(tests/e2e/test_second_peer.py)."""
import base64
import datetime
import http.client
import http.server
import os
import ssl
import threading
import time
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.x509.oid import NameOID

from forge import Key, dump, log_line, make_jws, receipt_line, root_of
from formats import (
    COSIGNATURE_KEY, ORIGIN_KEY, Bad, Checkpoint, Jws, Note, TlogProof, b64, b64_padded,
    b64url_text, decimal, leaf_hash, members_of, need, node_hash, root_by_path, sha256, split)
from identity import Identity, check_event, fingerprint

PACKAGE, PACKAGES_MAX, PROOF_MAX, BODY_MAX = 256, 32, 63, 16 << 20
SIZE_TYPE, INFO_TYPE = "text/x.tlog.size", "text/x.tlog.mirror-info"
CALL_S = 30
RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


# ---- proofs of a part of a tree (section 1) --------------------------------------------

def prove_part(start, end, leaves, whole=True):
    """That [start, end) is a part of the tree of `leaves`; with start 0 a consistency proof."""
    n = len(leaves)
    if (start, end) == (0, n):
        return [] if whole else [root_of(leaves)]
    half = split(n)
    if end <= half:
        return prove_part(start, end, leaves[:half], whole) + [root_of(leaves[half:])]
    if start >= half:
        return prove_part(start - half, end - half, leaves[half:], whole) \
            + [root_of(leaves[:half])]
    return prove_part(0, end - half, leaves[half:], False) + [root_of(leaves[:half])]


def part_holds(start, end, n, part, root, proof):
    fn, sn, tn = start, end - 1, n - 1
    while fn != sn and (sn == tn or sn & 1):
        fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
    rest = list(proof)
    if fn != sn:
        if not rest:
            return False
        fr = sr = rest.pop(0)
    else:
        fr = sr = part
    for c in rest:
        if tn == 0:
            return False
        if sn & 1 or sn == tn:
            if fn < sn:
                fr = node_hash(c, fr)
            sr = node_hash(c, sr)
            while not sn & 1 and sn:
                fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
    return tn == 0 and fr == part and sr == root


def consistent(old, old_root, size, root, proof):
    if old == 0 or old == size:
        return not proof and (old == 0 or old_root == root)
    return old < size and part_holds(0, old, size, old_root, root, proof)


# ---- bodies (section 5) -----------------------------------------------------------------

def packages_of(start, end):
    """(floor, first, past the last) of each package of an upload."""
    for at in range(start - start % PACKAGE, end if start < end else 0, PACKAGE):
        yield at, max(at, start), min(at + PACKAGE, end)


def put_upload(origin, start, end, entries, leaves, packages=PACKAGES_MAX, ticket=b""):
    """entries: {seq: bytes}; leaves: of the tree of `end`."""
    out = len(origin).to_bytes(2, "big") + origin.encode() + start.to_bytes(8, "big") \
        + end.to_bytes(8, "big") + len(ticket).to_bytes(2, "big") + ticket
    for at, first, last in list(packages_of(start, end))[:packages]:
        for seq in range(first, last):
            out += len(entries[seq]).to_bytes(2, "big") + entries[seq]
        proof = prove_part(at, last, leaves[:end])
        out += bytes([len(proof)]) + b"".join(proof)
    return out


class Reading:
    def __init__(self, raw):
        self.raw, self.at = raw, 0

    def take(self, n):
        need(self.at + n <= len(self.raw), "the body ends too soon")
        self.at += n
        return self.raw[self.at - n:self.at]

    def number(self, n):
        return int.from_bytes(self.take(n), "big")

    def done(self):
        return self.at == len(self.raw)


def get_info(raw):
    """pending size, next entry, ticket."""
    pending, next_entry, ticket, rest = raw.decode("ascii").split("\n")
    need(rest == "", "mirror-info is not three lines")
    return decimal(pending), decimal(next_entry), b64(ticket)


# ---- the peer ---------------------------------------------------------------------------

class Answer(Exception):
    """What a call is answered with."""

    def __init__(self, status, body=b"", kind="text/plain"):
        super().__init__(status)
        self.status, self.body, self.kind = status, body, kind


def uuid7(now_us):
    """RFC 9562."""
    value = (now_us // 1000) << 80 | 7 << 76 | int.from_bytes(os.urandom(2), "big") % 4096 << 64 \
        | 2 << 62 | int.from_bytes(os.urandom(8), "big") >> 2
    return str(uuid.UUID(int=value))


def pin_of(certificate):
    return sha256(certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)).hex()


class Peer:
    def __init__(self, org, name, port, folder):
        self.org, self.port, self.folder = org, port, folder
        self.key = {k: Key(os.urandom(32)) for k in ("root", "next", "event", "log", "receipt")}
        self.enc = X25519PrivateKey.generate()
        self.make_certificate()
        self.lock = threading.RLock()
        self.open, self.server = threading.Event(), None  # not open: answers are not given
        self.open.set()
        self.away = False                          # 503 to all
        self.forged = None                         # a key that signs receipts in place of ours
        self.entries, self.iat = [], 0
        self.theirs, self.texts = [], {}           # entries of their log; digest: disclosure
        self.pending = self.whole = None           # checkpoints of their log
        self.receipts = {}                         # size: our line
        self.entry = self.make_entry(name)

    def make_certificate(self):
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(
            datetime.timezone.utc)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.org)])
        self.certificate = x509.CertificateBuilder().subject_name(name).issuer_name(
            name).public_key(key.public_key()).serial_number(x509.random_serial_number()) \
            .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(
                now + datetime.timedelta(days=30)).sign(key, hashes.SHA256())
        self.pem = os.path.join(self.folder, f"{self.org}.pem")
        with open(self.pem, "wb") as f:
            f.write(key.private_bytes(serialization.Encoding.PEM,
                                      serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption()))
            f.write(self.certificate.public_bytes(serialization.Encoding.PEM))

    # ---- identity and introduction (section 9) ------------------------------------------

    def make_entry(self, name):
        now = time.time_ns() // 1000
        body = {"n": 0, "name": name, "role": "platform",
                "root_pub": b64url_text(self.key["root"].public),
                "next_root_sha256": sha256(self.key["next"].public).hex(),
                "event_keys": [b64url_text(self.key["event"].public)],
                "log_key": b64url_text(self.key["log"].public),
                "receipt_key": b64url_text(self.key["receipt"].public),
                "enc_key": b64url_text(self.enc.public_key().public_bytes(*RAW)),
                "tls_spki": [pin_of(self.certificate)],
                "url": f"https://127.0.0.1:{self.port}"}
        return make_jws(self.key["root"], "saluran-identity+jws", {
            "v": 1, "log": f"{self.org}/id", "seq": 0, "id": uuid7(now), "type": "org.keys",
            "iat": now, "body": body})

    def fingerprint(self):
        return fingerprint(self.key["root"].public)

    def meet(self, file, told):
        """Add their introduction, whose fingerprint was told; ours, made for it."""
        need(len(file) <= 65536 and file.endswith(b"\n"), "not an introduction")
        *entries, offer = file[:-1].split(b"\n")
        before = None
        for raw in entries:
            before = Identity(raw, before)
        need(fingerprint(before.root) == told, "another fingerprint was told")
        self.them, self.their_entry = before, entries[-1]
        said = Jws(offer, "saluran-channel+jws")
        need(said.signed_by(before.event_keys), "the offer is not signed by its organisation")
        o = members_of(said.payload, ("v", "org", "peer", "channel", "origins", "policy",
                                      "identity", "iat"))
        need((o["v"], o["org"], o["peer"]) == (1, before.org, self.org), "it is not for us")
        need(o["identity"] == sha256(entries[-1]).hex(), "it names another entry")
        need(o["origins"] == [f"{before.org}/c/{o['channel']}/e0",
                              f"{self.org}/c/{o['channel']}/e0"], "other origins")
        self.offer, (self.their_origin, self.origin) = o, o["origins"]
        body = Jws(entries[-1], "saluran-identity+jws", 65536, 65536).payload["body"]
        self.their_url, self.their_pins = body["url"], body["tls_spki"]
        return self.entry + b"\n" + make_jws(self.key["event"], "saluran-channel+jws", {
            **o, "org": self.org, "peer": before.org, "identity": sha256(self.entry).hex(),
            "iat": time.time_ns() // 1000}) + b"\n"

    # ---- our log (sections 2 and 3) -----------------------------------------------------

    def append(self, kind, body, case=None, texts=(), **more):
        with self.lock:
            self.iat = max(self.iat, time.time_ns() // 1000)
            digests = []
            for name, value in texts:
                line = b64url_text(dump([b64url_text(os.urandom(16)), name, value]).encode())
                self.texts[b64url_text(sha256(line.encode()))] = line.encode()
                digests.append(b64url_text(sha256(line.encode())))
            seq = len(self.entries)
            said = {"v": 1, "log": self.origin, "seq": seq, "id": uuid7(self.iat), "type": kind,
                    "iat": self.iat, "by": "node", "ack": self.acked(), "body": body, **more}
            if seq:
                said["prev"] = leaf_hash(self.entries[-1]).hex()
            if case is not None:
                said["case"] = case
                said["by"] = "p-0123456789abcdef"
            if digests:
                said["_sd"] = digests
            self.entries.append(make_jws(self.key["event"], "saluran-event+jws", said))
            return seq

    def acked(self):
        if self.whole is None:
            return {"log": self.their_origin, "size": 0, "root": sha256(b"").hex()}
        return {"log": self.their_origin, "size": self.whole.size, "root": self.whole.root.hex()}

    def leaves(self):
        return [leaf_hash(e) for e in self.entries]

    def checkpoint(self, size=None):
        leaves = self.leaves()[:size]
        text = f"{self.origin}\n{len(leaves)}\n{b64_padded(root_of(leaves))}\n"
        return text, f"{text}\n" + log_line(self.origin, self.key["log"], text)

    # ---- what is asked of the node (section 5) ------------------------------------------

    def tls_of_node(self):
        """The node's own certificate, which has a pinned key."""
        host, port = self.their_url[len("https://"):].split(":")
        pem = ssl.get_server_certificate((host, int(port)))
        need(pin_of(x509.load_pem_x509_certificate(pem.encode())) in self.their_pins,
             "the node shows another key")
        return pem

    def call(self, method, call, body=None, headers=None):
        """(status, type, body)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_verify_locations(cadata=self.tls_of_node())
        context.load_cert_chain(self.pem)
        host, port = self.their_url[len("https://"):].split(":")
        connection = http.client.HTTPSConnection(host, int(port), timeout=CALL_S,
                                                 context=context)
        try:
            connection.request(method, f"/peer/v1/{call}", body=body, headers=headers or {})
            got = connection.getresponse()
            return got.status, (got.getheader("Content-Type") or "").split(";")[0], got.read()
        finally:
            connection.close()

    def log_call(self, origin, rest):
        return f"{sha256(origin.encode()).hex()}/{rest}"

    def add_checkpoint(self, old, size=None, note=None, proof=None):
        if proof is None:
            leaves = self.leaves()[:size]
            proof = prove_part(0, old, leaves) if 0 < old < len(leaves) else []
        lines = "".join(b64_padded(h) + "\n" for h in proof)
        body = f"old {old}\n{lines}\n{note or self.checkpoint(size)[1]}"
        return self.call("POST", "add-checkpoint", body.encode())

    def add_entries(self, start, end, headers=None, encode=lambda body: body, **how):
        body = put_upload(self.origin, start, end, dict(enumerate(self.entries)), self.leaves(),
                          **how)
        return self.call("POST", "add-entries", encode(body),
                         {"Content-Type": "application/octet-stream", **(headers or {})})

    def cosigned(self, size, lines):
        """The time of their receipt for so many entries of ours; Bad: there is none."""
        text, note = self.checkpoint(size)
        raw = Note((note + lines.decode()).encode()).line_of(
            f"{self.them.org}/rcpt", COSIGNATURE_KEY, self.them.receipt_key)
        need(raw is not None, "no cosignature of the node")
        return int.from_bytes(raw[:8], "big")

    def push(self):
        """All that is here; the time of the receipt."""
        size, said = len(self.entries), list(self.texts.values())
        if said:
            status, _, words = self.call("POST", "disclosures", b"\n".join(said) + b"\n")
            need(status == 200, f"disclosures: {status} {words}")
        status, kind, body = self.add_checkpoint(0)
        while status == 409:
            need(kind == SIZE_TYPE, "409 without a size")
            status, kind, body = self.add_checkpoint(decimal(body[:-1].decode()))
        need(status == 200, f"add-checkpoint: {status} {body}")
        status, kind, body = self.add_entries(0, size)
        while status in (202, 409):
            need(kind == INFO_TYPE, "no mirror-info")
            pending, start, ticket = get_info(body)
            status, kind, body = self.add_entries(start, pending, ticket=ticket)
        need(status == 200, f"add-entries: {status} {body}")
        return self.cosigned(size, body)

    def pull(self):
        """Fetch their log as who can only call out, and bring the receipt; its status."""
        status, _, note = self.call("GET", self.log_call(self.their_origin, "checkpoint"))
        need(status == 200, f"checkpoint: {status}")
        head = Checkpoint(note)
        with self.lock:
            self.head_is_theirs(head)
            fresh = list(self.theirs)
        while len(fresh) < head.size:
            at = len(fresh) // PACKAGE
            width = min(PACKAGE, head.size - at * PACKAGE)
            tile = f"{at:03}" + (f".p/{width}" if width < PACKAGE else "")
            status, _, raw = self.call("GET", self.log_call(self.their_origin,
                                                            f"tile/entries/{tile}"))
            need(status == 200, f"tile/entries/{tile}: {status}")
            bundle, seq = Reading(raw), at * PACKAGE
            while not bundle.done():
                entry = bundle.take(bundle.number(2))
                fresh += [entry] if seq >= len(fresh) else []
                seq += 1
            status, _, hashes_ = self.call("GET", self.log_call(self.their_origin,
                                                                f"tile/0/{tile}"))
            need(status == 200 and hashes_ == b"".join(
                map(leaf_hash, fresh[at * PACKAGE:])), "tile/0 has other hashes")
        status, _, lines = self.call("GET", self.log_call(
            self.their_origin, f"disclosures/{len(self.theirs)}/0"))
        need(status in (200, 404), f"disclosures: {status}")
        with self.lock:
            self.learn(lines.splitlines() if status == 200 else [])
            self.take(fresh[len(self.theirs):])
            self.pending = head
            line = self.receipt()
        return self.call("POST", "receipts", note + line.encode())[0]

    def proof(self, seq):
        """A proof of that entry of ours, as the node gives it, holds, with the node's receipt."""
        status, _, raw = self.call("GET", self.log_call(self.origin, f"proof/{seq}"))
        need(status == 200, f"proof/{seq}: {status}")
        proof = TlogProof(raw)
        head = Checkpoint(proof.note)
        need(head.note.line_of(self.origin, ORIGIN_KEY, self.key["log"].public) is not None,
             "the head of the proof is not ours")
        need(head.note.line_of(f"{self.them.org}/rcpt", COSIGNATURE_KEY,
                               self.them.receipt_key) is not None, "its receipt is not there")
        return proof.index == seq and root_by_path(
            seq, head.size, leaf_hash(self.entries[seq]), proof.path) == head.root

    # ---- what is taken from the node ----------------------------------------------------

    def head_is_theirs(self, head):
        need(head.origin == self.their_origin, "another log")
        need(head.note.line_of(head.origin, ORIGIN_KEY, self.them.log_key) is not None,
             "not signed by the log's key")

    def learn(self, lines):
        for line in lines:
            if line:
                self.texts[b64url_text(sha256(line))] = bytes(line)

    def take(self, fresh):
        """Tier 1 of entries that follow those that are here; they are kept."""
        for raw in fresh:
            jws, seq = Jws(raw, "saluran-event+jws"), len(self.theirs)
            said = jws.payload
            check_event(said)
            need(jws.signed_by(self.them.event_keys), f"event {seq} is not signed by its author")
            need((said["log"], said["seq"]) == (self.their_origin, seq), "another place")
            need(seq == 0 or said["prev"] == leaf_hash(self.theirs[-1]).hex(), "another prev")
            need(all(d in self.texts for d in said.get("_sd", ())),
                 f"a disclosure of event {seq} did not come before it")
            self.theirs.append(raw)

    def receipt(self):
        """All of the pending head is here: our line, always the same for one size."""
        head = self.pending
        need(root_of([leaf_hash(e) for e in self.theirs]) == head.root, "another root")
        if self.forged is not None:
            return receipt_line(self.org, self.forged, head.note.text, int(time.time()))
        self.whole = head
        if head.size not in self.receipts:
            self.receipts[head.size] = receipt_line(self.org, self.key["receipt"],
                                                    head.note.text, int(time.time()))
        return self.receipts[head.size]

    def on_checkpoint(self, body):
        lines, _, note = body.partition(b"\n\n")
        old, *proof = lines.decode("ascii").split("\n")
        need(old.startswith("old "), "no old size")
        old, proof = decimal(old[4:]), [b64(p) for p in proof]
        head = Checkpoint(note)
        if head.origin != self.their_origin:
            raise Answer(404)
        try:
            self.head_is_theirs(head)
        except Bad as e:
            raise Answer(403, str(e).encode()) from None
        have, root = (self.pending.size, self.pending.root) if self.pending else (0, None)
        if old > head.size:
            raise Answer(400)
        if old != have:
            raise Answer(409, b"%d\n" % have, SIZE_TYPE)
        if len(proof) > PROOF_MAX or not consistent(old, root, head.size, head.root, proof):
            raise Answer(422, b"the proof fails")
        self.pending = head

    def on_entries(self, body):
        r = Reading(body)
        origin = r.take(r.number(2)).decode()
        start, end, ticket = r.number(8), r.number(8), r.take(r.number(2))
        if origin != self.their_origin:
            raise Answer(404)
        if self.pending is None:
            raise Answer(422, b"nothing is pending")
        if end != self.pending.size or start > len(self.theirs):
            raise Answer(409, self.info(), INFO_TYPE)
        need(ticket in (b"", b"second"), "a ticket of somebody else")
        for count, (at, first, last) in enumerate(packages_of(start, end)):
            if r.done():
                break
            need(count < PACKAGES_MAX, "too many packages")
            entries = [r.take(r.number(2)) for _ in range(first, last)]
            proof = [r.take(32) for _ in range(r.number(1))]
            here = [leaf_hash(e) for e in self.theirs[at:first] + entries]
            if not part_holds(at, last, end, root_of(here), self.pending.root, proof):
                raise Answer(422, b"the proof of a package fails")
            self.take(entries[len(self.theirs) - first:])
        need(r.done(), "bytes follow the last package")
        if len(self.theirs) < end:
            raise Answer(202, self.info(), INFO_TYPE)
        raise Answer(200, self.receipt().encode())

    def info(self):
        return b"%d\n%d\n%s\n" % (self.pending.size if self.pending else 0, len(self.theirs),
                                  base64.b64encode(b"second"))

    def on_held(self, body):
        origin, nonce, _ = body.decode("ascii").split("\n", 2)
        if origin != self.their_origin:
            raise Answer(404)
        whole = self.whole
        raise Answer(200, make_jws(self.key["event"], "saluran-held+jws", {
            "v": 1, "org": self.org, "log": origin, "nonce": nonce, "stored": len(self.theirs),
            "whole": "" if whole is None else whole.raw.decode() + self.receipts[whole.size],
            "pending": self.pending.raw.decode() if self.pending else "",
            "own": len(self.entries), "iat": time.time_ns() // 1000}))

    def answer(self, call, body):
        self.open.wait()
        with self.lock:
            try:
                if self.away:
                    raise Answer(503)
                if call == "add-checkpoint":
                    self.on_checkpoint(body)
                elif call == "disclosures":
                    self.learn(body.splitlines())
                elif call == "add-entries":
                    self.on_entries(body)
                elif call == "held":
                    self.on_held(body)
                elif call != "identity":
                    raise Answer(404)
            except Answer as a:
                return a
            except Bad as e:
                return Answer(422, str(e).encode())
            return Answer(200)

    def serve(self):
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                size = int(self.headers.get("Content-Length", -1))
                if not 0 <= size <= BODY_MAX or self.headers.get("Content-Encoding"):
                    got, self.close_connection = Answer(413 if size > 0 else 411), True
                else:
                    got = peer.answer(self.path[len("/peer/v1/"):], self.rfile.read(size))
                self.send_response(got.status)
                self.send_header("Content-Type", got.kind)
                self.send_header("Content-Length", str(len(got.body)))
                if got.status == 503:
                    self.send_header("Retry-After", "1")
                self.end_headers()
                self.wfile.write(got.body)

            def log_message(self, *words):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(self.pem)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=self.tls_of_node())
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
