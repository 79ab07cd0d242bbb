"""What the tests at a browser share: node runs a script on what a test has staged."""
import json
import os
import subprocess

from lab import Failure

HERE = os.path.dirname(os.path.abspath(__file__))


def play(lab, script, stage, seconds):
    run = subprocess.run(["node", os.path.join(HERE, script),
                          lab.write("stage.json", json.dumps(stage))],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         timeout=seconds, check=False)
    if run.returncode != 0:
        raise Failure(f"{script} broke:\n{run.stdout[-4000:]}")
    print(f"{script}: {run.stdout.strip()}")
