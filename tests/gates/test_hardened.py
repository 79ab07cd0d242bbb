"""The program that was built has what the loader and the compiler offer against exploits."""

import os
import struct
import subprocess

import gate

ET_DYN = 3
PT_INTERP, PT_GNU_STACK, PT_GNU_RELRO, PT_DYNAMIC = 3, 0x6474E551, 0x6474E552, 2
PF_X = 1
DT_FLAGS_1 = 0x6FFFFFFB
DF_1_NOW, DF_1_PIE = 0x1, 0x08000000

SAMPLE = """
#include <string.h>
int main(int argc, char **argv)
{
	char b[64];
	memset(b, argc, sizeof(b));
	memcpy(b, argv[0], strlen(argv[0]));
	return b[argc & 63];
}
"""


class Elf:
    """What a 64-bit little-endian program's headers say of it."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.bytes = f.read()
        if self.bytes[:6] != b"\x7fELF\x02\x01":
            raise AssertionError(f"{path} is no 64-bit little-endian ELF file")
        self.type = struct.unpack_from("<H", self.bytes, 16)[0]
        at = struct.unpack_from("<Q", self.bytes, 32)[0]
        size, count = struct.unpack_from("<HH", self.bytes, 54)
        self.segments = {}
        for i in range(count):
            kind, flags, offset, _, _, length = struct.unpack_from(
                "<IIQQQQ", self.bytes, at + i * size)
            self.segments[kind] = (flags, offset, length)

    def flags_1(self):
        _, offset, length = self.segments[PT_DYNAMIC]
        for tag, value in struct.iter_unpack("<QQ", self.bytes[offset:offset + length]):
            if tag == DT_FLAGS_1:
                return value
        return 0

    def lacks(self):
        """Names of what is missing, sorted."""
        now = self.flags_1()
        has = {
            "pie": self.type == ET_DYN and PT_INTERP in self.segments and now & DF_1_PIE,
            "relro": PT_GNU_RELRO in self.segments,
            "now": now & DF_1_NOW,
            "stack without code": PT_GNU_STACK in self.segments
                                  and not self.segments[PT_GNU_STACK][0] & PF_X,
            "stack protector": b"__stack_chk_fail\0" in self.bytes,
        }
        return sorted(name for name, there in has.items() if not there)


class Hardened(gate.GateTest):
    def built(self, *flags):
        source, out = self.put("a.c", SAMPLE), os.path.join(self.tree, "a")
        self.accepts(["gcc", *flags, source, "-o", out])
        return out

    def test_the_program(self):
        path = os.environ["SALURAN_BIN"]
        with open(path, "rb") as f:
            sanitized = b"__asan_init" in f.read()
        # A build of ./check with a sanitizer stands at a fixed address; nobody installs it.
        self.assertEqual([x for x in Elf(path).lacks() if not (sanitized and x == "pie")], [])

    def test_each_is_noticed_when_it_is_missing(self):
        good = ["-fPIE", "-pie", "-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack",
                "-fstack-protector-strong"]
        self.assertEqual(Elf(self.built(*good)).lacks(), [])
        for flags, name in ((["-fno-pie", "-no-pie"], "pie"),
                            (["-Wl,-z,norelro"], "relro"),
                            (["-Wl,-z,lazy"], "now"),
                            (["-Wl,-z,execstack"], "stack without code"),
                            (["-fno-stack-protector"], "stack protector")):
            with self.subTest(name=name):
                self.assertEqual(Elf(self.built(*good, *flags)).lacks(), [name])

    def test_an_optimized_build_fortifies(self):
        flags, folder = gate.build_flags()
        flags = [f for f in flags if "sanitize" not in f and "FORTIFY" not in f
                 and not f.startswith("-O")]
        source, out = self.put("a.c", SAMPLE), os.path.join(self.tree, "a.o")
        with open(os.path.join(gate.SOURCE, "meson.build"), encoding="utf-8") as f:
            self.assertIn("'-D_FORTIFY_SOURCE=2'", f.read())
        for level, there in ((["-O2", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"], True),
                             (["-O2", "-U_FORTIFY_SOURCE"], False)):
            self.accepts(["gcc", *flags, *level, "-c", source, "-o", out], cwd=folder)
            names = subprocess.run(["nm", out], stdout=subprocess.PIPE, text=True,
                                   check=True).stdout
            self.assertEqual("__memcpy_chk" in names, there)


gate.main()
