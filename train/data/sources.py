"""Where images come from: a folder of any depth or a zip archive, read in place, always in the same order."""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from train.data.prepared import IMAGES, MANIFEST
from tui_vae.errors import UserError

IMAGE_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        *("png", "jpg", "jpeg", "jfif", "webp", "gif", "bmp", "tif", "tiff", "avif"),
        *("jp2", "ppm", "pgm", "pbm", "pnm", "tga", "ico", "qoi"),
    )
)


# No photo is larger; a damaged or hostile archive may claim to hold one that is.
MAX_FILE_BYTES = 2**30


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source holds: image ``names`` (slash-separated, sorted), the count of ``others``, a ``fingerprint``.

    ``unreadable`` maps folders that cannot be listed to the reason.
    """

    names: tuple[str, ...]
    others: int
    fingerprint: str
    unreadable: dict[str, str]


class Source:
    """Images by name, out of a folder or a zip archive; reading from several threads at once is safe.

    Hidden files and folders, prepared folders, and what macOS adds to archives are passed over. Linked files are read,
    linked folders are not entered.

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
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise UserError(f"{path}: neither a folder nor a readable .zip archive ({error})") from error

    def listing(self) -> Listing:
        """List the source; names that differ in bytes or size or time give another fingerprint."""
        unreadable: dict[str, str] = {}
        # A dictionary: an archive may hold one name twice, and is then read by the later one.
        entries = sorted(dict(self._walk_zip() if self._zip else self._walk_folder(unreadable)).items())
        images = [(name, stamp) for name, stamp in entries if _is_image(name)]
        digest = hashlib.sha256("\n".join(f"{name}\t{stamp}" for name, stamp in images).encode("utf-8", "replace"))
        names = tuple(name for name, _ in images)
        return Listing(names, len(entries) - len(images), digest.hexdigest()[:16], unreadable)

    def read(self, name: str) -> bytes:
        """The bytes of one image; ``ValueError`` for what is no plain file or too large, else the system's error."""
        if self._zip:
            _check_size(self._zip.getinfo(name).file_size)
            return self._zip.read(name)
        path = self.path / name
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever
            raise ValueError("not a plain file")
        _check_size(status.st_size)
        return path.read_bytes()

    def _walk_zip(self) -> Iterator[tuple[str, str]]:
        assert self._zip is not None
        for item in self._zip.infolist():
            if not item.is_dir():
                yield item.filename, f"{item.file_size}:{item.CRC:08x}"

    def _walk_folder(self, unreadable: dict[str, str]) -> Iterator[tuple[str, str]]:
        def note(error: OSError) -> None:
            where = Path(error.filename).relative_to(self.path).as_posix()
            unreadable[f"{where}/"] = error.strerror or "cannot be listed"

        for folder, folders, files in os.walk(self.path, onerror=note):
            if Path(folder) != self.path and {IMAGES, MANIFEST} <= set(files):
                folders.clear()  # a prepared folder, perhaps the output of this very source
                continue
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for file in files:
                path = Path(folder, file)
                try:
                    status = path.stat()
                    stamp = f"{status.st_size}:{status.st_mtime_ns}"
                except OSError:
                    stamp = "unreadable"
                yield path.relative_to(self.path).as_posix(), stamp


def _is_image(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return path.suffix.lower() in IMAGE_SUFFIXES and not hidden


def _check_size(size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise ValueError(f"{size:,} bytes; at most {MAX_FILE_BYTES:,} are read")
