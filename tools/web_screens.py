#!/usr/bin/python3
"""web_screens - docs/screens from the pictures that a run of the web tests leaves.

    tools/web_screens.py FOLDER

Each picture of SCREENS below is reduced to few colours, and docs/screens/README.md lists them.
make web-screens makes the pictures and calls this.
"""
import os
import subprocess
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
TO = os.path.join(TOP, "docs", "screens")
COLOURS = "24"
ONCE = "-id-light-1280"

# Who, then [picture of the run, what it shows].
SCREENS = [
    ("Everybody", [
        (f"login{ONCE}", "Logging in"),
        (f"rina-settings{ONCE}", "Settings: keys, for this browser"),
        (f"rina-nowhere{ONCE}", "An address that leads nowhere"),
        ("standing", "A log that is an old copy: above every screen, until it is whole again"),
        ("undelivered", "The other side's node is away: since when, why, and another try"),
        ("peer-refused", "The other side brought what is not taken: what it was, and why"),
        ("frozen-case", "A frozen channel: why an act is refused; what was written is kept"),
        ("frozen-channel", "The same at the channel: the proof, and who lets it go on"),
        (f"rina-search{ONCE}", "What a word, a host or a link leads to"),
    ]),
    ("Officer of the authority", [
        (f"rina-cases{ONCE}", "Cases by deadline"),
        ("import-columns", "A list is brought in: which column is what"),
        ("import-check", "Its rows are checked, and mended where they stand"),
        ("import-send", "What is sent, read once more"),
        (f"rina-case{ONCE}", "A case: items, disputes, timeline, conversation, proofs"),
        ("paused", "The clock is paused by a question"),
        ("case", "Conversation, with ticks that say a word and a time, and an internal note"),
        (f"rina-deadline{ONCE}", "How a deadline came about"),
        (f"rina-prepared{ONCE}", "Reminders and warnings that are due"),
        (f"rina-disputes{ONCE}", "Disputes"),
        ("recorded", "An act that the log has, at an address that can be kept"),
        ("draft", "An order is drafted: tasks, guards, grounds"),
        ("draft-review", "What is submitted, read once more"),
        (f"rina-orders{ONCE}", "Orders"),
        ("matrix", "An order in force, and what each resolver pulled, applied and was measured to answer"),
        ("lifted", "A lifted order, normal again everywhere"),
        (f"rina-objections{ONCE}", "Objections of the public"),
        (f"rina-operators{ONCE}", "DNS operators"),
        (f"rina-stats{ONCE}", "Statistics"),
        (f"rina-channel{ONCE}", "The channel to the other side"),
        (f"rina-mail{ONCE}", "E-mail that was brought in"),
        (f"rina-templates{ONCE}", "Templates"),
        (f"rina-policies{ONCE}", "Policies: what is in effect, and what one says"),
        (f"rina-verify{ONCE}", "A file of evidence is checked"),
    ]),
    ("Approver", [
        (f"adi-orders{ONCE}", "What waits for a signature"),
        ("approve", "The exact text, its hash, and the button that is named by the act"),
        (f"adi-signed{ONCE}", "A signature that the log has"),
        ("objections", "An objection, answered and ruled on by somebody without a hand in the order"),
    ]),
    ("Agent of the platform", [
        (f"dewi-cases{ONCE}", "Cases by deadline"),
        ("decide", "Decisions are chosen row by row, and sent after a review"),
        ("dispute", "A dispute, answered and ruled on; an item is owed a new decision"),
        (f"dewi-decide{ONCE}", "The grid of decisions"),
        (f"dewi-held{ONCE}", "Decisions in bulk that wait"),
        (f"dewi-channel{ONCE}", "The channel to the other side"),
        ("evidence-covered", "A picture is covered until somebody presses"),
        ("evidence-grey", "Grey and blurred first"),
    ]),
    ("Admin, on the first day", [
        ("welcome-authority", "The one-time link: a password is chosen"),
        ("device-authority", "The second factor, which admins need"),
        ("setup", "The first steps: what is done, and what is not yet"),
        ("setup-peer-telegram.example", "Our file for the first other side, and the words beside it"),
        ("case-test", "A case under the sandbox policy, marked TEST"),
    ]),
    ("Auditor", [
        ("log", "The log of both sides"),
        ("access", "Who saw what, and that the record is whole"),
        (f"umi-people{ONCE}", "Who may act on this node"),
    ]),
    ("DNS operator", [
        (f"oki-dns{ONCE}", "Orders in force, what is pulled, applied and measured"),
        (f"oki-operators{ONCE}", "Each operator, and the conversation with it"),
    ]),
    ("The public, without a script", [
        ("lookup", "Is a name blocked, why, since when"),
        (f"public-lookup-free{ONCE}", "No order in force is not the same as not blocked"),
        (f"public-blocked{ONCE}", "Where a resolver leads who asks for a blocked name (451)"),
        (f"public-register{ONCE}", "The register"),
        (f"public-entry{ONCE}", "An entry of it: reasons, dates, how far it is normal again, proofs"),
        (f"public-object{ONCE}", "An objection is written"),
        ("objected", "An objection was sent: its code and its dates"),
        (f"public-transparency{ONCE}", "Figures, with their tables"),
        (f"public-logs{ONCE}", "The register's log: checkpoint and tiles"),
        (f"public-block-public{ONCE}", "A letter to print: the order, for whoever asks"),
    ]),
]


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__.strip())
        return 0 if sys.argv[1:] == ["--help"] else 2
    source = sys.argv[1]
    names = [name for _, rows in SCREENS for name, _ in rows]
    lacking = [n for n in names if not os.path.exists(os.path.join(source, n + ".png"))]
    if lacking:
        print(f"{source} lacks pictures of: {', '.join(lacking)}", file=sys.stderr)
        return 1
    os.makedirs(TO, exist_ok=True)
    for old in os.listdir(TO):
        os.unlink(os.path.join(TO, old))
    text = ["# Screens", "",
            "Made by `make web-screens` from a run of the tests: two nodes, invented people and "
            "lists. Every screen is there", "in Indonesian and English, light and dark."]
    for title, rows in SCREENS:
        text += ["", f"## {title}"]
        for name, what in rows:
            short = name.replace(ONCE, "").replace("public-block-public", "public-letter")
            subprocess.run(["pngquant", "--strip", "--speed", "1", "--output",
                            os.path.join(TO, short + ".png"), COLOURS,
                            os.path.join(source, name + ".png")], check=True)
            text += ["", f"{what}:", "", f"![{what}]({short}.png)"]
    with open(os.path.join(TO, "README.md"), "w", encoding="utf-8") as f:
        f.write("\n".join(text) + "\n")
    return 0


sys.exit(main())
