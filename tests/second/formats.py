"""The formats of docs/protocol.md, section 1, by their text alone: hashes, Ed25519, strict
I-JSON, JWS, signed notes, checkpoints, Merkle trees, tlog-proofs.

Nothing here comes from the program under test.  Only the arithmetic of Ed25519 is the
`cryptography` library's; the rule of section 1 is checked around it."""
import base64
import binascii
import bisect
import hashlib
import json
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

INT_MAX = 2 ** 53 - 1
JSON_DEPTH = 16
JWS_MAX = 60_000
PAYLOAD_MAX = 44_800
NAME_MAX = 200
SIGNATURES_MAX = 64
ORIGIN_KEY, COSIGNATURE_KEY = 1, 4
DASH = "\u2014"

FIELD_P = 2 ** 255 - 19
GROUP_L = 2 ** 252 + 27742317777372353535851937790883648493
# y of the points whose order divides 8, as the curve's equation gives them.
SMALL_Y = {0, 1, FIELD_P - 1,
           int.from_bytes(bytes.fromhex(
               "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little")
           & (1 << 255) - 1,
           int.from_bytes(bytes.fromhex(
               "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")}


class Bad(Exception):
    """What was read is not as the norm says: a sentence."""


def need(truth, what):
    if not truth:
        raise Bad(what)


def sha256(data):
    return hashlib.sha256(data).digest()


# ---- encodings ----------------------------------------------------------------

def b64(text):
    """Canonical padded base64."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Bad("base64 is malformed") from None
    need(base64.b64encode(raw).decode() == text, "base64 is not canonical")
    return raw


def b64_padded(raw):
    return base64.b64encode(raw).decode()


def b64url_text(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def b64url(text):
    """Canonical base64url without padding."""
    need(re.fullmatch(r"[A-Za-z0-9_-]*", text) is not None, "base64url is malformed")
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise Bad("base64url is malformed") from None
    need(b64url_text(raw) == text, "base64url is not canonical")
    return raw


def decimal(text, most=2 ** 64 - 1):
    need(re.fullmatch(r"0|[1-9][0-9]*", text) is not None and len(text) <= 20
         and int(text) <= most, "a number is not in its decimal form")
    return int(text)


# ---- Ed25519 ------------------------------------------------------------------

def point_is_fit(raw):
    y = int.from_bytes(raw, "little") & (1 << 255) - 1
    return y < FIELD_P and y not in SMALL_Y


def signed(public, message, signature):
    """Whether the one fixed rule of section 1 takes this signature."""
    if len(public) != 32 or len(signature) != 64:
        return False
    if int.from_bytes(signature[32:], "little") >= GROUP_L:
        return False
    if not point_is_fit(public) or not point_is_fit(signature[:32]):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


# ---- I-JSON -------------------------------------------------------------------

def text_is_fit(text):
    return all(c != "\0" and not 0xD800 <= ord(c) <= 0xDFFF and not 0xFDD0 <= ord(c) <= 0xFDEF
               and ord(c) & 0xFFFE != 0xFFFE for c in text)


def depth_of(value):
    if isinstance(value, dict):
        return 1 + max((depth_of(v) for v in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((depth_of(v) for v in value), default=0)
    return 0


def strings_of(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for k, v in value.items():
            yield k
            yield from strings_of(v)
    elif isinstance(value, list):
        for v in value:
            yield from strings_of(v)


def ijson(raw):
    """Strict I-JSON."""
    def pairs(items):
        made = dict(items)
        need(len(made) == len(items), "JSON: a name stands twice")
        return made

    def whole(text):
        need(text != "-0" and abs(int(text[:20])) <= INT_MAX, "JSON: an integer is too large")
        return int(text)

    def refuse(text):
        raise Bad(f"JSON: {text} is no integer")
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=pairs, parse_int=whole,
                           parse_float=refuse, parse_constant=refuse)
    except (ValueError, RecursionError) as e:
        raise Bad(f"JSON: {e}") from None
    need(depth_of(value) <= JSON_DEPTH, "JSON: too deep")
    need(all(text_is_fit(t) for t in strings_of(value)), "JSON: a text that is no text")
    return value


def is_int(value, least=0, most=INT_MAX):
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def is_text(value, most):
    return isinstance(value, str) and 1 <= len(value.encode()) <= most


def is_plain(text, most):
    return is_text(text, most) and not any(ord(c) < 0x20 or ord(c) == 0x7f for c in text)


def is_hash(value):
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) is not None


def is_uuid7(value):
    return isinstance(value, str) and re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        value) is not None


def members_of(value, required, optional=()):
    """An object with these members and no others."""
    need(isinstance(value, dict), "not an object")
    for name in required:
        need(name in value, f"{name}: is missing")
    for name in value:
        need(name in required or name in optional, f"{name}: is no member")
    return value


# ---- JWS ----------------------------------------------------------------------

def thumbprint(public):
    """RFC 7638 of an Ed25519 key (RFC 8037)."""
    return b64url_text(sha256(
        f'{{"crv":"Ed25519","kty":"OKP","x":"{b64url_text(public)}"}}'.encode()))


class Jws:
    """A claim: the bytes are well formed; who signed them is not yet known."""

    def __init__(self, raw, typ, most=JWS_MAX, payload_most=PAYLOAD_MAX):
        need(len(raw) <= most, "JWS: too long")
        try:
            text = raw.decode("ascii")
        except UnicodeDecodeError:
            raise Bad("JWS: not ASCII") from None
        parts = text.split(".")
        need(len(parts) == 3, "JWS: not three parts")
        header = b64url(parts[0])
        m = re.fullmatch(rb'\{"alg":"Ed25519","kid":"([A-Za-z0-9_-]{43})","typ":"([^"]*)"\}',
                         header)
        need(m is not None and m.group(2).decode("ascii", "replace") == typ,
             "JWS: the header is another")
        self.kid = m.group(1).decode()
        b64url(self.kid)
        payload = b64url(parts[1])
        need(len(payload) <= payload_most, "JWS: the payload is too long")
        self.signature = b64url(parts[2])
        need(len(self.signature) == 64, "JWS: the signature is no 64 bytes")
        self.input = f"{parts[0]}.{parts[1]}".encode()
        self.raw = raw
        self.payload = ijson(payload)

    def signed_by(self, keys):
        """Whether one of these keys, the one that the header names, signed it."""
        return any(thumbprint(k) == self.kid and signed(k, self.input, self.signature)
                   for k in keys)


# ---- signed notes, checkpoints ------------------------------------------------

def key_id(name, kind, public):
    return sha256(name.encode() + b"\n" + bytes([kind]) + public)[:4]


class Note:
    """Text and signature lines.  known: [(name, type, public key)]; a known key whose
    signature fails refuses the note; .by has the types and names that signed."""

    def __init__(self, raw):
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise Bad("note: not UTF-8") from None
        need(all(c == "\n" or ord(c) >= 0x20 for c in text), "note: a control character")
        need(text.endswith("\n"), "note: does not end in a line's end")
        at = text.rfind("\n\n")
        need(at >= 0, "note: no empty line before its signatures")
        self.text, rest = text[:at + 1], text[at + 2:]
        self.lines = []
        need(rest != "", "note: no signatures")
        for line in rest[:-1].split("\n"):
            parts = line.split(" ")
            need(len(parts) == 3 and parts[0] == DASH, "note: a signature line is malformed")
            name, packed = parts[1], b64(parts[2])
            need(1 <= len(name.encode()) <= NAME_MAX and "+" not in name
                 and not any(c.isspace() for c in name), "note: a name is malformed")
            need(len(packed) > 4, "note: a signature is too short")
            self.lines.append((name, packed[:4], packed[4:]))
        need(len(self.lines) <= SIGNATURES_MAX, "note: too many signatures")

    def line_of(self, name, kind, public):
        """The first signature of that key, None when there is no line of it; Bad when one
        of them fails."""
        kid, found = key_id(name, kind, public), None
        for line_name, line_id, raw in self.lines:
            if line_name != name or line_id != kid:
                continue
            if kind == ORIGIN_KEY:
                good = signed(public, self.text.encode(), raw)
            else:
                good = len(raw) == 72 and raw[0] < 0x80 and signed(
                    public, b"cosignature/v1\ntime %d\n" % int.from_bytes(raw[:8], "big")
                    + self.text.encode(), raw[8:])
            need(good, f"note: the signature of {name} is wrong")
            found = raw if found is None else found
        return found

    def has_line(self, name, kind, public):
        """Whether a line says that it is of that key, true or not."""
        return self.packed_of(name, kind, public) is not None

    def packed_of(self, name, kind, public):
        """The base64 of the first line that says so."""
        kid = key_id(name, kind, public)
        for line_name, line_id, raw in self.lines:
            if (line_name, line_id) == (name, kid):
                return b64_padded(kid + raw)
        return None


class Checkpoint:
    def __init__(self, raw):
        self.raw, self.note = raw, Note(raw)
        lines = self.note.text.split("\n")
        need(len(lines) == 4 and lines[3] == "", "checkpoint: not three lines")
        self.origin = lines[0]
        need(1 <= len(self.origin.encode()) <= NAME_MAX, "checkpoint: its origin is malformed")
        self.size = decimal(lines[1])
        self.root = b64(lines[2])
        need(len(self.root) == 32, "checkpoint: its root is no 32 bytes")
        need(self.size > 0 or self.root == sha256(b""), "checkpoint: the empty root is another")


# ---- Merkle trees -------------------------------------------------------------

def leaf_hash(entry):
    return sha256(b"\0" + entry)


def node_hash(left, right):
    return sha256(b"\1" + left + right)


def split(n):
    """The largest power of two below n (RFC 9162, 2.1.1)."""
    return 1 << (n - 1).bit_length() - 1


def root_by_path(index, size, leaf, path):
    """RFC 9162, 2.1.3.2: the root that an inclusion proof gives, None when it has not the
    length that it must have."""
    if index >= size:
        return None
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            if not fn & 1:
                while fn and not fn & 1:
                    fn >>= 1
                    sn >>= 1
        else:
            r = node_hash(r, p)
        fn >>= 1
        sn >>= 1
    return r if sn == 0 else None


def consistent(old_size, old, size, root, path):
    """RFC 9162, 2.1.4.2: whether the proof leads from the one root to the other."""
    path = [old] * (old_size & old_size - 1 == 0) + path
    fn, sn = old_size - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    if not path:
        return False
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return (fr, sr, sn) == (old, root, 0)


def root_of_many(leaves, size, lines):
    """Section 12, version 2: leaves {index: hash}; every line must be used."""
    lines, indexes = list(lines)[::-1], sorted(leaves)

    def has(low, high):
        at = bisect.bisect_left(indexes, low)
        return at < len(indexes) and indexes[at] < high

    def part(low, high):
        if not has(low, high):
            need(lines, "proof: it is too short")
            return lines.pop()
        if high - low == 1:
            return leaves[low]
        middle = low + split(high - low)
        return node_hash(part(low, middle), part(middle, high))
    root = part(0, size)
    need(not lines, "proof: a line is left over")
    return root


class TlogProof:
    """C2SP tlog-proof@v1."""

    def __init__(self, raw):
        head, _, note = raw.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Bad("proof: not ASCII") from None
        need(lines.pop(0) == "c2sp.org/tlog-proof@v1", "proof: of another format")
        need(lines and lines[0].startswith("index "), "proof: no index")
        self.index = decimal(lines.pop(0)[len("index "):])
        self.path = [b64(line) for line in lines]
        need(all(len(h) == 32 for h in self.path), "proof: a hash is no 32 bytes")
        need(len(self.path) <= 64, "proof: too long")
        self.note = note
