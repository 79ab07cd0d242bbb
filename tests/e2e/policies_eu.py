"""The stories of the European policies, for tests/e2e/test_policy_stories.py."""
import json
import os

from acts import (CONFLICT, DAY, GONE, HOUR, INVALID, OK, Two, must)
from lab import SOURCE, expect, when
from order_acts import Order, utc
from policies_id import ending

PRESERVE_S = 184 * DAY
PICTURE = b"\x89PNG " + os.urandom(40000)


def required(policy):
    """What a notice must carry, as the policy's file says."""
    with open(os.path.join(SOURCE, "policies", f"{policy}.json"), encoding="utf-8") as f:
        fields = json.load(f)["fields"]
    return {x["code"]: x.get("words", ["Invented example"])[-1] for x in fields
            if x["on"] == "notice" and x.get("required", True)}


def each_field_counts(two, reference, fields, target, category):
    """A notice without any one of them is refused, and so is a word that is none."""
    for code in fields:
        two.sari.refused(INVALID, f"fields.{code}", "/v1/notices", reference=reference,
                         subject="S", legal_basis="L", csv=two.csv([target], category),
                         fields={k: v for k, v in fields.items() if k != code})


def eu_tco(lab):
    """One hour.  A provider is informed 12 hours before its first order; what is impossible
    stops the clock; what was removed is preserved for six months, and no longer."""
    two = Two(lab)
    two.introduce("agreement-2017")
    two.adopt("eu-tco")
    two.policy_in_effect("eu-tco")
    two.contacts()
    fields = required("eu-tco")
    expect("fields of Annex I", len(fields), 18)
    target = ["https://t.me/somechannel/1", "https://t.me/somechannel/2"]
    first = {"reference": "tco/1", "subject": "S", "legal_basis": "L", "fields": fields,
             "csv": two.csv(target, "incites")}
    two.clock.forward(11 * HOUR)
    two.sari.refused(CONFLICT, "informed 43200 s before", "/v1/notices", **first)
    two.clock.forward(HOUR)
    each_field_counts(two, "tco/1", fields, target[0], "incites")
    case = two.notice("tco/1", target, "incites", fields=fields)
    two.due_after(case, HOUR)
    file = two.give(case, "screen.png", PICTURE)

    two.act(two.max, case, "accept")
    before = when(two.due(case))
    two.act(two.max, case, "decide", items=[0], outcome="impossible",
            ground="force_majeure", reason="Our data centre is flooded.")
    two.stands(case)
    two.clock.forward(30 * HOUR)
    must("so nothing is overdue", not two.show(case)["overdue"])
    two.act(two.sari, case, "answer", text="Carry it out once you can.")
    shown = two.runs(case)
    must("what is owed is later by the pause",
         when(shown["decide"]["due"]) - before >= 30 * HOUR, shown)
    two.act(two.max, case, "decide", items=[1], outcome="removed")
    two.act(two.max, case, "reverse", items=[0], outcome="removed", reason="It is dry again.")
    must("all in time", not two.show(case)["overdue"])
    annexes(two, case)
    two.close(case, 2)

    silent = two.notice("tco/2", ["https://one.example/x"], "threat", fields=fields)
    two.due_after(silent, HOUR)
    two.lapse(silent)
    two.climb(silent, HOUR)
    order = Order(two, silent, ["one.example"])
    order.check()
    order.draft()
    order.approve()
    order.object_to(7 * DAY, 14 * DAY)
    order.upheld("It reports on terrorism, and is none.")
    total = two.same_figures(notices__received=2, orders__wrong=1)
    expect("figures for Article 8", total["eu_tco"]["removal_orders"], 2)
    erased(two, case, file)
    ending(two, silent, lifted=True)


def annexes(two, case):
    """The annexes of the regulation say what the case says, and miss who signs."""
    path = f"/v1/cases/{case}/form"
    order = two.sari.post(path, annex=1)
    must("Annex I is whole", order["complete"] and "[x] (a) incites" in order["text"], order)
    answer = two.max.post(path, annex=2)
    expect("Annex II misses", answer["missing"], ["addressee_reference", "signatory"])
    answer = two.max.post(path, annex=2, values={"signatory": "M. Rossi",
                                                 "addressee_reference": "7"})
    must("and then nothing", answer["complete"], answer)
    expect("Annex III of what is possible again misses", "ground" in two.max.post(
        path, annex=3)["missing"], True)


