#!/usr/bin/env python3
"""Bad input through the real command line and a real daemon: every refusal is one clear
sentence with the exit code of its kind, and leaves nothing half-made."""
import ctypes
import errno
import fcntl
import json
import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import story  # noqa: E402
from lab import (  # noqa: E402
    EXIT_CONFLICT, EXIT_DENIED, EXIT_INPUT, EXIT_IO, EXIT_NOT_FOUND, EXIT_STORE, EXIT_USAGE,
    Failure, Node)

PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
EXIT_LIMIT = 7
SMALL_DISK_KIB = 400      # too small for a new node
DISK_KIB = 16384          # holds a node and little more
FILL_BYTES = 4096
FILE_LIMIT_BYTES = 16384  # where no disk can be mounted: the largest file
SENTENCE_MAX = 700

GOOD = "https://t.me/AISecHub,other,Invented example"
HEADER = "target,category,description"


def check(ok, what):
    if not ok:
        raise Failure(what)


def one_sentence(text, *wanted):
    """A refusal as a person reads it."""
    check(text.startswith("saluran: ") and text.count("\n") == 1 and text.endswith("\n"),
          f"not one line that begins with 'saluran: ': {text!r}")
    check(len(text) <= SENTENCE_MAX, f"too long to be a sentence: {text!r}")
    for word in wanted:
        check(word.lower() in text.lower(), f"{word!r} is not in {text!r}")


def refused(node, code, words, *wanted, who=None, **more):
    """Refused with this exit code and one sentence that has these words."""
    got, out, err = node.run(*words, who=who, as_json=False, **more)
    check(got == code, f"'saluran {' '.join(words)}' ended with {got}, not {code}: {err}")
    one_sentence(err, *wanted)
    return out


def sent(tale):
    """How many events the authority has appended: what was refused has left none."""
    return tale.peer(tale.kominfo)["sent"]


# ---- lists


def send(tale, text, *more, reference="bad"):
    data = text if isinstance(text, bytes) else text.encode()
    with open(tale.lab.path("bad.csv"), "wb") as f:
        f.write(data)
    return ["send", tale.lab.path("bad.csv"), "--reference", reference, "--subject",
            "Invented example", "--legal-basis", story.LEGAL_BASIS, *more]


def whole_lists(tale):
    """What makes a list unusable as a whole."""
    node = tale.kominfo
    for text, wanted in (
            ("target,description\nhttps://t.me/AISecHub,x\n", ["category"]),
            ("category,description\nother,x\n", ["target"]),
            ("", ["empty"]),
            (f"{HEADER}\n", ["row"]),
            (f"{HEADER}\n{GOOD} caf\xe9\n".encode("latin-1"), ["UTF-8", "line 2"]),
            (f"{HEADER}\n{GOOD}\n".encode("utf-16"), ["UTF-8"]),
            (f"{HEADER}\n{GOOD}\0\n", ["NUL"]),
            (f"{HEADER},target\n{GOOD},x\n", ["both mean target"])):
        refused(node, EXIT_INPUT, send(tale, text), *wanted, who="sari")
    refused(node, EXIT_NOT_FOUND, ["send", tale.lab.path("none.csv"), "--check"], "none.csv",
            who="sari")


ROWS = (  # row, column that is named, words of the answer
    ("http://[broken,other,x", "target", []),
    ("not a target at all,other,x", "target", []),
    ("https://t.me/AwakariBot,nonsense,x", "category", ["nonsense"]),
    (",other,x", "target", []),
    ("https://t.me/AwakariBot,other,x,too,many", None, []),
    (f"https://t.me/AwakariBot,other,{'x' * 20000}", None, ["16384"]),
    (f"https://t.me/AwakariBot,other,{'x' * 9000}", "description", []),
)


