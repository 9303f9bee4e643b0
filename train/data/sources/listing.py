"""What every source gives: a listing, and its items one after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

import numpy as np
import numpy.typing as npt

from train.data.labels import Table
from train.data.pixels import OPENERS, RefusedError
from train.data.split import Split

Content = bytes | npt.NDArray[np.uint8]
Load = Callable[[], Content]

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
    """What a source holds: image ``names`` (slash-separated, all different) in its own fixed order.

    ``others`` counts the files that are no images; ``fingerprint`` changes with what would be read; ``unreadable``
    maps what cannot be (folders, refused names, the rest of a cut archive) to the reason. ``labels`` and ``splits``
    (by name) are what the set brings along; ``notes`` are lines for a person.
    """

    names: tuple[str, ...]
    others: int
    fingerprint: str
    unreadable: Mapping[str, str]
    labels: Table | None = None
    splits: Mapping[str, Split] | None = None
    notes: tuple[str, ...] = ()


class Source(Protocol):
    """Images by name. ``title`` is what the source is called, without folders."""

    @property
    def title(self) -> str: ...

    def listing(self) -> Listing:
        """What is there. Raises UserError where that cannot be told."""
        ...

    def stream(self, names: Sequence[str]) -> Iterator[tuple[str, Load]]:
        """Each of ``names``, which stand in the listing's order, with the call that reads it.

        The call may be made from any thread and may raise anything; it gives the bytes of an image file, or pixels,
        uint8 (H, W) or (H, W, 1 to 4). An item's bytes may be in memory already when it is given out, so take no more
        of them ahead than can be held.
        """
        ...


def is_image(name: str) -> bool:
    """Whether a file of this name is read: an image's suffix, and neither hidden nor macOS's addition to archives."""
    path = PurePosixPath(name)
    hidden = any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in path.parts)
    return (path.suffix.lower() in IMAGE_SUFFIXES or path.suffix.lower() in OPENERS) and not hidden


def leads_out(name: str) -> bool:
    """Whether a name in an archive is absolute or climbs: it is never read, for it might be written to."""
    parts = name.replace("\\", "/").split("/")
    return not parts[0] or ".." in parts or "\0" in name or (len(parts[0]) == 2 and parts[0].endswith(":"))


LEADS_OUT = "its name leads out of the archive"


def check_size(size: int) -> None:
    """Refuse what no photo is as large as."""
    if size > MAX_FILE_BYTES:
        raise RefusedError(f"{size:,} bytes; at most {MAX_FILE_BYTES:,} are read")


def fingerprint(entries: Iterable[tuple[str, str]]) -> str:
    """16 hexadecimal digits that stand for (name, stamp) pairs in their order."""
    lines = "\n".join(f"{name}\t{stamp}" for name, stamp in entries)
    return hashlib.sha256(lines.encode("utf-8", "replace")).hexdigest()[:16]
