"""The stories of the Indonesian policies and of the demo's, for tests/e2e/test_policy_stories.py."""
from acts import DAY, DENIED, HOUR, INVALID, Two, must
from lab import expect, when
from order_acts import Order, utc
from resolvers import Several, Unbound

WIB_S = 7 * HOUR     # western Indonesian time is that much ahead of UTC
SECRET = "they-must-not-know-of-this"


def agreement_2017(lab):
    """An answer the same day, in western Indonesian time, but four hours at least; then a step a
    day; before an order the channel was tested and a contact was called.  The order blocks a
    whole service at a real resolver, and an objection frees it."""
    two = Two(lab)
    two.introduce("agreement-2017")
    two.policy_in_effect("agreement-2017")
    midnight = next_midnight(two.clock.now())
    two.clock.until(midnight + 9 * HOUR)
    morning = two.notice("2017/07/1", ["https://t.me/badchannel/1", "https://t.me/otherchannel/2",
                                       "https://one.example/x"], "other")
    for who in (two.sari, two.max):
        expect("due at the end of that day, UTC+7", when(two.due(morning, who)),
               next_midnight(two.receipt(morning)))
    two.clock.until(midnight + 22 * HOUR)
    late = two.notice("2017/07/2", ["https://t.me/latechannel/1"], "terrorism")
    two.due_after(late, 4 * HOUR)
    two.act(two.max, late, "accept")
    two.act(two.max, late, "decide", items="open", outcome="removed")
    two.close(late, 1)

    order = Order(two, morning, ["*.t.me"])
    two.lapse(morning)
    order.no_ground()
    two.climb(morning, DAY)
    got = two.sari.post("/v1/orders/check", **order.asked)
    must("nobody was called, nothing tested", {"channel_test", "contact_called"} <= set(
        got["overrides_needed"]), got["overrides_needed"])
    two.contacts()
    order.asked["contact_called"] = {"who": "Duty desk", "when": utc(two.clock.now()),
                                     "outcome": "Nobody answered."}
    order.draft()
    order.again("Not all below it.", names=["t.me", "one.example"])
    order.check("whole_service")
    dns = Several(lab, two.one, {"t.me": "192.0.2.1", "one.example": "192.0.2.2",
                                 "library.example": "192.0.2.9"}, (Unbound,))
    order.override("whole_service")
    order.approve()
    two.wait("Unbound blocks", lambda: dns.blocked(order.names))
    must("an unrelated name answers", dns.open(["library.example"]))

    order.object_to(7 * DAY, 14 * DAY)
    order.answer()
    two.clock.forward(3 * DAY)
    order.upheld("The name carries lawful channels.")
    two.wait("Unbound answers again", lambda: dns.open(order.names))

    two.act(two.max, morning, "accept")
    two.act(two.max, morning, "decide", items="open", outcome="removed")
    two.close(morning, 3)
    total = two.same_figures(notices__received=2, notices__warnings=3, orders__lifted=1,
                             orders__wrong=1, objections__upheld=1)
    expect("one of two was decided in time", (total["decision"]["on_time"], total[
        "decision"]["late"]), (1, 1))
    ending(two, morning, lifted=True)