def row_by_row(tale):
    """Per-row answers with line and column; nothing is sent in part without being asked."""
    node, before = tale.kominfo, sent(tale)
    text = "\n".join([HEADER, GOOD] + [row for row, _, _ in ROWS] + [GOOD]) + "\n"
    words = send(tale, text)
    out = refused(node, EXIT_INPUT, words, "nothing was sent", "--partial", who="sari")
    for line, (row, column, wanted) in enumerate(ROWS, 3):
        place = f"line {line}, column {column}:" if column else f"line {line}"
        said = next((x for x in out.splitlines() if x.strip().startswith(place)), None)
        check(said is not None, f"no answer for {place} ({row[:40]}) in:\n{out}")
        for word in wanted:
            check(word in said, f"{word!r} is not in {said!r}")
        check(len(said.split(":", 1)[1].strip()) > 10, f"{said!r} does not say how to mend it")
    twice = len(ROWS) + 3
    check(f"line {twice}" in out and "line 2" in out,
          f"the duplicate in line {twice} is not told:\n{out}")

    code, out, _ = node.run(*words, who="sari")
    shown = json.loads(out)
    check(code == EXIT_INPUT and (shown["rows"], shown["ok"], shown["duplicates"],
                                  shown["bad"]) == (len(ROWS) + 2, 1, 1, len(ROWS)),
          f"the counts are {shown}")
    checked = node.cli("send", tale.lab.path("bad.csv"), "--check", who="sari")
    check(checked["problems"] == shown["problems"], "--check says something else")
    check(sent(tale) == before, "something was sent in part")

    path = tale.lab.write("colour.csv", "target,category,colour\nt.me/saluran_demo,other,red\n")
    code, out, _ = node.run("send", path, "--check", who="sari", as_json=False)
    check(code == 0 and "1 row: 1 can be sent" in out and '"colour" is not known' in out
          and "target, category" in out, f"an unknown column is told as:\n{out}")

    got = node.cli(*words, "--partial", who="sari")
    check(got["items"] == 1 and not got["again"], f"--partial sent {got}")
    check(sent(tale) > before, "--partial sent nothing")
    after = sent(tale)
    again = node.cli(*words, "--partial", who="sari")
    check(again["case"] == got["case"] and again["again"] and sent(tale) <= after + 1,
          "the same reference made another notice")
    refused(node, EXIT_CONFLICT, send(tale, f"{HEADER}\n{GOOD} changed\n"), "reference",
            who="sari")


# ---- who acts


def somebody_else(tale, case):
    """Nobody can act as somebody else by naming them."""
    box, node = tale.lab, tale.kominfo
    before = sent(tale)
    say = ["say", case, "Invented"]
    for option in (["--by", "agus"], ["--person", "agus"]):
        code, _, err = node.run(*say, *option, who="sari", as_json=False)
        check(code == EXIT_USAGE and "no option" in err, f"{option} was read: {err}")
    refused(node, EXIT_DENIED, say, "credential")
    with open(node.people["sari"], encoding="ascii") as f:
        token = f.read().strip()
    box.write("password", "a long password of putri\n")
    node.cli("person", "add", "putri", "--role", "officer", "--password-file",
             box.path("password"), who="wati")
    for name, content in (("named", f"agus:{token}"), ("wrong", "putri:another password"),
                          ("pseudonym", f"{node.pseudonyms['agus']}:{token}"),
                          ("short", token[:-2]), ("longer", token + "AA"),
                          ("other", token[:-4] + "AAAA")):
        path = box.write(name + ".credential", content + "\n")
        refused(node, EXIT_DENIED, say, "credential", who=path)
    refused(node, EXIT_INPUT, say, "credential", who=box.write("two.credential",
                                                               f"{token}\n{token}\n"))
    refused(node, EXIT_DENIED, say, "credential", who=tale.telegram.people["max"])
    check(sent(tale) == before, "something was appended by nobody")

    node.cli(*say, who="sari")
    right = box.write("putri.credential", "putri:a long password of putri\n")
    node.cli("say", case, "Invented too", who=right)
    authors = {m["text"]: m["author"] for m in tale.show(node, case)["messages"]}
    check(authors["Invented"] == node.pseudonyms["sari"]
          and authors["Invented too"] not in ("", *node.pseudonyms.values()),
          f"the authors are {authors}")
    node.cli("person", "withdraw", "putri", who="wati")
    refused(node, EXIT_DENIED, say, "withdrawn", who=right)


