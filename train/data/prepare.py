"""``prepare``: read a source once, write the array that training maps into memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from train.data import scratch
from train.data.derived import Derived, derive
from train.data.identities import keys_of, read_identities
from train.data.labels import Column, Table, find, match, read_labels
from train.data.pixels import Preprocessing, read_image
from train.data.prepared import IMAGES, MANIFEST, SHEET, Prepared, open_prepared
from train.data.reading import each, shown, why_skipped
from train.data.report import report, save_sheet
from train.data.sources import Listing, Source, SourceOptions, open_source
from train.data.sources.listing import Content
from train.data.split import HeldOut
from tui_vae.errors import UserError

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class About:
    """What is to be known of the items beside their pixels.

    ``identities`` is a CSV file whose first column is the item's name and whose ``*_id`` column, where filled, names
    the photo under which it is known elsewhere; the split goes by that. ``attributes`` is a file of labels
    (``train.data.labels``), ``derived`` are labels made of those. ``held_out`` is what is held out by the hash of the
    name; with ``own_splits`` the set's own split counts instead.
    """

    identities: Path | None = None
    attributes: Path | None = None
    held_out: HeldOut = field(default_factory=HeldOut)
    own_splits: bool = False
    derived: tuple[Derived, ...] = ()

    def __post_init__(self) -> None:
        shares = self.held_out.test, self.held_out.validation
        if not (min(shares) >= 0 and sum(shares) < 1):
            raise UserError(f"--test {shares[0]:g} --validation {shares[1]:g}: shares from 0 up, together below 1")


def prepare(
    source: str | Path,
    output: Path,
    options: Preprocessing,
    identities: Path | None = None,
    force: bool = False,
    *,
    about: About | None = None,
    source_options: SourceOptions | None = None,
) -> Prepared:
    """Write ``output`` from ``source``, or use what is there when it was made by the same request.

    ``about`` takes the place of ``identities``, which alone is the short form of it. Unreadable files are listed in the
    manifest.

    Raises:
        UserError: nothing readable in the source, no room to write, or ``output`` holds something else. ``force``
            replaces a prepared folder, and never anything else.
    """
    about = about or About(identities)
    shape = options.shape
    opened = open_source(source, source_options)
    listing = opened.listing()
    if not listing.names:
        raise UserError(f"{source}: no images in it ({listing.others} other files)")
    request = {
        **options.to_dict(),
        "fingerprint": listing.fingerprint,
        "identities": _fingerprint(about.identities, "identities"),
        "attributes": _fingerprint(about.attributes, "labels"),
        "held_out": asdict(about.held_out),
        "splits": "own" if about.own_splits else "hash",
        **(
            {"derived": [asdict(label) | {"patterns": [*label.patterns]} for label in about.derived]}
            if about.derived
            else {}
        ),
    }
    if there := _standing(output, request, force):
        without = f" ({len(there.manifest['skipped']):,} were skipped)" if there.manifest["skipped"] else ""
        print(f"{output}: already prepared by the same request, {len(there.names):,} images{without}; --force rebuilds")
        return there
    known = read_identities(about.identities) if about.identities else {}
    if about.identities and not any(name in known for name in listing.names):
        raise UserError(_strangers(about.identities, source, listing))
    tables = _tables(about, source, listing)
    derive(_labels(tables, listing.names), about.derived)  # what is wrong with them is said before the work
    if about.own_splits and listing.splits is None:
        raise UserError(f"{source}: brings no split of its own; leave --splits own out")
    for note in listing.notes:
        print(note)

    try:
        with scratch.replacing(output, len(listing.names) * (int(np.prod(shape)) + 256)) as folder:
            names, failed = _write_images(folder / IMAGES, opened, listing, options)
            skipped = why_skipped(listing, failed)
            if not names:
                first = listing.names[0]
                raise UserError(
                    f"{source}: none of its {len(listing.names)} image files can be read "
                    f"({shown(first)}: {shown(skipped[first])})"
                )
            manifest: dict[str, Any] = {
                "request": request,
                "source": opened.title,
                "identities": about.identities.name if about.identities else None,
                "attributes": about.attributes.name if about.attributes else None,
                "derived": [str(label) for label in about.derived],
                "preprocessing": options.to_dict(),
                "names": names,
                "keys": keys_of(names, known),
                "held_out": asdict(about.held_out),
                "labels": [
                    column.to_dict() for column in derive(_labels(tables, names), about.derived, _listed(tables, names))
                ],
                "skipped": skipped,
                "other_files": listing.others,
                "notes": listing.notes,
            }
            if about.own_splits and listing.splits is not None:
                manifest["splits"] = [listing.splits.get(name, "train") for name in names]
                if strangers := sum(name not in listing.splits for name in names):
                    print(f"{strangers:,} images are not in the set's own split: they are for training")
            # ASCII: a file name that is not UTF-8 survives as an escape.
            (folder / MANIFEST).write_text(json.dumps(manifest), encoding="ascii")
            save_sheet(folder / SHEET, open_prepared(folder))
    except OSError as error:
        raise UserError(f"{output}: cannot be written: {error.strerror or error}") from error
    made = open_prepared(output)
    report(output, made)
    if about.identities:
        print(f"{sum(name in known for name in made.names):,} of them have an identity elsewhere")
    return made


def _standing(output: Path, request: dict[str, Any], force: bool) -> Prepared | None:
    """What ``output`` holds already, if that is what is wanted; None where it may be written."""
    try:
        contents = {path.name for path in output.iterdir()} if output.exists() else set()
    except OSError as error:
        raise UserError(f"{output}: cannot be used as --output: {error.strerror}") from error
    if not contents:
        return None
    if MANIFEST not in contents:
        raise UserError(f"{output}: exists and is no prepared folder; choose another --output")
    if force:
        if foreign := sorted(contents - {IMAGES, MANIFEST, SHEET}):
            raise UserError(f"{output}: --force would remove {shown(foreign[0])}, which prepare has not written")
        return None
    there = open_prepared(output)
    if (before := there.manifest.get("request")) != request:
        before = before if isinstance(before, dict) else {}
        differs = ", ".join(key for key in request if before.get(key) != request[key]) or "what was asked then"
        raise UserError(
            f"{output}: prepared by another request (other {differs}); --force rebuilds, or choose another --output"
        )
    return there


def _tables(about: About, source: str | Path, listing: Listing) -> list[Table]:
    """The labels that were asked for, then those that the set brings."""
    tables = [] if listing.labels is None else [listing.labels]
    if about.attributes is not None:
        table = read_labels(about.attributes)
        if not any(row is not None for row in find(table, listing.names)):
            raise UserError(_strangers(about.attributes, source, listing))
        tables.insert(0, table)
    return tables


def _labels(tables: Sequence[Table], names: Sequence[str]) -> tuple[Column, ...]:
    """All columns of all tables for these items; of two of one name the first."""
    columns: dict[str, Column] = {}
    for table in tables:
        for column in match(table, names):
            columns.setdefault(column.name, column)
    return tuple(columns.values())


def _listed(tables: Sequence[Table], names: Sequence[str]) -> dict[str, list[bool]]:
    """Of each of these columns, which items have a line in its table."""
    listed: dict[str, list[bool]] = {}
    for table in tables:
        lines = [row is not None for row in find(table, names)]
        for column in table.columns:
            listed.setdefault(column.name, lines)
    return listed


def _write_images(
    path: Path, source: Source, listing: Listing, options: Preprocessing
) -> tuple[list[str], dict[str, Exception]]:
    """Read every image into its row, unreadable ones leaving no gap -> names of the rows, errors of the others."""

    def work(_: str, content: Content, suffix: str) -> Pixels:
        return read_image(content, options, suffix)

    kept: list[str] = []
    failed: dict[str, Exception] = {}
    with path.open("wb") as file:
        write_header = partial(np.lib.format.write_array_header_1_0, file)
        form = {"descr": "|u1", "fortran_order": False}
        write_header({**form, "shape": (len(listing.names), *options.shape)})
        start = file.tell()
        for name, result in each(source, listing, work):
            if isinstance(result, Exception):
                failed[name] = result
            else:
                file.write(result.tobytes())
                kept.append(name)
        file.seek(0)
        write_header({**form, "shape": (len(kept), *options.shape)})
        assert file.tell() == start  # NumPy leaves room for the count to change
    return kept, failed


def _strangers(table: Path, source: str | Path, listing: Listing) -> str:
    return f"{table}: none of its names is in {source}, where they look like {shown(listing.names[0])}"


def _fingerprint(path: Path | None, what: str) -> str | None:
    if path is None:
        return None
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise UserError(f"{path}: cannot read {what}: {error.strerror}") from error
