#!/usr/bin/env python3
"""Policies and deadlines over two real nodes, through the command line: a question pauses
the clock and its answer lets it run, `explain` tells the same on both sides, and another
policy is in effect once both have adopted it."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402

CSV = "target,category,description\nhttps://t.example/1,other,one\nhttps://t.example/2,other,two\n"


def must(ok, what):
    if not ok:
        raise lab.Failure(what)


def refused(what, text, call):
    try:
        call()
    except lab.Refused as refusal:
        must(text in str(refusal.problem.get("detail")),
             f"{what}: {refusal.problem} does not say {text!r}")
    else:
        raise lab.Failure(f"{what} was taken")


class Story:
    def __init__(self, box):
        self.box = box
        self.one = lab.Node(box, "kominfo", "kominfo.example", "Ministry", "authority")
        self.two = lab.Node(box, "telegram", "telegram.example", "Telegram", "platform")
        for node, admin in ((self.one, "wati"), (self.two, "pavel")):
            node.init(admin)
            node.must_start()
        self.one.add_person("sari", "officer")
        self.two.add_person("nikolai", "agent")
        lab.introduce(self.one, self.two, "id-2020")
        self.csv = box.write("batch.csv", CSV)

    def send(self, reference, *more):
        return self.one.cli("send", self.csv, "--reference", reference, "--subject", "S",
                            "--legal-basis", "UU 11/2008", *more, who="sari")["case"]

    def explain(self, node, case):
        who = "sari" if node is self.one else "nikolai"
        return node.cli("explain", case, who=who)

    def on_both(self, what, case, probe):
        for node in (self.one, self.two):
            def there(node=node):
                try:
                    return probe(self.explain(node, case))
                except lab.Refused as refusal:
                    if refusal.problem.get("title") not in ("not_found", "conflict"):
                        raise
                    return False
            self.box.wait(f"{what} on {node.org}", there)
        a, b = self.explain(self.one, case), self.explain(self.two, case)
        must(a == b, f"{what}: the two sides explain it otherwise:\n{a}\n{b}")
        return a


def a_question(tale):
    case = tale.send("first")
    plain = tale.on_both("the receipt", case, lambda x: x["decide"]["due"])
    must([s["what"] for s in plain["decide"]["steps"]] == ["receipt", "limit", "result"],
         f"steps of a plain deadline: {plain}")
    tale.two.cli("clarify", case, "Which message?", who="nikolai")
    paused = tale.on_both("the pause", case, lambda x: x["paused"])
    must(paused["decide"]["due"] > plain["decide"]["due"], "a pause gives no time")
    # Receipts are in whole seconds: the answer is received in a later one.
    since = lab.when(paused["paused"])
    tale.box.wait("the next second", lambda: time.time() >= since + 1)
    tale.one.cli("answer", case, "The pinned one.", who="sari")
    runs = tale.on_both("the end of the pause", case, lambda x: not x["paused"])
    must(plain["decide"]["due"] <= runs["decide"]["due"] < paused["decide"]["due"],
         f"{plain['decide']['due']}, {runs['decide']['due']}, {paused['decide']['due']}")
    steps = runs["decide"]["steps"]
    must([s["what"] for s in steps] == ["receipt", "limit", "pause", "resume", "result"],
         f"steps of a paused deadline: {steps}")
    must(steps[2]["event"]["party"] == "platform" and steps[3]["event"]["party"] == "authority",
         f"events of the pause: {steps}")
    code, text, _ = tale.one.run("explain", case, who="sari", as_json=False)
    must(code == 0 and "stands still" in text and "so the deadline is" in text, text)
    bundle = tale.box.path("case.bundle")
    tale.one.cli("export", case, "--out", bundle, who="sari")
    code, report, err = lab.verify(bundle)
    must(code == 0 and report["ok"], f"the bundle does not verify: {report} {err}")
    return case


def another_policy(tale, old):
    fields = ["authority_name", "statement_of_reasons", "territorial_scope", "redress",
              "effect_to", "order_reference"]
    given = [word for f in fields for word in ("--field", f"{f}=given")]
    bad = tale.box.write("bad.json", '{"name": "x"}')
    refused("a policy that is none", "version", lambda: tale.one.cli(
        "policy", "adopt", bad, who="wati"))
    code, out, _ = tale.one.run("policy", "check", bad, as_json=False)
    must(code == 3, f"'policy check' ends with {code}: {out}")
    refused("a field that the policy does not know", "has no such field of a notice",
            lambda: tale.send("early", *given))
    mine = tale.one.cli("policy", "adopt", "eu-dsa", who="wati")
    must(not mine["in_effect"], "one side alone brought a policy into effect")
    tale.box.wait("the proposal", lambda: any(
        a["sha256"] == mine["sha256"] for a in tale.two.cli(
            "policy", "list", who="pavel")["channels"][0]["adopted"]))
    must(tale.two.cli("policy", "adopt", mine["sha256"], who="pavel")["in_effect"],
         "both have adopted it and it is not in effect")
    tale.box.wait("the policy in effect", lambda: tale.one.cli(
        "policy", "list", who="wati")["channels"][0]["in_effect"]["name"] == "eu-dsa")
    refused("a notice without the fields", "fields.", lambda: tale.send("bare"))
    case = tale.send("second", *given)
    told = tale.on_both("the new receipt", case, lambda x: x["decide"]["due"])
    must(told["policy"]["name"] == "eu-dsa", f"the new case: {told['policy']}")
    must(tale.explain(tale.two, old)["policy"]["name"] == "id-2020", "the old case has moved")
    for node, admin in ((tale.one, "wati"), (tale.two, "pavel")):
        must(node.cli("rebuild", who=admin) is not None, "no rebuild")


def main():
    with lab.Lab() as box:
        tale = Story(box)
        another_policy(tale, a_question(tale))
        box.close()
    print("policies: a question, two adoptions, two cases")


if __name__ == "__main__":
    main()
