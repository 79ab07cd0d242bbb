#!/usr/bin/env python3
"""The console on two real nodes with a real resolver: tests/web/*.mjs play the people.

    test_console.py [story] [work] [acts] [account] [frozen] [keys] [input] [fields] [matrix]
"""
import base64
import gzip
import http.client
import json
import os
import re
import shutil
import sqlite3
import ssl
import subprocess
import sys
import threading

os.environ.pop("SALURAN_TRAFFIC", None)  # a frame is no answer of the API
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import lab as lab_module  # noqa: E402
import resolvers  # noqa: E402
import test_fork as fork  # noqa: E402
from lab import SOURCE, Failure, Lab, Node  # noqa: E402

DATA = os.environ.get("SALURAN_TEST_DATA") or os.path.join(lab_module.SOURCE, "..", "shared",
                                                           "data")
NAUGHTY = os.path.join(DATA, "blns", "blns.json")
PASSWORD = "a long enough passphrase of four words"
NAME, BY_KEYS, NEVER = "contoh.example", "tombol.example", "never.example"
PATIENT_S = 3600
BACK_S = 120  # until a peer has given back a log
STORY_S, WORK_S, ACTS_S, INPUT_S, KEYS_S, MATRIX_S = 900, 900, 900, 900, 1800, 1800
# A homoglyph, and what turns the text around it.
SUBJECT = "\u202eDaftar\u202c ''\"<img src=x onerror=alert(1)> \u5217\u8868 \U0001F9FE {{7*7}} =1+1"
LIST = "target,category\nhttps://\u0430\u0440\u0440\u04cf\u0435.com/x,other\n"
MAIL = ("From: desk@patrol.example\r\nTo: kominfo.example\r\nSubject: Found\r\n"
        "Date: Thu, 13 Jul 2017 09:00:00 +0700\r\nMessage-ID: <fields@patrol.example>\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\nhttps://t.me/fieldsmail/7\r\n")
# Eight by eight, grey to white.
JPEG = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+Mz"
    "ZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//wAALCAAIAAgBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQF"
    "BgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2Jygg"
    "kKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWW"
    "l5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACA"
    "EBAAA/ANDwsv3K/9k=")


def people(node, *rows):
    for name, role in rows:
        node.must("POST", "/v1/persons", node.admin,
                  {"name": name, "role": role, "password": PASSWORD})


def expect(what, got, want):
    if got != want:
        raise Failure(f"{what}: {got!r} instead of {want!r}")


def served(node):
    """What a browser loads: the frame with its policy, files for ever under one hash."""
    status, headers, _ = node.api("GET", "/")
    expect("where / leads", (status, headers["location"]), (303, "/console"))
    status, headers, frame = node.api("GET", "/console/case/anything",
                                      headers={"Accept-Language": "en"})
    expect("the frame", (status, headers["content-type"]), (200, "text/html; charset=utf-8"))
    policy = headers["content-security-policy"]
    for word in ("default-src 'none'", "script-src 'self'", "trusted-types 'none'",
                 "frame-ancestors 'none'", "require-trusted-types-for 'script'"):
        if word not in policy or "unsafe" in policy:
            raise Failure(f"the policy is {policy}")
    frame = frame.decode() if isinstance(frame, bytes) else frame
    script = re.search(r'<script type="module" blocking="render" '
                       r'src="(/a/[0-9a-f]{16}/)console/first.js">', frame)
    if script is None or 'lang="en"' not in frame or "style=" in frame:
        raise Failure(f"the frame is {frame}")
    files = script[1]
    for name in re.findall(r'href="([^"]+)"', frame):
        expect(name, node.api("GET", name)[0], 200)
    _, headers, plain = node.api("GET", files + "style.css")
    expect("how long", headers["cache-control"], "public, max-age=31536000, immutable")
    _, headers, packed = node.api("GET", files + "style.css", headers={
        "Accept-Encoding": "br, gzip;q=0.8"})
    expect("packed", headers["content-encoding"], "gzip")
    expect("what was packed", gzip.decompress(packed), plain)
    _, headers, same = node.api("GET", files + "style.css", headers={
        "Accept-Encoding": "gzip;q=0, identity"})
    expect("not packed", (headers.get("content-encoding"), same), (None, plain))
    for path in (files + "nothing.js", "/a/0123456789abcdef/style.css", files + "package.json",
                 files + "console/%2e%2e/style.css", "/a/", "/a", "/consoles"):
        expect(path, node.api("GET", path)[0] in (400, 404), True)
    expect("a POST", node.api("POST", "/console", body={})[0], 404)


