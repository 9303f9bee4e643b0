"""A folder of any depth, or one picture."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from train.data.pixels import RefusedError
from train.data.prepared import IMAGES, MANIFEST
from train.data.sources.listing import Listing, Load, check_size, fingerprint, is_image


class Folder:
    """A folder of any depth and organisation; its order is that of the sorted names.

    Hidden files and folders and prepared folders are passed over. Linked files are read, linked folders not entered.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.title = path.resolve().name

    def listing(self) -> Listing:
        """List the folder; names that differ in size or time give another fingerprint."""
        unreadable: dict[str, str] = {}
        entries = sorted(self._walk(unreadable))
        images = [entry for entry in entries if is_image(entry[0])]
        names = tuple(name for name, _ in images)
        return Listing(names, len(entries) - len(images), fingerprint(images), unreadable)

    def stream(self, names: Sequence[str]) -> Iterator[tuple[str, Load]]:
        """Each file, read by its call."""
        return ((name, partial(self.read, name)) for name in names)

    def read(self, name: str) -> bytes:
        """The bytes of one file; ``RefusedError`` for what is no plain file or too large, else the system's error."""
        return _read(self.path / name)

    def _walk(self, unreadable: dict[str, str]) -> Iterator[tuple[str, str]]:
        def note(error: OSError) -> None:
            where = Path(error.filename).relative_to(self.path).as_posix()
            unreadable[f"{where}/"] = error.strerror or "cannot be listed"

        top = os.fspath(self.path)
        for folder, folders, files in os.walk(top, onerror=note):
            if folder != top and {IMAGES, MANIFEST} <= set(files):
                folders.clear()  # a prepared folder, perhaps the output of this very source
                continue
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            prefix = "" if folder == top else Path(folder).relative_to(top).as_posix() + "/"
            for file in files:
                try:
                    status = os.stat(os.path.join(folder, file))  # noqa: PTH116, PTH118 - a third of the time that Path takes
                    stamp = f"{status.st_size}:{status.st_mtime_ns}"
                except OSError:
                    stamp = "unreadable"
                yield prefix + file, stamp


class OneFile:
    """One picture."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.title = path.resolve().name

    def listing(self) -> Listing:
        """The file under its own name."""
        status = self.path.stat()
        stamp = f"{status.st_size}:{status.st_mtime_ns}"
        return Listing((self.path.name,), 0, fingerprint([(self.path.name, stamp)]), {})

    def stream(self, names: Sequence[str]) -> Iterator[tuple[str, Load]]:
        """The file."""
        return ((name, partial(_read, self.path)) for name in names)


def _read(path: Path) -> bytes:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever
        raise RefusedError("not a plain file")
    check_size(status.st_size)
    return path.read_bytes()
