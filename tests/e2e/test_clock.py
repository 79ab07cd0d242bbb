#!/usr/bin/env python3
"""A machine's clock that lies: ahead, behind, jumping while the node runs, and wrong at its start.
No order is signed or ends by it, no serial moves back, people see an alarm, and a peer with the
same time, a person, or a day without either ends the doubt.

The daemons are built with -Dfaults=true: the file that SALURAN_CLOCK_FILE names says how much time
has passed, and how far the machine's clock lies."""
import calendar
import os
import sqlite3
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import story  # noqa: E402
from lab import EXIT_LATER, Failure, Lab, Refused, when  # noqa: E402

US = 1_000_000
DAY_S, YEAR_S = 86400, 365 * 86400
SLACK_S = 60


class Clocks:
    """Of each node: how far its clock lies, and how much time has passed for all."""

    def __init__(self, box, names):
        self.box, self.passed_s = box, 0
        self.lies = {name: 0 for name in names}
        self.write()

    def path(self, name):
        return self.box.path(name + ".clock")

    def write(self):
        for name, lie_s in self.lies.items():
            with open(self.path(name) + ".new", "w", encoding="ascii") as f:
                f.write(f"{self.passed_s * US} {lie_s * US}\n")
            os.rename(self.path(name) + ".new", self.path(name))

    def lie(self, name, seconds):
        self.lies[name] = seconds
        self.write()

    def forward(self, seconds):
        self.passed_s += seconds
        self.write()

    def now(self):
        return time.time() + self.passed_s


def state(node, who):
    return node.must("GET", "/v1/clock", who)


def alarms(node, who):
    return [a for a in node.must("GET", "/v1/alarms", who)["alarms"] if a["key"] == "clock"]


def doubts(tale, node, who, want):
    """The state is this, people are told, and so is monitoring."""
    tale.lab.wait(f"the clock is {want}", lambda: state(node, who)["state"] == want
                  and bool(alarms(node, who)) == (want != "sure"))
    figure = node.must("GET", "/v1/metrics", who)["clock_doubted"]
    if figure != (want != "sure"):
        raise Failure(f"{want}: saluran_clock_doubted is {figure}")
    return state(node, who)


def near(what, text, clocks, off_s=0):
    gone = when(text) - clocks.now() - off_s
    if abs(gone) > SLACK_S:
        raise Failure(f"{what} is {text}, {gone:.0f} s off")


def forget_boot(node):
    """As after a boot of the machine: nothing is known of the time that has passed."""
    db = sqlite3.connect(os.path.join(node.dir, "store.db"))
    row = db.execute("SELECT value FROM meta WHERE key = 'clock'").fetchone()[0]
    db.execute("UPDATE meta SET value = ? WHERE key = 'clock'",
               (" ".join(["another-boot", *row.split()[1:]]),))
    db.commit()
    db.close()


def last_event(node, kind):
    events = node.must("GET", f"/v1/events?types={kind}&limit=1000", "sari")["events"]
    return events[-1]


def cut(tale):
    """The peer is away: nobody can say what time it is."""
    tale.telegram.stop()


def in_force(tale):
    """An order in force with a day to go, and what it rests on."""
    tale.first_batch()
    tale.not_yet()
    tale.ladder()
    tale.draft()
    tale.sign("rina", "override", *tale.OVERRIDE)
    tale.sign("agus", "approve")
    got = tale.sign("dewi", "approve")
    if got["state"] != "in_force":
        raise Failure(f"the order is {got}")
    return tale.order


def order_state(tale):
    return tale.kominfo.must("GET", f"/v1/orders/{tale.order}", "sari")["state"]


def serial(tale):
    return tale.kominfo.must("GET", "/v1/status", "sari")["zone_serial"]


def while_running(tale, clocks):
    """It jumps a year either way: the node goes on by the time that has passed."""
    node = tale.kominfo
    before = serial(tale)
    for lie_s in (YEAR_S, -YEAR_S):
        cut(tale)
        clocks.lie("kominfo", lie_s)
        shown = doubts(tale, node, "sari", "stepped")
        near("what the node goes by", shown["now"], clocks)
        if abs(shown["seconds"] - lie_s) > SLACK_S:
            raise Failure(f"a lie of {lie_s} s is shown as {shown}")
        if order_state(tale) != "in_force":
            raise Failure("the order ended by a clock that lies")
        node.cli("say", tale.first, "Invented", who="sari")
        near("an event", last_event(node, "message.post")["at"], clocks)
        # The peer, with the time of the node, says so and ends nothing.
        tale.telegram.must_start()
        tale.lab.wait("the peer's word", lambda: "peer" in state(node, "sari"))
        if state(node, "sari")["state"] != "stepped":
            raise Failure("a peer with another time has ended the doubt")
        # A start in the same boot forgets nothing.
        node.stop()
        node.must_start()
        near("after a start", doubts(tale, node, "sari", "stepped")["now"], clocks)
        clocks.lie("kominfo", 0)
        doubts(tale, node, "sari", "sure")
    if serial(tale) < before or order_state(tale) != "in_force":
        raise Failure(f"the serial is {serial(tale)} after {before}")


