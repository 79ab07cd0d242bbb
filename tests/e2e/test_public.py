#!/usr/bin/env python3
"""The public side over two real nodes and a real resolver: a channel test that a person
answers, contacts, the register with its proof, an objection that is upheld and so lifts the
names, and the same figures on both nodes."""
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import story  # noqa: E402
import tlog_check  # noqa: E402

CONTACTS = [{"name": "Duty desk", "reach": "desk@telegram.example", "languages": ["en"]},
            {"name": "Head of desk", "reach": "+44 20 5550", "role": "escalation"}]
NOT_PUBLIC = ("://", "shop.example", "my shop", '"p-', "Head of desk")


def contacts_and_test(box, s):
    with open(box.path("contacts.json"), "w", encoding="utf-8") as f:
        json.dump(CONTACTS, f)
    s.telegram.cli("contacts", "set", box.path("contacts.json"), who="lena")

    def theirs():
        shown = s.kominfo.cli("contacts", "show", who="sari")["channels"][0]["theirs"]
        return shown if shown["now"] else None
    shown = box.wait("the contacts arrive", theirs) or theirs()
    if shown["now"]["name"] != "Duty desk" or shown["next"]["role"] != "escalation":
        raise lab.Failure(f"on duty is {shown}")
    test = s.kominfo.cli("channel", "test", who="sari")["tests"][0]["test"]

    def waits():
        return any(t["test"] == test and t["state"] == "waiting"
                   for t in s.telegram.cli("channel", "tests", who="max")["tests"])
    box.wait("the test arrives", waits)
    s.telegram.cli("channel", "ack", test, who="max")
    box.wait("the acknowledgement arrives", lambda: s.kominfo.cli(
        "channel", "tests", who="sari")["channels"][0]["last_acked"])


def register(box, s):
    status, headers, shown = s.kominfo.api("GET", "/v1/register")
    if status != 200 or len(shown["entries"]) != 1:
        raise lab.Failure(f"the register answers {status}: {shown}")
    entry = shown["entries"][0]
    if entry["state"] != "in_force" or len(entry["names"]) != len(s.names):
        raise lab.Failure(f"the register says {entry}")
    csv = s.kominfo.run("register", "--csv", as_json=False)
    if csv[0] != 0 or entry["ref"] not in csv[1]:
        raise lab.Failure(f"the register as CSV: {csv}")
    proof = box.path("order.proof")
    s.kominfo.cli("register", "proof", entry["ref"], "--out", proof)
    report = s.kominfo.cli("proof", "verify", proof)
    if report["events"][0] != "order.draft" or "order.approve" not in report["events"]:
        raise lab.Failure(f"the proof says {report}")
    with open(proof, encoding="utf-8") as f:
        text = f.read()
    broken = box.path("broken.proof")
    at = text.index('"jws"') + 300
    with open(broken, "w", encoding="utf-8") as f:
        f.write(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:])
    code = s.kominfo.run("proof", "verify", broken)[0]
    if code == 0:
        raise lab.Failure("a changed proof verifies")
    return entry["ref"]


def outsider(s, ref):
    """The register's log by its public tiles alone; gives the checkpoint."""
    log = s.kominfo.must("GET", "/v1/register/logs")["logs"][0]

    def get(path):
        url = f"http://127.0.0.1:{s.kominfo.http_port}{log['tiles']}/{path}"
        with urllib.request.urlopen(url, timeout=lab.COMMAND_S) as got:
            return got.read()
    note = get("checkpoint")
    hashes = tlog_check.check_log(get, log["key"])
    proof = json.loads(urllib.request.urlopen(
        f"http://127.0.0.1:{s.kominfo.http_port}/register/{ref}/proof",
        timeout=lab.COMMAND_S).read())
    if tlog_check.check_proof(proof, hashes) < 2:
        raise lab.Failure(f"the proof has {len(proof['events'])} events")
    for what, broken in (
            ("a wrong leaf", lambda p: get(p) if p == "checkpoint" else bytes(len(get(p)))),
            ("another checkpoint", lambda p: get(p).replace(b"\n1", b"\n2", 1)
             if p == "checkpoint" else get(p))):
        try:
            tlog_check.check_log(broken, log["key"])
        except (tlog_check.Broken, urllib.error.HTTPError, IndexError):
            continue
        raise lab.Failure(f"{what} is not seen")
    for path, status in (("tile/entries/000", 403), ("tile/0/999", 404), ("tile/0/x", 404),
                         ("nothing", 404)):
        try:
            get(path)
            raise lab.Failure(f"{path} is given")
        except urllib.error.HTTPError as e:
            if e.code != status:
                raise lab.Failure(f"{path} answers {e.code}") from None
    return log, get, note


