"""The unit for systemd confines the node, and starts what the program has."""

import os
import subprocess

import gate

UNIT = "packaging/saluran@.service"
# Name and value, or a value that the setting must contain at least.
WANTED = {
    "User": "saluran", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes",
    "PrivateTmp": "yes", "PrivateDevices": "yes", "PrivateUsers": "yes",
    "CapabilityBoundingSet": "", "AmbientCapabilities": "", "MemoryDenyWriteExecute": "yes",
    "RestrictNamespaces": "yes", "RestrictSUIDSGID": "yes", "LockPersonality": "yes",
    "ProtectKernelTunables": "yes", "ProtectKernelModules": "yes", "ProtectControlGroups": "yes",
    "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6", "SystemCallArchitectures": "native",
    "StateDirectory": "saluran/%i", "StateDirectoryMode": "0700", "UMask": "0077",
}


def service(text):
    """The section [Service]: name to the values that it has there."""
    found, section = {}, None
    for line in text.splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith("#"):
            name, value = line.split("=", 1)
            found.setdefault(name, []).append(value)
    return found


def missing(text):
    got = service(text)
    bad = [f"{name}={got.get(name)}" for name, value in WANTED.items() if got.get(name) != [value]]
    if got.get("SystemCallFilter", [""])[0] != "@system-service":
        bad.append("SystemCallFilter")
    return bad


def unit_text():
    with open(os.path.join(gate.SOURCE, UNIT), encoding="utf-8") as f:
        return f.read()


class Packaging(gate.GateTest):
    def test_the_unit_confines(self):
        self.assertEqual(missing(unit_text()), [])

    def test_a_looser_one_is_seen(self):
        text = unit_text()
        for bad in (text.replace("NoNewPrivileges=yes\n", ""),
                    text.replace("ProtectSystem=strict", "ProtectSystem=full"),
                    text.replace("CapabilityBoundingSet=\n", "CapabilityBoundingSet=CAP_SYS_ADMIN\n"),
                    text.replace("SystemCallFilter=@system-service\n", ""),
                    text.replace("PrivateUsers=yes", "#PrivateUsers=yes")):
            self.assertNotEqual(bad, text)
            self.assertNotEqual(missing(bad), [], "a looser unit passes")

    def test_it_starts_what_the_program_has(self):
        words = service(unit_text())["ExecStart"][0].split()
        self.assertEqual(words[:2], ["/usr/local/bin/saluran", "serve"])
        shown = subprocess.run([os.environ["SALURAN_BIN"], "serve", "--help"], check=True,
                               capture_output=True, text=True).stdout
        for word in words[2:]:
            self.assertTrue(not word.startswith("--") or word in shown, word)


gate.main()
