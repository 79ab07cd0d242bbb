"""The laboratory of the end-to-end tests and of the demo: nodes, a resolver and an
authoritative server as processes of their own on free loopback ports.

Nothing leaves the machine: the root is served here, and the resolver may send from loopback
only.  Whatever was started is stopped, by its process id, when the Lab is closed; a
directory of the Lab's own holds everything and goes with it."""
import atexit
import calendar
import ctypes
import errno
import http.client
import itertools
import json
import os
import random
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import postgres  # noqa: E402

SOURCE = os.path.abspath(os.environ.get("SALURAN_SOURCE") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BIN = os.environ.get("SALURAN_BIN") or os.path.join(SOURCE, "build", "src", "main", "saluran")

START_S = 60      # for a server to answer at all, on a busy machine
STOP_S = 60
COMMAND_S = 60
POLL_S = 0.02     # between two questions to a node
# To look for leaks at its end is half of a command's time: only what stays is looked at.
LEAKS = os.environ.get("ASAN_OPTIONS", "").replace(":detect_leaks=0", "")
os.environ["ASAN_OPTIONS"] = LEAKS + ":detect_leaks=0"
RESTLESS = 3  # times as long where nodes are killed
# Below the range that the kernel gives to outgoing connections, so that nobody takes a port
# between its choice and its use.
PORT_FIRST, PORT_LAST = 20000, 32000
LOG_TAIL = 8000
RECORDS_MAX = 20000  # exchanges of one test
RESERVED = {}  # port: what holds it for this process
CANARY = "_saluran-serial"
PR_SET_PDEATHSIG = 1

EXIT_USAGE, EXIT_INPUT, EXIT_DENIED, EXIT_NOT_FOUND, EXIT_CONFLICT = 2, 3, 4, 5, 6
EXIT_IO, EXIT_STORE, EXIT_LATER = 8, 9, 10


class Failure(Exception):
    """Something is not as it must be: a sentence."""


class Refused(Failure):
    """A command ended with another exit code than 0."""

    def __init__(self, words, code, problem, shown):
        self.code, self.problem, self.shown = code, problem, shown
        self.detail = problem.get("detail", "")
        super().__init__(f"'saluran {' '.join(words)}' ended with {code}: {self.detail}")


def expect(what, got, want):
    if got != want:
        raise Failure(f"{what}: {got!r} instead of {want!r}")


def record(method, path, sent, body, status, headers, answer):
    """One exchange with the API, for who compares traffic with docs/openapi.yaml: a line of
    JSON in the file that SALURAN_RECORD names, or in the test's own file in the folder
    SALURAN_TRAFFIC.  Credentials are left out."""
    path_of_file = os.environ.get("SALURAN_RECORD") or TRAFFIC
    if not path_of_file or next(RECORDED) >= RECORDS_MAX:
        return
    quiet = {"authorization", "cookie", "x-csrf-token"}
    row = {"method": method, "path": path,
           "sent": {k.lower(): v for k, v in sent.items() if k.lower() not in quiet},
           "body": body.decode(errors="replace") if isinstance(body, bytes) else body,
           "status": status,
           "headers": {k: v for k, v in headers.items() if k != "set-cookie"},
           "answer": answer.decode(errors="replace") if isinstance(answer, bytes) else answer}
    with open(path_of_file, "a", encoding="utf-8") as f:
        f.write(json.dumps(row) + "\n")


def traffic_file():
    """Of this test; what an earlier run left is gone.  None: nothing is recorded."""
    folder = os.environ.get("SALURAN_TRAFFIC")
    if not folder:
        return None
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, os.path.basename(sys.argv[0]) + ".jsonl")
    if os.path.exists(path):
        os.unlink(path)
    return path


TRAFFIC, RECORDED = traffic_file(), itertools.count()


def lines_of(path):
    with open(path, encoding="utf-8") as f:
        return [line.strip() for line in f if line.strip()]


def reserve(port):
    """Ours until this process ends; False when another test has it, bound or not yet."""
    if port in RESERVED:
        return False
    mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        mark.bind(f"\0saluran-test-port-{port}")
    except OSError:
        mark.close()
        return False
    RESERVED[port] = mark
    return True


