#!/usr/bin/python3
"""Two verifiers that share nothing, `saluran verify` and tests/second/verify.py, which is
written from docs/protocol.md: they agree on every bundle, good and broken in many ways, on the
verdict and on the first step that fails; and on what a good one proves, receipt by receipt.

SALURAN_EVERY=1 makes every change, else a seeded choice of them.
usage: test_second_verifier.py
"""
import calendar
import collections
import concurrent.futures
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "second")]
import accuse  # noqa: E402
import damage  # noqa: E402
import equivocation  # noqa: E402
import forge  # noqa: E402
from lab import BIN, SOURCE, Failure, Lab, Node, introduce  # noqa: E402
from formats import Bad  # noqa: E402
from verify import PARTIES, STEPS, other, verify  # noqa: E402

WHOLE = "SALURAN_EVERY" in os.environ
EACH = 6 if WHOLE else 1         # values that stand in a place, one after the other
FLIPS = 1000 if WHOLE else 5
KEEP = 1.0 if WHOLE else 0.01    # of the changes of events
PART = 1.0 if WHOLE else 0.12    # of those of members, heads and texts
SEED = 20171117
YEAR_9999_S = 253402300799
WORKERS = 2
TOGETHER = 16                    # files of one command
ROLES = ("root", "next", "event", "log", "receipt", "enc")


