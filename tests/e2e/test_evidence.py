#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence between two real nodes: given and read by the command line, delivered over HTTPS,
interrupted by kill -9 on both sides, opened with Debian's age, rejected when it is not what
its event says, erased on both, and the bundle still verifies.

usage: test_evidence.py
"""
import base64
import hashlib
import hmac
import json
import os
import sqlite3
import subprocess
import sys
import threading

from lab import Failure, Lab, Node, Refused, introduce, verify

SALT = 32
BIG = 24 << 20
SECRET = "RahasiaNegaraNomorTujuh"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def want(truth, what):
    if not truth:
        raise Failure(what)


def bech32(hrp, data):
    """BIP 173, as age writes its keys."""
    bits = int.from_bytes(data, "big") << 4
    words = [bits >> 5 * i & 31 for i in reversed(range(52))]

    def polymod(values):
        chk = 1
        for v in values:
            top = chk >> 25
            chk = (chk & 0x1ffffff) << 5 ^ v
            for i, g in enumerate((0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                   0x2a1462b3)):
                chk ^= g if top >> i & 1 else 0
        return chk
    head = [ord(c) >> 5 for c in hrp] + [0] + [ord(c) & 31 for c in hrp]
    check = polymod(head + words + [0] * 6) ^ 1
    return hrp + "1" + "".join(BECH32[w] for w in words + [check >> 5 * (5 - i) & 31
                                                           for i in range(6)])


def age_open(lab, node, sha256):
    """The file's content, opened by Debian's age with the node's own key."""
    with open(os.path.join(node.dir, "keys", "enc.key"), encoding="ascii") as f:
        seed = bytes.fromhex(f.read().split()[2])
    identity = lab.write("identity", bech32("age-secret-key-", seed).upper() + "\n")
    done = subprocess.run(["age", "-d", "-i", identity,
                           os.path.join(node.dir, "blobs", sha256[:2], sha256)],
                          stdout=subprocess.PIPE, check=False, timeout=60)
    want(done.returncode == 0, "Debian's age does not open the file")
    return done.stdout[:SALT], done.stdout[SALT:]


def files(node, case, who):
    return node.cli("evidence", "list", case, who=who)


def arrived(node, case, who, n):
    got = files(node, case, who)["files"]
    return len(got) == n and all(f["checked"] for f in got if f["from"] != node.role) and got


def case_of(ministry, platform):
    csv = ministry.lab.write("list.csv", "target,category\nhttps://a.example/1,other\n")
    case = ministry.cli("send", csv, "--reference", "r-1", "--subject", "Konten",
                        "--legal-basis", "UU 19/2016", who="rina")["case"]

    def there():
        try:
            return platform.cli("show", case, who="ivan")
        except Refused:
            return None
    ministry.lab.wait("the case arrives", there)
    return case


def small(lab, ministry, platform, case):
    """One file each way; what the other side reads, and what Debian's age reads."""
    content = b"\x89PNG" + SECRET.encode() + os.urandom(70000)
    path = lab.path("layar.png")
    with open(path, "wb") as f:
        f.write(content)
    got = ministry.cli("evidence", "add", case, path, "--type", "image/png", who="rina")
    sha256 = got["files"][0]["sha256"]
    row = lab.wait("the file arrives", lambda: arrived(platform, case, "ivan", 1))[0]
    want(row["sha256"] == sha256 and row["name"] == "layar.png", "another file arrived")
    platform.cli("evidence", "get", sha256, "--out", lab.path("read.png"), who="ivan")
    with open(lab.path("read.png"), "rb") as f:
        want(f.read() == content, "the file that is read is another")
    for node in (ministry, platform):
        salt, plain = age_open(lab, node, sha256)
        want(plain == content, "age reads another file")
    commit = event_body(ministry, "evidence.add")["files"][0]["pt_commit"]
    want(hmac.new(salt, content, hashlib.sha256).hexdigest() == commit,
         "pt_commit is not HMAC-SHA256 of salt and file")
    for name, _, names in os.walk(os.path.join(platform.dir, "blobs")):
        for one in names:
            want(os.stat(os.path.join(name, one)).st_mode & 0o777 == 0o600, "not mode 0600")
    return sha256


def event_body(node, kind):
    db = sqlite3.connect(f"file:{node.dir}/store.db?mode=ro", uri=True)
    jws = db.execute("SELECT l.jws FROM log_event l JOIN v_event v USING (channel, party, "
                     "seq) WHERE v.type = ? ORDER BY v.iat_us DESC", (kind,)).fetchone()[0]
    db.close()
    part = jws.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["body"]


