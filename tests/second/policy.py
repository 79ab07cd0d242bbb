"""The policy file, as docs/policy.md says: what is required, what may be left out, and the
form of each.  What a member does is no business of who only asks whether a file is one."""
import datetime
import json
import re

from formats import Bad, need

FILE_MAX = 256 << 10
DURATION_MAX = 10 * 366 * 86400
COUNT_MAX = 2 ** 32 - 1
DAY_S, HORIZON_DAYS = 86400, 31
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
COLUMNS = ("legal_basis", "urgency", "description", "found_at", "evidence", "reference")


def text(most):
    def check(v):
        need(isinstance(v, str) and 1 <= len(v.encode()) <= most
             and not any(ord(c) < 0x20 or ord(c) == 0x7f for c in v), "a text is malformed")
    return check


def code(v):
    need(isinstance(v, str) and re.fullmatch("[a-z0-9_-]{1,40}", v), "a code is malformed")


def one_of(*words):
    def check(v):
        need(isinstance(v, str) and v in words, f"not one of {words}")
    return check


def whole(low, high):
    def check(v):
        need(isinstance(v, int) and not isinstance(v, bool) and low <= v <= high,
             f"not an integer of {low} to {high}")
    return check


def seconds(low=0):
    return whole(low, DURATION_MAX)


def flag(v):
    need(isinstance(v, bool), "neither true nor false")


def a_list(low, high, inner):
    def check(v):
        need(isinstance(v, list) and low <= len(v) <= high, "not a list, or of another length")
        for x in v:
            inner(x)
    return check


def shape(required, optional=None):
    optional = optional or {}

    def check(v):
        need(isinstance(v, dict), "no object")
        for name in required:
            need(name in v, f"{name}: is missing")
        for name, value in v.items():
            need(name in required or name in optional, f"{name}: is no member")
            try:
                (required.get(name) or optional[name])(value)
            except Bad as e:
                raise Bad(f"{name}: {e}") from None
    return check


def instant(v):
    m = re.fullmatch(r"(\d{4}-\d\d-\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d{1,6})?"
                     r"([Zz]|[+-]\d\d:\d\d)", v, re.ASCII) if isinstance(v, str) else None
    need(m is not None, "no time of RFC 3339")
    zone = "+00:00" if m[6] in "Zz" else m[6]
    try:
        return datetime.datetime.fromisoformat(
            f"{m[1]}T{m[2]}:{m[3]}:{m[4]}{(m[5] or '.0').ljust(7, '0')}{zone}")
    except ValueError:
        raise Bad("no time of RFC 3339") from None


