#!/usr/bin/env python3
"""Which channel a row belongs to is the first word of its table's key, so that a database can
be divided by it (adr 0059, adr 0069); a table for which that is not so is here, with the reason."""
import glob
import os
import re
import sys

SOURCE = os.path.abspath(os.environ.get("SALURAN_SOURCE") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", ".."))
CHANNEL = ("channel", "peer")  # a peer's row number is its channel's

OF_CASE = ("casefile", "order_id", "objection")
ORDER_HEAD = "v_order"  # its id is the order's

NODE = "what belongs to the node or to its people, and to no channel"
ZONES = "zones and who takes them: a name may be blocked by orders of several channels"
DIGEST = "found by the digest of what it is, whichever channel brought it"
CASE = "of one case or order, whose identifier is of one channel only: that of v_case or v_order"
REASONS = {
    NODE: """
        meta identity person token session welcome recovery_code lockout access access_head
        shield template webhook webhook_delivery idempotency request alarm duty_done
        mail_message mail_raw mail_ref mail_proposal mail_total import_list import_part
        zone_old v_tally""",
    ZONES: """
        zone zone_row zone_change zone_held zone_check zone_checker operator operator_address
        operator_key operator_pulled operator_contact operator_host operator_notify
        operator_reminder operator_reminder_order operator_lack probe_resolver probe_vantage
        probe_witness probe_result v_zone v_zone_change""",
    DIGEST: """
        log_disclosure policy_text""",
    CASE: """
        case_note claim prepared presence held_decision import_file mail_evidence reveal evidence_out objection_inbox
        order_due order_wait order_release probe_seen
        v_case v_case_event v_case_word v_case_category v_case_listed v_case_decided
        v_case_tally v_case_outcome v_item v_queue v_clarify v_dispute v_step v_hold v_scrutiny
        v_order v_order_name v_order_cite v_order_act v_order_territory v_order_stage v_zone_lift
        v_register v_measured v_waived v_operator_talk_order v_normalised""",
}


class Table:
    """`first`: column of its primary key, or None."""

    def __init__(self, body):
        whole = re.search(r"PRIMARY KEY\s*\(\s*(\w+)", body)
        column = re.search(r"^\s*(\w+)[^,\n(]*PRIMARY KEY", body, re.M)
        key = whole or column
        self.first = key.group(1) if key else None
        self.columns = set(re.findall(r"^\s*(\w+) +(?:TEXT|BIGINT|BYTEA)\b", body, re.M))

    def fits(self, name, why):
        """Is the reason true of it, as far as its columns tell?"""
        if why == CASE:
            return name == ORDER_HEAD or not self.columns.isdisjoint(OF_CASE)
        return self.columns.isdisjoint(CHANNEL)


def tables(text):
    """{name: Table}"""
    text = re.sub(r"--[^\n]*", "", text)
    found = {}
    for name, body in re.findall(r"CREATE TABLE (\w+)\s*\((.*?)\n\)[^;]*;", text, re.S):
        found[name] = Table(body)
    return found


def faults(found, reasons):
    """Sentences."""
    listed = {}
    for why, names in reasons.items():
        for name in names.split():
            if name in listed:
                yield f"{name} is listed twice"
            listed[name] = why
    for name, table in found.items():
        first = table.first
        if first is None:
            yield f"{name} has no primary key"
        elif first in CHANNEL and name in listed:
            yield f"{name} is listed, and its key begins with the channel"
        elif first not in CHANNEL and name not in listed:
            yield (f"the key of {name} begins with {first}: begin it with the channel, or list "
                   f"the table here with its reason")
        elif name in listed and not table.fits(name, listed[name]):
            yield f"{name} is not {listed[name]}, by its columns"
    for name in listed:
        if name not in found:
            yield f"{name} is listed, and no schema has it"


def must_say(text, reasons, words):
    said = list(faults(tables(text), reasons))
    if not any(words in s for s in said):
        sys.exit(f"{text!r} passes: {said}")


def main():
    good = "CREATE TABLE a (\n\tchannel BIGINT NOT NULL,\n\tk TEXT,\n\tPRIMARY KEY (channel, k)\n);"
    bad = good.replace("(channel, k)", "(k, channel)")
    if list(faults(tables(good), {})):
        sys.exit("a good table is refused")
    must_say(bad, {}, "begin it with the channel")
    must_say(good, {"x": "a"}, "begins with the channel")
    must_say(bad, {"x": "a b"}, "no schema has it")
    must_say(bad, {"x": "a", "y": "a"}, "twice")
    must_say("CREATE TABLE a (\n\tk TEXT\n);", {}, "no primary key")
    must_say("CREATE TABLE a (\n\tk TEXT PRIMARY KEY\n);", {}, "begins with k")
    must_say(bad, {NODE: "a"}, "is not what belongs to the node")
    must_say(bad, {CASE: "a"}, "is not of one case")

    found = {}
    for path in sorted(glob.glob(os.path.join(SOURCE, "src", "store", "schema", "*", "*.sql"))):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        new = tables(text)
        if len(new) != len(re.findall(r"CREATE TABLE (?!IF)", re.sub(r"--[^\n]*", "", text))):
            sys.exit(f"{path}: a table of it cannot be read here")
        found.update(new)
    said = list(faults(found, REASONS))
    for sentence in said:
        print(sentence, file=sys.stderr)
    by_channel = sum(table.first in CHANNEL for table in found.values())
    print(f"{by_channel} of {len(found)} tables begin with the channel")
    return 1 if said or by_channel < 30 else 0


if __name__ == "__main__":
    sys.exit(main())
