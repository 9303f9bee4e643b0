"""Where images come from: a folder of any depth or a zip archive, read in place, always in the same order."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from tui_vae.errors import UserError

IMAGE_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        *("png", "jpg", "jpeg", "jfif", "webp", "gif", "bmp", "tif", "tiff", "avif"),
        *("jp2", "ppm", "pgm", "pbm", "pnm", "tga", "ico", "qoi"),
    )
)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source holds: image ``names`` (slash-separated, sorted), the count of ``others``, a ``fingerprint``."""

    names: tuple[str, ...]
    others: int
    fingerprint: str


class Source:
    """Images by name, out of a folder or a zip archive.

    Raises:
        UserError: the path is neither, or the archive is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip: zipfile.ZipFile | None = None
        if path.is_dir():
            return
        if not path.is_file():
            raise UserError(f"{path}: no such folder or archive")
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError) as error:
            raise UserError(f"{path}: neither a folder nor a readable .zip archive ({error})") from error

    def listing(self) -> Listing:
        """List the source; names that differ in bytes or size or time give another fingerprint."""
        entries = sorted(self._walk_zip() if self._zip else self._walk_folder())
        images = [(name, stamp) for name, stamp in entries if PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES]
        digest = hashlib.sha256("\n".join(f"{name}\t{stamp}" for name, stamp in images).encode("utf-8", "replace"))
        return Listing(tuple(name for name, _ in images), len(entries) - len(images), digest.hexdigest()[:16])

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Open one image for reading."""
        with self._zip.open(name) if self._zip else (self.path / name).open("rb") as stream:
            yield stream

    def _walk_zip(self) -> Iterator[tuple[str, str]]:
        assert self._zip is not None
        for item in self._zip.infolist():
            if not item.is_dir():
                yield item.filename, f"{item.file_size}:{item.CRC:08x}"

    def _walk_folder(self) -> Iterator[tuple[str, str]]:
        for folder, folders, files in os.walk(self.path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for file in files:
                path = Path(folder, file)
                try:
                    status = path.stat()
                    stamp = f"{status.st_size}:{status.st_mtime_ns}"
                except OSError:
                    stamp = "unreadable"
                yield path.relative_to(self.path).as_posix(), stamp