def size_of_parts(node):
    box = os.path.join(node.dir, "blobs", "in")
    return sum(os.stat(os.path.join(box, n)).st_size for n in os.listdir(box)) \
        if os.path.isdir(box) else 0


def killed(lab, ministry, platform, case):
    """Either node is killed while a large file is on its way; it goes on where it was, and
    an event that is made meanwhile does not wait for the file."""
    content = os.urandom(BIG)
    path = lab.path("film.mp4")
    with open(path, "wb") as f:
        f.write(content)
    platform.kill()
    sha256 = ministry.cli("evidence", "add", case, path, who="rina")["files"][0]["sha256"]
    up = files(ministry, case, "rina")["uploads"]
    want(len(up) == 1 and up[0]["state"] == "waiting", "a file that waits is not shown")
    platform.must_start()
    seen = []
    for node in (platform, ministry):
        lab.wait("some pieces are there", lambda: size_of_parts(platform) > (
            seen[-1] if seen else 0) or arrived(platform, case, "ivan", 2))
        node.kill()
        seen.append(size_of_parts(platform))
        node.must_start()
        ministry.cli("say", case, f"sambil menunggu {len(seen)}", who="rina")
    lab.wait("the large file arrives", lambda: arrived(platform, case, "ivan", 2), 120)
    platform.cli("evidence", "get", sha256, "--out", lab.path("film.out"), who="ivan")
    with open(lab.path("film.out"), "rb") as f:
        want(f.read() == content, "the large file that is read is another")
    shown = platform.cli("show", case, who="ivan")
    want(sum("sambil menunggu" in m["text"] for m in shown["messages"]) == 2,
         "messages were lost behind the file")


def cut_upload(lab, ministry, case):
    """The command is killed while it gives a file; the same command goes on."""
    path = lab.path("lagi.bin")
    with open(path, "wb") as f:
        f.write(os.urandom(BIG))
    done = threading.Event()
    first = {}

    def give():
        try:
            first["got"] = ministry.cli("evidence", "add", case, path, who="rina")
        except (Refused, Failure) as e:
            first["refused"] = e
        done.set()
    thread = threading.Thread(target=give)
    thread.start()
    lab.wait("some of it is there", lambda: done.is_set() or any(
        os.stat(os.path.join(ministry.dir, "blobs", "out", n)).st_size > 1 << 20
        for n in os.listdir(os.path.join(ministry.dir, "blobs", "out"))))
    ministry.kill()
    thread.join()
    ministry.must_start()
    if "got" not in first:
        want(any(u["state"] == "receiving" for u in files(ministry, case, "rina")["uploads"]),
             "the upload that broke off is not there")
        ministry.cli("evidence", "add", case, path, who="rina")
    want(not any(u["state"] == "receiving"
                 for u in files(ministry, case, "rina")["uploads"]),
         "a second upload was begun")


def another_file(lab, ministry, case):
    """What broke off is not gone on with from a file that was written since."""
    half, whole = b"a" * 2048, b"b" * 4096
    upload = ministry.must("POST", f"/v1/cases/{case}/evidence", "rina",
                           {"name": "ganti.bin", "bytes": len(whole)})["upload"]
    ministry.must("PUT", f"/v1/uploads/{upload}?offset=0", "rina", half,
                  {"Content-Type": "application/octet-stream"})
    path, back = lab.path("ganti.bin"), lab.path("kembali.bin")
    with open(path, "wb") as f:
        f.write(whole)
    got = ministry.cli("evidence", "add", case, path, who="rina")["files"][0]
    want(got["upload"] != upload, "two files were made one")
    lab.wait("its event names it", lambda: any(
        f["sha256"] == got["sha256"] for f in files(ministry, case, "rina")["files"]))
    ministry.cli("evidence", "get", got["sha256"], "--out", back, who="rina")
    with open(back, "rb") as f:
        want(f.read() == whole, "the file that was kept is another")
    ministry.must("PUT", f"/v1/uploads/{upload}?offset=0", "rina", 2 * half,
                  {"Content-Type": "application/octet-stream"})


