"""CelebA as people have it: pictures in ``img_align_celeba``, and the lists of its labels and splits beside that."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from train.data.labels import parse_labels
from train.data.sources.listing import Listing, Load, Source, fingerprint
from train.data.split import Split
from tui_vae.errors import UserError

PICTURES = "img_align_celeba"
LABELS = ("list_attr_celeba.txt", "list_attr_celeba.csv", "Anno/list_attr_celeba.txt")
PARTITION = ("list_eval_partition.txt", "list_eval_partition.csv", "Eval/list_eval_partition.txt")
_PARTS: dict[str, Split] = {"0": "train", "1": "validation", "2": "test"}


class Readable(Source, Protocol):
    """A source out of which any file can be read by name."""

    path: Path

    def read(self, name: str) -> bytes:
        """The bytes of one file; KeyError or OSError where there is none."""
        ...


class WithCelebaLists:
    """A folder or .zip as it is; and where it holds CelebA's pictures, with the labels and splits from beside them.

    "Beside" is the folder that holds ``img_align_celeba``, or its ``Anno`` and ``Eval``. That is outside of the source
    where the source itself has that name, or is an archive with ``img_align_celeba`` at its top; then the folder above
    counts, too, as in CelebA's own layout (``Img/img_align_celeba.zip``, ``Anno/list_attr_celeba.txt``).
    """

    def __init__(self, inner: Readable) -> None:
        self._inner = inner
        self.title = inner.title

    def listing(self) -> Listing:
        """The inner listing; lists that were found are told in its notes."""
        listing = self._inner.listing()
        base = _base(listing.names)
        path = self._inner.path.resolve()
        outside = path.name.startswith(PICTURES) or (base == "" and path.is_file())
        if base is None and not outside:
            return listing
        found: dict[str, tuple[str, bytes]] = {}
        for kind, places in (("labels", LABELS), ("splits", PARTITION)):
            for place in places:
                if (content := self._read(base, place, outside)) is not None:
                    found[kind] = (place, content)
                    break
        labels = found.get("labels")
        splits = found.get("splits")
        stamps = [(place, hashlib.sha256(content).hexdigest()) for place, content in found.values()]
        return replace(
            listing,
            fingerprint=fingerprint([(listing.fingerprint, ""), *stamps]) if found else listing.fingerprint,
            labels=parse_labels(labels[1], f"{self.title}: {labels[0]}") if labels else None,
            splits=_splits(splits[1], f"{self.title}: {splits[0]}", listing.names) if splits else None,
            notes=(*listing.notes, *(f"CelebA: {kind} from {place}" for kind, (place, _) in found.items())),
        )

    def stream(self, names: Sequence[str]) -> Iterator[tuple[str, Load]]:
        """As the inner source does."""
        return self._inner.stream(names)

    def _read(self, base: str | None, place: str, outside: bool) -> bytes | None:
        if base is not None:
            with suppress(KeyError, OSError):
                return self._inner.read(base + place)
        for folder in self._inner.path.resolve().parents[:2] if outside else ():
            with suppress(OSError):
                return (folder / place).read_bytes()
        return None


def _base(names: Sequence[str]) -> str | None:
    """The folder, with its slash, that holds ``img_align_celeba``; None where there is none."""
    for name in names:
        folders = name.split("/")[:-1]
        if PICTURES in folders:
            return "".join(f"{folder}/" for folder in folders[: folders.index(PICTURES)])
    return None


def _splits(content: bytes, where: str, names: Sequence[str]) -> dict[str, Split]:
    """CelebA's partition: a file name and 0 (train), 1 (validation) or 2 (test) per line, with or without a header."""
    parts: dict[str, Split] = {}
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
        words = line.replace(",", " ").split()
        if not words or (number == 1 and words[-1] == "partition"):
            continue
        if len(words) != 2 or words[1] not in _PARTS:
            raise UserError(f"{where}:{number}: expected a file name and 0, 1 or 2")
        parts[words[0]] = _PARTS[words[1]]
    bases = ((name, name.rsplit("/", 1)[-1]) for name in names)
    return {name: parts[base] for name, base in bases if base in parts}
