#!/usr/bin/python3
"""People through the real command line and a real daemon: a first admin who comes by the link of
`saluran init`, a second factor, sessions over HTTPS, tokens with scopes, guessing, and the
record of it all, on two nodes that work with each other meanwhile."""
import base64
import hashlib
import hmac
import os
import re
import stat
import struct
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import (EXIT_CONFLICT, EXIT_DENIED, EXIT_INPUT, EXIT_STORE, Failure, Lab,  # noqa: E402
                 Node, Refused, introduce)

PASSWORD = "korek kuda baterai jingga"
ANOTHER = "tujuh gajah minum kopi"
STEP_S = 30
AUTHORITY, PLATFORM = "otoritas.example", "pesan.example"
LIST = "target,category\nhttps://t.example/1,other\n"


def same(what, got, want):
    if got != want:
        raise Failure(f"{what}: {got!r} where {want!r} is due")


def refused(node, code, word, *words, who=None):
    try:
        node.cli(*words, who=who)
    except Refused as e:
        same(f"exit code of {words[:2]} ({e.detail})", e.code, code)
        if word not in e.detail:
            raise Failure(f"{words[:2]}: {e.detail!r} does not say {word!r}") from None
        return e
    raise Failure(f"'saluran {' '.join(words)}' was not refused")


def code_of(secret, step):
    """RFC 6238, by itself: not the program's own."""
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[-1] & 0xf
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06d}"


class Device:
    """Shows each code once: the next one waits for its time or lies one step ahead."""

    def __init__(self, secret):
        self.secret, self.used = secret, 0

    def code(self, box):
        def next_step():
            now = int(time.time()) // STEP_S
            return max(now, self.used + 1) if self.used <= now else None
        self.used = box.wait("the next code", next_step, 2 * STEP_S)
        return code_of(self.secret, self.used)


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def page(url, **form):
    """The status of a page, and whether it has a form for a password."""
    data = urllib.parse.urlencode(form).encode() if form else None
    try:
        with urllib.request.urlopen(url, data, timeout=20) as got:
            return got.status, b'type="password"' in got.read()
    except urllib.error.HTTPError as e:
        return e.code, b'type="password"' in e.read()


def on_the_page(box, node):
    """Somebody with a browser and a link: the password is chosen on the page, and logs in."""
    made = node.cli("person", "add", "dewi", "--role", "officer", "--link", who=node.admin)
    url = f"http://127.0.0.1:{node.http_port}/welcome"
    form = {"link": made["link"], "password": PASSWORD + " dewi?", "again": PASSWORD + " dewi?"}
    same("without the link", page(url), (200, False))
    same("another password again", page(url, **{**form, "again": "x"}), (400, True))
    same("set on the page", page(url, **form), (200, False))
    same("once", page(url, **form), (401, False))
    password = box.write("dewi.password", form["password"] + "\n")
    node.cli("login", "dewi", "--password-file", password, "--out", box.path("dewi.session"))


