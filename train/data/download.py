"""Fetch one file from the web: resumed where it was broken off, checked, and under its name only once it is whole."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import shutil
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any
from urllib import error as errors
from urllib import request as requests

from tui_vae.errors import UserError
from tui_vae.progress import Progress

SCHEMES = ("https", "http", "file")
CHUNK_BYTES = 2**18
TIMEOUT_SECONDS = 30.0
WAITS_SECONDS = (1.0, 2.0, 4.0, 8.0)
PASSING_STATUSES = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Remote:
    """What a server said of a file: enough to tell whether a part that is here is still of the same one."""

    url: str
    length: int | None
    etag: str | None
    modified: str | None

    @property
    def validator(self) -> str | None:
        """For ``If-Range``: the entity tag unless it is a weak one (RFC 9110, 13.1.5), else the date."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified

    def continues(self, known: Remote) -> bool:
        """Whether a part of ``known`` is a part of this file too: nothing that both say differs."""
        said = ((self.length, known.length), (self.etag, known.etag), (self.modified, known.modified))
        return self.url == known.url and all(None in pair or pair[0] == pair[1] for pair in said)


class NotThereError(UserError):
    """The server is there, the file is not."""


class MismatchError(UserError):
    """What was fetched is not of the checksum or length that was expected."""


class _BrokenError(Exception):
    """A connection that failed in a way that another one may not."""


class _ChangedError(_BrokenError):
    """The file there is not the one of which a part is here."""

    def __init__(self) -> None:
        super().__init__("the file there is another one than the part that is here; starting over")


def fetch(
    url: str,
    path: Path,
    checksum: str | None = None,
    length: int | None = None,
    waits: Sequence[float] = WAITS_SECONDS,
) -> Path:
    """Bring ``url`` to ``path``, unless it is there already; either way the file is checked.

    ``checksum`` is an MD5 or SHA-256 in hexadecimal digits (told apart by their number), ``length`` is in bytes. What
    arrives goes to ``path`` + ``.part``; a broken transfer is taken up again by an HTTP range request, by this call
    after each of ``waits`` (seconds), which start over whenever more has arrived, and by the next call. Where the
    server ignores the range, or its file is another by now, the transfer starts from the first byte.

    Raises:
        UserError: no https, http or file address; cannot be had (``NotThereError`` where the server has no such file);
            not of that checksum or length (``MismatchError``); no room for it.
    """
    if url.partition(":")[0].lower() not in SCHEMES:
        raise UserError(f"{_shown(url)}: not an address to fetch from; {', '.join(SCHEMES)} are supported")
    if checksum is not None:
        algorithm_of(checksum)
    part, notes = path.with_name(f"{path.name}.part"), path.with_name(f"{path.name}.part.json")
    try:
        if path.is_file():
            if wrong := _fault(path, checksum, length):
                raise UserError(f"{path}: {wrong}; remove it to fetch it again")
            return path
        if path.is_dir():
            raise UserError(f"{path}: is a folder; the file that is fetched would stand there")
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(part) as file:
            transfer = _Transfer(url, path, file, notes, length)
            resumed = transfer.receive(waits)
            wrong = _fault(part, checksum, length)
            if wrong and resumed:
                print(f"{path.name}: resumed, but {wrong}; starting over", flush=True)
                transfer.forget()
                transfer.receive(waits)
                wrong = _fault(part, checksum, length)
            if wrong:
                transfer.forget()
                raise MismatchError(f"{_shown(url)}: {wrong}; it is damaged, or another file")
        part.replace(path)
        notes.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from error
    return path


def algorithm_of(checksum: str) -> str:
    """``md5`` or ``sha256``, by the number of hexadecimal digits.

    Raises:
        UserError: it is neither.
    """
    known = {32: "md5", 64: "sha256"}
    if len(checksum) not in known or not re.fullmatch("[0-9a-fA-F]+", checksum):
        raise UserError(f"{_shown(checksum)}: a checksum is 32 (MD5) or 64 (SHA-256) hexadecimal digits")
    return known[len(checksum)]


