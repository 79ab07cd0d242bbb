"""What is done to bundles: (words, archive) for each change, by a seeded choice."""
import copy

from container import BLOCK, MANIFEST, pack, unpack
from forge import (
    TYP, dump, json_changes, log_line, make_jws, note_line, payload_of, receipt_line,
    signed_bundle)
from formats import COSIGNATURE_KEY, PAYLOAD_MAX, b64_padded, key_id, leaf_hash
from verify import PARTIES, other

HEADER_FIELDS = ((0, 100), (100, 8), (108, 8), (116, 8), (124, 12), (136, 12), (148, 8),
                 (156, 1), (157, 100), (257, 6), (263, 2), (265, 32), (297, 32), (329, 8),
                 (337, 8), (345, 155), (500, 12))


def flipped(data, at, bit=0):
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1:]


def archive(data, rng, flips):
    """Bytes of the archive itself."""
    members = unpack(data)
    starts, at = [], 0
    for _, content in members:
        starts.append(at)
        at += BLOCK + len(content) + -len(content) % BLOCK
    for start in (starts[0], rng.choice(starts), starts[-1]):
        for offset, width in HEADER_FIELDS:
            where = start + offset + rng.randrange(width)
            yield f"header byte {where}", flipped(data, where, rng.randrange(8))
    for _ in range(flips):
        where = rng.randrange(len(data))
        yield f"byte {where}", flipped(data, where, rng.randrange(8))
    for cut in (0, 1, 511, 512, 1024, at, at + 512, len(data) - 1, rng.randrange(len(data))):
        yield f"cut to {cut}", data[:cut]
    for more in (b"\0", b"\0" * 512, b"\0" * 1024, b"x", data):
        yield f"{len(more)} bytes after it", data + more
    yield "no member", b"\0" * 1024
    i = rng.randrange(len(members) - 2)
    for words, changed in (
            ("two members change places", members[:i] + [members[i + 1], members[i]]
             + members[i + 2:]),
            ("a member twice", members[:i + 1] + members[i:]),
            ("the manifest in its alphabetic place", sorted(members)),
            ("no manifest", members[:-1]),
            ("two manifests", members + members[-1:]),
            ("only the manifest", members[-1:])):
        yield words, pack(changed)
    for name in ("../up", "/abs", "a//b", "a/", ".hidden", "a/.b", "a b", "A" * 100, "",
                 "README.txt\0x", "R\xc9ADME"):
        yield f"a member named {name!r}", pack([(name, b"x")] + members)


def members_unlisted(data):
    """Members that are not as the list says."""
    members = unpack(data)
    for i, (name, content) in enumerate(members[:-1]):
        rest = members[:i] + members[i + 1:]
        yield f"{name} taken out", pack(rest)
        yield f"{name} changed", pack(members[:i] + [(name, content + b"x")]
                                      + members[i + 1:])


def texts_of(content, rng):
    """Ways in which a member's text can be another."""
    lines = content.splitlines(keepends=True)
    yield "emptied", b""
    yield "without its last byte", content[:-1]
    yield "with a line more", content + b"x\n"
    yield "with an empty line more", content + b"\n"
    yield "with CR", content.replace(b"\n", b"\r\n")
    yield "with NUL", content.replace(b"\n", b"\0\n", 1)
    if len(lines) > 1:
        yield "reversed", b"".join(lines[::-1])
        yield "without its first line", b"".join(lines[1:])
        yield "without a line", b"".join(lines[:-2] + lines[-1:])
        i = rng.randrange(len(lines))
        yield f"with line {i} twice", b"".join(lines[:i + 1] + lines[i:])
    for _ in range(3):
        if content:
            at = rng.randrange(len(content))
            yield f"flipped at {at}", flipped(content, at, rng.randrange(7))


