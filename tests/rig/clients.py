# SPDX-License-Identifier: Apache-2.0
"""Clients of the test services, over plain sockets: no package to install, nothing that runs in the container.

A `*_probe` says whether the service serves, a `*_use` uses it and raises if an answer is wrong.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import struct
import time
from pathlib import Path
from typing import Any


class Wrong(AssertionError):
    """A service answered something else than it should."""


def expect(found: Any, wanted: Any, what: str) -> None:
    """Raise Wrong unless both are equal."""
    if found != wanted:
        raise Wrong(f"{what}: {found!r}, not {wanted!r}")


# -- HTTP

def _request(connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None,
             **headers: str) -> tuple[int, bytes]:
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    return response.status, response.read()


def nginx_probe() -> bool:
    """Answers at all."""
    connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=10)
    return _request(connection, "GET", "/")[0] == 200


def nginx_use() -> None:
    """A browser's visit: pages, a large file in pieces, errors, a form, a directory, on one connection and several."""
    kept = http.client.HTTPConnection("127.0.0.1", 80, timeout=30)
    for _ in range(5):
        status, body = _request(kept, "GET", "/")
        expect((status, len(body)), (200, 2600), "GET /")
    status, body = _request(kept, "GET", "/", None, **{"Accept-Encoding": "gzip"})
    expect((status, body[:2]), (200, b"\x1f\x8b"), "GET / compressed")
    expect(_request(kept, "HEAD", "/")[0], 200, "HEAD /")
    expect(_request(kept, "GET", "/nothing/here")[0], 404, "GET of nothing")
    expect(len(_request(kept, "GET", "/big.bin")[1]), 262144, "GET of a large file")
    status, body = _request(kept, "GET", "/big.bin", None, Range="bytes=1000-1999")
    expect((status, len(body)), (206, 1000), "GET of a range")
    expect(_request(kept, "POST", "/echo", b"a=1&b=2"), (200, b"echo\n"), "POST")
    expect(_request(kept, "POST", "/echo", b"x" * 200_000), (200, b"echo\n"), "POST of more than fits memory")
    expect(_request(kept, "GET", "/list/")[0], 200, "GET of a directory")
    expect(_request(kept, "GET", "/list")[0], 404, "GET of a directory without its slash")
    kept.close()
    for _ in range(5):
        once = http.client.HTTPConnection("127.0.0.1", 80, timeout=30)
        expect(_request(once, "GET", "/", None, Connection="close")[0], 200, "GET / once")
        once.close()
    with socket.create_connection(("127.0.0.1", 80), timeout=30) as raw:
        raw.sendall(b"nonsense\r\n\r\n")
        expect(raw.recv(100)[:12], b"HTTP/1.1 400", "nonsense")


def python_probe() -> bool:
    """Answers at all."""
    connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=10)
    return _request(connection, "HEAD", "/")[0] == 200


def python_use() -> None:
    """Files, a listing, an error, a method it does not know."""
    for method, path, wanted in (("GET", "/common-licenses/GPL-3", 200), ("GET", "/", 200), ("GET", "/nothing", 404),
                                 ("POST", "/", 501), ("HEAD", "/base-files/", 200)):
        connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=30)
        expect(_request(connection, method, path)[0], wanted, f"{method} {path}")
        connection.close()


# -- redis