def first_admin(box, node, made):
    """From the link of init to a session with a second factor."""
    password, session = box.write("wati.password", PASSWORD + "\n"), box.path("wati.session")
    link = box.write("wati.link", made["link"] + "\n")
    weak = box.write("weak.password", "wati wati wati\n")
    same("where the link leads", made["link_url"],
         f"https://127.0.0.1:{node.api_port}/console/welcome?link={made['link']}")
    welcome = f"http://127.0.0.1:{node.http_port}/welcome?link={made['link']}"
    same("the link's page", page(welcome), (200, True))
    refused(node, EXIT_INPUT, "password", "welcome", "--link-file", link, "--password-file", weak)
    got = node.cli("welcome", "--link-file", link, "--password-file", password, "--out", session)
    same("what the role asks for", got["totp"], "required")
    same("mode of the session's file", mode_of(session), 0o600)
    refused(node, EXIT_DENIED, "was used", "welcome", made["link"], "--password-file", password)
    same("and once it is used up", page(welcome), (401, False))
    node.people["wati.session"] = session
    refused(node, EXIT_DENIED, "second factor", "person", "list", who="wati.session")

    secret = node.cli("totp", "enrol", who="wati.session")["secret"]
    # Asked for again, the secret is another one; on the screen it is a QR code as well.
    _, shown, _ = node.run("totp", "enrol", who="wati.session", as_json=False)
    if "█" not in shown or secret in shown:
        raise Failure("no QR code of a fresh secret")
    secret = re.search(r"secret +([A-Z2-7]{32})", shown).group(1)
    device = Device(secret)
    refused(node, EXIT_DENIED, "clock", "totp", "confirm", "000000", who="wati.session")
    before = open(session, encoding="ascii").read()
    codes = node.cli("totp", "confirm", device.code(box), who="wati.session")["recovery_codes"]
    if open(session, encoding="ascii").read() == before:
        raise Failure("the session kept its secret over a change of what it may do")
    node.cli("person", "list", who="wati.session")
    same("who it is", node.cli("me", who="wati.session")["via"], "session")

    # Name and password alone are not enough now, and a recovery code is good once.
    login = ("login", "wati", "--password-file", password)
    refused(node, EXIT_DENIED, "code", *login)
    node.cli(*login, "--code", device.code(box))
    node.cli(*login, "--code", codes[0])
    refused(node, EXIT_DENIED, "wrong", *login, "--code", codes[0])


def over_https(box, node):
    """A login from an address; what guesses from it is told when to come back."""
    node.cli("person", "add", "gita", "--role", "officer", "--password-file",
             box.write("gita.password", PASSWORD + "\n"), who=node.admin)
    body = {"name": "gita", "password": PASSWORD}
    got = node.must("POST", "/v1/login", body=body)
    headers = {"Authorization": f"Bearer {got['session']}"}
    same("who", node.must("GET", "/v1/me", headers=headers)["name"], "gita")
    same("address", node.must("GET", "/v1/sessions", headers=headers)["sessions"][0]["address"],
         "127.0.0.1")
    node.must("POST", "/v1/logout", body={}, headers=headers)
    same("after the logout", node.api("GET", "/v1/me", headers=headers)[0], 401)

    wrong = {"name": "gita", "password": ANOTHER}
    for _ in range(6):
        same("a wrong password", node.api("POST", "/v1/login", body=wrong)[0], 401)
    # The key of a request is no way round: it is not even looked at here.
    status, got, problem = node.api("POST", "/v1/login", body=body,
                                    headers={"Idempotency-Key": "again-and-again"})
    same("too many", (status, problem["title"]), (429, "limit"))
    if not 1 <= int(got["retry-after"]) <= 3:
        raise Failure(f"Retry-After is {got['retry-after']}")
    box.wait("the wait is over", lambda: node.api("POST", "/v1/login", body=body)[0] == 200)


def tokens(box, node):
    """A dashboard that reads cases, and nothing else."""
    path = box.path("dashboard.credential")
    made = node.cli("token", "add", "dashboard", "--scope", "cases:read", "--out", path,
                    who="rina")
    same("mode of the token's file", mode_of(path), 0o600)
    node.people["dashboard"] = path
    node.cli("inbox", who="dashboard")
    refused(node, EXIT_DENIED, "this needs orders:read", "order", "list", who="dashboard")
    refused(node, EXIT_INPUT, "no scope", "token", "add", "x", "--scope", "casess:read",
            who="rina")
    same("tokens", sorted(t["name"] for t in node.cli("token", "list", who="rina")["tokens"]),
         ["credential", "dashboard"])
    node.cli("token", "revoke", made["id"], who="rina")
    refused(node, EXIT_DENIED, "opens nothing", "inbox", who="dashboard")


