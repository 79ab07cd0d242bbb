#!/usr/bin/python3
"""A PostgreSQL server of a test's own, and a store in it.

usage: postgres.py COMMAND...    runs it beside a server; SALURAN_TEST_POSTGRESQL is the URI
                                 of an empty database there, and nodes that the contract
                                 suites make have their stores in it
       postgres.py --suites PROGRAM... [-- PROGRAM...]
                                 one program after the other beside one server; those after
                                 -- with SALURAN_EVERY=1 only, each beside one of its own

The server listens on a socket in a folder of its own and on nothing else, does not outlive
who started it, and is not the system's, if there is one."""
import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SOURCE = os.path.abspath(os.environ.get("SALURAN_SOURCE") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), ".."))
BUILD = os.environ.get("SALURAN_BUILD") or os.path.join(SOURCE, "build")
START_S = 60
POLL_S = 0.05
ROLE = "saluran"
SCHEMAS = 8   # empty ones: of nodes that need one each
TEMPLATE = 2  # counts up when what is in it changes
CLONE_NEWUSER, PR_SET_PDEATHSIG = 0x10000000, 1
# The server refuses root; where root cannot become nobody by a namespace, one of these.
USERS = ("postgres", "nobody")
LIBC = ctypes.CDLL(None, use_errno=True)
OPTIONS = {
    "listen_addresses": "", "max_connections": "100", "shared_buffers": "32MB",
    "min_wal_size": "32MB", "max_wal_size": "256MB", "wal_level": "minimal",
    "max_wal_senders": "0",
}


class Failure(Exception):
    """The server cannot be had, or did not start: a sentence."""


