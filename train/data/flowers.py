"""Oxford Flowers 102 (Nilsback and Zisserman, 2008): 8,189 photos of 102 kinds of flower, fetched when first asked for.

Three files of https://www.robots.ox.ac.uk/~vgg/data/flowers/102/ are read as they are: ``102flowers.tgz`` (the photos,
``jpg/image_00001.jpg`` and on), ``setid.mat`` (the authors' split) and ``imagelabels.mat`` (the kinds, 1 to 102,
for which their names stand in the labels). They
stay in the user's cache; once they are there no network is needed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from train.data.download import MismatchError, NotThereError, algorithm_of, fetch
from train.data.flower_names import name_of
from train.data.labels import Column, Table
from train.data.sources.listing import Listing, Load, Source, fingerprint
from train.data.sources.tarred import Tar
from train.data.split import Split
from tui_vae import paths
from tui_vae.errors import UserError, one_line

TITLE = "Oxford Flowers 102"
SITE = "https://www.robots.ox.ac.uk/~vgg/data/flowers/102/"
PHOTOS, SETS, KINDS = "102flowers.tgz", "setid.mat", "imagelabels.mat"
# MD5: what is known of the files of that site.
CHECKSUMS: Mapping[str, str] = {
    PHOTOS: "52808999861908f626f3c1f4e79d11fa",
    SETS: "a5357ecc9cb78c4bef273ce3793fc85c",
    KINDS: "e0620be6f572b9609742df49c70aed4d",
}
UNCHECKED = "none"
_SPLITS: Mapping[str, Split] = {"trnid": "train", "valid": "validation", "tstid": "test"}
_NUMBER = re.compile(r"(?:.*/)?image_(\d{1,9})\.jpg", re.ASCII)


def open_flowers(mirror: str | None = None, checksums: Sequence[str] = ()) -> Source:
    """Fetch what is not in the cache yet, and open it.

    ``mirror`` is the address of a folder with files of these names. ``checksums`` replace the known ones: words of the
    form ``NAME=MD5`` or ``NAME=SHA256``; the one word ``none`` leaves all files unchecked. Files of other checksums
    have a place of their own in the cache.

    Raises:
        UserError: not to be had, of another checksum, or not of the form described above.
    """
    site = (mirror or SITE).rstrip("/") + "/"
    sums = expected(checksums)
    folder = paths.downloads() / "flowers102"
    if sums != CHECKSUMS:
        others = hashlib.sha256(repr((site, sorted(sums.items()))).encode()).hexdigest()[:8]
        folder = folder.with_name(f"flowers102-{others}")
    sets = _file(site, SETS, folder, sums)
    kinds: Path | None = None
    note = f"{TITLE}: {folder}" + ("" if sums else "; checksums were not compared")
    try:
        kinds = _file(site, KINDS, folder, sums)
    except NotThereError:
        note += f"; no classes, for there is no {KINDS} at {site}"
    return Flowers(_file(site, PHOTOS, folder, sums), sets, kinds, note)


def expected(words: Sequence[str]) -> dict[str, str]:
    """The checksum of each file that has one, out of ``--checksums``.

    Raises:
        UserError: a word that is not of that form.
    """
    if list(words) == [UNCHECKED]:
        return {}
    sums = dict(CHECKSUMS)
    for word in words:
        name, _, digits = word.partition("=")
        if name not in sums:
            raise UserError(f"--checksums {word}: expected FILE=SUM with {', '.join(sums)}, or {UNCHECKED} alone")
        algorithm_of(digits)
        sums[name] = digits.lower()
    return sums


class Flowers:
    """The three files as a source: the photos in the archive's order, the authors' split, and the kind as ``class``.

    ``kinds`` is None where the set is without; ``note`` is a line for a person.
    """

    def __init__(self, photos: Path, sets: Path, kinds: Path | None, note: str = "") -> None:
        self.title = TITLE
        self._photos, self._sets, self._kinds, self._note = Tar(photos), sets, kinds, note

    def listing(self) -> Listing:
        """The archive's listing with splits and labels.

        Raises:
            UserError: a file is damaged, or a photo stands in no set or in two.
        """
        listing = self._photos.listing()
        numbers = {name: int(found[1]) for name in listing.names if (found := _NUMBER.fullmatch(name))}
        splits = _sets(self._sets)
        if lost := [name for name in listing.names if numbers.get(name) not in splits]:
            raise UserError(f"{self._sets}: {len(lost):,} of the photos are in none of its sets, such as {lost[0]!a}")
        labels = None
        if self._kinds is not None:
            kinds = _numbers(self._kinds, "labels")
            if (last := max(numbers.values())) > len(kinds):
                raise UserError(f"{self._kinds}: {len(kinds):,} labels, but there is a photo {last:,}")
            values = tuple(name_of(kinds[numbers[name] - 1]) for name in listing.names)
            labels = Table(listing.names, (Column("class", "categorical", values),))
        stamps = [
            (path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in (self._sets, self._kinds) if path
        ]
        return replace(
            listing,
            fingerprint=fingerprint([(listing.fingerprint, ""), *stamps]),
            labels=labels,
            splits={name: splits[numbers[name]] for name in listing.names},
            notes=(*listing.notes, *([self._note] if self._note else [])),
        )

    def stream(self, names: Sequence[str]) -> Iterator[tuple[str, Load]]:
        """The photos, out of the archive."""
        return self._photos.stream(names)


def _file(site: str, name: str, folder: Path, sums: Mapping[str, str]) -> Path:
    if not (folder / name).exists():
        unchecked = "" if name in sums else " (its checksum is not compared)"
        print(f"{TITLE}: fetching {site}{name}{unchecked}", flush=True)
    try:
        return fetch(site + name, folder / name, sums.get(name))
    except MismatchError as error:
        hint = "" if site == SITE else "; if the mirror has other files, say their sums: --checksums"
        raise UserError(f"{error}{hint}") from error


def _sets(path: Path) -> dict[int, Split]:
    """The split of each photo, by number from 1."""
    splits: dict[int, Split] = {}
    for key, split in _SPLITS.items():
        for number in _numbers(path, key):
            if splits.setdefault(number, split) != split:
                raise UserError(f"{path}: photo {number} is in two of its sets")
    return splits


def _numbers(path: Path, key: str) -> list[int]:
    """The whole numbers from 1 up that a MATLAB file (level 5) holds under a name."""
    try:
        import numpy as np
        from scipy.io import loadmat
    except ImportError as error:
        raise UserError(f"{path}: to read it: pip install 'tui-vae[train]' ({one_line(error)})") from error
    try:
        table: dict[str, Any] = loadmat(path, variable_names=[key])
        values = np.asarray(table[key])
        if values.dtype.kind not in "iuf" or not np.array_equal(values, values.astype(np.int64)) or values.min() < 1:
            raise ValueError("not whole numbers from 1 up")
    except KeyError as error:
        raise UserError(f"{path}: there is no {key} in it; is it the file of that name?") from error
    except Exception as error:  # SciPy raises nearly anything on a damaged file
        raise UserError(f"{path}: {key} cannot be read: {one_line(error)}; remove it to fetch it again") from error
    return [int(value) for value in values.ravel()]