def erased(two, case, file):
    """Preserved, then held for a court, then erased on both sides; and every proof holds."""
    path = f"/v1/cases/{case}"
    two.wati.refused(CONFLICT, "", f"{path}/erase", what="all", reason="Not needed.")
    hold = two.max.post(f"{path}/holds", reason="A court asks for it.")["hold"]
    two.clock.forward(PRESERVE_S)
    two.settle()
    two.wati.refused(CONFLICT, "hold", f"{path}/erase", what="all", reason="Not needed.")
    two.lena.post(f"{path}/holds/{hold}/release", reason="It is over.")
    two.settle()
    asked = two.wati.post(f"{path}/erase", what="all", reason="Six months have passed.")
    two.wait("the platform is asked to", lambda: any(
        e["request"] == asked["request"] for e in two.lena.get(f"{path}/erasures")["erasures"]))
    expect("nobody erases on another's node", two.two.api(
        "GET", f"/v1/evidence/{file}", "max")[0], OK)
    two.lena.post(f"{path}/erase/{asked['request']}")
    for node, who in ((two.one, "sari"), (two.two, "max")):
        two.wait(f"{node.name} has erased", lambda n=node, w=who: n.api(
            "GET", f"/v1/evidence/{file}", w)[0] == GONE)
    two.wait("both say so", lambda: sorted(
        e["from"] for e in two.sari.get(f"{path}/erasures")["erasures"]
        if e["act"] == "done") == ["authority", "platform"])
    two.bundle(case)


def eu_dsa(lab):
    """An order with the fields of Article 9; a decision with a statement of reasons as Article 17
    wants it; a dispute; and an objection that is upheld in part."""
    two = Two(lab)
    two.introduce("agreement-2017")
    two.adopt("eu-dsa")
    two.policy_in_effect("eu-dsa")
    two.contacts()
    fields = required("eu-dsa")
    expect("fields of Article 9", len(fields), 6)
    each_field_counts(two, "dsa/1", fields, "https://one.example/x", "hate")
    two.sari.refused(INVALID, "good_faith", "/v1/notices", reference="dsa/1", subject="S",
                     legal_basis="L", csv=two.csv(["https://one.example/x"], "hate"),
                     fields={**fields, "good_faith": "perhaps"})
    case = two.notice("dsa/1", ["https://t.me/somechannel/1", "https://t.me/somechannel/2"],
                      "hate", fields={**fields, "good_faith": "yes"})
    two.due_after(case, DAY, 3 * DAY)
    two.act(two.max, case, "accept")
    until = utc(two.clock.now() + 90 * DAY)
    two.max.refused(INVALID, "reason", f"/v1/cases/{case}/decide", items=[0],
                    outcome="restricted", ground="illegal_content", territories=["DE"])
    two.act(two.max, case, "decide", items=[0], outcome="restricted", ground="illegal_content",
            territories=["DE", "AT"], until=until, reason="Forbidden in these two states.")
    item = two.sari.get(f"/v1/cases/{case}/items")["items"][0]
    expect("the statement of reasons", (item["outcome"], item["ground"], item["reason"]),
           ("restricted", "illegal_content", "Forbidden in these two states."))
    two.act(two.max, case, "decide", items=[1], outcome="kept", reason="Satire.")
    two.disputed(case, 1, "Nobody would take it for satire.", "upheld", "removed",
                 ground="illegal_content")
    two.close(case, 2)

    silent = two.notice("dsa/2", ["https://one.example/x", "https://two.example/y"], "fraud",
                        fields=fields)
    two.lapse(silent)
    two.climb(silent, DAY)
    order = Order(two, silent, ["one.example", "two.example"])
    order.check()
    order.draft()
    order.approve()
    order.object_to(7 * DAY, 14 * DAY)
    order.rule("partly", "Only one of them is a shop.", names=["one.example"])
    expect("the other still blocks", order.blocked(), {"two.example"})
    lift_in_stages(two, order)
    total = two.same_figures(objections__partly=1, platform__reversals=1)
    expect("outcomes as they are now", total["outcomes"], {"removed": 1, "restricted": 1})
    ending(two, silent, lifted=True)


def lift_in_stages(two, order):
    """What is left goes by date, and somebody else looks at that afterwards."""
    at = two.clock.now() + DAY
    two.dewi.post(order.path("/plan"), reason="They answered.",
                  stages=[{"at": utc(at), "names": ["two.example"]}])
    expect("not yet", order.blocked(), {"two.example"})
    two.clock.until(at)
    two.wait("the stage", lambda: order.show()["state"] == "lifted")
    order.over("lifted")
    plan = next(a for a in order.show()["acts"] if a["act"] == "plan")
    two.dewi.refused(CONFLICT, "", order.path("/review"), lift=plan["seq"], outcome="right",
                     reason="Mine.")
    two.agus.post(order.path("/review"), lift=plan["seq"], outcome="right", reason="Agreed.")