def api_body(tale, case):
    """Nor by a member of the request."""
    node = tale.kominfo
    with open(node.people["sari"], encoding="ascii") as f:
        token = f.read().strip()
    before = sent(tale)
    for member in ("by", "who", "actor", "person"):
        connection = lab.UnixConnection(os.path.join(node.dir, "sock"))
        connection.request("POST", f"/v1/cases/{case}/say", json.dumps(
            {"text": "Invented", member: node.pseudonyms["agus"]}), {
                "Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        body = json.loads(answer.read())
        connection.close()
        check(answer.status == 400 and member in body["detail"],
              f"a request with {member!r} got {answer.status}: {body}")
    check(sent(tale) == before, "a request with a name in it was appended")


def wrong_roles(tale, case):
    node, other = tale.kominfo, tale.telegram
    good = send(tale, f"{HEADER}\n{GOOD}\n", reference="roles")
    for n, who, words in (
            (node, "agus", good), (node, "tono", good), (node, "wati", good),
            (node, "tono", ["say", case, "x"]), (node, "sari", ["person", "list"]),
            (node, "sari", ["person", "add", "x", "--role", "admin"]),
            (node, "sari", ["accept", case]), (node, "sari", ["rebuild"]),
            (node, "agus", ["operator", "add", "x", "--address", "127.0.0.1"]),
            (other, "max", ["remind", case]), (other, "lena", ["close", case]),
            (other, "max", ["person", "add", "x", "--role", "admin"])):
        refused(n, EXIT_DENIED, words, who=who)
    refused(other, EXIT_CONFLICT, ["close", case], who="max")  # its right, but too early


def drafter_approves(tale):
    """Whoever drafted, overrode or approved has no second hand in an order."""
    tale.first_batch()
    tale.not_yet()
    tale.ladder()
    tale.draft()
    tale.sign_refused("sari", EXIT_DENIED, "approve")
    tale.sign_refused("sari", EXIT_DENIED, "override", *tale.OVERRIDE)
    tale.sign("rina", "override", *tale.OVERRIDE)
    tale.sign_refused("rina", EXIT_CONFLICT, "approve")
    refused(tale.kominfo, EXIT_CONFLICT, ["approve", tale.order, "--text-sha256", "0" * 64],
            "text", who="agus")
    refused(tale.kominfo, EXIT_INPUT, ["approve", tale.order], "--text-sha256", who="agus")
    tale.sign("agus", "approve")
    tale.sign_refused("agus", EXIT_CONFLICT, "approve")
    got = tale.sign("dewi", "approve")
    check(got["state"] == "in_force", f"the order is {got}")


# ---- terminals, words and folders

HOSTILE = "Agreed.\x1b[2J\x1b]0;x\x07\r\x7f\u009b31m All\tis\nwell."


def on_a_terminal(tale, case):
    """What the other side wrote moves no cursor; JSON has it as it was written."""
    tale.telegram.cli("say", case, HOSTILE, who="max")
    tale.lab.wait("the message has arrived", lambda: any(
        m["text"] == HOSTILE for m in tale.show(tale.kominfo, case)["messages"]))
    code, out, _ = tale.kominfo.run("show", case, who="sari", as_json=False)
    moves = [c for c in out if (c < " " and c not in "\n\t") or "\x7f" <= c <= "\x9f"]
    check(code == 0 and not moves, f"a terminal is shown {moves} in:\n{out!r}")
    check("Agreed." in out and "All\tis\n" in out and "well." in out,
          f"the message is not in:\n{out}")
    check(" by sari " in out and " by p-" in out,
          f"a colleague has no name, or one of the other side has one:\n{out}")
    _, out, _ = tale.kominfo.run("show", tale.order, who="sari", as_json=False)
    check(": in force" in out.splitlines()[0] and "in_force" not in out and "by agus" in out,
          f"words and names are not in:\n{out}")


def words_that_are_no_text(tale):
    """A word that cannot be passed on is refused, not left out."""
    node = tale.kominfo
    node.cli("operator", "add", "isp-words", "--address", "127.0.0.9", "--tsig",
             who="wati")
    code, _, err = node.run("operator", "revoke", "isp-words", "--key", b"caf\xe9",
                            who="wati")
    check(code == EXIT_USAGE and "UTF-8" in err, f"ended with {code}: {err}")
    check(len(node.cli("operator", "show", "isp-words", who="wati")["keys"]) == 1,
          "its key is gone")
    refused(node, EXIT_NOT_FOUND, ["zone", "diff", "--zone", "a&from=1"], "a&from=1",
            who="wati")


def folders(tale):
    """A key that is shown once is made when there is a place for it, and not before."""
    node, there, new = tale.kominfo, tale.lab.path("there"), tale.lab.path("new")
    os.mkdir(there)
    words = ["operator", "add", "isp-out", "--address", "127.0.0.10", "--tsig"]
    refused(node, EXIT_CONFLICT, [*words, "--resolver", "bind", "--out", there], "there",
            who="wati")
    refused(node, EXIT_INPUT, [*words, "--out", new], "--resolver", who="wati")
    refused(node, EXIT_INPUT, [*words, "--resolver", "none", "--out", new], who="wati")
    check(not os.path.exists(new), "a folder was made for nothing")
    refused(node, EXIT_NOT_FOUND, ["operator", "show", "isp-out"], who="wati")
    node.cli(*words, "--resolver", "bind", "--out", new, who="wati")
    check(os.listdir(new), "nothing is in the folder")


# ---- the machine


def serve(box, node, words=("--allow-root",), **how):
    """(exit code, standard error) of a daemon that must not start."""
    with subprocess.Popen([lab.BIN, "serve", "--dir", node.dir, *words],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          **how) as child:
        try:
            out, err = child.communicate(timeout=lab.START_S)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            raise Failure(f"serve on {node.dir} did not end") from None
    check(not out, f"serve printed {out!r} although it must not start")
    # Lines of its log may come before the sentence.
    lines = [x for x in err.decode().splitlines(True) if x.startswith("saluran: ")]
    check(len(lines) == 1, f"not one sentence: {err.decode()!r}")
    return child.returncode, lines[0]


def not_started(box, node, code, *wanted, **how):
    got, text = serve(box, node, **how)
    check(got == code, f"serve ended with {got}, not {code}: {text}")
    one_sentence(text, *wanted)


def root(box):
    """Whoever is root says so; for everybody else the word is without effect."""
    node = lab.Node(box, "root", "root.example", "Root", "authority")
    node.init("admin")
    if os.geteuid() == 0:
        not_started(box, node, EXIT_DENIED, "--allow-root", "a user of its own", words=())
    node.start()
    node.stop()


def ports_in_use(box):
    node = Node(box, "ports", "ports.example", "Ports", "authority")
    node.init("wati")
    for port, setting, kind in ((node.peer_port, "peer.listen", socket.SOCK_STREAM),
                                (node.http_port, "http.listen", socket.SOCK_STREAM),
                                (node.rpz_port, "rpz.listen", socket.SOCK_STREAM),
                                (node.rpz_port, "rpz.listen", socket.SOCK_DGRAM)):
        with socket.socket(socket.AF_INET, kind) as taken:
            taken.bind(("127.0.0.1", port))
            if kind == socket.SOCK_STREAM:
                taken.listen()
            not_started(box, node, EXIT_CONFLICT, setting, str(port), "in use")
        check(not os.path.exists(os.path.join(node.dir, "sock")), "a socket was left behind")
    node.must_start()
    return node


def second_daemon(box, node):
    not_started(box, node, EXIT_CONFLICT, "running")
    node.cli("status", who="wati")  # the first goes on
    refused(node, EXIT_CONFLICT, init_words(node.dir), "exists")
    refused(node, EXIT_CONFLICT, ["key", "rotate-store"], "no daemon runs")
    wrong_files(box, node)
    node.cli("status", who="wati")
    node.stop()
    left_behind(box, node)


def opened(pid):
    """The files that a process has open."""
    folder, found = f"/proc/{pid}/fd", set()
    for fd in os.listdir(folder):
        try:
            found.add(os.readlink(os.path.join(folder, fd)))
        except FileNotFoundError:
            pass  # closed meanwhile
    return found


def left_behind(box, node):
    """What a killed daemon had just forked holds the lock, though nobody runs: it is waited for."""
    path = os.path.join(node.dir, "lock")
    with open(path, "w", encoding="ascii") as held:
        gone = subprocess.Popen(["true"])
        gone.wait()
        held.write(f"{gone.pid}\n")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        child = box.start(node.name, [lab.BIN, "serve", "--dir", node.dir, "--allow-root"])
        box.wait("the lock to be asked for", lambda: child.poll() is not None or
                 path in opened(child.pid))
        check(child.poll() is None, "serve did not wait")
    check(node.await_ready(), "serve did not start when the lock was free")
    with open(path, encoding="ascii") as held:
        check(held.read() == f"{child.pid}\n", "the lock does not say whose it is")
    node.stop()


def init_words(path):
    return ["init", "--org", "x.example", "--name", "X", "--role", "authority", "--url",
            "https://127.0.0.1:1", "--admin", "wati", "--dir", path]


def init_refused(box, path, code, *wanted, **how):
    """No directory, and nothing beside it, is left by an init that failed."""
    parent = os.path.dirname(path)
    before = sorted(os.listdir(parent))
    done = subprocess.run([lab.BIN, *init_words(path)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=lab.COMMAND_S, check=False, **how)
    check(done.returncode == code,
          f"init ended with {done.returncode}, not {code}: {done.stderr}")
    one_sentence(done.stderr, *wanted)
    check(sorted(os.listdir(parent)) == before,
          f"init left {sorted(os.listdir(parent))}, before was {before}")


def init_words_refused(box):
    """What 'saluran serve' would refuse is refused by init."""
    for option, value in (("--peer-listen", "localhost:7443"), ("--rpz-listen", "ns.example:53"),
                          ("--http-listen", "127.0.0.1:70000")):
        node = Node(box, "unmade", "unmade.example", "Unmade", "authority")
        refused(node, EXIT_INPUT, [*init_words(node.dir)[:-2], option, value],
                option[2:].replace("-", "."))
        check(not os.path.exists(node.dir), "a node was half made")


def wrong_files(box, node):
    """A directory that is a file, an introduction that is none."""
    path = box.write("a-file", "x")
    refused(node, EXIT_NOT_FOUND, ["status"], "no node", dir_=path)
    for name, data, wanted in (("zeros", b"\0" * 4000, "no introduction"),
                               ("words", b"hello\n", "lines that each end in LF"), ("empty", b"", "empty")):
        with open(box.path(name), "wb") as f:
            f.write(data)
        refused(node, EXIT_INPUT, ["peer", "add", box.path(name), "--fingerprint", "x"], wanted,
                who="wati")


def without_override():
    """root obeys the modes of files, like everybody."""
    libc = ctypes.CDLL(None)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def read_only(box, node):
    how = {"preexec_fn": without_override}
    place = box.path("readonly")
    os.mkdir(place)
    os.chmod(place, 0o555)
    init_refused(box, os.path.join(place, "node"), EXIT_DENIED, "readonly", "denied", **how)
    os.chmod(node.dir, 0o555)
    try:
        not_started(box, node, EXIT_DENIED, node.dir, "not writable", **how)
    finally:
        os.chmod(node.dir, 0o700)


def keys_gone(box, node):
    """A key that is missing, damaged, open to others or another one stops the start, and the
    message has the file and what to do."""
    for name in ("keys/event.key", "keys/log.key", "keys/receipt.key", "keys/enc.key",
                 "keys/store.key", "tls.key", "tls.crt"):
        path = os.path.join(node.dir, name)
        os.rename(path, path + ".away")
        exit_code = EXIT_STORE if name == "keys/store.key" else EXIT_NOT_FOUND
        not_started(box, node, exit_code, name, "is missing", "back from the backup")
        check(not os.path.exists(path), f"{name} was made anew")
        with open(path, "w", encoding="ascii") as f:
            f.write("-----BEGIN")
        os.chmod(path, 0o600)
        not_started(box, node, EXIT_INPUT if name.startswith("tls") else EXIT_STORE,
                    os.path.basename(name), " is no ")
        os.replace(path + ".away", path)
    for name in ("keys/event.key", "tls.key"):
        path = os.path.join(node.dir, name)
        os.chmod(path, 0o640)
        not_started(box, node, EXIT_DENIED, os.path.basename(name), "640", "chmod 600")
        os.chmod(path, 0o600)
    other = Node(box, "other", "o.example", "O", "authority")
    other.init("wati")
    for name in ("tls.key", "tls.crt"):
        os.rename(os.path.join(node.dir, name), os.path.join(node.dir, name + ".away"))
        shutil.copy(os.path.join(other.dir, name), os.path.join(node.dir, name))
    not_started(box, node, EXIT_INPUT, "another key than peers were given")
    for name in ("tls.key", "tls.crt"):
        os.replace(os.path.join(node.dir, name + ".away"), os.path.join(node.dir, name))


def newer_and_broken(box, node):
    store = os.path.join(node.dir, "store.db")
    shutil.copy(store, store + ".kept")
    db = sqlite3.connect(store)
    db.execute("INSERT INTO schema_version (kind, number, name, sha256, applied_us) VALUES"
               " ('log', 9999, 'from the future', 'x', 0)")
    db.commit()
    db.close()
    not_started(box, node, EXIT_STORE, "newer")
    refused(node, EXIT_STORE, ["status"], "newer", who="wati")
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(store + suffix):
            os.unlink(store + suffix)
    with open(store, "wb") as f:
        f.write(b"this is no database" * 1000)
    not_started(box, node, EXIT_STORE, "store.db")
    os.replace(store + ".kept", store)
    conf = os.path.join(node.dir, "saluran.conf")
    with open(conf, encoding="utf-8") as f:
        right = f.read()
    for line, wanted in (("peer.lisen = 127.0.0.1:1\n", "peer.lisen"),
                         ("http.listen = nonsense\n", "http.listen")):
        with open(conf, "w", encoding="utf-8") as f:
            f.write(right + line)
        not_started(box, node, EXIT_INPUT, wanted, "saluran.conf")
    with open(conf, "w", encoding="utf-8") as f:
        f.write(right)
    # A store that is missing is not made anew.
    os.rename(store, store + ".away")
    not_started(box, node, EXIT_NOT_FOUND, "store.db is missing")
    check(not os.path.exists(store), "another store was made in its place")
    os.rename(store + ".away", store)
    nothing = Node(box, "nothing", "n.example", "N", "authority")
    not_started(box, nothing, EXIT_NOT_FOUND, "nothing")
    node.must_start()  # and after all that it is as it was
    node.cli("status", who="wati")
    node.stop()


class Disk:
    """A small disk, where this machine lets us mount one."""

    def __init__(self, box, name, kib):
        self.path = box.path(name)
        os.mkdir(self.path)
        self.mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "none", self.path],
            stderr=subprocess.DEVNULL, check=False).returncode == 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.mounted:
            subprocess.run(["umount", "-l", self.path], check=True)


def limit_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT_BYTES, FILE_LIMIT_BYTES))


