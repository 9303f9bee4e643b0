"""A .tar archive, plain or compressed: no random access, so it is read from front to back."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import IO, Any

from train.data.pixels import RefusedError
from train.data.sources.listing import LEADS_OUT, Listing, Load, check_size, fingerprint, is_image, leads_out
from tui_vae.errors import UserError, one_line
from tui_vae.progress import Progress

# No name is longer; a hostile header may claim to be.
MAX_HEADER_BYTES = 2**20
_SKIPPED_BYTES = 2**18
_TRAILER_BYTES = 2**20
_DAMAGE = (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError, ValueError, OverflowError)
_Opener = Callable[[Any, Any], AbstractContextManager[Any]]
_OPENERS: dict[bytes, _Opener] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
    b"": lambda file, _: nullcontext(file),
}


def compression(head: bytes) -> _Opener | None:
    """What opens an archive that begins with ``head`` (512 bytes); None where that is the beginning of none."""
    for magic, opener in _OPENERS.items():
        if magic and head.startswith(magic):
            return opener
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return None
    return _OPENERS[b""]


class Tar:
    """A .tar archive; its order is the archive's own. Nothing is unpacked to disk, and one item at a time is in memory.

    It is gone through twice, to list and to read. Of two members of one name the later counts. Links, devices and
    sparse files are passed over, names that lead out of the archive refused; what lies behind damage is reported.

    Raises:
        UserError: it is no tar archive.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.title = path.resolve().name
        try:
            with path.open("rb") as stream:
                opener = compression(stream.read(512))
        except OSError as error:
            raise UserError(f"{path}: cannot read: {error.strerror}") from error
        if opener is None:
            raise UserError(f"{path}: no .tar archive, neither plain nor compressed by gzip, bzip2 or xz")
        self._opener = opener
        self._places: dict[str, int] = {}

    def listing(self) -> Listing:
        """Go through the headers; names that differ in size or time give another fingerprint."""
        files: dict[str, str] = {}
        others, unreadable = 0, dict[str, str]()
        size = self.path.stat().st_size >> 20
        try:
            with Progress("MB listed", size) as progress:
                for place, (member, archive) in enumerate(self._members()):
                    progress.advance(archive.megabytes() - progress.done)
                    name = _name(member)
                    if not is_image(name) or not _plain(member):
                        others += not member.isdir()
                    elif leads_out(name):
                        unreadable[name] = LEADS_OUT
                    else:
                        files.pop(name, None)  # the later one stands where it lies
                        files[name] = f"{member.size}:{member.mtime}:{member.chksum}"
                        self._places[name] = place
        except _DamagedError as error:
            if not files:
                raise UserError(f"{self.path}: no readable .tar archive: {error}") from error
            unreadable[f"{self.title} after {next(reversed(files))}"] = str(error)
        return Listing(tuple(files), others, fingerprint(files.items()), unreadable)

    def stream(self, names: Sequence[str]) -> Iterator[tuple[str, Load]]:
        """Each member, read from the archive when it is given out."""
        if not self._places:
            self.listing()
        wanted, why = dict.fromkeys(names), "not in the archive any more"
        try:
            for place, (member, archive) in enumerate(self._members()):
                name = _name(member)
                if name in wanted and self._places.get(name) == place:
                    load = _member(archive, member.size)
                    del wanted[name]
                    yield name, load
        except _DamagedError as error:
            why = str(error)
        for name in wanted:
            yield name, _refuse(why)

    def _members(self) -> Iterator[tuple[tarfile.TarInfo, _Forward]]:
        """Every member with the archive, which then stands at its data."""
        try:
            with self.path.open("rb") as file, self._opener(file, "rb") as raw:
                archive = _Forward(raw, file)
                with closing(tarfile.TarFile(fileobj=archive)) as tar:  # type: ignore[arg-type]
                    while (member := tar.next()) is not None:
                        tar.members.clear()  # type: ignore[attr-defined]  # it keeps every header otherwise
                        yield member, archive
                if archive.last != bytes(tarfile.BLOCKSIZE):
                    raise _DamagedError("the archive ends without an end mark; is it cut?")
                raw.read(_TRAILER_BYTES)  # to where a compressed file holds its checksum
        except _DAMAGE as error:
            raise _damaged(error) from error


class _DamagedError(Exception):
    """The rest of an archive cannot be read."""


def _damaged(error: Exception) -> _DamagedError:
    if isinstance(error, EOFError):
        return _DamagedError("the archive is cut here")
    return _DamagedError(f"the archive is damaged here: {one_line(error)}")


class _Forward:
    """A file that is only read on, as much as tarfile wants of one; headers of absurd size are refused."""

    def __init__(self, stream: IO[bytes], file: IO[bytes]) -> None:
        self._stream, self._file = stream, file
        self._place = 0
        self.last = b""

    def megabytes(self) -> int:
        """How much of the file on disk was read."""
        return self._file.tell() >> 20

    def tell(self) -> int:
        return self._place

    def seek(self, place: int) -> int:
        if place < self._place:
            raise ValueError("a header points back")
        while left := place - self._place:
            if not self.take(min(left, _SKIPPED_BYTES)):
                raise EOFError
        return place

    def read(self, size: int) -> bytes:
        if size > MAX_HEADER_BYTES:
            raise ValueError(f"a header of {size:,} bytes")
        self.last = self.take(size)
        return self.last

    def take(self, size: int) -> bytes:
        """At most ``size`` bytes, fewer at the end only."""
        data = self._stream.read(size)
        self._place += len(data)
        return data


def _name(member: tarfile.TarInfo) -> str:
    return member.name.removeprefix("./")


def _plain(member: tarfile.TarInfo) -> bool:
    return member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse()


def _member(archive: _Forward, size: int) -> Load:
    try:
        check_size(size)
    except RefusedError as error:
        return _refuse(str(error))
    try:
        data = archive.take(size)
    except _DAMAGE as error:
        raise _damaged(error) from error
    return _refuse("the archive ends within it; is it cut?") if len(data) < size else lambda: data


def _refuse(why: str) -> Load:
    def load() -> bytes:
        raise RefusedError(why)

    return load
