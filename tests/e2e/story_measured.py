"""What resolvers are measured to answer, in the story: an order and its lift, operator by
operator, until nobody is waited for."""
from lab import Failure

UNRELATED = "library.example"
MEASURED_S = 60  # from a change to the last operator's measurement
PROBES = {"probe.every_s": "2", "probe.never": UNRELATED, "probe.per_s": "200",
          "probe.timeout_ms": "400", "probe.siblings": "no"}


class Measured:
    """Of a Story, which has the nodes and the resolvers."""

    def prober(self):
        """Each operator's resolver is asked what it answers, by the node itself."""
        self.kominfo.stop()
        self.kominfo.configure(**PROBES, **{
            "probe.controls": f"127.0.0.1:{self.dns.root.port}"})
        self.kominfo.must_start()
        for r in self.dns.all:
            self.kominfo.cli("operator", "probe", r.name, "--resolver",
                             f"127.0.0.1:{r.port},udp,tcp", who="wati")
        self.tell.step("kominfo", "The node asks each operator's resolver what it answers, beside "
                       "a resolver that no zone reaches and a name that is never blocked.",
                       f"{len(self.dns.all)} resolvers, over UDP and TCP")

    def matrix(self):
        return self.get(self.kominfo, f"/v1/orders/{self.order}/matrix")

    def stages(self, shown):
        """What became of the order at each operator."""
        titles = {r.name: r.title for r in self.dns.all}
        lines = []
        for o in shown["operators"]:
            pulled = f"fetched {o['pulled_serial']}" if o["pulled"] else "not fetched"
            says = "confirmed" if o["applied"] else "not confirmed"
            state = o["measured"]["state"]
            seen = "not measured since" if state in ("none", "unknown") else f"measured {state}"
            lines.append(f"{titles[o['operator']]}: {pulled}, {says}, {seen}")
        if shown["slowest"]:
            lines.append(f"the slowest: {titles[shown['slowest']]}")
        return lines

    def measured(self, state):
        """The matrix, when every operator's resolver was measured so."""
        def probe():
            shown = self.matrix()
            return all(o["measured"]["state"] == state for o in shown["operators"]) and shown
        try:
            return self.lab.wait(f"measured {state} everywhere", probe, MEASURED_S)
        except Failure as e:
            raise Failure(f"{e}: {self.matrix()}") from None

    def normalised(self):
        """The lift in stages: fetched, said to be applied, measured; over when measured."""
        told, shown = self.dns.all[0], self.matrix()
        if shown["closed"] or not all(o["pulled"] for o in shown["operators"]):
            raise Failure(f"the lift is not where it can be: {shown}")
        self.tell.step("kominfo", "That it answers here is no proof for everywhere. The lift, "
                       "stage by stage:", *self.stages(shown))
        self.kominfo.cli("operator", "confirm", told.name, "--order", self.order, who="wati")
        self.tell.step("kominfo", f"The operator of {told.title} confirms: a claim, which ends no "
                       "waiting.")
        shown = self.measured("free")
        if shown["waiting"] or not shown["normalised"]:
            raise Failure(f"measured free, and still waited for: {shown}")
        self.tell.step("resolver", "Every name was measured free at every operator's resolver: "
                       "nobody is waited for.", *self.stages(shown),
                       f"caches may hold an answer for {shown['floor_s']} s")

    def over(self):
        closed = self.lab.wait("the order is closed", lambda: self.matrix()["closed"], MEASURED_S)
        if (closed["measured"], closed["waived"]) != (len(self.dns.all), 0):
            raise Failure(f"the order is closed with {closed}")
        self.tell.step("kominfo", "The order is closed, on record: by measurement, not by promise.",
                       f"measured free at {closed['measured']} operators, given up at none")
