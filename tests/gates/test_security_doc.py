"""docs/security.md has each requirement of ASVS 4.0.3, level 2, once, and says how it is met."""

import os
import re
import unittest

import gate

# Numbers of levels 1 and 2 that were not deleted: section to those in it.
LEVEL_2 = {
    "1.1": "1-7", "1.2": "1-4", "1.4": "1 4 5", "1.5": "1-4", "1.6": "1-4", "1.7": "1-2",
    "1.8": "1-2", "1.9": "1-2", "1.10": "1", "1.11": "1-2", "1.12": "2", "1.14": "1-6",
    "2.1": "1-12", "2.2": "1-3", "2.3": "1-3", "2.4": "1-5", "2.5": "1-7", "2.6": "1-3",
    "2.7": "1-6", "2.8": "1-7", "2.9": "1-3", "2.10": "1-4",
    "3.1": "1", "3.2": "1-4", "3.3": "1-4", "3.4": "1-5", "3.5": "1-3", "3.7": "1",
    "4.1": "1 2 3 5", "4.2": "1-2", "4.3": "1-3",
    "5.1": "1-5", "5.2": "1-8", "5.3": "1-10", "5.4": "1-3", "5.5": "1-4",
    "6.1": "1-3", "6.2": "1-6", "6.3": "1-2", "6.4": "1-2",
    "7.1": "1-4", "7.2": "1-2", "7.3": "1 3 4", "7.4": "1-3",
    "8.1": "1-4", "8.2": "1-3", "8.3": "1-8",
    "9.1": "1-3", "9.2": "1-4",
    "10.2": "1-2", "10.3": "1-3",
    "11.1": "1-8",
    "12.1": "1-3", "12.2": "1", "12.3": "1-6", "12.4": "1-2", "12.5": "1-2", "12.6": "1",
    "13.1": "1 3 4 5", "13.2": "1 2 3 5 6", "13.3": "1-2", "13.4": "1-2",
    "14.1": "1-4", "14.2": "1-6", "14.3": "2-3", "14.4": "1-7", "14.5": "1-4",
}
NUMBER = r"\d+\.\d+\.\d+"


def wanted():
    for section, numbers in LEVEL_2.items():
        for part in numbers.split():
            first, _, last = part.partition("-")
            for n in range(int(first), int(last or first) + 1):
                yield f"{section}.{n}"


def numbers_of(cell):
    """All of "2.7.1 to 2.7.6 x, 2.8.1 y"."""
    for first, last in re.findall(rf"({NUMBER})(?: to ({NUMBER}))?", cell):
        section, _, n = first.rpartition(".")
        for i in range(int(n), int(last.rpartition(".")[2] or n) + 1 if last else int(n) + 1):
            yield f"{section}.{i}"


def rows(text):
    """(chapter, requirement, how) of each row of the tables of requirements."""
    chapter = None
    for line in text.splitlines():
        found = re.match(r"## V(\d+) ", line)
        if found:
            chapter = found.group(1)
        cells = [c.strip() for c in line.split("|")]
        if chapter and len(cells) == 5 and re.match(NUMBER, cells[1]):
            yield chapter, cells[1], cells[2]


def read(path):
    with open(os.path.join(gate.SOURCE, path), encoding="utf-8") as f:
        return f.read()


def problems(text):
    """What is wrong with the document, a sentence each."""
    seen = []
    for chapter, requirement, how in rows(text):
        where = requirement.split(" ")[0]
        for number in numbers_of(requirement):
            seen.append(number)
            if number.split(".")[0] != chapter:
                yield f"{number} stands under V{chapter}"
        if not how:
            yield f"{where} does not say how"
    for number in wanted():
        if seen.count(number) != 1:
            yield f"{number} stands {seen.count(number)} times"
    for number in sorted(set(seen) - set(wanted())):
        yield f"{number} is no requirement of level 2"


class SecurityDocument(unittest.TestCase):
    def test_the_document(self):
        self.assertEqual(list(problems(read("docs/security.md"))), [])

    def test_what_is_noticed(self):
        good = read("docs/security.md")
        for old, new, says in (
                ("| 11.1.6 ", "| 11.1.5 ", "11.1.5 stands 2 times"),
                ("| 11.1.6 ", "| 11.1.9 ", "11.1.9 is no requirement of level 2"),
                ("## V11 ", "## V10 ", "11.1.1 stands under V10"),
                ("| n/a: it does not update itself |", "| |", "10.3.1 does not say how")):
            with self.subTest(says=says):
                self.assertIn(old, good)
                self.assertTrue(any(says in p for p in problems(good.replace(old, new))), says)


gate.main()