def next_midnight(at):
    """Of the civil day of `at` in western Indonesian time."""
    return (int(at + WIB_S) // DAY + 1) * DAY - WIB_S


def id_2014(lab):
    """24 hours, 12 when it is urgent, whatever the category; a request to normalise is decided
    within 24 hours."""
    two = Two(lab)
    two.introduce("agreement-2017")
    two.adopt("id-2014")
    two.policy_in_effect("id-2014")
    two.contacts()
    slow = two.notice("2014/1", ["https://one.example/x", "https://two.example/y"], "other")
    two.due_after(slow, 24 * HOUR)
    fast = two.notice("2014/2", ["https://three.example/z", "https://four.example/z"],
                      "privacy", urgent=True)
    two.due_after(fast, 12 * HOUR)
    two.private(fast, SECRET)
    two.act(two.max, fast, "accept")
    two.question(fast, "Which picture of item 1?", [1], "The second one.", 5 * HOUR)
    two.act(two.max, fast, "decide", items=[0], outcome="removed")
    two.max.refused(INVALID, "reason", f"/v1/cases/{fast}/decide", items=[1], outcome="kept")
    two.act(two.max, fast, "decide", items=[1], outcome="kept", reason="It is the law's text.")
    two.close(fast, 2)

    order = Order(two, slow, ["one.example", "two.example"])
    two.lapse(slow)
    two.climb(slow, DAY)
    order.check()
    order.too_long(30)
    order.draft()
    order.approve()
    order.object_to(24 * HOUR, 24 * HOUR, kind="normalise")
    two.clock.forward(23 * HOUR)
    order.upheld("The pages are gone.")
    expect("the public still reads it", order.tracked()["kind"], "normalise")

    two.act(two.max, slow, "refuse", reason="Both sites are none of ours.")
    two.same_figures(notices__sent=2, notices__refused=1, notices__reminders=1,
                     orders__lifted=1, objections__normalise=1, objections__upheld=1)
    ending(two, slow, lifted=True)


def id_2020(lab):
    """Urgent is 4 hours, but only for terrorism, child abuse and public disturbance; all else is
    24.  Here an objection is rejected, and the order ends by itself after 30 days."""
    two = Two(lab)
    two.introduce("agreement-2017")
    two.adopt("id-2020")
    two.policy_in_effect("id-2020")
    two.contacts()
    links = ["https://t.me/somechannel/1", "https://t.me/somechannel/2"]
    urgent = two.notice("2020/1", links, "terrorism", urgent=True)
    two.due_after(urgent, 4 * HOUR)
    other = two.notice("2020/2", ["https://one.example/scam"], "fraud", urgent=True)
    two.due_after(other, 24 * HOUR)
    normal = two.notice("2020/3", ["https://two.example/x"], "terrorism")
    two.due_after(normal, 24 * HOUR)
    two.act(two.sari, normal, "transfer", **{"class": "urgent"}, reason="It spreads.")
    two.settle()
    for who in (two.sari, two.max):
        left = when(two.due(normal, who)) - two.receipt(normal)
        must("four hours from the transfer's receipt", 4 * HOUR <= left <= 4.1 * HOUR, left)

    two.act(two.max, urgent, "accept")
    two.question(urgent, "Is item 0 a quotation?", [0], "No.", 2 * HOUR)
    two.act(two.max, urgent, "decide", items=[0], outcome="removed")
    two.act(two.max, urgent, "decide", items=[1], outcome="kept", reason="A quotation.")
    two.disputed(urgent, 1, "It is no quotation.", "upheld", "removed")
    two.close(urgent, 2)
    two.act(two.max, normal, "accept")
    two.act(two.max, normal, "decide", items="open", outcome="not_found",
            reason="Nothing is there.")
    two.close(normal, 1)

    order = Order(two, other, ["one.example"], days=30)
    two.lapse(other)
    two.climb(other, DAY)
    order.check()
    order.draft()
    order.approve()
    order.object_to(7 * DAY, 14 * DAY)
    order.answer()
    two.clock.forward(13 * DAY)
    order.rule("rejected", "The site still does it.")
    expect("it still blocks", order.blocked(), {"one.example"})
    two.clock.until(order.ends - 23 * HOUR)
    two.wait("its end is announced", lambda: [
        a for a in two.sari.get("/v1/alarms")["alarms"]
        if a["kind"] == "order_ends" and a["subject"] == order.id])
    expect("until then it blocks", order.blocked(), {"one.example"})
    two.clock.until(order.ends)
    two.wait("it ends by itself", lambda: order.show()["state"] == "expired")
    order.over("expired")
    two.same_figures(notices__received=3, orders__expired=1, orders__wrong=0,
                     objections__rejected=1, platform__reversals=1,
                     authority__disputes_won=1)
    ending(two, other, lifted=True)


def demo(lab):
    """Seconds, on the clock of this machine as it is."""
    two = Two(lab, moves=False)
    two.introduce("demo")
    two.policy_in_effect("demo")
    two.contacts()
    two.sari.post("/v1/templates", name="reminder", kind="reminder", language="en",
                  text="{open} of {items} items are open.")
    case = two.notice("demo/1", ["https://one.example/x", "https://two.example/y"], "other")
    two.due_after(case, 2, 3)
    order = Order(two, case, ["one.example"])
    two.lapse(case)
    two.climb(case, 1)
    order.check()
    order.draft()
    order.again("Say what else is there.", names=["one.example", "two.example"])
    order.approve()
    order.object_to(60, 120)
    order.upheld("Two shops share the names.")
    two.act(two.max, case, "accept")
    two.act(two.max, case, "say", text="We answer the same day now.")
    two.sari.post(f"/v1/cases/{case}/read")
    two.wait("it is read", lambda: all(m["read"] for m in two.show(case, two.max)["messages"]))
    two.act(two.max, case, "decide", items="open", outcome="removed")
    two.close(case, 2)
    two.same_figures(notices__warnings=3, orders__lifted=1, objections__upheld=1)
    ending(two, case, lifted=True)


def sandbox(lab):
    """A TEST: all of a case's life, marked so on both sides; no order, and no figure."""
    two = Two(lab, moves=False)
    two.introduce("sandbox")
    two.policy_in_effect("sandbox")
    case = two.notice("try/1", ["https://one.example/x"], "other")
    for who in (two.sari, two.max):
        must("it is marked", two.show(case, who)["test"])
    order = Order(two, case, ["one.example"])
    two.sari.refused(DENIED, "TEST", "/v1/orders", **order.words(
        emergency=True, emergency_reason="At once.", ends=utc(two.clock.now() + HOUR)))
    two.act(two.max, case, "accept")
    two.act(two.max, case, "decide", items="open", outcome="removed")
    two.close(case, 1)
    two.same_figures(notices__sent=0)
    ending(two, case)


def ending(two, case, lifted=False):
    """What every story ends with: evidence for a court, and views that come from the log."""
    report, data = two.bundle(case)
    must("nothing private is in it", SECRET.encode() not in data)
    if lifted:
        must("the order's end is in it", any(
            o["state"] in ("lifted", "expired") for o in report["orders"]), report["orders"])
    two.rebuilt()
    two.stop()
