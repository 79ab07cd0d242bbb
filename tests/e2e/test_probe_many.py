#!/usr/bin/env python3
"""A thousand resolvers and a hundred names in one round at the rate that is the default: each is
asked for each, told apart, and none faster than its limit. The time stands in the output;
30 s on two cores is what it is meant for."""
import collections
import json
import os
import subprocess
import sys
import tempfile
import time

from lab import free_port

BIN = os.environ["SALURAN_BIN"]
MANY = os.path.join(os.environ["SALURAN_BUILD"], "tests", "many_resolvers")
RESOLVERS, NAMES, RATE = 1000, 100, 10


def main():
    port = free_port()
    server = subprocess.Popen([MANY, str(port)], stdout=subprocess.PIPE, text=True)
    try:
        if server.stdout.readline() != "ready\n":
            raise SystemExit("many_resolvers did not start")
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as who, \
                tempfile.NamedTemporaryFile("w", suffix=".txt") as what:
            for i in range(RESOLVERS):
                print(f"isp-{i} 127.1.{i // 250}.{i % 250 + 1}:{port}", file=who)
            for i in range(NAMES):
                print(f"{'blocked' if i % 2 else 'open'}{i}.example", file=what)
            who.flush()
            what.flush()
            began = time.monotonic()
            run = subprocess.run(
                [BIN, "probe", "--resolvers", who.name, "--names", what.name, "--control",
                 f"127.2.0.1:{port}", "--never", "open0.example", "--zone", "rpz.test",
                 "--rate", str(RATE), "--no-siblings", "--json"],
                capture_output=True, text=True, timeout=300, check=False)
            took = time.monotonic() - began
    finally:
        server.kill()
        server.wait()
    if run.returncode != 0:
        raise SystemExit(run.stderr)
    verdicts, asked = collections.Counter(), {}
    for line in run.stdout.splitlines():
        r = json.loads(line)
        verdicts[r["verdict"]] += 1
        times = asked.setdefault(r["operator"], [])
        times += [a["mono_us"] for a in r["asked"] if a["tries"] == 1]
        if r["canary_serial"] != 42:
            raise SystemExit(f"no serial of {r['operator']}: {line[:300]}")
    # The server knows no name "blocked...": at the control neither, so that none is a block.
    if verdicts != {"open": RESOLVERS * NAMES // 2, "dead": RESOLVERS * NAMES // 2}:
        raise SystemExit(f"verdicts: {verdicts}; {run.stderr}")
    worst = 0
    for times in asked.values():
        times.sort()
        for i in range(len(times) - RATE):
            if times[i + RATE] - times[i] < 600000:
                worst = max(worst, RATE)
    if worst:
        raise SystemExit(f"more than {RATE} questions a second to one resolver")
    print(f"ok: {RESOLVERS} resolvers x {NAMES} names in {took:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
