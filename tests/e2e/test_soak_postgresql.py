#!/usr/bin/env python3
"""A short soak (tests/soak/soak.py) of two nodes whose stores are on one PostgreSQL server: under the
load of people on both sides the server is killed with kill -9, and a node is.  Nothing is lost,
nothing doubled, and no receipt is wrong.  With SALURAN_EVERY=1 a longer one."""
import os
import shutil
import sys
import tempfile
import time

os.environ["SALURAN_TEST_STORES"] = "authority platform"
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "soak"))
import soak as soak_module  # noqa: E402
from lab import Failure, expect  # noqa: E402

EVENTS, KILLS = (8000, 24) if os.environ.get("SALURAN_EVERY") else (300, 3)
KILL_EVERY_S, DOWN_MAX_S = 0.5, 0.3
CASES = 8


class ServerSoak(soak_module.Soak):
    """Every third kill is one of a node."""

    servers = 0  # killed

    def kill(self):
        if self.state["kills"] % 3 == 2:
            self.kill_node(self.random.randrange(len(self.nodes)))
        else:
            self.kill_server()
        self.state["kills"] += 1

    def kill_server(self):
        self.lab.server.kill()
        self.servers += 1
        time.sleep(self.random.random() * DOWN_MAX_S)
        for node in self.nodes:
            if not node.alive():
                raise Failure(f"{node.name} ended with the server:\n" + self.lab.logs())
        self.lab.server.start()

    def kill_node(self, i):
        self.nodes[i].kill()
        self.judge_dead(i)
        # The server may take it for alive for a moment.
        self.lab.wait("it starts", self.nodes[i].start)


def main():
    work = tempfile.mkdtemp(prefix="saluran-soak-")
    soak_module.CASES = CASES
    run = None
    try:
        run = ServerSoak(os.path.join(work, "soak"), EVENTS, KILL_EVERY_S, 1)
        run.kills_max = KILLS
        expect("it is whole", run.run(lambda: False), True)
        run.stop()
        if run.servers < 2:
            raise Failure("the server was not killed")
        found = run.judge()
        if not found.good() or found.events < EVENTS:
            raise Failure(f"{run.line()}\n" + "\n".join(found.lines()))
        print(f"{run.line()} servers={run.servers}")
    finally:
        if run is not None:
            run.lab.close()
        shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