def play(lab, script, stage, seconds, nodes=None, **env):
    """The script's people; a line such as "!stop authority" of it is done, and answered."""
    with subprocess.Popen(["node", os.path.join(HERE, script),
                           lab.write("stage.json", json.dumps(stage))],
                          env={**os.environ, **env}, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        ending = threading.Timer(seconds, run.kill)
        ending.start()
        said = ""
        try:
            for line in run.stdout:
                if not line.startswith("!"):
                    said += line
                    continue
                act, name = line[1:].split()
                {"stop": Node.stop, "start": Node.must_start, "lists": other_lists,
                 "keep": keep_store, "restore": restore_store, "ghost": ghost_row,
                 "receipts": all_receipted, "back": log_is_back, "garbage": garbage,
                 "twin": twin}[act](nodes[name])
                run.stdin.write("done\n")
                run.stdin.flush()
            code = run.wait()
        finally:
            ending.cancel()
            run.kill()
    if code != 0:
        raise Failure(f"{script} ended with {code}:\n{said[-6000:]}")
    print(f"{script}: {said.strip()}")


def other_lists(node):
    """The same node, with names on its list of services that were not there before."""
    node.stop()
    node.configure(**{"guard.services": node.lab.write("services.json", json.dumps(
        {"services": [{"name": name, "service": "Everything of it (invented example)"}
                      for name in ("besar.example", "raya.example")]}))})
    node.must_start()


def stores(folder):
    """The files of a node's store, without the marks of its signer."""
    return [os.path.join(folder, name) for name in os.listdir(folder)
            if name.startswith("store.db")]


def keep_store(node):
    """A copy of its store, as somebody makes one for bad days."""
    node.stop()
    shutil.rmtree(node.lab.path("kept"), ignore_errors=True)
    os.makedirs(node.lab.path("kept"))
    for file in stores(node.dir):
        shutil.copy(file, node.lab.path("kept"))
    node.must_start()


def restore_store(node):
    node.stop()
    for file in stores(node.dir):
        os.unlink(file)
    for file in stores(node.lab.path("kept")):
        shutil.copy(file, node.dir)
    node.must_start()


def all_receipted(node):
    node.lab.wait("everything is receipted", lambda: all(
        p["receipted"] == p["sent"] for p in node.must("GET", "/v1/peers", node.admin)["peers"]))


def log_is_back(node):
    node.lab.wait("what the copy lacked is back", lambda: not node.cli(
        "status", who=node.admin)["frozen"], BACK_S)


def ghost_row(node):
    """A row of the zone that no order holds, as a damaged view leaves one; and the views anew."""
    with sqlite3.connect(os.path.join(node.dir, "store.db")) as db:
        db.execute("INSERT INTO zone_row (zone, layer, owner, action, order_id) VALUES "
                   "('main', 0, 'example.ghost', 'nxdomain', "
                   "'01980000-0000-7000-8000-000000000001')")
        db.execute("UPDATE zone SET n_rows = n_rows + 1")
    db.close()
    node.must("POST", "/v1/rebuild", node.admin)


def garbage(node):
    """The other side's node brings what nobody can take."""
    peer = node.brings
    ours = ssl.create_default_context()
    ours.check_hostname, ours.verify_mode = False, ssl.CERT_NONE
    ours.load_cert_chain(os.path.join(peer.dir, "tls.crt"), os.path.join(peer.dir, "tls.key"))
    line = http.client.HTTPSConnection("127.0.0.1", node.peer_port, timeout=30, context=ours)
    line.request("POST", "/peer/v1/add-checkpoint", body=b"old 0\n\nnonsense\n")
    expect("garbage", line.getresponse().status, 400)
    line.close()


def twin(node):
    """A copy of it goes on beside it, with the same keys, until both sides have the proof."""
    node.stop()
    clone = fork.copy_of(node.lab, node, "clone")
    node.must_start()
    clone.must_start()
    fork.unaware(clone)
    fork.send(node, node.lab, "mine")
    node.lab.wait("the receipts", lambda: fork.receipted(node))
    fork.send(clone, node.lab, "other")
    node.lab.wait("both are frozen", lambda: fork.frozen(node) and fork.frozen(node.brings))
    clone.stop()


def policy(lab):
    """That of the demo; only what is urgent is late within seconds."""
    with open(os.path.join(lab_module.SOURCE, "policies", "demo.json"), encoding="utf-8") as f:
        demo = json.load(f)
    demo["name"] = "web"
    demo["pause"]["max_s"] = PATIENT_S
    for limits in demo["classes"]:
        if limits["code"] == "normal":
            limits["accept_s"] = limits["decide_s"] = PATIENT_S
    return lab.write("web-policy.json", json.dumps(demo))


def lists(lab, name, channel):
    """What a story needs of its own: two lists, and the name of the second one."""
    return {"name": name, "title": channel,
            "first": lab.write(f"{channel}-1.csv", "target,category\n" + "".join(
                f"https://t.me/{channel}/{i},other\n" for i in range(1, 4))),
            "second": lab.write(f"{channel}-2.csv",
                                f"target,category\nhttps://{name}/x,other\n")}


def story(lab, stage, authority):
    play(lab, "story.mjs", {**stage, **lists(lab, NAME, "badchannel")}, STORY_S)


def keys(lab, stage, authority):
    play(lab, "story.mjs", {**stage, **lists(lab, BY_KEYS, "badkeys")}, KEYS_S,
         SALURAN_KEYS="alone")


def bad_input(lab, stage, authority):
    play(lab, "input.mjs", {**stage, "blns": NAUGHTY, "subject": SUBJECT,
                            "reference": "'; DROP TABLE cases; --",
                            "list": lab.write("third.csv", LIST)}, INPUT_S,
         {"authority": authority})


def fields(lab, stage, authority):
    people(authority, ("wati", "admin"))
    play(lab, "fields.mjs", {
        **stage, "org": authority.org,
        "list": lab.write("fields.csv", "target,category\nhttps://t.me/fields/1,other\n"),
        "mail": lab.write("fields.eml", MAIL)}, INPUT_S)


def matrix(lab, stage, authority):
    def shown(path):
        return authority.must("GET", path, "ani")

    order = shown(f'/v1/orders/{shown("/v1/orders")["orders"][0]["order"]}')
    case = shown(f'/v1/cases/{shown("/v1/cases")["cases"][0]["case"]}')
    ruled = shown("/v1/objections?state=ruled")["objections"][0]
    stage.update(
        objection=ruled["objection"], ruled=ruled["seq"],
        order=order["order"], signed=order["acts"][0]["seq"], case=case["case"],
        entry=next(e["seq"] for e in case["timeline"] if e["party"] == "authority"))
    play(lab, "matrix.mjs", stage, MATRIX_S)


def work(lab, _stage, _authority):
    """Lists, decisions and pictures, under a policy that asks for a word before many are decided."""
    with open(os.path.join(SOURCE, "policies", "demo.json"), encoding="utf-8") as f:
        policy = json.load(f)
    policy.update(name="work", decide={"confirm_above": 100, "hold_s": 600})
    authority = Node(lab, "bureau", "bureau.example", "Bureau", "authority")
    platform = Node(lab, "pesanku", "pesanku.example", "PesanKu", "platform")
    for node, admin in ((authority, "ani"), (platform, "pasha")):
        node.init(admin)
        if os.environ.get("SALURAN_WEB_DIR"):
            node.configure(**{"http.web_dir": os.environ["SALURAN_WEB_DIR"]})
        node.must_start()
    people(authority, ("rina", "officer"))
    people(platform, ("dewi", "agent"), ("lia", "lead"), ("wira", "auditor"))
    lab_module.introduce(authority, platform, lab.write("work.json", json.dumps(policy)))
    with open(lab.path("picture.jpg"), "wb") as f:
        f.write(base64.b64decode(JPEG))
    play(lab, "work.mjs", {"authority": authority.api_port, "platform": platform.api_port,
                           "password": PASSWORD, "picture": lab.path("picture.jpg")}, WORK_S)
    for node in (authority, platform):
        node.stop()


def acts(lab, _stage, _authority):
    """Under a policy that holds every decision on more than two items."""
    with open(os.path.join(SOURCE, "policies", "demo.json"), encoding="utf-8") as f:
        rules = json.load(f)
    rules.update(name="acts", decide={"confirm_above": 2, "hold_s": 600})
    for limits in rules["classes"]:
        limits["accept_s"] = limits["decide_s"] = PATIENT_S
    authority = Node(lab, "agency", "agency.example", "Agency", "authority")
    platform = Node(lab, "vidgo", "vidgo.example", "VidGo", "platform")
    for node, admin in ((authority, "ani"), (platform, "pasha")):
        node.init(admin)
        node.configure(**{"people.totp_roles": ""})  # first_run has people with two factors
        if os.environ.get("SALURAN_WEB_DIR"):
            node.configure(**{"http.web_dir": os.environ["SALURAN_WEB_DIR"]})
        node.must_start()
    people(authority, ("rina", "officer"), ("adi", "approver"), ("budi", "approver"),
           ("siti", "approver"), ("umi", "auditor"), ("tono", "admin"))
    people(platform, ("dewi", "agent"), ("lia", "lead"))
    lab_module.introduce(authority, platform, lab.write("acts.json", json.dumps(rules)))
    # One that never fetches the zone.
    authority.must("POST", "/v1/operators", "ani", {"name": "isp-away", "address": "192.0.2.53"})
    def rows(n):
        return "target,category\n" + "".join(
            f"https://t.me/akun{n}/{i},other\n" for i in range(1, 4))

    play(lab, "acts.mjs", {
        "authority": authority.api_port, "platform": platform.api_port, "password": PASSWORD,
        "operator": "isp-away", "lists": [lab.write(f"acts-{n}.csv", rows(n)) for n in range(1, 5)],
    }, ACTS_S, {"authority": authority, "platform": platform})
    for node in (authority, platform):
        node.stop()


def frozen(lab, _stage, _authority):
    """What a peer brings and is refused; then a node that runs twice, and how it goes on."""
    authority = Node(lab, "biro", "biro.example", "Biro", "authority")
    platform = Node(lab, "kabar", "kabar.example", "Kabar", "platform")
    authority.brings, platform.brings = platform, authority
    for node, admin in ((authority, "ani"), (platform, "pasha")):
        node.init(admin)
        node.configure(**{"people.totp_roles": ""})
        if os.environ.get("SALURAN_WEB_DIR"):
            node.configure(**{"http.web_dir": os.environ["SALURAN_WEB_DIR"]})
        node.must_start()
    authority.add_person("officer", "officer")
    people(authority, ("rina", "officer"), ("tono", "admin"))
    people(platform, ("dewi", "agent"), ("tari", "admin"))
    lab_module.introduce(authority, platform, policy(lab))
    play(lab, "frozen.mjs", {
        "authority": authority.api_port, "platform": platform.api_port, "password": PASSWORD,
        "list": lab.write("frozen.csv", "target,category\nhttps://t.me/frozen/1,other\n")},
         ACTS_S, {"authority": authority, "platform": platform})
    for node in (authority, platform):
        node.stop()


def account(lab, _stage, _authority):
    """An authority with two peers, whose approver sees to the account and the contacts."""
    authority = Node(lab, "office", "office.example", "Office", "authority")
    peers = [Node(lab, name, f"{name}.example", name, "platform") for name in ("satu", "dua")]
    for node, admin in ((authority, "ani"), (peers[0], "pasha"), (peers[1], "putri")):
        node.init(admin)
        if os.environ.get("SALURAN_WEB_DIR"):
            node.configure(**{"http.web_dir": os.environ["SALURAN_WEB_DIR"]})
        node.must_start()
    people(authority, ("adi", "approver"))
    for peer in peers:
        lab_module.introduce(authority, peer, "id-2020")
    play(lab, "account.mjs", {"authority": authority.api_port, "password": PASSWORD,
                              "peers": sorted(peer.org for peer in peers)}, WORK_S,
         {"authority": authority, **{peer.org: peer for peer in peers}})
    for node in (authority, *peers):
        node.stop()


# What people play: in short, and in full.  Others are named on the command line.
PLAYS = {"story": story, "work": work, "acts": acts, "account": account, "frozen": frozen,
         "keys": keys, "input": bad_input, "fields": fields, "matrix": matrix}
PLAYED = [["story", "work"], ["story", "work", "acts", "account", "frozen", "input", "fields", "keys",
                              "matrix"]]


def main():
    if not os.path.exists(NAUGHTY):
        raise Failure(f"{NAUGHTY} is missing: SALURAN_TEST_DATA must name the shared test data")
    with Lab() as lab:
        authority = Node(lab, "authority", "kominfo.example", "Ministry of Communications",
                         "authority")
        platform = Node(lab, "platform", "telegram.example", "Telegram", "platform")
        root = resolvers.Root(lab, {NAME: "192.0.2.1", BY_KEYS: "192.0.2.2", NEVER: "192.0.2.9"})
        for node, admin in ((authority, "ani"), (platform, "pasha")):
            node.init(admin)
        authority.configure(**{
            "probe.every_s": "2", "probe.never": NEVER, "probe.per_s": "100",
            "probe.controls": f"127.0.0.1:{root.port}", "probe.timeout_ms": "400"})
        for node in (authority, platform):
            node.must_start()
        served(authority)
        people(authority, ("rina", "officer"), ("adi", "approver"), ("budi", "approver"),
               ("siti", "approver"), ("umi", "auditor"), ("oki", "operator"))
        people(platform, ("dewi", "agent"), ("lia", "lead"))
        lab_module.introduce(authority, platform, policy(lab))
        isp = resolvers.Unbound(lab, authority, root).add()
        asked = [f"{address}:{isp.port}" for address in ("127.0.0.1", "127.0.0.2")]
        with open(isp.path("unbound.conf"), "a", encoding="utf-8") as f:
            f.write(f"server:\n    interface: 127.0.0.2@{isp.port}\n")
        isp.start()
        authority.cli("operator", "probe", isp.name, *[
            word for one in asked for word in ("--resolver", one + ",udp")],
            who=authority.admin)
        authority.must("POST", f"/v1/operators/{isp.name}/contact", authority.admin,
                       {"name": "Oki", "reach": "noc@isp.example", "person": "oki"})
        stage = {"authority": authority.api_port, "platform": platform.api_port,
                 "resolvers": [one.replace(":", "#") for one in asked],
                 "operator": isp.name, "password": PASSWORD, "pages": f"http://127.0.0.1:{authority.http_port}"}
        for one in sys.argv[1:] or PLAYED[os.environ.get("SALURAN_WEB") == "full"]:
            PLAYS[one](lab, stage, authority)


main()
