"""./check itself: what it counts, and what it does when packages are missing."""

import json
import os
import subprocess

import gate


class Counting(gate.GateTest):
    def count(self, *results):
        log = self.put("testlog.json", "".join(json.dumps(
            {"name": f"saluran:unit / t{i}", "result": r, "stdout": f"why {i}",
             "command": ["x"], "duration": 1.0}) + "\n" for i, r in enumerate(results)))
        why = os.path.join(self.tree, "why")
        return self.accepts([self.tool("count_tests.py"), log, why]).splitlines(), why

    def test_passed(self):
        self.assertEqual(self.count("OK", "OK")[0], ["2 0"])

    def test_whatever_is_not_ok_has_failed(self):
        for result in ["FAIL", "SKIP", "TIMEOUT", "ERROR", "INTERRUPT", "UNEXPECTEDPASS",
                       "EXPECTEDFAIL", "anything"]:
            with self.subTest(result=result):
                lines, why = self.count("OK", result)
                self.assertEqual(lines[0], "1 1")
                self.assertIn("t1", lines[1])
                self.assertIn(result.lower(), lines[1])
                with open(why, encoding="utf-8") as f:
                    self.assertIn("why 1", f.read())

    def test_a_broken_log_is_no_success(self):
        log = self.put("testlog.json", "{")
        self.rejects([self.tool("count_tests.py"), log], "JSONDecodeError")


class Usage(gate.GateTest):
    def test_unknown_words_are_refused(self):
        done = subprocess.run([os.path.join(gate.SOURCE, "check"), "everything"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("usage", done.stderr)


class Prerequisites(gate.GateTest):
    """prereqs_install with programs of ours in place of the system's."""

    def install(self, uid=0, sudo=False, present="", installable=True):
        programs = {
            "id": f"echo {uid}",
            "dpkg-query": 'case " $PRESENT $(cat $T/installed 2>/dev/null) " in '
                          '*" ${!#} "*) printf "ii ";; *) exit 1;; esac',
            "apt-get": 'echo "apt-get $*" >>$T/calls; case "$*" in *install*) '
                       + ('echo "${!#}" >>$T/installed' if installable else "exit 100")
                       + ";; esac",
        }
        if sudo:
            programs["sudo"] = 'echo sudo >>$T/calls; shift; exec "$@"'
        for name, body in programs.items():
            os.chmod(self.put("bin/" + name, f"#!/bin/bash\n{body}\n"), 0o755)
        for name in ["bash", "env", "cat"]:
            if not os.path.lexists(os.path.join(self.tree, "bin", name)):
                os.symlink(f"/usr/bin/{name}", os.path.join(self.tree, "bin", name))
        code, out = gate.run(
            ["/bin/bash", "-c", '. "$0" && prereqs_install libone libtwo',
             self.tool("prereqs.sh")],
            env={"PATH": os.path.join(self.tree, "bin"), "T": self.tree, "PRESENT": present})
        calls = os.path.join(self.tree, "calls")
        if not os.path.exists(calls):
            return code, out, ""
        with open(calls, encoding="utf-8") as f:
            return code, out, f.read()

    def test_nothing_is_called_when_all_is_there(self):
        self.assertEqual(self.install(uid=1000, present="libone libtwo"), (0, "", ""))

    def test_only_what_is_missing_is_installed(self):
        code, out, calls = self.install(present="libone")
        self.assertEqual(code, 0, out)
        self.assertRegex(calls, r"install -y --no-install-recommends libtwo\n")
        self.assertNotIn("libone", calls)
        self.assertNotIn("sudo", calls)

    def test_sudo_when_not_root(self):
        code, out, calls = self.install(uid=1000, sudo=True, present="libone")
        self.assertEqual(code, 0, out)
        self.assertIn("sudo", calls)

    def test_neither_root_nor_sudo(self):
        code, out, calls = self.install(uid=1000, present="libone")
        self.assertEqual((code, calls), (1, ""))
        self.assertIn("apt-get install --no-install-recommends libtwo", out)

    def test_lists_are_fetched_when_installing_fails(self):
        code, out, calls = self.install(present="libone", installable=False)
        self.assertEqual(code, 1)
        self.assertRegex(calls, "(?s)install.*update.*install")
        self.assertIn("could not install: libtwo", out)


gate.main()
