"""million - a base zone of a million names in a node's store, and what the benchmarks that use
one share."""
import http.client
import json
import os
import sqlite3

from lab import Failure, UnixConnection

NAMES = 1000000


def name(i):
    """Of the base; half of them are below another, as such lists have them."""
    return f"w{i}.base{i // 2}.example"


def key(owner):
    """As the store has owners: from the root on."""
    return ".".join(reversed(owner.split(".")))


def fill(node, order, count):
    """The base as it stands after years of orders: rows in force and published, all of one
    order, whose events nobody would wait for here.  The node is stopped."""
    db = sqlite3.connect(os.path.join(node.dir, "store.db"))
    serial, = db.execute("SELECT base_serial FROM zone WHERE name = 'main'").fetchone()
    db.execute("PRAGMA synchronous = OFF")
    db.executemany("INSERT INTO v_zone (owner, order_id, name, action, since_serial) "
                   "VALUES (?, ?, ?, 'nxdomain', ?)",
                   ((name(i), order, name(i), serial) for i in range(count)))
    db.executemany("INSERT INTO zone_row (zone, layer, owner, action, order_id) "
                   "VALUES ('main', 0, ?, 'nxdomain', ?)",
                   sorted((key(name(i)), order) for i in range(count)))
    db.execute("UPDATE zone SET n_rows = n_rows + ? WHERE name = 'main'", (count,))
    db.commit()
    db.close()


def post(node, path, who, **body):
    """Over the node's socket: no process is started while the clock runs."""
    connection = UnixConnection(os.path.join(node.dir, "sock"))
    try:
        connection.request("POST", path, json.dumps(body), {
            "Authorization": f"Bearer {node.credential(who)}",
            "Content-Type": "application/json", "Connection": "close"})
        answer = connection.getresponse()
        got = json.loads(answer.read())
    except (OSError, http.client.HTTPException) as e:
        raise Failure(f"{path}: {e}") from None
    finally:
        connection.close()
    if answer.status != 200:
        raise Failure(f"{path} answered {answer.status}: {got}")
    return got


def p95(values):
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]
