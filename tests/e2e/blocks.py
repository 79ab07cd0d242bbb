"""An authority that blocks and lifts names by emergency orders, for tests of what resolvers do
with them: an order in one call, a lift in one call."""
import json
import os

import lab as lab_module
from lab import Node

HOURS_S = 3600
NAMES_MAX = 10000  # that orders of one day may block


class Authority:
    """`name` tells the nodes of several in one lab apart."""

    def __init__(self, lab, name="", **settings):
        self.lab = lab
        self.node = Node(lab, f"{name}authority", f"{name}authority.example", "Authority",
                         "authority")
        self.platform = Node(lab, f"{name}platform", f"{name}platform.example", "Platform",
                             "platform")
        for node, admin in ((self.node, "wati"), (self.platform, "lena")):
            node.init(admin)
            if node is self.node:
                node.configure(**settings)
            node.must_start()
        for name, role in (("sari", "officer"), ("agus", "approver"), ("dewi", "approver"),
                           ("rina", "approver")):
            self.node.add_person(name, role)
        lab_module.introduce(self.node, self.platform, self.policy())
        self.platform.stop()

    def policy(self):
        """Emergencies that outlast the test, and as many as it likes."""
        with open(os.path.join(lab_module.SOURCE, "policies", "demo.json"),
                  encoding="utf-8") as f:
            p = json.load(f)
        p["name"] = "blocks"
        p["order"].update(emergency_max_s=HOURS_S, delta_max=NAMES_MAX)
        return self.lab.write("blocks.json", json.dumps(p))

    def cli(self, who, *words):
        return self.node.cli(*words, who=who)

    def draft(self, *names, **more):
        words = [w for n in names for w in ("--name", n)]
        words += [w for k, v in more.items() for w in (f"--{k}", v)]
        got = self.cli("sari", "order", "draft", *words, "--reasons", "Invented.",
                       "--legal-basis", "Invented", "--proportionality", "These names only.",
                       "--collateral", "Nothing else.", "--emergency", "--emergency-reason",
                       "It is live.")
        return got["order"], got["text_sha256"]

    def approve(self, who, order, text):
        return self.cli(who, "order", "approve", order, "--text-sha256", text)

    def block(self, *names, **more):
        """In force when it returns; (order, serial)."""
        order, text = self.draft(*names, **more)
        self.approve("agus", order, text)
        return order, self.approve("dewi", order, text)["serial"]

    def lift(self, order, *names):
        words = [w for n in names for w in ("--name", n)]
        return self.cli("dewi", "order", "lift", order, *words, "--reason",
                        "It is over.")["serial"]
