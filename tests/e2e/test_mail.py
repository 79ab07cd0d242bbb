#!/usr/bin/env python3
"""A backlog of e-mail goes in through the command line, and what it proposes reaches the
platform as a notice; a second import finds everything there."""
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402

LETTERS = 40
HEAD = "From officer@ministry.example Fri Jul 14 11:00:00 2017\n"


def letter(number, text, answers=None):
    reply = f"In-Reply-To: <{answers}@ministry.example>\n" if answers is not None else ""
    return (f"From: officer@ministry.example\nSubject: Laporan {number}\n"
            f"Date: Fri, 14 Jul 2017 11:00:00 +0700\n{reply}"
            f"Message-ID: <{number}@ministry.example>\n\n{text}\n")


def must(what, got, want):
    if got != want:
        raise lab.Failure(f"{what}: {got!r}, not {want!r}")


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(text)
    return path


def refused(node, *words):
    code, out, err = node.run(*words, who="sari")
    must(f"exit code of {words}", code, lab.EXIT_INPUT)
    return out, err


def counts(answer):
    return {k: answer[k] for k in ("imported", "joined", "again", "refused")}


def mailbox(box):
    """Letters, a reply, a sentence that begins with From, and one that was cut off."""
    letters = [letter(n, f"Mohon ditutup:\n- https://t.me/badchannel{n}\n\nFrom here on.")
               for n in range(LETTERS)]
    letters.append(letter(LETTERS, "> https://t.me/badchannel0\nDone?", answers=0))
    cut = ("Subject: cut\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n"
           "https://a.example/\n")
    return write(box.path("backlog.mbox"), "\n".join(HEAD + m for m in [*letters, cut]))


def import_all(one, path):
    refused(one, "import", "mail", path, "--preview")
    must("a preview keeps nothing", one.cli("mail", "list", who="sari")["mails"], [])
    # Stopped in the middle, and run again: nothing twice, nothing lost.
    words = [lab.BIN, "import", "mail", path, "--dir", one.dir, "--as",
             one.people["sari"]]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        child.stdout.readline()
        child.send_signal(signal.SIGINT)
        child.communicate()
    code, out, _ = one.run("import", "mail", path, who="sari")
    must("a cut message is refused", code, lab.EXIT_INPUT)
    answer = json.loads(out)
    got = counts(answer)
    must("every message is answered", sum(got.values()), LETTERS + 2)
    must("refused", got["refused"], 1)
    why = [m for m in answer["messages"] if m["answer"] == "refused"][0]
    if "mail.cut" not in why["problem"] or "message 42 at byte" not in why["source"]:
        raise lab.Failure(f"the refusal does not say which and why: {why}")
    code, out, _ = one.run("import", "mail", path, who="sari")
    must("all are there", counts(json.loads(out)),
         {"imported": 0, "joined": 0, "again": LETTERS + 1, "refused": 1})
    answer = one.cli("import", "mail", path, "--cut-too", who="sari")
    must("and the cut one on request", answer["imported"], 1)


def other_forms(one, box):
    """A maildir, a single message and a report."""
    write(box.path("Maildir/new/1.host"), letter("new", "see https://new.example/"))
    write(box.path("Maildir/cur/2.host:2,S"), letter("cur", "see https://cur.example/"))
    write(box.path("Maildir/tmp/3.host"), letter("tmp", "see https://tmp.example/"))
    write(box.path("one.eml"), letter("eml", "see hxxps://bad[.]example/"))
    write(box.path("xarf.json"), '{"xarf_version":"4.2.0","report_id":"1","timestamp":'
          '"2025-01-20T10:30:00Z","category":"content","type":"fraud",'
          '"url":"https://fraud.example/"}')
    answer = one.cli("import", "mail", box.path("Maildir"), box.path("one.eml"),
                     box.path("xarf.json"), who="sari")
    must("other forms", counts(answer),
         {"imported": 4, "joined": 0, "again": 0, "refused": 0})
    must("the report states its category",
         one.cli("mail", "show", answer["messages"][3]["mail"],
                 who="sari")["proposals"][0]["category"], "fraud")
    refused(one, "import", "mail", write(box.path("no.txt"), "no e-mail\n"))
    # An empty maildir is one; a folder with nothing but folders is not.
    os.makedirs(box.path("Empty/new"))
    os.makedirs(box.path("Empty/cur"))
    must("nothing to bring in", counts(one.cli("import", "mail", box.path("Empty"), who="sari")),
         {"imported": 0, "joined": 0, "again": 0, "refused": 0})
    write(box.path("year/march/1.eml"), letter("deep", "see https://deep.example/"))
    code, _, err = one.run("import", "mail", box.path("year"), who="sari")
    must("folders within are not read, and it says so",
         (code, "holds no message" in err), (lab.EXIT_NOT_FOUND, True))