class Listed:
    """The members of a bundle under a new manifest each time."""

    def __init__(self, data, key):
        self.members = unpack(data)
        self.said, self.key = payload_of(self.members.pop()[1][:-1]), key
        self.content = dict(self.members)

    def signed(self, content):
        return signed_bundle(sorted(content.items()), self.key, self.said)

    def with_(self, name, content):
        return self.signed({**self.content, name: content})

    def without(self, name):
        return self.signed({n: c for n, c in self.content.items() if n != name})

    def each_member(self, rng, most_of_a_kind):
        """Every member out, renamed, of the other side, and with another text."""
        kinds = {}
        for name, content in self.members:
            kind = name.rstrip("0123456789.tlog-proof") if "/proof/" in name else name
            kinds[kind] = kinds.get(kind, 0) + 1
            if kinds[kind] > most_of_a_kind:
                continue
            yield f"{name} gone", self.without(name)
            yield f"{name} under another name", self.signed(
                {**{n: c for n, c in self.content.items() if n != name}, name + "x": content})
            for a, b in (PARTIES, PARTIES[::-1]):
                twin = name.replace(a, b)
                if twin != name:
                    yield f"{name} in the place of {twin}", self.with_(twin, content)
            for words, text in texts_of(content, rng):
                yield f"{name} {words}", self.with_(name, text)
        for name in ("evil.txt", "logs/authority/proof/99.tlog-proof", "receipts/authority.txt",
                     "receipts/authority/0.tlog-proof", "logs/platform/checkpoint.proof",
                     "policy-adopted.json", "disclosures.txt", "logs/authority/cosigned"):
            yield f"{name} added", self.with_(name, self.content["README.txt"])

    def manifest(self, rng, each):
        """The list itself, signed by whom it should be."""
        listed = unpack(self.signed(self.content))[-1][1]
        said = payload_of(listed[:-1])
        short = {**said, "members": said["members"][:2]}

        def put(payload, key=self.key, typ=TYP["manifest"], header=None, end=b"\n"):
            jws = make_jws(key, typ, payload, header)
            return pack([*self.members, (MANIFEST, jws + end)])
        for words, payload in json_changes(short, rng, each):
            payload = {**payload, "members": payload["members"] + said["members"][2:]} \
                if isinstance(payload.get("members"), list) else payload
            yield f"manifest: {words}", put(payload)
        yield "manifest: another type", put(said, typ=TYP["event"])
        yield "manifest: without its LF", put(said, end=b"")
        yield "manifest: two lines", put(said, end=b"\n\n")
        kid = self.key.kid
        for header in (f'{{"alg":"EdDSA","kid":"{kid}","typ":"{TYP["manifest"]}"}}',
                       f'{{"kid":"{kid}","alg":"Ed25519","typ":"{TYP["manifest"]}"}}',
                       f'{{"alg":"Ed25519","kid":"{kid}","typ":"{TYP["manifest"]}","x":1}}',
                       f'{{"alg":"Ed25519","kid":"{kid[:-1]}","typ":"{TYP["manifest"]}"}}',
                       f'{{"alg":"Ed25519","kid":"{kid[:-1]}=","typ":"{TYP["manifest"]}"}}'):
            yield f"manifest: header {header[:40]}", put(said, header=header)

    def jws_member(self, name, key, typ, rng, each):
        """A member that is one JWS, signed again with what it says changed."""
        payload = payload_of(self.content[name][:-1])
        for words, changed in json_changes(payload, rng, each):
            yield f"{name}: {words}", self.with_(name, make_jws(key, typ, changed) + b"\n")
        yield f"{name}: no object", self.with_(name, make_jws(key, typ, [payload]) + b"\n")

    def events(self, party, key, rng, each, strangers=()):
        """Each event signed again as something else, in a log that does not know it."""
        name = f"logs/{party}/events.jws"
        lines = self.content[name].splitlines()
        for i, line in enumerate(lines):
            seq, jws = line.split(b" ")
            payload = payload_of(jws)

            def put(changed, signer=key, number=seq, at=i):
                new = number + b" " + make_jws(signer, TYP["event"], changed)
                return self.with_(name, b"\n".join([*lines[:at], new, *lines[at + 1:]])
                                  + b"\n")
            for words, changed in json_changes(payload, rng, each):
                yield f"{party} event {seq.decode()}: {words}", put(changed)
            yield f"{party} event {seq.decode()}: by a stranger", put(
                payload, rng.choice(strangers) if strangers else key)
            yield f"{party} event {seq.decode()}: leading zero", put(payload,
                                                                     number=b"0" + seq)

    def heads(self, party, keys, org, rng):
        """Heads that are signed and say something else."""
        peer, numbers = other(party), [2 ** 63 - 1, 2 ** 63, 2 ** 64 - 1, 2 ** 64, 0, 1]
        for name in ("checkpoint", "cosigned"):
            where = f"logs/{party}/{name}"
            if where not in self.content:
                continue
            note = self.content[where].decode()
            text, lines = note.split("\n\n")[0] + "\n", note.split("\n\n")[1]
            origin, size, root = text.splitlines()

            def signed(new, more="", time=1_500_000_000):
                return (new + "\n" + log_line(origin, keys[party]["log"], new)
                        + ("" if time is None else receipt_line(
                            org[peer], keys[peer]["receipt"], new, time)) + more).encode()
            for n in numbers:
                yield f"{where}: size {n}", self.with_(where, signed(
                    f"{origin}\n{n}\n{root}\n"))
            for words, new in (
                    ("another root", f"{origin}\n{size}\n{'A' * 43}=\n"),
                    ("a short root", f"{origin}\n{size}\nAAAA\n"),
                    ("size with a zero", f"{origin}\n0{size}\n{root}\n"),
                    ("another origin", f"{origin}x\n{size}\n{root}\n"),
                    ("a line more", text + "more\n"), ("a line less", f"{origin}\n{size}\n")):
                yield f"{where}: {words}", self.with_(where, signed(new))
            for time in (None, 0, 1, 2 ** 63 - 1, 2 ** 63, 2 ** 64 - 1):
                yield f"{where}: cosigned at {time}", self.with_(where, signed(
                    text, time=time))
            yield f"{where}: a stranger too", self.with_(where, signed(
                text, note_line("stranger.example", 1, keys[peer]["log"], bytes(64))))
            yield f"{where}: cosigned twice", self.with_(where, signed(text, receipt_line(
                org[peer], keys[peer]["receipt"], text, 1_500_000_001)))
            wrong = b64_padded(key_id(org[peer] + "/rcpt", COSIGNATURE_KEY,
                                      keys[peer]["receipt"].public) + bytes(72))
            for words, more in (("a wrong cosignature after it",
                                 f"\u2014 {org[peer]}/rcpt {wrong}\n"),
                                ("64 lines more", note_line(
                                    "x.example", 1, keys[peer]["log"], bytes(64)) * 64),
                                ("a name with a space", "\u2014 a b AAAAAAAA\n"),
                                ("a hyphen for the dash", "- x.example AAAAAAAA\n"),
                                ("an empty name", "\u2014  AAAAAAAA\n"),
                                ("base64 that is not canonical",
                                 "\u2014 x.example AAAAAAB=\n")):
                yield f"{where}: {words}", self.with_(where, signed(text, more))
            yield f"{where}: no signature", self.with_(where, (text + "\n").encode())
            yield f"{where}: only the peer's", self.with_(where, (text + "\n" + receipt_line(
                org[peer], keys[peer]["receipt"], text, 1)).encode())
            yield f"{where}: lines the other way", self.with_(where, (
                text + "\n" + "".join(lines.splitlines(True)[::-1])).encode())

    def disclosures(self, rng):
        from formats import b64url_text
        name = "disclosures.txt"
        if name not in self.content:
            return
        lines = self.content[name].splitlines()
        salt = "A" * 22
        for value in ([salt, "x", 1], [salt, "_sd", 1], [salt, "...", 1], ["A", "x", 1],
                      [salt, "x"], {"a": 1}, [salt, "x" * 65, 1], [salt, "", 1],
                      [salt, 1, 1], [salt[:-1] + "B", "x", 1]):
            line = b64url_text(dump(value).encode()).encode()
            yield f"a disclosure {dump(value)[:40]}", self.with_(
                name, b"\n".join(sorted([*lines, line])) + b"\n")
        yield "a disclosure's last character", self.with_(
            name, lines[0][:-1] + (b"A" if lines[0][-1:] != b"A" else b"B") + b"\n"
            + b"\n".join(lines[1:]) + b"\n")


