"""The container of an evidence bundle: docs/protocol.md, section 12, by its text alone."""
import re

from formats import Bad, need

BLOCK = 512
BYTES_MAX = 1 << 30
MEMBERS_MAX = 8192
MANIFEST = "MANIFEST.jws"
NAME = re.compile(rb"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


def header_of(name, size):
    """The one header that a member of that name and size has."""
    block = b"".join((
        name.ljust(100, b"\0"), b"0000444\0", b"0000000\0", b"0000000\0",
        b"%011o\0" % size, b"00000000000\0", b" " * 8, b"0", b"\0" * 100,
        b"ustar\0" b"00", b"\0" * 32, b"\0" * 32, b"0000000\0", b"0000000\0", b"\0" * 155,
        b"\0" * 12))
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def unpack(data):
    """[(name, content)] in their order."""
    need(len(data) <= BYTES_MAX, "the archive is too large")
    members, at, last = [], 0, b""
    while True:
        block = data[at:at + BLOCK]
        need(len(block) == BLOCK, "the archive ends without its two blocks of zeros")
        if block == b"\0" * BLOCK:
            need(data[at:] == b"\0" * 2 * BLOCK,
                 "the archive does not end with two blocks of zeros")
            break
        name = block[:100].rstrip(b"\0")
        need(NAME.fullmatch(name) is not None, f"member {len(members)}: a name is malformed")
        size = block[124:135]
        need(re.fullmatch(rb"[0-7]{11}", size) is not None, f"{name}: its size is malformed")
        size = int(size, 8)
        need(block == header_of(name, size), f"{name}: its header is in another encoding")
        need(len(members) < MEMBERS_MAX, "too many members")
        need(not members or members[-1][0] != MANIFEST, "a member follows the manifest")
        need(name == MANIFEST.encode() or name > last, f"{name}: not in the order of names")
        last, at = name, at + BLOCK
        content = data[at:at + size]
        need(len(content) == size, f"{name}: is cut off")
        at += size
        padding = data[at:at + -size % BLOCK]
        need(padding == b"\0" * (-size % BLOCK), f"{name}: is padded with other than zeros")
        at += len(padding)
        members.append((name.decode(), content))
    need(members, "the archive has no members")
    return members


def pack(members):
    """The archive of (name, content), as they come: for who makes bundles to break them."""
    out = b""
    for name, content in members:
        out += header_of(name.encode(), len(content)) + content + b"\0" * (-len(content) % BLOCK)
    return out + b"\0" * 2 * BLOCK


__all__ = ["Bad", "MANIFEST", "pack", "unpack"]
