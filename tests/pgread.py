"""A PostgreSQL database, read past the program: libpq by ctypes, as Python's own drivers are no part
of a machine that builds this."""
import ctypes
import re

INT, BYTES = (20, 21, 23, 1700), 17  # types, as pg_type.dat has them
TUPLES = 2                           # PGRES_TUPLES_OK


class Failure(Exception):
    """The server's sentence."""


def library():
    pq = ctypes.CDLL("libpq.so.5")
    pq.PQconnectdb.restype = pq.PQexecParams.restype = ctypes.c_void_p
    pq.PQerrorMessage.restype = pq.PQgetvalue.restype = ctypes.c_char_p
    for name in ("PQstatus", "PQerrorMessage", "PQfinish", "PQresultStatus", "PQntuples",
                 "PQnfields", "PQclear"):
        getattr(pq, name).argtypes = [ctypes.c_void_p]
    pq.PQftype.argtypes = [ctypes.c_void_p, ctypes.c_int]
    for name in ("PQgetvalue", "PQgetisnull"):
        getattr(pq, name).argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
    pq.PQexecParams.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p,
                                ctypes.POINTER(ctypes.c_char_p), ctypes.c_void_p,
                                ctypes.c_void_p, ctypes.c_int]
    return pq


class Database:
    """As a connection of sqlite3: execute(sql, values), with ? for each value."""

    def __init__(self, uri):
        self.pq = library()
        self.db = self.pq.PQconnectdb(uri.encode())
        if self.pq.PQstatus(self.db) != 0:
            said = self.pq.PQerrorMessage(self.db).decode()
            self.close()
            raise Failure(said)

    def close(self):
        if self.db is not None:
            self.pq.PQfinish(self.db)
        self.db = None

    def value(self, res, row, col):
        if self.pq.PQgetisnull(res, row, col):
            return None
        text = self.pq.PQgetvalue(res, row, col).decode()
        kind = self.pq.PQftype(res, col)
        return int(text) if kind in INT else \
            bytes.fromhex(text[2:]) if kind == BYTES else text

    def execute(self, sql, values=()):
        """Rows, as a cursor gives them."""
        count = iter(range(1, len(values) + 1))
        sql = re.sub(r"\?", lambda _: f"${next(count)}", sql)
        res = self.pq.PQexecParams(
            self.db, sql.encode(), len(values), None,
            (ctypes.c_char_p * len(values))(*(str(v).encode() for v in values)), None, None, 0)
        try:
            if self.pq.PQresultStatus(res) != TUPLES:
                raise Failure(self.pq.PQerrorMessage(self.db).decode())
            return Rows(tuple(self.value(res, row, col)
                              for col in range(self.pq.PQnfields(res)))
                        for row in range(self.pq.PQntuples(res)))
        finally:
            self.pq.PQclear(res)


class Rows:
    def __init__(self, rows):
        self.rows = list(rows)
        self.left = iter(self.rows)

    def __iter__(self):
        return self.left

    def fetchone(self):
        return next(self.left, None)