def figures_page(s):
    """Figures, drawings, definitions; months that nobody measured are gaps, never 0."""
    shown = page(s, "/transparency")
    must_say("the figures", shown, "Data up to", "<svg class=\"chart", "no data",
             "Items sent", "/transparency.csv?from=")
    if shown[2].count("<svg class=\"chart") != shown[2].count("as figures</caption>"):
        raise lab.Failure("a drawing has no table beside it")
    empty = page(s, "/transparency?from=2001-01&to=2001-03")
    must_say("figures of a past without data", empty, "no data")
    if "<rect class=" in empty[2].replace('<rect class="first" x="1" y="1"', "").replace(
            '<rect class="second" x="1" y="1"', ""):
        raise lab.Failure("a month that nobody measured is drawn as a value")
    must_say("a month that is none", page(s, "/transparency?from=x"), "", status=400)
    csv = page(s, "/transparency.csv")
    must_say("the figures as CSV", csv, "period,figure,value")
    must_say("the register as CSV", page(s, "/register.csv"), '"ref"')


ORIGINAL = re.compile(r'<details class="original">.*?</details>', re.S)
REFUSED = (  # what is asked, its form, the status, what is read in Indonesian and in English
    ("/nothing", None, 404, "tidak ada apa pun di /nothing", "there is nothing at /nothing"),
    ("/register/nothing", None, 404, "nomor perintah seperti B-2026-031", "a reference as"),
    ("/register/B-1999-7", None, 404, "register tidak memuat B-1999-7", "the register has no"),
    ("/register?after=x", None, 400, "harus berupa nomor seperti", "must be a reference"),
    ("/lookup?name=a..example", None, 400, "tidak punya bagian kosong", "no empty part"),
    ("/lookup?name=-a.example", None, 400, "diakhiri tanda hubung", "ends with a hyphen"),
    ("/lookup?name=" + 70 * "a" + ".example", None, 400, "lebih panjang dari 63 byte",
     "longer than the 63 bytes"),
    ("/transparency?from=x", None, 400, "harus berupa bulan", "must be a month"),
    ("/transparency?from=2017-02&to=2017-01", None, 400, "bulan awal sesudah bulan akhir",
     "is after"),
    ("/objection/ABCD", None, 404, "bukan kode keberatan", "no reference of an objection"),
    ("/objection/" + 20 * "7", None, 404, "keberatan", "objection"),
    ("/object", {"ref": "nothing.example", "text": "Ini toko."}, 404,
     "tidak ada perintah otoritas ini yang menyebut nothing.example", "no order of this"),
    ("/object", {"ref": "", "text": "Ini toko."}, 400, "Sebutkan yang Anda keberatani",
     "Say what you object to"),
    ("/object", {"ref": "nothing.example", "text": " "}, 400, "Tulis alasan keberatan Anda",
     "Write why you object"),
    ("/object", {"ref": "nothing.example", "text": 5000 * "a"}, 413, "paling banyak 4.000",
     "at most 4,000"),
)


def refusals(s):
    """What a public page refuses is said in the reader's language, alone or with the node's
    own words to be unfolded."""
    for path, form, status, own, english in REFUSED:
        for lang, said in (("id", own), ("en", english)):
            what = f"{path} {form} in {lang}"
            got = page(s, path, form, lang)
            must_say(what, got, said, f'<html lang="{lang}"', status=status)
            at_once = ORIGINAL.sub("", got[2])
            if said not in at_once or (lang == "id" and '<bdi lang="en">' in at_once):
                raise lab.Failure(f"{what}: another language: {got}")
            if lang == "en" and at_once != got[2]:
                raise lab.Failure(f"{what}: the node's words twice: {got}")
            if form and form["text"].strip() and form["text"] not in got[2]:
                raise lab.Failure(f"{what}: what was typed is gone: {got}")


def page(s, path, form=None, lang="en"):
    """(status, where it ended, text) of a page, as a browser without scripts gets it."""
    data = urllib.parse.urlencode(form).encode() if form else None
    request = urllib.request.Request(f"http://127.0.0.1:{s.kominfo.http_port}{path}", data)
    request.add_header("Accept-Language", lang)
    try:
        with urllib.request.urlopen(request, timeout=lab.COMMAND_S) as got:
            return got.status, urllib.parse.urlsplit(got.url).path, got.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, path, e.read().decode()


def must_say(what, got, *words, status=200):
    for word in words:
        if got[0] != status or word not in got[2]:
            raise lab.Failure(f"{what} does not say {word!r}: {got}")