class Redis:
    """A connection that speaks the protocol's version 2."""

    def __init__(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", 6379), timeout=60)
        self._file = self._socket.makefile("rb")

    def __call__(self, *words: str) -> Any:
        """Send a command; its answer: str, int, list, None, or RuntimeError if it is an error."""
        parts = [f"*{len(words)}\r\n".encode()]
        for word in words:
            data = word.encode()
            parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
        self._socket.sendall(b"".join(parts))
        return self._answer()

    def _answer(self) -> Any:
        line = self._file.readline().rstrip(b"\r\n").decode()
        if not line:
            raise EOFError("redis closed the connection")
        kind, rest = line[0], line[1:]
        if kind == "-":
            raise RuntimeError(rest)
        if kind == ":":
            return int(rest)
        if kind == "$":
            return None if rest == "-1" else self._file.read(int(rest) + 2)[:-2].decode()
        if kind == "*":
            return [self._answer() for _ in range(int(rest))]
        return rest


def redis_probe() -> bool:
    """Answers, and has loaded its data."""
    return bool(Redis()("PING") == "PONG")


def redis_use() -> None:
    """Keys, lists, sets, expiry, a transaction, a script, a subscription, several connections."""
    redis = Redis()
    redis("FLUSHALL")
    for i in range(200):
        redis("SET", f"key:{i}", "v" * i)
    expect(redis("GET", "key:7"), "v" * 7, "GET")
    expect(redis("GET", "none"), None, "GET of nothing")
    redis("RPUSH", "list", "a", "b", "c")
    expect(redis("LRANGE", "list", "0", "-1"), ["a", "b", "c"], "LRANGE")
    redis("ZADD", "scores", "1", "one", "2", "two")
    expect(redis("ZRANGE", "scores", "0", "-1"), ["one", "two"], "ZRANGE")
    redis("SET", "soon", "gone", "PX", "20")
    expect(redis("EVAL", "return redis.call('GET', KEYS[1]) .. ARGV[1]", "1", "key:2", "!"), "vv!", "EVAL")
    redis("MULTI")
    redis("INCR", "counter")
    expect(redis("EXEC"), [1], "EXEC")
    listener, speaker = Redis(), Redis()
    listener("SUBSCRIBE", "news")
    expect(speaker("PUBLISH", "news", "hello"), 1, "PUBLISH")
    time.sleep(0.05)
    expect(redis("GET", "soon"), None, "GET of what has expired")
    expect("redis_version" in redis("INFO"), True, "INFO")


def redis_rare() -> None:
    """A background save and a rewrite of the log, each in a fork; a large delete on another thread; and questions."""
    redis = Redis()
    redis("RPUSH", "large", *(str(i) for i in range(10_000)))
    redis("BGSAVE")
    _until(redis, "rdb_bgsave_in_progress:0", "rdb_last_bgsave_status:ok")
    redis("BGREWRITEAOF")
    _until(redis, "aof_rewrite_in_progress:0", "aof_last_bgrewrite_status:ok")
    redis("UNLINK", "large")
    redis("SAVE")
    redis("CONFIG", "SET", "maxmemory", "64mb")
    redis("SLOWLOG", "GET")
    redis("MEMORY", "DOCTOR")
    redis("CLIENT", "LIST")


def _until(redis: Redis, *facts: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        lines = redis("INFO", "persistence").splitlines()
        # A rewrite may only be scheduled at first.
        if all(fact in lines for fact in (*facts, "aof_rewrite_scheduled:0")):
            return
        if time.monotonic() > deadline:
            raise Wrong(f"redis: never {', '.join(facts)}")
        time.sleep(0.05)


# -- postgresql

class Postgres:
    """A connection that speaks the simple query protocol, as a user who is trusted."""

    def __init__(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", 5432), timeout=60)
        self._file = self._socket.makefile("rb")
        parameters = b"user\0postgres\0database\0postgres\0\0"
        self._socket.sendall(struct.pack("!II", 8 + len(parameters), 196608) + parameters)
        self._until_ready()

    def __call__(self, query: str) -> list[list[str | None]]:
        """Run a query; its rows."""
        text = query.encode() + b"\0"
        self._socket.sendall(b"Q" + struct.pack("!I", 4 + len(text)) + text)
        return self._until_ready()

    def _until_ready(self) -> list[list[str | None]]:
        rows: list[list[str | None]] = []
        error = ""
        while True:
            head = self._file.read(5)
            if len(head) < 5:
                raise EOFError(f"postgresql closed the connection {error}")
            kind, size = head[:1], struct.unpack("!I", head[1:])[0]
            body = self._file.read(size - 4)
            if kind == b"D":
                rows.append(_row(body))
            elif kind == b"E":
                error = " ".join(field[1:].decode() for field in body.split(b"\0") if field[:1] in (b"C", b"M"))
                if error.startswith("57P"):     # starting up, shutting down
                    raise EOFError(error)
            elif kind == b"Z":
                if error:
                    raise RuntimeError(error)
                return rows


def _row(body: bytes) -> list[str | None]:
    count, at, values = struct.unpack_from("!H", body)[0], 2, []
    for _ in range(count):
        size = struct.unpack_from("!i", body, at)[0]
        at += 4
        values.append(None if size < 0 else body[at:at + size].decode())
        at += max(size, 0)
    return values


def postgres_probe() -> bool:
    """Accepts connections."""
    return Postgres()("SELECT 1") == [["1"]]


def postgres_use() -> None:
    """Tables, an index, a join, a sort that spills to disk, a transaction that fails, a second connection."""
    db = Postgres()
    db("DROP TABLE IF EXISTS item; CREATE TABLE item (id serial PRIMARY KEY, name text, price numeric)")
    db("INSERT INTO item (name, price) SELECT 'item ' || i, i * 1.5 FROM generate_series(1, 2000) i")
    db("CREATE INDEX ON item (name)")
    expect(db("SELECT count(*) FROM item WHERE price > 1500"), [["1000"]], "SELECT")
    expect(db("SELECT a.name FROM item a JOIN item b ON a.id = b.id + 1 WHERE b.id = 41"), [["item 42"]], "JOIN")
    db("SET work_mem = '64kB'")
    expect(db("SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY md5(name)) n FROM item) t"), [["2000"]], "sort")
    try:
        db("BEGIN; INSERT INTO item VALUES (1)")
        raise Wrong("a duplicate key was accepted")
    except RuntimeError:
        db("ROLLBACK")
    other = Postgres()
    other("UPDATE item SET price = 0 WHERE id = 7; DELETE FROM item WHERE id = 8")
    expect(db("SELECT price FROM item WHERE id = 7"), [["0"]], "UPDATE seen by another")


def postgres_rare() -> None:
    """What maintenance does: vacuum, checkpoint, a new log file, a table on its own, a copy in and out."""
    db = Postgres()
    db("VACUUM FULL item")
    db("VACUUM ANALYZE item")
    db("CHECKPOINT")
    db("SELECT pg_switch_wal()")
    db("REINDEX TABLE item")
    db("SELECT pg_reload_conf()")
    db("CREATE DATABASE another")
    db("DROP DATABASE another")
    db("COPY item TO '/tmp/item.copy'")
    db("CREATE TEMP TABLE again (LIKE item); COPY again FROM '/tmp/item.copy'")
    db("SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; "
       "SET min_parallel_table_scan_size = 0; SELECT count(*) FROM item WHERE name LIKE '%9%'")


def postgres_dying_backend(server: str) -> int:
    """Kill the process that serves a connection of ours; its id on this system."""
    db = Postgres()
    inside = db("SELECT pg_backend_pid()")[0][0]
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = dict(line.split(":\t", 1) for line in (entry / "status").read_text().splitlines() if ":\t" in line)
        except OSError:
            continue
        if fields["PPid"] == server and fields["NSpid"].split()[-1] == inside:
            os.kill(int(entry.name), signal.SIGKILL)
            return int(entry.name)
    raise Wrong(f"no process of the server is {inside} inside")