class Judge:
    """Both verdicts on each bundle."""

    def __init__(self, folder):
        self.folder, self.seen, self.wrong = folder, collections.Counter(), []
        self.pool = concurrent.futures.ThreadPoolExecutor(WORKERS)

    def first(self, files):
        """What `saluran verify` says of each of some files: [{report, ok, why}]."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            paths = [os.path.join(folder, str(n)) for n in range(len(files))]
            for path, data in zip(paths, files):
                with open(path, "wb") as f:
                    f.write(data)
            done = subprocess.run([BIN, "verify", *paths, "--json"], stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=120, check=False, cwd="/")
        if done.returncode not in (0, 3):
            raise Failure(f"verify ended with {done.returncode}: {done.stderr[:2000]!r}")
        said = json.loads(done.stdout) if done.stdout.strip() else None
        said = said if len(files) > 1 else [
            {"report": said, "ok": done.returncode == 0, "why": done.stderr.decode()}]
        if all(one["ok"] for one in said) != (done.returncode == 0):
            raise Failure("verify says one thing and exits with another")
        return said

    def some_files(self, changes):
        """[(words, bytes)], and what comes of them, for each TOGETHER."""
        waiting, changes = collections.deque(), iter(changes)
        while True:
            some_of = list(itertools.islice(changes, TOGETHER))
            if some_of:
                waiting.append((some_of, self.pool.submit(
                    self.first, [data for _, data in some_of])))
            if waiting and (not some_of or len(waiting) > WORKERS):
                of, answer = waiting.popleft()
                yield from zip(of, answer.result())
            elif not some_of:
                return

    def proofs(self, changes):
        """Files with a proof for others."""
        for (words, data), first in self.some_files(changes):
            try:
                own = equivocation.verify_file(data)
            except Bad:
                own = None
            said = first["report"] if first["ok"] else None
            said = said and (said["kind"], said["at"], said["most"])
            if said != own:
                self.wrong.append(f"a file: {words}: saluran verify says {said} "
                                  f"({first['why']}), the second verifier {own}")

    def judge(self, kind, changes):
        """Compare on every (words, bundle); there must be one."""
        before = sum(self.seen.values())
        for (words, data), first in self.some_files(changes):
            if first["ok"] != first["report"]["ok"]:
                raise Failure("verify says one thing of a file and reports another")
            self.compare(kind, words, first["report"], verify(data))
        if sum(self.seen.values()) == before:
            raise Failure(f"{kind}: nothing was changed")

    def compare(self, kind, words, first, second):
        if (first["ok"], first.get("step")) != (second["ok"], second["step"]):
            self.wrong.append(
                f"{kind}: {words}: saluran verify says {first.get('step') or 'valid'} "
                f"({first.get('where')}: {first.get('what')}), the second verifier "
                f"{second['step'] or 'valid'} ({second.get('what')})")
        elif first["ok"]:
            difference = told_apart(first, second)
            if difference:
                self.wrong.append(f"{kind}: {words}: {difference}")
        self.seen[second["step"] or "valid"] += 1

    def end(self):
        if self.wrong:
            raise Failure(f"{len(self.wrong)} disagreements:\n" + "\n".join(self.wrong[:60]))


def seconds(text):
    """Of a report's time; one that no calendar has is written as ?"""
    return text if text in (None, "?") else calendar.timegm(
        time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


def in_calendar(time_s):
    return time_s or None if time_s is None or time_s <= YEAR_9999_S else "?"


def told_apart(first, second):
    """What two reports of a good bundle say differently, or None."""
    if (first["case"], first["channel"], first["made_by"]) != (
            second["case"], second["channel"], second["exporter"]):
        return "another case, channel or exporter"
    for p in PARTIES:
        one, two = first[p], second["parties"][p]
        for name in ("org", "fingerprint", "head_size", "cosigned_size"):
            if one[name] != two[name]:
                return f"{p}: {name}: {one[name]!r} and {two[name]!r}"
        events = sorted([e["seq"], e["type"], seconds(e["received"])]
                        for e in first["events"] if e["party"] == p)
        own = [[seq, kind, in_calendar(time_s)] for seq, kind, time_s in two["events"]]
        if events != own:
            return f"{p}: events: {events} and {own}"
    one = [[[f[n] for n in ("party", "kind", "at", "most")] for f in first["fraud"]],
           [[x[n] for n in ("party", "seq", "epoch", "sizes")] for x in first["epochs"]]]
    two = [second["fraud"], second["epochs"]]
    return f"fraud and epochs: {one} and {two}" if one != two else None


def some(changes, rng, share=KEEP):
    for n, change in enumerate(changes):
        if n == 0 or rng.random() < share:
            yield change


def sample(name):
    with open(os.path.join(SOURCE, "tests", "bundle", name), "rb") as f:
        return f.read()


def sample_keys():
    """As tests/unit/bundle_make.h makes them: of one byte each."""
    return {p: {role: forge.Key(bytes([16 * i + k + 1]) + bytes(31))
                for k, role in enumerate(ROLES) if role != "enc"}
            for i, p in enumerate(PARTIES)}


def on_samples(judge, rng):
    keys = sample_keys()
    world = forge.World(sample("order.bundle"), keys)
    for version in (1, 2):
        judge.judge(f"rebuilt {version}", [("as it was", world.build(version))])
        judge.judge(f"events {version}", some(damage.rebuilt(world, rng, EACH, version), rng))
        judge.judge(f"long {version}", damage.rebuilt_long(world, version))
        judge.judge(f"acts {version}", some(damage.rebuilt_acts(world, version), rng))
    for name in ("order.bundle", "claimed.bundle", "long.bundle"):
        data = sample(name)
        said = damage.Listed(data, None).said["org"]
        exporter = next(p for p in PARTIES if world.org[p] == said)
        on_bundle(judge, rng, name, data, keys, exporter, world.org)
    listed = damage.Listed(sample("order.bundle"), keys[world.exporter]["event"])
    for p in PARTIES:
        judge.judge("identity", some(listed.jws_member(
            f"identity/{p}.jws", keys[p]["root"], forge.TYP["identity"], rng, EACH),
            rng, PART))


def on_fraud(judge, rng):
    """Proofs and epochs in bundles of both versions, and proofs as files of their own."""
    world = forge.World(sample("order.bundle"), sample_keys())
    for version in (1, 2):
        for kind, make in (("proofs", accuse.proofs), ("epochs", accuse.epochs)):
            made = [(words, twin) for words, twin in make(world, rng, EACH)]
            judge.judge(f"{kind} {version}", [
                (words, twin.build(version)) for n, (words, twin) in enumerate(made)
                if words.count(":") < 2 or rng.random() < PART])
    judge.proofs([(words, data) for words, data in accuse.files(world, rng, EACH)
                  if words.count(":") < 2 or rng.random() < PART])


# Of who made tests/bundle/rekey.bundle, after its second rotation.
REKEY_EVENT_KEY = "a969aa98124b08bd98685de0c4c48ed90507cd96a846a6affcc9803990cd51f8"


def on_rekeyed(judge, rng):
    data = sample("rekey.bundle")
    judge.judge("rekey", [("as it is", data)])
    judge.judge("rekey archive", some(damage.archive(data, rng, FLIPS), rng, PART))
    listed = damage.Listed(data, forge.Key(bytes.fromhex(REKEY_EVENT_KEY)))
    judge.judge("rekey entries", damage.rekeyed(listed))


def on_bundle(judge, rng, name, data, keys, exporter, org):
    """Everything that can be done to a bundle whose two sides we are."""
    judge.judge(name, [("as it is", data)])
    judge.judge(f"{name} archive", damage.archive(data, rng, FLIPS))
    judge.judge(f"{name} list", some(damage.members_unlisted(data), rng))
    listed = damage.Listed(data, keys[exporter]["event"])
    judge.judge(f"{name} members", some(
        listed.each_member(rng, 99 if WHOLE else 1), rng, PART))
    judge.judge(f"{name} manifest", some(listed.manifest(rng, EACH), rng))
    if "disclosures.txt" in listed.content:
        judge.judge(f"{name} texts", some(listed.disclosures(rng), rng, PART))
    judge.judge(f"{name} signer", [
        (f"signed by the {p}'s {role} key",
         damage.Listed(data, keys[p][role]).signed(listed.content))
        for p in PARTIES for role in ("event", "log", "receipt")])
    for p in PARTIES:
        strangers = [keys[other(p)]["event"], keys[p]["log"], keys[p]["receipt"]]
        judge.judge(f"{name} heads", some(
            listed.heads(p, keys, org, rng), rng, PART))
        judge.judge(f"{name} events", some(listed.events(
            p, keys[p]["event"], rng, EACH, strangers), rng))
        if f"channel/{p}.offer.jws" in listed.content:
            judge.judge(f"{name} offer", some(listed.jws_member(
                f"channel/{p}.offer.jws", keys[p]["event"], forge.TYP["offer"], rng, EACH),
                rng))


def node_keys(node):
    found = {}
    for role in ("event", "log", "receipt"):
        with open(os.path.join(node.dir, "keys", f"{role}.key"), encoding="ascii") as f:
            found[role] = forge.Key(bytes.fromhex(f.read().split()[2]))
    return found


def a_case(box, ministry, platform):
    """With a receipt, a decision, a question and its answer, a message and evidence."""
    path = box.write("list.csv", "target,category\nhttps://t.me/durov,other\n"
                     "https://t.me/telegram,other\n")
    case = ministry.cli("send", path, "--reference", "r-1", "--subject", "Konten",
                        "--legal-basis", "UU 19/2016", who="rina")["case"]

    def there(node, who, truth):
        return box.wait("the other side has it", lambda: truth(shown(node, case, who)))
    there(platform, "ivan", lambda c: c)
    platform.cli("accept", case, who="ivan")
    ministry.cli("say", case, "Mohon segera.", who="rina")
    platform.cli("decide", case, "--outcome", "removed", "--items", "0", who="ivan")
    there(ministry, "rina", lambda c: c["counts"]["open"] == 1)
    return case


def shown(node, case, who):
    try:
        return node.cli("show", case, who=who)
    except Failure:
        return None


def on_nodes(judge, rng, box):
    ministry = Node(box, "ministry", "ministry.example", "Kementerian", "authority")
    platform = Node(box, "platform", "platform.example", "PesanKu", "platform")
    for node, admin in ((ministry, "wati"), (platform, "pavel")):
        node.init(admin)
        node.must_start()
    ministry.add_person("rina", "officer")
    platform.add_person("ivan", "agent")
    introduce(ministry, platform, "demo")
    case = a_case(box, ministry, platform)
    keys = {"authority": node_keys(ministry), "platform": node_keys(platform)}
    org = {"authority": ministry.org, "platform": platform.org}
    for node in (ministry, platform):
        path = box.path(f"{node.name}.bundle")
        node.cli("export", case, "--out", path, who=node.admin)
        with open(path, "rb") as f:
            data = f.read()
        if not verify(data)["ok"]:
            raise Failure(f"the {node.role}'s bundle is refused: {verify(data)}")
        on_bundle(judge, rng, node.role, data, keys, node.role, org)
    ministry.stop()
    platform.stop()


def main():
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="saluran-second-") as folder, Lab() as box:
        judge = Judge(folder)
        on_samples(judge, rng)
        on_rekeyed(judge, rng)
        on_fraud(judge, rng)
        judge.end()
        on_nodes(judge, rng, box)
        judge.end()
    missing = [step for step in ("valid", *STEPS) if not judge.seen[step] and step != "fold"]
    if missing:
        raise Failure(f"nothing was refused at: {', '.join(missing)}")
    print("the two verifiers agree:", ", ".join(f"{judge.seen[s]} {s}" for s in (
        "valid", *STEPS) if judge.seen[s]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