def object_on_a_page(s, ref):
    """Register, form and tracking without a script; gives the code."""
    must_say("the register", page(s, "/register"), f"/register/{ref}", "more names")
    must_say("its entry", page(s, f"/register/{ref}"), *s.names, f"/object?ref={ref}")
    must_say("an entry that is none", page(s, "/register/nothing"), "no such", status=404)
    text = {"text": "This is <my> shop.", "contact": "owner@shop.example"}
    must_say("an objection to nothing", page(s, "/object", {**text, "ref": "nothing.example"}),
             "This is &lt;my&gt; shop.", status=404)
    made = page(s, "/object", {**text, "ref": ref})
    must_say("a new objection", made, "Your code is", "This page shows")
    code = made[1].rsplit("/", 1)[1]
    if made[1] != f"/objection/{code}":
        raise lab.Failure(f"the confirmation is at {made[1]}")
    must_say("the same again", page(s, "/object", {**text, "ref": ref}), 'role="alert"', status=409)
    must_say("a code that is none", page(s, "/objection/ABCD"), "", status=404)
    if page(s, f"/objection?code={code}")[1] != made[1]:
        raise lab.Failure("the code does not lead to its page")
    return code


def objection(box, s, ref):
    code = object_on_a_page(s, ref)
    if s.kominfo.cli("objection", "track", code)["state"] != "open":
        raise lab.Failure("the objection is not open")
    listed = s.kominfo.cli("objection", "list", who="sari")["objections"]
    one = listed[0]["objection"]
    s.kominfo.cli("objection", "answer", one, "--text", "We look into it.", who="sari")
    for who in ("agus", "rina", "dewi"):
        refused = s.kominfo.run("objection", "rule", one, "upheld", "--reason", "x", who=who)
        if refused[0] != lab.EXIT_DENIED:
            raise lab.Failure(f"{who} had a hand in the order and may rule: {refused}")
    ruled = s.kominfo.cli("objection", "rule", one, "upheld", "--reason",
                          "The names carry lawful shops.", who="bima")
    if not ruled["lifted"]:
        raise lab.Failure(f"upheld did not lift: {ruled}")
    if s.dns:
        box.wait("every name answers again", lambda: s.dns.open(s.names))
    tracked = s.kominfo.must("GET", f"/v1/objections/{code}")
    must_say("the objection's page", page(s, f"/objection/{code}"), "Upheld",
             "We look into it.", "The names carry lawful shops.")
    must_say("the entry", page(s, f"/register/{ref}"), "Upheld", "Lifted")
    if tracked["ruling"] != "upheld" or tracked["order_state"] != "lifted":
        raise lab.Failure(f"the public is told {tracked}")
    text = json.dumps(s.kominfo.must("GET", "/v1/register"))
    for word in NOT_PUBLIC:
        if word in text:
            raise lab.Failure(f"the register has {word!r}: {text}")
    box.wait("the platform has the ruling", lambda: [
        o["ruling"] for o in s.telegram.cli("objection", "list", who="max")["objections"]
    ] == ["upheld"])


def figures(box, s):
    seen = {}

    def same_heads():
        for node in (s.kominfo, s.telegram):
            status, _, seen[node.name] = node.api("GET", "/v1/statistics?each=month")
            if status != 200:
                raise lab.Failure(f"{node.name}: statistics: {seen[node.name]}")
        return seen["kominfo"]["logs"] == seen["telegram"]["logs"]
    box.wait("both nodes have the same logs", same_heads)
    if seen["kominfo"] != seen["telegram"]:
        raise lab.Failure(f"other figures on the other node: {seen}")
    total = seen["kominfo"]["total"]
    if total["orders"] != {"in_force": 1, "emergency": 0, "lifted": 1, "expired": 0,
                           "wrong": 1} or total["objections"]["upheld"] != 1:
        raise lab.Failure(f"the figures are {total}")
    if total["notices"]["received"] != 1 or total["notices"]["warnings"] != 3:
        raise lab.Failure(f"the figures are {total['notices']}")
    for word in ("://", "t.me", "p-"):
        if word in json.dumps(seen["kominfo"]):
            raise lab.Failure(f"the statistics have {word!r}")
    for node, who in ((s.kominfo, "wati"), (s.telegram, "lena")):
        rebuilt = node.cli("rebuild", who=who)
        if not rebuilt["equal"]:
            raise lab.Failure(f"{node.name}: a rebuild differs in {rebuilt['differ']}")
        again = node.must("GET", "/v1/statistics?each=month")
        if again["logs"] == seen[node.name]["logs"] and again != seen[node.name]:
            raise lab.Failure(f"{node.name}: other figures after a rebuild")


def main():
    with lab.Lab() as box:
        s = story.Story(box)
        s.set_up()
        s.resolver()
        contacts_and_test(box, s)
        s.first_batch()
        s.ladder()
        s.draft()
        s.approve()
        ref = register(box, s)
        log, get, note = outsider(s, ref)
        objection(box, s, ref)
        tlog_check.check_log(get, log["key"], before=note)
        refusals(s)
        figures_page(s)
        figures(box, s)


if __name__ == "__main__":
    main()