def free_port(host="127.0.0.1"):
    """Free for UDP and TCP alike, and given to nobody else, be it in another process."""
    for _ in range(500):
        port = random.SystemRandom().randrange(PORT_FIRST, PORT_LAST)
        # Before it is tried: a node of another test that is started again may want it just now.
        if not reserve(port):
            continue
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, \
                    socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
                udp.bind((host, port))
                tcp.bind((host, port))
        except OSError as e:
            RESERVED.pop(port).close()
            if e.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            continue
        return port
    raise Failure(f"no free port on {host}")


def parts(*programs):
    """Paths of real servers, unpacked when the system does not have them."""
    run = subprocess.run([os.path.join(SOURCE, "tools", "parts.sh"), *programs],
                         stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0:
        raise Failure("servers cannot be had: see the message of tools/parts.sh above")
    return run.stdout.split()


def when(text):
    """Seconds since 1970 of a node's time."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S"))
    return seconds + float("0." + (fraction or "0"))


class Lab:
    restless = False  # a test kills nodes: questions and commands are repeated, and take longer

    def __init__(self, keep=False):
        self.keep = keep
        self.dir = tempfile.mkdtemp(prefix="saluran-")
        self.children = {}
        self.server = None
        self.nodes = []
        self.closed = False
        atexit.register(self.close)

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None and kind is not SystemExit:
            sys.stderr.write(self.logs())
            self.keep = False
        if not self.keep:
            self.close()

    def port(self):
        return free_port()

    def path(self, *parts_):
        return os.path.join(self.dir, *parts_)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        return self.path(name)

    def _child_setup(self):
        # Runs in the child: it ends with us, however we end.
        if self.keep:
            os.setsid()
        else:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    def start(self, name, command, env=None, preexec=None, to_log=False):
        """stderr is a log file; stdout is a pipe, or with to_log goes there too."""
        def setup():
            self._child_setup()
            if preexec:
                preexec()
        with open(self.path(name + ".log"), "ab") as log:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                     stdout=log if to_log else subprocess.PIPE, stderr=log,
                                     env={**os.environ, "ASAN_OPTIONS": LEAKS, **(env or {})},
                                     preexec_fn=setup)
        self.children[name] = child
        return child

    def stop(self, name, how=signal.SIGTERM):
        """The exit status; it must end within STOP_S."""
        child = self.children.pop(name)
        if child.poll() is None:
            child.send_signal(how)
        try:
            child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            raise Failure(f"{name} did not end within {STOP_S} s of its signal") from None
        finally:
            if child.stdout:
                child.stdout.close()
        return child.returncode

    def logs(self):
        text = "".join(f"{name} ended with {child.returncode}\n"
                       for name, child in self.children.items() if child.poll() is not None)
        for name in sorted(os.listdir(self.dir) if os.path.isdir(self.dir) else []):
            if name.endswith(".log"):
                with open(self.path(name), encoding="utf-8", errors="replace") as f:
                    text += f"---- {name}\n{f.read()[-LOG_TAIL:]}\n"
        return text

    def close(self):
        if self.closed or self.keep:
            return
        self.closed = True
        for child in self.children.values():
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for child in self.children.values():
            try:
                child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if self.server:
            self.server.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def store_of(self, role):
        """The URI of a new node's store; None: a file.  SALURAN_TEST_STORES names the
        roles whose nodes have theirs in PostgreSQL."""
        if role not in os.environ.get("SALURAN_TEST_STORES", "").split():
            return None
        if self.server is None:
            os.mkdir(self.path("postgresql"))
            self.server = postgres.Server(self.path("postgresql"))
        return self.server.fresh()

    def tend(self):
        """Called between any two questions: what was killed under a test starts again."""
        if self.restless:
            for node in self.nodes:
                if node.wanted and not node.alive():
                    node.revive()

    def wait(self, what, probe, seconds=START_S):
        """Ask until the answer is true; gives it.  Fails after `seconds`."""
        seconds *= RESTLESS if self.restless else 1
        until = time.monotonic() + seconds
        while True:
            self.tend()
            got = probe()
            if got:
                return got
            if time.monotonic() > until:
                raise Failure(f"{what}: not within {seconds} s")
            time.sleep(POLL_S)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=COMMAND_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)


class Node:
    """One `saluran serve` and its people."""

    def __init__(self, lab, name, org, title, role, env=None):
        self.lab, self.name, self.org, self.title, self.role = lab, name, org, title, role
        self.env = env or {}
        self.dir = lab.path(name)
        self.peer_port, self.http_port, self.rpz_port = lab.port(), lab.port(), lab.port()
        self.api_port = lab.port()
        self.store = None     # the URI of its database; None: a file in its directory
        self.people = {}      # name: credential file
        self.pseudonyms = {}  # name: what events call them
        self.ready = ""       # the line that it printed
        self.starts = 0
        self.serves = []      # further words of `saluran serve`
        self.wanted = False   # it is meant to run
        lab.nodes.append(self)

    def init(self, admin):
        self.store = self.lab.store_of(self.role)
        made = self.cli("init", *(["--store", self.store] if self.store else []), "--org", self.org, "--name", self.title, "--role", self.role,
                        "--url", f"https://127.0.0.1:{self.peer_port}", "--admin", admin,
                        "--peer-listen", f"127.0.0.1:{self.peer_port}",
                        "--http-listen", f"127.0.0.1:{self.http_port}",
                        "--api-listen", f"127.0.0.1:{self.api_port}",
                        "--rpz-listen", f"127.0.0.1:{self.rpz_port}")
        self.people[admin] = made["credential"]
        self.admin, self.fingerprint = admin, made["fingerprint"]
        return made

    def configure(self, **settings):
        """Settings for the next start, by their names."""
        path = os.path.join(self.dir, "saluran.conf")
        with open(path, encoding="utf-8") as f:
            kept = [line for line in f if line.split(" = ")[0] not in settings]
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(kept)
            f.writelines(f"{name} = {value}\n" for name, value in settings.items())

    def credential(self, who):
        """The content of a person's credential file."""
        with open(self.people[who], encoding="ascii") as f:
            return f.read().strip()

    def api(self, method, path, who=None, body=None, headers=None):
        """(status, headers, body) of one request over HTTPS; JSON comes parsed."""
        sent = dict(headers or {})
        if who is not None:
            sent.setdefault("Authorization", f"Bearer {self.credential(who)}")
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPSConnection("127.0.0.1", self.api_port,
                                                 timeout=COMMAND_S, context=self.tls())
        try:
            connection.request(method, path, body=data, headers=sent)
            answer = connection.getresponse()
            raw = answer.read()
        finally:
            connection.close()
        got = {k.lower(): v for k, v in answer.getheaders()}
        is_json = "json" in got.get("content-type", "")
        shown = json.loads(raw) if raw and is_json else raw
        record(method, path, sent, body, answer.status, got, shown)
        return answer.status, got, shown

    def must(self, method, path, who=None, body=None, headers=None):
        """The answer of a request that succeeds."""
        status, _, shown = self.api(method, path, who, body, headers)
        if status != 200:
            raise Failure(f"{method} {path} answered {status}: {shown}")
        return shown

    def tls(self):
        """Trusts this node's own certificate alone, which names no host."""
        context = ssl.create_default_context(cafile=os.path.join(self.dir, "tls.crt"))
        context.check_hostname = False
        return context

    def elsewhere(self, name, folder):
        """Another node of the same organisation, with the same people, on ports of its own:
        on a folder that was copied from this one's."""
        other = Node(self.lab, name, self.org, self.title, self.role)
        other.dir, other.admin = folder, self.admin
        other.people = dict(self.people)
        other.configure(**{f"{edge}.listen": f"127.0.0.1:{port}" for edge, port in (
            ("peer", other.peer_port), ("http", other.http_port), ("api", other.api_port),
            ("rpz", other.rpz_port))})
        return other

    def start(self):
        """Wait for the line that says that everything listens; False when it died first."""
        self.wanted = True
        self.starts += 1
        self.lab.start(self.name, [BIN, "serve", "--dir", self.dir, "--allow-root",
                                   *self.serves], self.env)
        return self.await_ready()

    def await_ready(self):
        """The next line of it; a daemon that gets other roles says another one."""
        child = self.lab.children[self.name]
        until = time.monotonic() + START_S
        line = b""
        while not line.endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not select.select([child.stdout], [], [], left)[0]:
                raise Failure(f"{self.name} is not ready within {START_S} s")
            byte = os.read(child.stdout.fileno(), 1)
            if not byte:
                return False
            line += byte
        self.ready = line.decode().strip()
        if not self.ready.startswith("ready "):
            raise Failure(f"{self.name} said {self.ready!r} instead of being ready")
        return True

    def must_start(self):
        if not self.start() and not self.lab.restless:
            raise Failure(f"{self.name} ended before it was ready:\n" + self.lab.logs())

    def revive(self):
        """After kill -9 only: whoever ends in another way has a fault of its own.  Where nodes
        are killed, what one leaves may hold its directory and its ports for a moment."""
        code = self.lab.stop(self.name)
        if code != -signal.SIGKILL and not (self.lab.restless and code == EXIT_CONFLICT):
            raise Failure(f"{self.name} ended by itself with {code}")
        self.start()

    def alive(self):
        child = self.lab.children.get(self.name)
        return child is not None and child.poll() is None

    def stop(self):
        self.wanted = False
        code = self.lab.stop(self.name)
        if code != 0 and not (self.lab.restless and code == -signal.SIGKILL):
            raise Failure(f"{self.name} ended with {code} on SIGTERM\n" + self.lab.logs())

    def kill(self):
        self.wanted = False
        self.lab.stop(self.name, signal.SIGKILL)

    def run(self, *words, who=None, as_json=True, preexec=None, dir_=None):
        """(exit code, standard output, standard error) of one command."""
        command = [BIN, *words, "--dir", dir_ or self.dir]
        if who is not None:
            command += ["--as", self.people.get(who, who)]
        if as_json:
            command.append("--json")
        env = {k: v for k, v in os.environ.items() if not k.startswith("SALURAN_FAULT")}
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=COMMAND_S, check=False,
                              env=env, preexec_fn=preexec)
        return (done.returncode, done.stdout.decode(errors="replace"),
                done.stderr.decode(errors="replace"))

    def cli(self, *words, who=None):
        """The answer of a command with --json.  Refused when it does not end with 0."""
        code, out, err = self.run(*words, who=who)
        try:
            shown = json.loads(out) if out.strip() else None
        except ValueError:
            raise Failure(f"'saluran {words[0]}' printed what is no JSON: {out[:300]!r}") \
                from None
        if code == 0:
            return shown
        if code < 0 or "Sanitizer" in err:
            raise Failure(f"'saluran {' '.join(words)}' broke ({code}):\n{err[:LOG_TAIL]}")
        try:
            problem = json.loads(err)
        except ValueError:
            problem = {"detail": err.strip()}
        raise Refused(words, code, problem, shown)

    def get(self, path, who):
        """The API's answer, as the command line would get it, for questions asked often."""
        credential = self.credential(who)
        connection = UnixConnection(os.path.join(self.dir, "sock"))
        try:
            connection.request("GET", path, headers={
                "Authorization": f"Bearer {credential}", "Connection": "close"})
            answer = connection.getresponse()
            body = json.loads(answer.read())
        except (OSError, http.client.HTTPException) as e:
            raise Refused([path], EXIT_LATER, {"detail": str(e)}, None) from None
        finally:
            connection.close()
        if answer.status != 200:
            raise Refused([path], EXIT_NOT_FOUND if answer.status == 404 else EXIT_INPUT,
                          body, body)
        return body

    def add_person(self, name, role):
        path = self.lab.path(f"{os.path.basename(self.dir)}-{name}.credential")
        got = self.cli("person", "add", name, "--role", role, "--out", path, who=self.admin)
        self.people[name] = path
        self.pseudonyms[name] = got["pseudonym"]


def verify(path, fingerprints=None):
    """(exit code, report, standard error) of verifying a bundle, as a stranger would."""
    command = [BIN, "verify", path, "--json"]
    for party, words in (fingerprints or {}).items():
        command += ["--fingerprint", f"{party}={words}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=COMMAND_S, check=False, cwd="/",
                          text=True)
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


def introduce(one, other, policy):
    """Both files and both fingerprints, as two people do it over two paths."""
    own = ["--policy", policy] if "/" in policy else []
    for a, b in ((one, other), (other, one)):
        path = a.lab.path(f"{a.name}-{b.name}.introduction")
        words = ["--policy", policy] if a is one else []
        made = a.cli("peer", "introduce", b.org, *words, "--out", path, who=a.admin)
        b.cli("peer", "add", path, "--fingerprint", made["fingerprint"], *own, who=b.admin)
