#!/usr/bin/python3
"""Plays the story of tests/e2e/story.py and prints it as a timeline.  Called by ./demo."""

import os
import shutil
import sys
import textwrap
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tests", "e2e"))
import lab  # noqa: E402
import resolvers  # noqa: E402
import story  # noqa: E402

COLOURS = {"kominfo": "36", "telegram": "35", "resolver": "33", "both": "34",
           "public": "31"}
BOLD, DIM, GREEN, RED = "1", "2", "32", "31"
WIDTH_MAX, WIDTH_MIN = 100, 60
MARGIN = 21  # of the text, after the time and the name

STOP = """kill {pids}
for pid in {pids}; do
	while kill -0 $pid 2>/dev/null; do sleep 0.1; done
done
rm -r '{dir}'
"""


class Timeline:
    def __init__(self, out):
        self.out = out
        self.start = time.monotonic()
        self.width = max(WIDTH_MIN, min(WIDTH_MAX, shutil.get_terminal_size().columns))
        self.colour = (out.isatty() and not os.environ.get("NO_COLOR")
                       and os.environ.get("TERM") != "dumb")
        self.steps = 0

    def paint(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.colour else text

    def say(self, text=""):
        print(text, file=self.out, flush=True)

    def wrap(self, text):
        return textwrap.wrap(text, self.width - MARGIN, break_long_words=False,
                             break_on_hyphens=False)

    def chapter(self, title):
        self.say()
        self.say(self.paint(BOLD, title))

    def step(self, who, text, *proof):
        self.steps += 1
        at = f"{time.monotonic() - self.start:6.2f} s"
        first, *rest = self.wrap(text)
        self.say(f"{self.paint(DIM, at)}  {self.paint(COLOURS[who], f'{who:<9}')}  {first}")
        for line in rest:
            self.say(" " * MARGIN + line)
        for p in proof:
            for i, line in enumerate(self.wrap("· " + p)):
                self.say(self.paint(DIM, " " * MARGIN + ("  " if i else "") + line))


def epilogue(line, tale, took):
    f = tale.figures
    line.say()
    line.say(line.paint(GREEN + ";1", f"Every one of the {line.steps} steps held, in "
                        f"{took:.1f} s."))
    line.say(f"Sending to receipt {f['receipt'] * 1000:.0f} ms; signature to the last name "
             f"blocked {f['block'] * 1000:.0f} ms; lift to the last name answering "
             f"{f['lift'] * 1000:.0f} ms.")


def kept(line, tale, box):
    line.say()
    line.say(line.paint(BOLD, "Everything is left running (--keep)"))
    line.say(f"  saluran      {lab.BIN}")
    for node in (tale.kominfo, tale.telegram):
        line.say(f"  {node.name:<11}  {node.ready.removeprefix('ready ')}")
    for r in tale.dns.all:
        line.say(f"  resolver     kdig @127.0.0.1 -p {r.port} t.me   ({r.title})")
    for node in (tale.kominfo, tale.telegram):
        for name, path in node.people.items():
            line.say(f"  {name:<11}  --dir {node.dir} --as {path}")
    for node in (tale.kominfo, tale.telegram):
        name = next(x for x in node.people if x != node.admin)
        link = node.cli("person", "link", name, who=node.admin)["link"]
        line.say(f"  pages        {name} chooses a password, within the hour, and logs in:")
        line.say(f"               http://127.0.0.1:{node.http_port}/welcome?link={link}")
    line.say(f"  for example  {lab.BIN} show {tale.first} --dir {tale.kominfo.dir} "
             f"--as {tale.kominfo.people['sari']}")
    pids = " ".join(str(child.pid) for child in box.children.values())
    line.say("  to stop      sh " + box.write("stop", STOP.format(pids=pids, dir=box.dir)))


def main():
    line = Timeline(sys.stdout)
    line.say(line.paint(BOLD, "Saluran: one case, from notice to lift"))
    line.say(textwrap.fill(
        "Two nodes and the four resolvers that operators run, on this machine, replay what went wrong in 2017 between "
        "Indonesia's communications ministry (kominfo) and Telegram, with deadlines of "
        "seconds. All notices are invented examples on harmless public links.",
        line.width))
    with lab.Lab(keep="--keep" in sys.argv[1:]) as box:
        tale = story.Story(box, line, resolvers.ALL)
        try:
            tale.all()
            tale.prove()
        except (lab.Failure, OSError) as e:
            line.say()
            line.say(line.paint(RED + ";1", "A step did not hold: ") + str(e))
            sys.stderr.write(box.logs())
            box.keep = False
            return 1
        epilogue(line, tale, time.monotonic() - line.start)
        if box.keep:
            kept(line, tale, box)
    return 0


if __name__ == "__main__":
    sys.exit(main())