def rebuilt(world, rng, each, version):
    """Logs that were written otherwise from the start, and are whole again."""
    for party in PARTIES:
        for seq, payload in sorted(world.log[party].items()):
            for words, changed in json_changes(payload, rng, each):
                twin = world.clone()
                twin.log[party][seq] = changed
                yield f"v{version}, {party} {seq} {payload['type']}: {words}", twin.build(
                    version, {(party, seq)})


def rebuilt_long(world, version):
    """The same, with payloads as long as they may be, and longer ones that fit a leaf."""
    for party in PARTIES:
        seq = max(n for n, said in world.log[party].items() if said["type"] != "receipt.adopt")
        for most in (PAYLOAD_MAX, PAYLOAD_MAX + 1, PAYLOAD_MAX + 38):
            twin = world.clone()
            said = twin.log[party][seq] = copy.deepcopy(world.log[party][seq])
            said["body"]["long"] = ""
            said["body"]["long"] = "x" * (most - len(dump(said).encode()))
            yield f"v{version}, {party} {seq} of {most} bytes", twin.build(version)


def rebuilt_acts(world, version):
    """The same, with other types and authors."""
    first = {p: min(world.log[p]) for p in PARTIES}
    for party in PARTIES:
        for seq, payload in sorted(world.log[party].items()):
            for kind in ("order.unknown", "notice.unknown", "policy.adopt", "channel.open",
                         "dns.measured", "case.warn"):
                twin = world.clone()
                twin.log[party][seq] = {**copy.deepcopy(payload), "type": kind}
                yield f"v{version}, {party} {seq} as {kind}", twin.build(
                    version, {(party, seq)} if payload["type"] == "receipt.adopt" else ())
            if seq != first[party]:
                twin = world.clone()
                twin.gaps = copy.deepcopy(world.gaps)
                del twin.log[party][seq]
                twin.gaps[party][seq] = leaf_hash(b"left out")
                yield f"v{version}, {party} {seq} left out", twin.build(version)


