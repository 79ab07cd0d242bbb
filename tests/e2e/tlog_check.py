"""An outsider's check of the register's log: what C2SP's tlog-tiles, tlog-checkpoint and
tlog-proof say, with nothing of the program under test.

A log is what answers get(path) with bytes: "checkpoint", "tile/0/000.p/5".  The signature is
checked by OpenSSL."""
import base64
import hashlib
import os
import subprocess
import tempfile

WIDTH = 256
ED25519 = 1
DER_HEAD = bytes.fromhex("302a300506032b6570032100")  # an Ed25519 key, in front of its bytes


class Broken(Exception):
    pass


def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def verify_signature(public, text, signature):
    with tempfile.TemporaryDirectory() as folder:
        def put(name, data):
            path = os.path.join(folder, name)
            with open(path, "wb") as f:
                f.write(data)
            return path
        done = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin",
             "-inkey", put("key", DER_HEAD + public), "-in", put("text", text),
             "-sigfile", put("signature", signature)], capture_output=True, check=False)
    if done.returncode != 0:
        raise Broken("the checkpoint's signature is wrong")


def checkpoint(note, vkey):
    """(size, root) of a note that the key of that name signed."""
    name, _, packed = vkey.split("+", 2)
    key = base64.b64decode(packed)
    if key[0] != ED25519:
        raise Broken("the log's key is no Ed25519")
    key_id = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    text, _, lines = note.partition(b"\n\n")
    text += b"\n"
    for line in lines.decode().splitlines():
        dash, signer, blob = line.split(" ")
        raw = base64.b64decode(blob)
        if dash == "\u2014" and signer == name and raw[:4] == key_id:
            verify_signature(key[1:], text, raw[4:])
            origin, size, root = text.decode().splitlines()[:3]
            if origin != name:
                raise Broken(f"the checkpoint is of {origin}")
            return int(size), base64.b64decode(root)
    raise Broken(f"{name} did not sign the checkpoint")


def tile_path(index, width):
    groups = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03}")
    return f"tile/0/{'/'.join(groups)}" + (f".p/{width}" if width != WIDTH else "")


def leaves(get, size):
    """The hashes of all entries, from the tiles of level 0."""
    out = []
    for at in range(0, size, WIDTH):
        width = min(WIDTH, size - at)
        tile = get(tile_path(at // WIDTH, width))
        if len(tile) != 32 * width:
            raise Broken(f"tile {at // WIDTH} has {len(tile)} bytes")
        out += [tile[i:i + 32] for i in range(0, len(tile), 32)]
    return out


def root_of(hashes):
    """RFC 9162, section 2.1.1."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return node_hash(root_of(hashes[:half]), root_of(hashes[half:]))


def check_log(get, vkey, before=None):
    """The log's leaves, after all of it was checked: signature, tiles, and that a checkpoint
    from before signs its beginning."""
    size, root = checkpoint(get("checkpoint"), vkey)
    hashes = leaves(get, size)
    if root_of(hashes) != root:
        raise Broken("the tiles do not give the root that was signed")
    if before is not None:
        old_size, old_root = checkpoint(before, vkey)
        if old_size > size or root_of(hashes[:old_size]) != old_root:
            raise Broken("the log is no longer the one of the checkpoint from before")
    return hashes


def check_proof(proof, hashes):
    """Every event of a register entry's proof is in the log."""
    for event in proof["events"]:
        if hashes[event["seq"]] != leaf_hash(event["jws"].encode()):
            raise Broken(f"entry {event['seq']} of the log is another")
    return len(proof["events"])
