#!/usr/bin/env python3
"""Case work on two real nodes through the command line: questions that pause the clock,
decisions in bulk that wait, what two people do at once, disputes and reversals, notes and
templates, steps that are prepared, and counts that are signed at the close."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402

ITEMS = 12
HOLD_S = 2
REMIND_S = 1
SECRET = "they-must-not-know-of-this"


def policy(box):
    """The demo's, with a hold, a pause and deadlines of seconds."""
    with open(os.path.join(os.environ["SALURAN_SOURCE"], "policies", "demo.json"),
              encoding="utf-8") as f:
        p = json.load(f)
    p["name"] = "casework"
    p["decide"] = {"confirm_above": 5, "hold_s": HOLD_S}
    p["pause"] = {"clarify": True, "impossible": False, "max_s": 3600}
    for c in p["classes"]:
        c["accept_s"] = c["decide_s"] = REMIND_S
    for step in p["ladder"]:
        step["after_s"] = 1
    return box.write("casework.json", json.dumps(p))


def refused(node, who, code, *words):
    try:
        node.cli(*words, who=who)
    except lab.Refused as e:
        if e.code != code:
            raise lab.Failure(f"{words} ended with {e.code}, not {code}: {e.detail}") from None
        return e
    raise lab.Failure(f"{words} was not refused")


def must(what, is_so, shown=None):
    if not is_so:
        raise lab.Failure(f"{what}: {shown!r}")


def show(node, case, who):
    return node.get(f"/v1/cases/{case}", who)


def questions(box, one, two, case):
    """The clock stands while the authority owes an answer, and runs on after it."""
    two.cli("accept", case, who="max")
    two.cli("clarify", case, "Which message of item 3?", "--items", "3", who="max")
    asked = box.wait("the question arrives",
                     lambda: show(one, case, "sari")["questions"])
    must("one question about item 3", asked[0]["items"] == [3], asked)
    refused(one, "sari", lab.EXIT_INPUT, "answer", case, "It is {which}.")
    one.cli("answer", case, "The pinned one.", who="sari")
    box.wait("the answer arrives",
             lambda: show(two, case, "max")["questions"][0]["answer"] == "The pinned one.")


def bulk(box, two, case):
    """Previewed, confirmed, held; cancelled by a colleague; made again, and it has effect."""
    preview = two.cli("decide", case, "--outcome", "removed", "--items", f"0-{ITEMS - 2}",
                      "--preview", who="max")
    must("the preview counts", preview["count"] == ITEMS - 1 and not preview["refused"],
         preview)
    words = ("decide", case, "--outcome", "removed", "--items", f"0-{ITEMS - 2}")
    refused(two, "max", lab.EXIT_CONFLICT, *words)
    words += ("--selection", preview["selection"], "--confirm")
    refused(two, "max", lab.EXIT_CONFLICT, *words, "decide all")
    held = two.cli(*words, preview["confirm"], who="max")["held"]
    must("it is seen", two.cli("held", who="lena")["held"][0]["held"] == held)
    two.cli("held", "cancel", held, "--reason", "the wrong list", who="lena")
    held = two.cli(*words, preview["confirm"], who="max")["held"]
    must("nothing is decided yet", show(two, case, "max")["counts"]["decided"] == 0)
    box.wait("the decision has its effect",
             lambda: show(two, case, "max")["counts"]["decided"] == ITEMS - 1)
    must("it is done", held in [h["held"] for h in
                                two.cli("held", "--state", "done", who="max")["held"]])


def at_once(two, case):
    """What somebody else has done meanwhile is shown, not overwritten."""
    seen = show(two, case, "max")["version"]
    two.cli("decide", case, "--items", str(ITEMS - 1), "--outcome", "kept", "--reason",
            "A public tool.", "--version", seen, who="lena")
    stale = refused(two, "max", lab.EXIT_CONFLICT, "decide", case, "--items",
                    str(ITEMS - 1), "--outcome", "removed", "--version", seen)
    must("both versions are shown", stale.shown["sent"]["version"] == seen
         and stale.shown["stands"]["version"] != seen, stale.shown)
    both = refused(two, "max", lab.EXIT_CONFLICT, "decide", case, "--items",
                   str(ITEMS - 1), "--outcome", "removed")
    must("the decision that stands is shown",
         both.shown["stands"][0]["outcome"] == "kept"
         and both.shown["stands"][0]["by"] == two.pseudonyms["lena"], both.shown)