def rekeyed(listed):
    """A bundle whose sides replaced their keys: entries and channel.rekeys that are gone, out
    of order, doubled or the other side's."""
    for p in PARTIES:
        name = f"identity/{p}.jws"
        lines = listed.content[name].splitlines(True)
        others = listed.content[f"identity/{other(p)}.jws"].splitlines(True)
        for i, line in enumerate(lines):
            yield f"{name} without entry {i}", listed.with_(
                name, b"".join(lines[:i] + lines[i + 1:]))
            yield f"{name} with entry {i} twice", listed.with_(
                name, b"".join(lines[:i] + [line] + lines[i:]))
            yield f"{name} with the other side's entry at {i}", listed.with_(
                name, b"".join(lines[:i] + others[-1:] + lines[i:]))
            changed = bytes([*line[:len(line) // 2], line[len(line) // 2] ^ 1,
                             *line[len(line) // 2 + 1:]])
            yield f"{name} with entry {i} changed", listed.with_(
                name, b"".join(lines[:i] + [changed] + lines[i + 1:]))
        yield f"{name} turned around", listed.with_(name, b"".join(lines[::-1]))
        yield f"{name} without its last LF", listed.with_(name, b"".join(lines)[:-1])
        yield f"{name} of no entry", listed.with_(name, b"")
        yield f"{name} with an empty line", listed.with_(name, b"".join(lines) + b"\n")
        name = f"logs/{p}/events.jws"
        lines = listed.content[name].splitlines(True)
        for i, line in enumerate(lines):
            seq, _, jws = line[:-1].partition(b" ")
            words = f"{name} without {payload_of(jws)['type']} {seq.decode()}"
            left = {n: c for n, c in listed.content.items()
                    if n != f"logs/{p}/proof/{seq.decode()}.tlog-proof"}
            yield words, listed.signed({**left, name: b"".join(lines[:i] + lines[i + 1:])})
            yield f"{name} begins after {seq.decode()}", listed.signed(
                {**{n: c for n, c in left.items() if not n.startswith(f"logs/{p}/proof/")
                    or int(n.split("/")[-1].split(".")[0]) > int(seq)},
                 name: b"".join(lines[i + 1:])})
