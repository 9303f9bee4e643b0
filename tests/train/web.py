"""A web server in a thread whose files, faults and record of requests a test sets."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """``files`` by path; ``drops``: after how many bytes of body each next answer is cut off (None: never)."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    etag: str | None = '"one"'
    modified: str | None = None
    ranges: bool = True
    if_range: bool = True
    says_length: bool = True
    drops: list[int | None] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    redirects: dict[str, str] = field(default_factory=dict)
    seen: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    """Requests so far: path, ``Range``, ``If-Range``."""


@contextmanager
def serving(files: dict[str, bytes]) -> Iterator[Site]:
    """The server, until the block ends."""
    site = Site(files=files)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted, condition = self.headers.get("Range"), self.headers.get("If-Range")
            site.seen.append((self.path, wanted, condition))
            if site.statuses:
                self.send_error(site.statuses.pop(0))
                return
            if self.path in site.redirects:
                self.send_response(302)
                self.send_header("Location", site.redirects[self.path])
                self.end_headers()
                return
            if self.path not in site.files:
                self.send_error(404)
                return
            body = site.files[self.path]
            total = len(body)
            found = re.fullmatch(r"bytes=(\d+)-", wanted or "")
            same = not site.if_range or condition in (None, site.etag, site.modified)
            if found and site.ranges and same:
                first = int(found[1])
                if first >= total:
                    self.send_error(416)
                    return
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {first}-{total - 1}/{total}")
                body = body[first:]
            else:
                self.send_response(200)
            if site.says_length:
                self.send_header("Content-Length", str(len(body)))
            for name, value in (("ETag", site.etag), ("Last-Modified", site.modified)):
                if value:
                    self.send_header(name, value)
            self.end_headers()
            cut = site.drops.pop(0) if site.drops else None
            with suppress(ConnectionError):  # the client may have had enough
                self.wfile.write(body[:cut])

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