def record(box, node, case):
    """Who saw the case: the officer who sent it, the auditor who read it; on one node alone."""
    node.cli("show", case, who="eka")
    rows = box.wait("the record has it", lambda: [
        r for r in node.cli("access", "--object", case, who="eka")["access"]
        if r["name"] == "eka" and r["route"] == "/v1/cases/{case}"])
    same("outcome", rows[0]["outcome"], "ok")
    whole = node.cli("access", "--check", who="eka")
    same("whole", whole["whole"], True)
    box.wait("reading the record is on it", lambda: any(
        r["route"] == "/v1/access"
        for r in node.cli("access", "--person", "eka", who="eka")["access"]))
    # A crash: what was written stays, and the next start says that there was no stop.
    node.kill()
    node.must_start()
    box.wait("a start without a stop", lambda: [
        r["route"] for r in node.cli("access", "--person", "node", who="eka")["access"]
    ][:2] == ["start", "start"])
    same("whole", node.cli("access", "--check", "--digest", whole["digest"], who="eka")["noted"],
         True)
    refused(node, EXIT_STORE, "no record has that digest", "access", "--check", "--digest",
            "0" * 64, who="eka")


def lost_everything(box, node):
    """The way back for an admin: the machine itself, while no daemon runs."""
    refused(node, EXIT_CONFLICT, "running", "admin", "link", "wati")
    node.stop()
    link = node.cli("admin", "link", "wati")["link"]
    forgotten = node.cli("admin", "link", "wati", "--forget-device")["link"]
    node.must_start()
    password = box.write("wati.password", ANOTHER + "\n")
    refused(node, EXIT_DENIED, "was used", "welcome", link, "--password-file", password)
    same("second factor", node.cli("welcome", forgotten, "--password-file", password)["totp"],
         "required")
    refused(node, EXIT_DENIED, "", "me", who="wati.session")


def leaves(box, node):
    """Withdrawn: session and token are nothing from that moment on."""
    session = box.path("gita.session")
    node.cli("login", "gita", "--password-file", box.path("gita.password"), "--out", session)
    node.people["gita.session"] = session
    node.cli("token", "add", "script", "--out", box.path("gita.script"), who="gita.session")
    node.people["gita.script"] = box.path("gita.script")
    node.cli("me", who="gita.script")
    node.cli("person", "withdraw", "gita", who=node.admin)
    for credential in ("gita.session", "gita.script"):
        refused(node, EXIT_DENIED, "opens nothing", "me", who=credential)


def main():
    with Lab() as box:
        authority = Node(box, "authority", AUTHORITY, "Otoritas", "authority")
        platform = Node(box, "platform", PLATFORM, "PesanKu", "platform")
        made = {}
        for node in (authority, platform):
            made[node] = node.init("wati" if node is authority else "agus")
            node.must_start()
        first_admin(box, authority, made[authority])
        for name, role in (("rina", "officer"), ("eka", "auditor")):
            authority.add_person(name, role)
        platform.add_person("ivan", "agent")
        introduce(authority, platform, "agreement-2017")
        case = authority.cli("send", box.write("list.csv", LIST), "--reference", "P-1",
                             "--subject", "Konten", "--legal-basis", "UU 19/2016",
                             who="rina")["case"]
        on_the_page(box, authority)
        over_https(box, authority)
        tokens(box, authority)
        record(box, authority, case)
        leaves(box, authority)
        lost_everything(box, authority)
        box.wait("the notice arrives", lambda: any(
            c["case"] == case for c in platform.cli("inbox", who="ivan")["cases"]))
        # Names stay at home: the peer's store has none of ours.
        platform.stop()
        with open(os.path.join(platform.dir, "store.db"), "rb") as f:
            store = f.read()
        if b"rina" in store:
            raise Failure("a name of the authority's people is in the platform's store")
    print("people: all as it must be")


if __name__ == "__main__":
    try:
        main()
    except Failure as e:
        sys.exit(f"test_people: {e}")