def programs(*names):
    run = subprocess.run([os.path.join(SOURCE, "tools", "parts.sh"), *names],
                         stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0:
        raise Failure("PostgreSQL cannot be had: see the message of tools/parts.sh above")
    return run.stdout.split()


def nobody_by_namespace():
    """Root is called nobody from here on, and may read what it could read before."""
    if LIBC.unshare(CLONE_NEWUSER) != 0:
        return False
    try:
        for name, text in (("setgroups", "deny"), ("uid_map", "65534 0 1"),
                           ("gid_map", "65534 0 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as f:
                f.write(text)
    except OSError:
        return False
    return True


def namespace_works():
    child = os.fork()
    if child == 0:
        os._exit(0 if nobody_by_namespace() else 1)
    return os.waitpid(child, 0)[1] == 0


def not_root():
    """(what a child does to be no longer root, whom its folder must belong to or None)."""
    if os.getuid() != 0:
        return (lambda: None), None
    if namespace_works():
        return nobody_by_namespace, None
    for name in USERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue

        def become():
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        return become, user
    raise Failure("PostgreSQL refuses root, and there is no user to start it as")


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(child) for child in f.read().split()]


class Server:
    def __init__(self, dir_=None):
        self.own_dir = dir_ is None
        self.taken = 0
        self.dir = dir_ or tempfile.mkdtemp(prefix="saluran-pg-")
        self.become, self.user = not_root()
        self.data = os.path.join(self.dir, "data")
        self.child = None
        self.copy_template()
        self.start()

    def setup(self):
        self.become()
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    def give(self, path):
        """The folder belongs to whom the server runs as."""
        if self.user:
            for folder, _, files in os.walk(path):
                for name in [folder] + [os.path.join(folder, f) for f in files]:
                    os.chown(name, self.user.pw_uid, self.user.pw_gid)

    def copy_template(self):
        """Making a cluster takes seconds: one is kept in the build's folder."""
        kept = os.path.join(BUILD, "tests", f"postgresql-{TEMPLATE}")
        os.makedirs(os.path.dirname(kept), exist_ok=True)
        with open(kept + ".lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.isdir(kept):
                self.make_template()
                shutil.copytree(self.data, kept + ".new")
                os.rename(kept + ".new", kept)
        if not os.path.isdir(self.data):
            shutil.copytree(kept, self.data)
        os.chmod(self.data, 0o700)
        self.give(self.dir)

    def make_template(self):
        self.give(self.dir)
        initdb = programs("initdb", "postgres")[0]
        run = subprocess.run(
            [initdb, "-D", self.data, "-U", "postgres", "-A", "trust", "--no-locale",
             "-E", "UTF8", "--no-sync", "--no-instructions", "--wal-segsize=4"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            cwd=self.dir, preexec_fn=self.setup, check=False)
        if run.returncode != 0:
            raise Failure("initdb failed: " + run.stdout.decode(errors="replace"))
        self.alone("postgres", f"CREATE ROLE {ROLE} LOGIN;",
                   f"CREATE DATABASE {ROLE} OWNER {ROLE};")
        self.alone(ROLE, *(f"CREATE SCHEMA node{i} AUTHORIZATION {ROLE};"
                           for i in range(SCHEMAS)))

    def alone(self, database, *statements):
        """Statements while no server runs."""
        run = subprocess.run(
            [programs("postgres")[0], "--single", "-j", "-D", self.data, database],
            input="\n\n".join([*statements, ""]).encode(), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, cwd=self.dir, preexec_fn=self.setup, check=False)
        if run.returncode != 0 or b"ERROR" in run.stdout:
            raise Failure("no database: " + run.stdout.decode(errors="replace"))

    def start(self, **options):
        words = [programs("postgres")[0], "-D", self.data, "-k", self.dir]
        for name, value in {**OPTIONS, **options}.items():
            words += ["-c", f"{name}={value}"]
        with open(self.log_path(), "ab") as log:
            self.child = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.dir,
                preexec_fn=self.setup)
        until = time.monotonic() + START_S
        while not self.answers():
            if self.child.poll() is not None or time.monotonic() > until:
                raise Failure("PostgreSQL did not start:\n" + self.log())
            time.sleep(POLL_S)

    def answers(self):
        """The server writes into this file when it takes connections."""
        try:
            with open(os.path.join(self.data, "postmaster.pid"), encoding="ascii") as f:
                lines = f.read().splitlines()
            return lines[0] == str(self.child.pid) and lines[7].strip() == "ready"
        except (OSError, IndexError):
            return False

    def uri(self, schema=None):
        return (f"postgresql:///{ROLE}?host={self.dir}&user={ROLE}"
                + (f"&options=-csearch_path%3D{schema}" if schema else ""))

    def fresh(self):
        """The URI of an empty store."""
        if self.taken == SCHEMAS:
            raise Failure(f"a server of the tests has room for {SCHEMAS} stores")
        self.taken += 1
        return self.uri(f"node{self.taken - 1}")

    def log_path(self):
        return os.path.join(self.dir, "postgresql.log")

    def log(self):
        with open(self.log_path(), encoding="utf-8", errors="replace") as f:
            return f.read()[-8000:]

    def stop(self, how=signal.SIGINT):
        """SIGINT: at once, but in order; SIGQUIT: as if the machine had been switched off,
        but for its memory."""
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(how)
            self.child.wait(START_S)
        self.child = None

    def kill(self):
        """All of its processes at once, as the kernel does when memory is out."""
        all_ = [self.child.pid, *children_of(self.child.pid)]
        os.kill(self.child.pid, signal.SIGSTOP)  # so that it starts no more of them
        for pid in {*all_, *children_of(self.child.pid)}:
            os.kill(pid, signal.SIGKILL)
        self.child.wait(START_S)
        self.child = None

    def close(self):
        self.stop()
        if self.own_dir:
            shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None and kind is not SystemExit:
            sys.stderr.write("---- postgresql\n" + self.log())
        self.close()


def run_one(words, env, server):
    code = subprocess.run(words, env=env, check=False).returncode
    if code != 0:
        sys.stderr.write("---- postgresql\n" + server.log())
    return code if code >= 0 else 128 - code


def run_suites(programs_, env, server):
    """The first exit code that is not 0; the others run all the same.  What a suite does
    only a part of, it does whole on a file."""
    env = {**env, "SALURAN_TEST_POSTGRESQL": server.uri()}
    env.pop("SALURAN_EVERY", None)
    first = 0
    for program in programs_:
        began = time.monotonic()
        code = run_one([program], env, server)
        print(f"{os.path.basename(program)}: {code}, {time.monotonic() - began:.1f} s",
              flush=True)
        first = first or code
    return first


def main(words):
    if not words or words == ["--suites"]:
        print(__doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Server() as server:
        if words[0] != "--suites":
            return run_one(words, {**os.environ, "SALURAN_TEST_POSTGRESQL": server.uri()},
                           server)
        cut = words.index("--") if "--" in words else len(words)
        first = run_suites(words[1:cut], os.environ, server)
    if not os.environ.get("SALURAN_EVERY"):
        return first
    # What suites leave behind is gone with their server.
    for program in words[cut + 1:]:
        with Server() as server:
            first = run_suites([program], os.environ, server) or first
    return first


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