def tampered(lab, ministry, platform, case, n):
    """A sender whose event commits to another plaintext is caught, and both see it."""
    path = lab.path("palsu.bin")
    with open(path, "wb") as f:
        f.write(b"not what was said")
    platform.kill()
    ministry.cli("evidence", "add", case, path, who="rina")
    ministry.kill()
    db = sqlite3.connect(os.path.join(ministry.dir, "store.db"))
    with db:
        want(db.execute("UPDATE evidence_out SET pt_commit = zeroblob(32) WHERE name = "
                        "'palsu.bin'").rowcount == 1, "no such upload")
    db.close()
    ministry.must_start()
    platform.must_start()
    for node, who in ((platform, "ivan"), (ministry, "rina")):
        row = lab.wait("it is rejected", lambda: [
            f for f in files(node, case, who)["files"] if f["rejected"]], 60)[0]
        want(row["rejected"] == "commitment" and row["name"] == "palsu.bin",
             f"rejected: {row}")
    want(len(files(platform, case, "ivan")["files"]) == n + 1, "a file is missing")


def bytes_of(node, text):
    """Files of the node in which the bytes stand."""
    found = []
    for folder, _, names in os.walk(node.dir):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    if text.encode() in f.read():
                        found.append(path)
    return found


def erased(lab, ministry, platform, case, sha256):
    ministry.cli("say", case, SECRET, who="rina")
    platform.cli("accept", case, who="ivan")
    platform.cli("decide", case, "--outcome", "removed", "--items", "open", who="ivan")
    lab.wait("it is decided", lambda: ministry.cli("show", case, who="rina")
             ["counts"]["open"] == 0)
    ministry.cli("close", case, who="rina")
    hold = ministry.cli("hold", case, "--reason", "pengadilan", who=ministry.admin)["hold"]
    lab.wait("the hold arrives", lambda: platform.cli("erasures", case, who="ivan")["holds"])
    for node in (ministry, platform):
        try:
            node.cli("erase", case, "--what", "all", "--reason", "x", who=node.admin)
            raise Failure("erased against a hold")
        except Refused as e:
            want("legal hold of the authority" in str(e), f"refused with: {e}")
    ministry.cli("hold", case, "--release", hold, "--reason", "selesai", who=ministry.admin)
    lab.wait("the release arrives", lambda: platform.cli(
        "erasures", case, who="ivan")["holds"][0]["released"])
    lab.wait("all is receipted", lambda: not files(ministry, case, "rina")["uploads"])
    got = ministry.cli("erase", case, "--what", "all", "--reason", "masa simpan habis",
                       who=ministry.admin)
    want(got["files"] >= 3 and got["texts"] >= 5, f"erased: {got}")
    lab.wait("the request arrives", lambda: any(
        x["act"] == "request" for x in platform.cli("erasures", case, who="ivan")
        ["erasures"]))
    platform.cli("erase", case, "--request", got["request"], who=platform.admin)
    lab.wait("both have erased", lambda: all(
        f["erased_authority"] and f["erased_platform"]
        for f in files(ministry, case, "rina")["files"]))
    for node in (ministry, platform):
        lab.wait("the bytes are gone", lambda: not bytes_of(node, SECRET), 60)
        want(not os.path.exists(os.path.join(node.dir, "blobs", sha256[:2], sha256)),
             "the ciphertext is there")
        want(node.cli("rebuild", who=node.admin)["equal"], "a rebuild gives other views")
        path = lab.path(f"{node.name}.bundle")
        node.cli("export", case, "--out", path, who=node.admin)
        code, report, err = verify(path)
        want(code == 0, f"the bundle does not verify: {report} {err}")


def main():
    with Lab() as lab:
        ministry = Node(lab, "ministry", "ministry.example", "Kementerian", "authority")
        platform = Node(lab, "platform", "platform.example", "PesanKu", "platform")
        ministry.init("wati")
        platform.init("pavel")
        for node in (ministry, platform):
            node.must_start()
        ministry.add_person("rina", "officer")
        platform.add_person("ivan", "agent")
        introduce(ministry, platform, "demo")
        case = case_of(ministry, platform)
        sha256 = small(lab, ministry, platform, case)
        killed(lab, ministry, platform, case)
        cut_upload(lab, ministry, case)
        another_file(lab, ministry, case)
        lab.wait("the others arrive", lambda: arrived(platform, case, "ivan", 5), 120)
        tampered(lab, ministry, platform, case, 5)
        erased(lab, ministry, platform, case, sha256)
        ministry.stop()
        platform.stop()
    print("evidence: given, delivered, killed, resumed, opened, rejected, erased, verified")
    return 0


if __name__ == "__main__":
    sys.exit(main())
