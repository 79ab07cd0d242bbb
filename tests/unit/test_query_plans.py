#!/usr/bin/python3
"""No query reads a table that grows along its whole length: SQLite is asked how it would go
about each named query, and what reads all rows, or all of one log, must stand below with
its reason."""
import glob
import os
import re
import sqlite3
import sys

SOURCE = os.environ.get("SALURAN_SOURCE") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..")
STORE = os.path.join(SOURCE, "src", "store")

# Tables with a row a case, an event, an item, an act of a person.
GROW = {
    "access", "log_disclosure", "log_event", "log_node", "log_receipt", "mail_message",
    "mail_proposal", "v_case", "v_case_category", "v_case_event", "v_case_word", "v_clarify",
    "v_dispute", "v_event", "v_item", "v_measured", "v_message", "v_objection", "v_order",
    "v_order_act", "v_order_cite", "v_order_name", "v_queue", "webhook_delivery",
}

# What may, and why.
MAY = {
    "access_all": "checks the whole record",
    "access_old": "in the order of the key, to a limit",
    "access_oldest": "in the order of the key, one row",
    "bundle_epochs": "the index has no other rows",
    "bundle_open": "the first event of a log",
    "delivery_waits": "the last row of the key",
    "event_count": "for the progress of a rebuild",
    "mail_case_proposals_erase": "an erasure, which is rare",
    "order_pairs": "all approvals, for auditors",
    "order_still_blocked": "all of an index that holds only what is still blocked",
    "order_wait_in_force": "orders in force are few",
    "peer_list": "the last row of the key",
    "probe_retired_channels": "a prober is given up once in its life",
    "queue_counts": "to a limit, along indexes that hold what is counted",
    "receipt_last": "the last row of the key",
    "receipt_nth": "from the end of the key, two rows",
    "receipt_stray": "once at a start",
    "status_counts": "orders in force are few",
    "zone_old_orders": "orders in force are few",
}

# All of one log, or of one state: no narrower than the table.
WIDE = re.compile(r"\(((?:(?:channel|party|state|type)=\?(?: AND )?)+)\)$")
STEP = re.compile(r"^(SCAN|SEARCH) (\w+)")


def database():
    db = sqlite3.connect(":memory:")
    for kind in ("log", "view"):
        for path in sorted(glob.glob(os.path.join(STORE, "schema", kind, "*.sql"))):
            with open(path, encoding="utf-8") as f:
                db.executescript(f.read())
    return db


def queries():
    """(name, statement) of each that concerns tables of the schema."""
    for path in sorted(glob.glob(os.path.join(STORE, "sql", "*.sql"))):
        name = os.path.basename(path)[:-len(".sql")]
        if name.startswith("schema_version") or name.endswith(".pg"):
            continue
        with open(path, encoding="utf-8") as f:
            text = re.sub(r"--[^\n]*", "", f.read())
        yield name, re.sub(r"\$(\d+)", r"?\1", text)


def tables_of(statement):
    """Alias or name: table."""
    found = {}
    for table, alias in re.findall(
            r"\b(?:FROM|JOIN|UPDATE|INTO)\s+(\w+)(?:\s+(?:AS\s+)?(\w+))?", statement):
        found[table] = table
        if alias:
            found[alias] = table
    return found


def plan_of(db, statement):
    n = max([int(k) for k in re.findall(r"\?(\d+)", statement)] or [0])
    return [row[3] for row in db.execute("EXPLAIN QUERY PLAN " + statement, [None] * n)]


def problems_of(db, name, statement):
    names, found = tables_of(statement), []
    for step in plan_of(db, statement):
        m = STEP.match(step)
        if m is None or names.get(m.group(2), m.group(2)) not in GROW:
            continue
        if m.group(1) == "SCAN" or WIDE.search(step):
            found.append(f"{name}: {step}")
    return found


def main():
    db, problems, looked_at, used = database(), [], 0, set()
    # What it must refuse, it refuses.
    for bad in ("SELECT * FROM v_item WHERE outcome = ?1",
                "SELECT * FROM v_event v WHERE v.channel = ?1 AND v.party = ?2 AND v.author = ?3"):
        if not problems_of(db, "bad", bad):
            problems.append(f"the check does not see: {bad}")
    for name, statement in queries():
        looked_at += 1
        found = problems_of(db, name, statement)
        if name in MAY or name.endswith("_all"):  # the digest of a view reads all of it
            used.update([name] if found else [])
            continue
        problems += found
    problems += [f"{name}: may read everything, and does not" for name in MAY
                 if name not in used and name != "access_all"]
    for p in problems:
        print(p)
    print(f"query plans: {looked_at} queries, {len(problems)} problems")
    return 1 if problems or looked_at < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