def full_at_init(box):
    with Disk(box, "small", SMALL_DISK_KIB) as disk:
        if disk.mounted:
            with open(os.path.join(disk.path, "filler"), "wb") as f:
                f.write(b"x" * (SMALL_DISK_KIB - 60) * 1024)
        how = {} if disk.mounted else {"preexec_fn": limit_files}
        init_refused(box, os.path.join(disk.path, "node"), EXIT_IO, **how)


def full_while_serving(box):
    """A notice on a full disk: refused whole; it goes when there is room again."""
    with Disk(box, "disk", DISK_KIB) as disk:
        tale = story.Story(box, dns=(), policy="demo")
        tale.kominfo.name, tale.telegram.name = "full", "full-peer"
        tale.kominfo.dir = os.path.join(disk.path, "node")
        tale.telegram.dir = box.path("full-peer")
        tale.set_up()
        node = tale.kominfo
        filler = os.path.join(disk.path, "filler")
        fill(disk, node, filler)
        before = sent(tale)
        links = [f"https://t.me/Example{i:06}" for i in range(3000)]
        words = send(tale, story.batch(links, "full"), reference="full")
        refused(node, EXIT_IO, words, "no space is left", who="sari")
        check(sent(tale) == before, "a notice was appended in part")
        figures = node.cli("status", who="sari")  # reading goes on for a while
        check(figures["org"] == node.org, "the status of a node on a full disk")
        told(tale, disk, True)
        check(not node.cli("inbox", who="sari")["cases"], "a case was made in part")
        room(node, filler)
        if not disk.mounted:  # a limit of a process cannot be lifted from outside
            node.stop()
            node.must_start()
        got = node.cli(*words, who="sari")
        check(got["items"] == len(links) and not got["again"], f"then it sent {got}")
        told(tale, disk, False)
        tale.first = got["case"]
        tale.receipted(node, got["case"], "notice.send")
        tale.rebuild()
        for n in (node, tale.telegram):
            n.stop()