def mended_while_it_was_stopped(tale, clocks):
    """What an earlier start said of the clock does not stand for ever."""
    node = tale.kominfo
    clocks.lie("kominfo", YEAR_S)
    doubts(tale, node, "sari", "stepped")
    node.stop()
    clocks.lie("kominfo", 0)
    node.must_start()
    doubts(tale, node, "sari", "sure")


def at_the_start(tale, clocks):
    """Ahead by a year, and nobody to ask: nothing that hangs on a date is done."""
    node = tale.kominfo
    cut(tale)
    node.stop()
    clocks.lie("kominfo", YEAR_S)
    forget_boot(node)
    node.must_start()
    doubts(tale, node, "sari", "gap")
    for _ in range(3):  # of what the node does each second
        time.sleep(1)
        if order_state(tale) != "in_force":
            raise Failure("the order ended by a clock that lies")
    try:
        node.cli("approve", tale.order, "--text-sha256", "0" * 64, who="agus")
        raise Failure("an order was signed by a clock that lies")
    except Refused as refused:
        if refused.code != EXIT_LATER or "saluran clock" not in refused.detail:
            raise
    # The machine's clock is set, and the node sees it by itself.
    clocks.lie("kominfo", 0)
    doubts(tale, node, "sari", "sure")
    node.stop()
    tale.telegram.must_start()


def behind_at_the_start(tale, clocks):
    """Behind: the time of the store goes on, a peer confirms it, and later the clock is set."""
    node = tale.kominfo
    cut(tale)
    clocks.lie("kominfo", -YEAR_S)
    forget_boot(node)
    node.must_start()
    near("what it goes by", doubts(tale, node, "sari", "behind")["now"], clocks)
    node.cli("say", tale.first, "Invented again", who="sari")
    near("an event", last_event(node, "message.post")["at"], clocks)
    tale.telegram.must_start()
    doubts(tale, node, "sari", "stepped")
    clocks.lie("kominfo", 0)
    doubts(tale, node, "sari", "sure")
    node.stop()


def after_a_pause(tale, clocks):
    """Off for long: the peer's time is enough; so is a person's word."""
    node = tale.kominfo
    clocks.forward((story.ORDER_DAYS + 1) * DAY_S)
    forget_boot(node)
    node.must_start()
    doubts(tale, node, "sari", "sure")
    tale.lab.wait("the order ends by itself", lambda: order_state(tale) == "expired")
    cut(tale)
    node.stop()
    clocks.forward(3 * DAY_S)
    forget_boot(node)
    node.must_start()
    doubts(tale, node, "sari", "gap")
    try:
        node.cli("clock", "trust", who="sari")
        raise Failure("an officer set the time")
    except Refused:
        pass
    node.cli("clock", "trust", who="wati")
    doubts(tale, node, "sari", "sure")
    near("what it goes by", state(node, "sari")["now"], clocks)


def a_day_is_enough(tale, clocks):
    """Nobody says anything: after a day what has a date is done, so that nothing stays blocked."""
    node = tale.kominfo
    node.stop()
    clocks.forward(3 * DAY_S)
    forget_boot(node)
    node.must_start()
    doubts(tale, node, "sari", "gap")
    clocks.forward(DAY_S + 1)
    doubts(tale, node, "sari", "sure")


def receipts(tale, clocks):
    """The other side's clock jumps: its receipts go by the time that has passed."""
    tale.telegram.must_start()
    clocks.lie("telegram", YEAR_S)
    doubts(tale, tale.telegram, "max", "stepped")
    case = tale.send("clock", tale.links()[1], "Invented example")
    tale.receipted(tale.kominfo, case, "notice.send")
    near("the receipt", tale.show(tale.kominfo, case)["receipt"], clocks)
    clocks.lie("telegram", 0)
    doubts(tale, tale.telegram, "max", "sure")


def main():
    if calendar.timegm(time.gmtime()) < 0:
        raise Failure("this machine's clock is before 1970")
    with Lab() as box:
        clocks = Clocks(box, ("kominfo", "telegram"))
        tale = story.Story(box, dns=(), policy=story.patient_policy(box), env={
            name: {"SALURAN_CLOCK_FILE": clocks.path(name)} for name in clocks.lies})
        tale.set_up()
        in_force(tale)
        while_running(tale, clocks)
        mended_while_it_was_stopped(tale, clocks)
        at_the_start(tale, clocks)
        behind_at_the_start(tale, clocks)
        after_a_pause(tale, clocks)
        a_day_is_enough(tale, clocks)
        receipts(tale, clocks)
        tale.rebuild()
        for node in box.nodes:
            node.stop()
        print("clock: ok")


if __name__ == "__main__":
    main()