def date(v):
    need(isinstance(v, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", v), "no date")
    try:
        return datetime.date.fromisoformat(v)
    except ValueError:
        raise Bad("no date") from None


def hour(v):
    need(isinstance(v, str) and re.fullmatch("[0-9]{2}:[0-5][0-9]", v), "no time of a day")
    at = int(v[:2]) * 60 + int(v[3:])
    need(at <= 24 * 60, "no time of a day")
    return at


def dates(v):
    need(isinstance(v, list) and len(v) <= 1000, "no list of dates")
    found = [date(x) for x in v]
    need(all(a < b for a, b in zip(found, found[1:])), "dates do not ascend")
    return found


OFFSET = whole(-14 * 3600, 14 * 3600)
NAMES = shape({"en": text(200), "id": text(200)})
CALENDAR = shape(
    {"code": code, "week": a_list(1, 28, shape({"day": one_of(*DAYS), "from": hour,
                                                "to": hour}))},
    {"offset_s": OFFSET, "holidays": dates, "no_send": dates,
     "offsets": a_list(1, 64, shape({"from": instant, "offset_s": OFFSET}))})
LENGTHS = {"accept_s": seconds(1), "decide_s": seconds(1)}
BY_DAYS = {"accept_days": whole(0, 366), "decide_days": whole(0, 366)}
BY = one_of("person", "node")
POLICY = shape(
    {"name": code, "version": whole(1, COUNT_MAX), "title": NAMES, "source": text(8000),
     "classes": a_list(1, 8, lambda v: shape(
         {"code": code, **(BY_DAYS if isinstance(v, dict) and BY_DAYS.keys() & v.keys()
                           else LENGTHS)},
         {"calendar": code, "minimum_s": seconds()})(v)),
     "categories": a_list(1, 64, shape({"code": code, "name": NAMES, "class": code})),
     "ladder": a_list(0, 8, lambda v: shape(
         {"act": one_of("remind", "warn"), "after_s": seconds(),
          **({"level": whole(1, 8)} if isinstance(v, dict) and v.get("act") == "warn"
             else {})}, {"by": BY})(v)),
     "order": shape(
         {"approvals": whole(1, 8), "ladder_steps": whole(0, 8), "max_duration_s": seconds(1),
          "max_names": whole(1, 256), "ttl_s": whole(5, 60)},
         {"emergency_max_s": seconds(1), "delta_max": whole(1, COUNT_MAX),
          "tested_within_s": seconds(), "contact_called": flag,
          "notice_before_end_s": seconds(), "operator_block_s": seconds(1),
          "operator_lift_s": seconds(1), "operator_again_s": seconds(60), "operator_by": BY,
          "addresses": shape({"categories": a_list(1, 64, code)},
                             {"prefix4": whole(20, 32), "prefix6": whole(40, 128)})})},
    {"test": flag, "valid_from": instant, "valid_until": instant,
     "calendars": a_list(1, 4, CALENDAR),
     "pause": shape({"max_s": seconds(1)}, {"clarify": flag, "impossible": flag}),
     "fields": a_list(1, 32, shape(
         {"code": code, "name": NAMES, "on": one_of("notice", "item")},
         {"required": flag, "words": a_list(1, 16, code)})),
     "inform_s": seconds(), "lapse_s": seconds(1), "scrutiny_s": seconds(),
     "channel": shape({}, {"test_every_s": seconds(60), "ack_within_s": seconds(1)}),
     "objection": shape({}, {"answer_s": seconds(1), "rule_s": seconds(1)}),
     "decide": shape({}, {"confirm_above": whole(0, 200_000), "hold_s": seconds()}),
     "retention": shape({}, {n: seconds() for n in (
         "disclosures_s", "evidence_s", "objections_s", "contacts_s", "preserve_s")}),
     "statistics": shape({"month": whole(1, 12), "day": whole(1, 31)})})


def codes_apart(rows, key=lambda r: r["code"]):
    keys = [key(r) for r in rows]
    need(len(set(keys)) == len(keys), "a code is there twice")
    return keys


def check_calendar(c):
    need(("offset_s" in c) != ("offsets" in c), "one of offset_s and offsets")
    froms = [instant(o["from"]) for o in c.get("offsets", ())]
    need(all((b - a).total_seconds() >= DAY_S for a, b in zip(froms, froms[1:])),
         "offsets are less than a day apart")
    end = -1
    for h in c["week"]:
        low, high = (DAYS.index(h["day"]) * 1440 + hour(h[k]) for k in ("from", "to"))
        need(end <= low < high, "the week does not ascend")
        end = high
    works = {DAYS.index(h["day"]) for h in c["week"]}
    holidays = dates(c.get("holidays", []))
    for day in holidays:
        later = (day + datetime.timedelta(n) for n in range(HORIZON_DAYS + 1))
        need(any(d.weekday() in works and d not in set(holidays) for d in later),
             "no work in a month")


def check_classes(doc):
    calendars = {c["code"]: c for c in doc.get("calendars", ())}
    codes_apart(doc.get("calendars", ()))
    for c in calendars.values():
        check_calendar(c)
    need("normal" in codes_apart(doc["classes"]), "no class normal")
    for c in doc["classes"]:
        need(c.get("calendar") is None or c["calendar"] in calendars, "no such calendar")
        by = "days" if "decide_days" in c else "s"
        need(c[f"decide_{by}"] >= c[f"accept_{by}"], "a decision before the acceptance")
        need(by == "s" or "calendar" in c, "days without a calendar")
        if by == "s" and "calendar" in c:
            work = 60 * sum(hour(h["to"]) - hour(h["from"])
                            for h in calendars[c["calendar"]]["week"])
            need(c["decide_s"] // work <= DURATION_MAX // (7 * DAY_S), "more than ten years")


def check_rest(doc):
    classes = {c["code"] for c in doc["classes"]}
    categories = codes_apart(doc["categories"])
    need(all(c["class"] in classes for c in doc["categories"]), "no such class")
    levels = [s.get("level") for s in doc["ladder"]]
    warned = [n for n in levels if n is not None]
    need(warned == list(range(1, len(warned) + 1))
         and levels == [None] * (len(levels) - len(warned)) + warned,
         "the ladder is not reminders, then warnings 1, 2, 3")
    order = doc["order"]
    need(order["ladder_steps"] <= len(levels), "more steps than the ladder has")
    need(all(c in categories for c in order.get("addresses", {}).get("categories", ())),
         "no such category")
    need("valid_until" not in doc or "valid_from" not in doc
         or instant(doc["valid_from"]) < instant(doc["valid_until"]), "ends before it starts")
    codes_apart(doc.get("fields", ()), lambda f: (f["code"], f["on"]))
    need(all(f["on"] == "notice" or f["code"] in COLUMNS for f in doc.get("fields", ())),
         "no such column")
    objection = doc.get("objection", {})
    need(objection.get("rule_s", 14 * DAY_S) >= objection.get("answer_s", 7 * DAY_S),
         "a ruling before the answer")
    retention = doc.get("retention", {})
    need(retention.get("evidence_s", 0) == 0
         or retention["evidence_s"] >= retention.get("preserve_s", 0),
         "evidence goes before it may")
    if "statistics" in doc:
        month = doc["statistics"]["month"]
        need(doc["statistics"]["day"] <= (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
             [month - 1], "no such day")


def read(raw):
    """The document; Bad when it is none."""
    def pairs(items):
        need(len(dict(items)) == len(items), "a name stands twice")
        return dict(items)

    def refuse(word):
        raise Bad(f"{word} is no JSON")
    need(len(raw) <= FILE_MAX, "too large")
    try:
        doc = json.loads(raw.decode("utf-8"), object_pairs_hook=pairs, parse_constant=refuse)
    except (ValueError, RecursionError) as e:
        raise Bad(f"no JSON: {e}") from None
    POLICY(doc)
    check_classes(doc)
    check_rest(doc)
    return doc