def told(tale, disk, full):
    """Monitoring sees it, and people were told while there was room."""
    node = tale.kominfo
    figures = node.must("GET", "/v1/metrics", "sari")
    check(figures["writer_failed"] == full or not full, f"writer_failed: {figures}")
    if not disk.mounted:
        return
    room_left = figures["disk_free"]
    check((room_left < (1 << 20)) == full, f"disk_free is {room_left}")
    tale.lab.wait("the alarm of the disk", lambda: any(
        a["kind"] == "disk" and a["cleared"] is None
        for a in node.must("GET", "/v1/alarms", "sari")["alarms"]))


def fill(disk, node, filler):
    if disk.mounted:
        try:
            with open(filler, "wb", buffering=0) as f:
                while f.write(b"x" * FILL_BYTES):
                    pass
        except OSError as e:
            check(e.errno == errno.ENOSPC, f"the disk cannot be filled: {e}")
    else:
        pid = node.lab.children[node.name].pid
        size = max(os.path.getsize(os.path.join(node.dir, f)) for f in os.listdir(node.dir))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def room(node, filler):
    if os.path.exists(filler):
        os.unlink(filler)


def main():
    with lab.Lab() as box:
        tale = story.Story(box, dns=(), policy=story.patient_policy(box))
        tale.set_up()
        whole_lists(tale)
        row_by_row(tale)
        print("lists: ok", flush=True)
        case = tale.send("roles", tale.links()[0], "Invented example")
        tale.receipted(tale.kominfo, case, "notice.send")
        tale.lab.wait("the case has arrived", lambda: any(
            c["case"] == case for c in tale.telegram.cli("inbox", who="max")["cases"]))
        somebody_else(tale, case)
        api_body(tale, case)
        wrong_roles(tale, case)
        drafter_approves(tale)
        on_a_terminal(tale, case)
        words_that_are_no_text(tale)
        folders(tale)
        tale.rebuild()
        for node in (tale.kominfo, tale.telegram):
            node.stop()
        print("who acts: ok", flush=True)
    with lab.Lab() as box:
        root(box)
        node = ports_in_use(box)
        second_daemon(box, node)
        init_words_refused(box)
        read_only(box, node)
        keys_gone(box, node)
        newer_and_broken(box, node)
        full_at_init(box)
        full_while_serving(box)
        print("the machine: ok", flush=True)
    print("ok")


if __name__ == "__main__":
    main()