def disputed(box, one, two, case):
    """Upheld: a reversal is owed until a person makes it."""
    box.wait("the decisions arrive",
             lambda: show(one, case, "sari")["counts"]["open"] == 0)
    dispute = one.cli("dispute", case, "It is no public tool.", "--items", str(ITEMS - 1),
                      who="sari")["dispute"]
    box.wait("the dispute arrives", lambda: two.get("/v1/disputes", "max")["disputes"])
    refused(two, "max", lab.EXIT_DENIED, "dispute", "rule", dispute, "upheld", "--reason",
            "agents do not rule")
    two.cli("dispute", "rule", dispute, "upheld", "--reason", "It is not.", who="lena")
    must("one is owed", show(two, case, "max")["disputes"][0]["owed"] == 1)
    refused(two, "max", lab.EXIT_USAGE, "reverse", case, "--items", str(ITEMS - 1),
            "--outcome", "removed")
    two.cli("reverse", case, "--items", str(ITEMS - 1), "--outcome", "removed", "--reason",
            "as ruled", who="max")
    box.wait("none is owed, on the other side too", lambda: [
        d["owed"] for d in show(one, case, "sari")["disputes"]] == [0])


def private(box, one, two, case):
    """Notes stay, and a text with an open place is not sent."""
    one.cli("note", case, SECRET, who="sari")
    must("it is there", one.cli("notes", case, who="sari")["notes"][0]["text"] == SECRET)
    must("it is there only", not two.cli("notes", case, who="max")["notes"])
    path = box.write("reminder.txt", "{open} of {items} items are open; {name} waits.")
    one.cli("template", "add", "reminder", path, "--kind", "reminder", who="sari")
    text = one.cli("template", "render", "reminder", case, who="sari")
    must("name is open", text["open"] == ["name"], text)
    refused(one, "sari", lab.EXIT_INPUT, "say", case, text["text"])
    text = one.cli("template", "render", "reminder", case, "--value", "name=Sari",
                   who="sari")["text"]
    one.cli("say", case, text, who="sari")
    box.wait("it is said", lambda: any(
        m["text"].endswith("Sari waits.") for m in show(two, case, "max")["messages"]))
    must("nothing of a note has come over", SECRET not in json.dumps(
        show(two, case, "max")))
    bundle = box.path("case.bundle")
    one.cli("export", case, "--out", bundle, who="sari")
    with open(bundle, "rb") as f:
        must("nor into a bundle", SECRET.encode() not in f.read())
    report = one.cli("verify", bundle)
    must("it has texts", any(e["texts_here"] for e in report["events"]), report["events"])
    bare = box.path("bare.bundle")
    one.cli("export", case, "--no-texts", "--out", bare, who="sari")
    report = one.cli("verify", bare)
    must("one without texts has none",
         report["ok"] and not any(e["texts_here"] for e in report["events"]), report["events"])


def prepared(box, one, two):
    """A reminder that is due waits for a person, who sends it."""
    case = send(box, one, "second", 2)
    box.wait("the second notice is received",
             lambda: show(one, case, "sari")["state"] == "received")
    row = box.wait("a reminder is prepared", lambda: [
        p for p in one.get("/v1/prepared", "sari")["prepared"] if p["case"] == case])[0]
    must("its text is the template's", row["text"].startswith("2 of 2 items"), row)
    refused(one, "sari", lab.EXIT_INPUT, "prepared", "send", row["prepared"])
    one.cli("prepared", "send", row["prepared"], "--text", "Please answer.", who="sari")
    box.wait("the reminder arrives", lambda: any(
        e["type"] == "case.remind" and e["text"] == "Please answer."
        for e in show(two, case, "max")["timeline"]))


def send(box, one, reference, n):
    rows = [f"https://t.example/{reference}/{i},other" for i in range(n)]
    path = box.write(f"{reference}.csv",
                     "\n".join(["target,category", *rows, rows[0], "nonsense,none"]) + "\n")
    return one.cli("send", path, "--reference", reference, "--subject", "S",
                   "--legal-basis", "L", "--partial", who="sari")["case"]


def main():
    with lab.Lab() as box:
        one = lab.Node(box, "kominfo", "kominfo.example", "Ministry", "authority")
        two = lab.Node(box, "telegram", "telegram.example", "Telegram", "platform")
        for node, admin in ((one, "wati"), (two, "pavel")):
            node.init(admin)
            node.must_start()
        one.add_person("sari", "officer")
        two.add_person("max", "agent")
        two.add_person("lena", "lead")
        lab.introduce(one, two, policy(box))
        case = send(box, one, "first", ITEMS)
        box.wait("the notice arrives",
                 lambda: any(c["case"] == case
                             for c in two.get("/v1/cases", "max")["cases"]))
        questions(box, one, two, case)
        bulk(box, two, case)
        at_once(two, case)
        disputed(box, one, two, case)
        private(box, one, two, case)
        closed = one.cli("close", case, who="sari")
        want = {"submitted": ITEMS + 2, "accepted": ITEMS, "refused": 1, "duplicate": 1,
                "decided": ITEMS, "open": 0}
        must("the counts are signed", closed["counts"] == want, closed)
        box.wait("it is closed on both sides",
                 lambda: show(two, case, "max")["state"] == "closed")
        prepared(box, one, two)
        for node, who in ((one, one.admin), (two, two.admin)):
            must("a rebuild gives the same", node.cli("rebuild", who=who)["equal"])
            node.stop()
    print("ok: questions, bulk, conflicts, disputes, notes, templates, prepared, counts")


if __name__ == "__main__":
    main()
