# SPDX-License-Identifier: Apache-2.0
"""A receiver of webhooks that can be down, slow, sick, picky, or hang up in the middle."""

from __future__ import annotations

import http.server
import json
import socketserver
import threading
import time
from typing import Any, Callable

# What to answer to a request: a status, or 0 to hang up without an answer.
Answer = Callable[[list[dict[str, Any]]], int]


class Receiver:
    """Takes alerts at http://127.0.0.1:PORT/; a context manager. What it accepted is in `accepted`, in order."""

    def __init__(self, answer: Answer = lambda alerts: 200, port: int = 0) -> None:
        self.answer = answer
        self.accepted: list[dict[str, Any]] = []
        self.requests: list[int] = []                   # how many alerts were in each
        self.headers: list[dict[str, str]] = []
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.receiver = self
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/alerts"

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def uuids(self) -> list[str]:
        """Of what was accepted, each once, in the order in which they came first."""
        return list(dict.fromkeys(alert["uuid"] for alert in self.accepted))

    def wait(self, count: int, seconds: float = 15) -> None:
        """Until so many different alerts were accepted, or time is up."""
        deadline = time.monotonic() + seconds
        while len(self.uuids()) < count and time.monotonic() < deadline:
            time.sleep(0.02)


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    receiver: Receiver

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients are killed here: that is no news."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1                                       # an answer in one packet: two wait 40 ms for each other
    server: _Server

    def do_POST(self) -> None:
        receiver = self.server.receiver
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        alerts = body if isinstance(body, list) else [body]
        receiver.requests.append(len(alerts))
        receiver.headers.append(dict(self.headers))
        status = receiver.answer(alerts)
        if not status:
            self.close_connection = True
            return
        if 200 <= status < 300:
            receiver.accepted += alerts
        try:
            self.send_response(status)
            self.send_header("Content-Length", "3")
            self.end_headers()
            self.wfile.write(b"ok\n")
            self.wfile.flush()
        except ConnectionError:                         # who asked is gone
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass
