#!/usr/bin/env python3
"""The first day of two fresh nodes, in the console alone: tests/web/first.mjs plays it."""
import json
import os
import subprocess
import sys

os.environ.pop("SALURAN_TRAFFIC", None)  # a frame is no answer of the API
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
from lab import Failure, Lab, Node  # noqa: E402

PASSWORD = "a long enough passphrase of four words"
STORY_S = 900


def main():
    with Lab() as lab:
        nodes = {"authority": Node(lab, "authority", "kominfo.example",
                                   "Ministry of Communications", "authority"),
                 "platform": Node(lab, "platform", "telegram.example", "Telegram", "platform")}
        links = {}
        for (side, node), admin in zip(nodes.items(), ("ani", "pasha")):
            links[side] = node.init(admin)["link"]
            if os.environ.get("SALURAN_WEB_DIR"):
                node.configure(**{"http.web_dir": os.environ["SALURAN_WEB_DIR"]})
            node.must_start()
        stage = {side: node.api_port for side, node in nodes.items()}
        stage |= {"links": links, "password": PASSWORD,
                  "orgs": {side: node.org for side, node in nodes.items()},
                  "bundle": os.path.join(HERE, "..", "bundle", "claimed.bundle"),
                  "list": lab.write("try.csv", "target,category\n"
                                    "https://t.me/badchannel/1,other\n")}
        run = subprocess.run(["node", os.path.join(HERE, "first.mjs"),
                              lab.write("stage.json", json.dumps(stage))],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             timeout=STORY_S, check=False)
        if run.returncode != 0:
            raise Failure(f"first.mjs broke:\n{run.stdout[-4000:]}")
        print(f"first.mjs: {run.stdout.strip()}")
        # A TEST stays out of what the public is told.
        figures = nodes["authority"].must("GET", "/v1/statistics")["total"]
        if figures["notices"]["sent"] != 0:
            raise Failure(f"the figures count a TEST: {figures['notices']}")


main()
