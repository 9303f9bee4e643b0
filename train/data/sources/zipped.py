"""A .zip archive, read in place."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from train.data.sources.listing import LEADS_OUT, Listing, Load, check_size, fingerprint, is_image, leads_out
from tui_vae.errors import UserError


class Zip:
    """A .zip archive; its order is that of the sorted names. Nothing is unpacked to disk.

    Of two entries of one name the later counts. Links are passed over, names that lead out of the archive refused.

    Raises:
        UserError: the archive's directory cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.title = path.resolve().name
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise UserError(f"{path}: neither a folder nor a readable .zip archive ({error})") from error

    def listing(self) -> Listing:
        """List the archive's directory; names that differ in size or checksum give another fingerprint."""
        files = {item.filename: item for item in self._zip.infolist() if not item.is_dir()}
        wanted = [
            name for name in sorted(files) if is_image(name) and not stat.S_ISLNK(files[name].external_attr >> 16)
        ]
        unreadable = {name: LEADS_OUT for name in wanted if leads_out(name)}
        names = tuple(name for name in wanted if name not in unreadable)
        stamps = ((name, f"{files[name].file_size}:{files[name].CRC:08x}") for name in names)
        return Listing(names, len(files) - len(wanted), fingerprint(stamps), unreadable)

    def stream(self, names: Sequence[str]) -> Iterator[tuple[str, Load]]:
        """Each entry, unpacked by its call."""
        return ((name, partial(self.read, name)) for name in names)

    def read(self, name: str) -> bytes:
        """The bytes of one entry, checksum checked; ``KeyError`` where there is none of this name."""
        check_size(self._zip.getinfo(name).file_size)
        return self._zip.read(name)