def as_evidence(one, two, box, case, ids):
    """Each letter that was sent is at the platform as it came, and here only as that."""
    def there():
        files = two.cli("evidence", "list", case, who="nikolai")["files"]
        return len(files) == LETTERS - 1 and files
    files = box.wait("the letters at the platform", there)
    must("what they are", {f["media_type"] for f in files}, {"message/rfc822"})
    sha256 = one.cli("mail", "show", ids[0], who="sari")["sha256"]
    sealed = [f["sha256"] for f in files if f["name"] == f"{sha256}.eml"][0]
    two.cli("evidence", "get", sealed, "--out", box.path("first.eml"), who="nikolai")
    with open(box.path("first.eml"), encoding="utf-8") as f:
        got = f.read()
    if "Subject: Laporan 0\n" not in got:
        raise lab.Failure(f"the platform read another letter: {got!r}")
    code, out, _ = one.run("mail", "show", ids[0], "--raw", who="sari")
    must("it is read here from evidence", (code, out.rstrip("\n")), (0, got.rstrip("\n")))
    dropped = one.cli("mail", "show", ids[1], who="sari")
    must("a letter of which nothing was sent", (dropped["state"], dropped["case"]),
         ("new", None))


def in_part(one, two, box):
    """What has a problem waits, the rest goes; and a letter that is kept back."""
    path = write(box.path("two.eml"), letter("two", "https://a1.example/ https://a2.example/"))
    mail = one.cli("import", "mail", path, who="sari")["messages"][0]["mail"]
    one.cli("mail", "decide", mail, "--keep", "1", "--category", "terrorism", who="sari")
    words = ["mail", "send", mail, "--reference", "2016/2", "--subject", "Two",
             "--legal-basis", "UU 11/2008", "--no-evidence"]
    refused(one, *words)
    sent = one.cli(*words, "--partial", who="sari")
    must("the good one", sent["items"], 1)
    must("the other waits", [p["state"] for p in one.cli(
        "mail", "show", mail, who="sari")["proposals"]], ["sent", "proposed"])
    box.wait("the case at the platform", lambda: any(
        k["case"] == sent["case"] for k in two.cli("inbox", who="nikolai")["cases"]))
    got = one.cli("evidence", "list", sent["case"], who="sari")
    must("nothing is given", (got["files"], got["uploads"]), ([], []))
    one.cli("mail", "join", mail, sent["case"], who="sari")
    box.wait("it is given after all", lambda: two.cli(
        "evidence", "list", sent["case"], who="nikolai")["files"])


def main():
    with lab.Lab() as box:
        one = lab.Node(box, "kominfo", "kominfo.example", "Ministry", "authority")
        two = lab.Node(box, "telegram", "telegram.example", "Telegram", "platform")
        for node, admin in ((one, "wati"), (two, "pavel")):
            node.init(admin)
            node.must_start()
        one.add_person("sari", "officer")
        two.add_person("nikolai", "agent")
        lab.introduce(one, two, "demo")
        import_all(one, mailbox(box))
        other_forms(one, box)

        mails = one.cli("mail", "list", "--state", "new", who="sari")["mails"]
        joined = one.cli("mail", "list", "--state", "joined", who="sari")["mails"]
        must("the reply is joined", [m["subject"] for m in joined], [f"Laporan {LETTERS}"])
        wanted = [f"Laporan {n}" for n in range(LETTERS)]
        ids = [m["mail"] for m in mails if m["subject"] in wanted]
        must("letters", len(ids), LETTERS)
        one.cli("mail", "decide", ids[1], "--drop", "1", who="sari")
        words = ["mail", "send", *ids, "--reference", "2016/1", "--subject",
                 "Letters of 2016", "--legal-basis", "UU 11/2008"]
        refused(one, *words)  # no category
        sent = one.cli(*words, "--category", "terrorism", who="sari")
        must("items", sent["items"], LETTERS - 1)
        must("sent once", one.cli(*words, "--category", "terrorism", who="sari")["again"],
             True)
        must("the reply is of the case", one.cli("mail", "show", joined[0]["mail"],
                                                 who="sari")["case"], sent["case"])
        box.wait("the notice at the platform", lambda: any(
            k["case"] == sent["case"] for k in two.cli("inbox", who="nikolai")["cases"]))
        items = two.cli("items", sent["case"], "--limit", "100", who="nikolai")["items"]
        must("the first item", items[0]["normal"], "telegram:user/badchannel0")
        must("the items there", len(items), LETTERS - 1)

        as_evidence(one, two, box, sent["case"], ids)
        in_part(one, two, box)

        # What is no report goes, and does not come again.
        junk = [m["mail"] for m in mails if m["subject"] == "cut"][0]
        one.cli("mail", "drop", junk, who="sari")
        code, _, _ = one.run("mail", "show", junk, "--raw", who="sari")
        must("its content is gone", code, lab.EXIT_NOT_FOUND)
        must("and it stays away", one.cli("import", "mail", box.path("backlog.mbox"),
                                          "--cut-too", who="sari")["imported"], 0)
        must("the views are those of the log",
             one.cli("rebuild", who="wati")["equal"], True)
        two.stop()
        one.stop()
    print("ok")


if __name__ == "__main__":
    main()