@dataclass(frozen=True, slots=True)
class _Transfer:
    """One file on its way: ``file`` is open for appending, ``notes`` says of which remote file it is a part."""

    url: str
    path: Path
    file: IO[bytes]
    notes: Path
    length: int | None

    def receive(self, waits: Sequence[float]) -> bool:
        """Connect until all is here -> whether it came in pieces; ``waits`` (seconds) are between the tries."""
        resumed = False
        longest, tries = self._size(), 0
        while True:
            try:
                resumed = resumed or self._size() > 0
                self._connect()
                return resumed
            except _BrokenError as broken:
                if isinstance(broken, _ChangedError):
                    self.forget()
                if self._size() > longest:
                    longest, tries = self._size(), 0
                if tries == len(waits):
                    kept = "; what has arrived is kept, the same command goes on from there" if self._size() else ""
                    raise UserError(
                        f"{_shown(self.url)}: cannot be fetched: {broken}; check the network and the address{kept}"
                    ) from broken
                print(f"{self.path.name}: {broken}; trying again in {waits[tries]:g} s", flush=True)
                time.sleep(waits[tries])
                tries += 1

    def forget(self) -> None:
        """Drop what is here, for a start from the first byte."""
        self.file.truncate(0)
        self.notes.unlink(missing_ok=True)

    def _connect(self) -> None:
        """One connection: append what is missing, or write it from the first byte where the server gives no range."""
        known = self._known()
        if known is None:
            self.forget()
        elif known.length == self._size():
            return
        start = self._size()
        headers = {"User-Agent": "tui-vae", "Accept-Encoding": "identity"}
        if known and start:
            headers["Range"] = f"bytes={start}-"
            if known.validator:
                headers["If-Range"] = known.validator
        with _open(self.url, headers) as response:
            remote, first = _described(self.url, response)
            if self.length is not None and remote.length not in (None, self.length):
                raise MismatchError(f"{_shown(self.url)}: has {remote.length:,} bytes there, expected {self.length:,}")
            if first is None:
                self.forget()
            elif first != start or not known or not remote.continues(known):
                raise _ChangedError
            self.notes.write_text(json.dumps(asdict(remote)), encoding="ascii")
            self._append(response, remote)

    def _append(self, response: Any, remote: Remote) -> None:
        missing = (remote.length or 0) - self._size()
        free = shutil.disk_usage(self.path.parent).free
        if missing > free:
            raise UserError(f"{self.path}: needs {missing / 1e6:,.1f} MB more, but {free / 1e6:,.1f} MB are free there")
        done = self._size()
        with Progress("kB", (remote.length or 0) // 1000, done // 1000) as progress:
            while chunk := _read(response):
                self.file.write(chunk)
                progress.advance((done + len(chunk)) // 1000 - done // 1000, self.path.name)
                done += len(chunk)
        self.file.flush()
        # The library takes an early end of the body for its end.
        if remote.length is not None and done < remote.length:
            raise _BrokenError(f"the connection was dropped after {done:,} of {remote.length:,} bytes")

    def _size(self) -> int:
        self.file.flush()
        return os.fstat(self.file.fileno()).st_size

    def _known(self) -> Remote | None:
        """Of which remote file the part that is here is; None where that is not known."""
        try:
            known = Remote(**json.loads(self.notes.read_text(encoding="ascii")))
        except (OSError, ValueError, TypeError):
            return None
        return known if known.url == self.url and (known.validator or known.length) else None


@contextmanager
def _alone(part: Path) -> Iterator[IO[bytes]]:
    """``part`` open for appending by this process only (where the system has locks); gone if it fails while empty."""
    with part.open("ab") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (ImportError, OSError) as error:
            if isinstance(error, BlockingIOError):
                raise UserError(f"{part}: another process is fetching it at this moment; wait for that one") from None
        try:
            yield file
        except BaseException:
            file.flush()
            if not os.fstat(file.fileno()).st_size:
                part.unlink(missing_ok=True)
                part.with_name(f"{part.name}.json").unlink(missing_ok=True)
            raise


def _open(address: str, headers: dict[str, str]) -> Any:
    """The server's answer, redirects followed."""
    url = _shown(address)
    opener = requests.OpenerDirector()  # the usual one would follow a redirect to ftp
    for handler in (
        *(requests.ProxyHandler, requests.UnknownHandler, requests.HTTPHandler, requests.HTTPSHandler),
        *(requests.FileHandler, requests.HTTPDefaultErrorHandler, requests.HTTPRedirectHandler),
        requests.HTTPErrorProcessor,
    ):
        opener.add_handler(handler())
    try:
        return opener.open(requests.Request(address, headers=headers), timeout=TIMEOUT_SECONDS)
    except errors.HTTPError as error:
        error.close()
        said = _shown(f"HTTP {error.code} {' '.join(str(error.reason).split())}")
        if error.code in PASSING_STATUSES:
            raise _BrokenError(said) from error
        if error.code == 416:  # the range starts behind the end: a shorter file than the one that was begun
            raise _ChangedError from error
        kind = NotThereError if error.code in (404, 410) else UserError
        raise kind(f"{url}: {said}; check the address") from error
    except errors.URLError as error:
        reason = error.reason
        words = (getattr(reason, "strerror", None) or str(reason)).strip()
        lasting = not isinstance(reason, OSError) or isinstance(reason, ssl.SSLCertVerificationError)
        if lasting or address.lower().startswith("file:"):
            kind = NotThereError if isinstance(reason, FileNotFoundError) else UserError
            raise kind(f"{url}: cannot be fetched: {words}") from error
        raise _BrokenError(words) from error
    except (http.client.InvalidURL, ValueError) as error:
        raise UserError(f"{url}: not an address to fetch from: {error}") from error
    except (http.client.HTTPException, OSError) as error:
        raise _BrokenError(str(error) or type(error).__name__) from error


def _read(response: Any) -> bytes:
    try:
        return bytes(response.read(CHUNK_BYTES))
    except (http.client.HTTPException, OSError) as error:
        raise _BrokenError(f"the connection was dropped ({error or type(error).__name__})") from error


def _described(url: str, response: Any) -> tuple[Remote, int | None]:
    """What the answer says of the file, and at which of its bytes the body starts; None: it is the whole file."""
    headers = response.headers
    first, total = None, headers.get("Content-Length", "")
    if response.status == 206:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", headers.get("Content-Range", "").strip())
        if not found:
            raise _ChangedError
        first, total = int(found[1]), found[2]
    length = int(total) if total.isdecimal() else None
    return Remote(url, length, headers.get("ETag"), headers.get("Last-Modified")), first


def _fault(path: Path, checksum: str | None, length: int | None) -> str | None:
    """What is wrong with the file at ``path``; None where nothing is known to be."""
    size = path.stat().st_size
    if length is not None and size != length:
        return f"has {size:,} bytes, expected {length:,}"
    if checksum is None:
        return None
    algorithm = algorithm_of(checksum)
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file, Progress("kB", size // 1000) as progress:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            progress.advance(len(chunk) // 1000, f"{path.name}: checksum")
    if digest.hexdigest() == checksum.lower():
        return None
    shown = algorithm.upper().replace("SHA", "SHA-")
    return f"its {shown} is {digest.hexdigest()}, expected {checksum.lower()}"


def _shown(text: str) -> str:
    """An address as a terminal may print it."""
    return text if text.isprintable() else ascii(text)
