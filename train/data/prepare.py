"""``prepare``: read a source once, write the array that training maps into memory."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from train.data import scratch
from train.data.identities import keys_of, read_identities
from train.data.pixels import Preprocessing, read_image
from train.data.prepared import IMAGES, MANIFEST, SHEET, Prepared, open_prepared
from train.data.sources import Listing, Source
from train.progress import Progress
from train.sheet import grid
from tui_vae.errors import UserError
from tui_vae.pictures import save_png

Pixels = npt.NDArray[np.uint8]

SHEET_SIDE = 8
PRINTED_SKIPS = 10


def prepare(
    source: Path, output: Path, options: Preprocessing, identities: Path | None = None, force: bool = False
) -> Prepared:
    """Write ``output`` from ``source``, or use what is there when it was made by the same request.

    ``identities`` is a CSV file whose first column is the item's name and whose ``*_id`` column, where filled, names
    the photo under which it is known elsewhere; the split goes by that. Unreadable files are listed in the manifest.

    Raises:
        UserError: nothing readable in the source, no room to write, or ``output`` holds something else. ``force``
            replaces a prepared folder, and never anything else.
    """
    opened = Source(source)
    listing = opened.listing()
    if not listing.names:
        raise UserError(f"{source}: no images in it ({listing.others} other files)")
    request = {**options.to_dict(), "fingerprint": listing.fingerprint, "identities": _fingerprint(identities)}
    if there := _standing(output, request, force):
        print(f"{output}: already prepared by the same request, {len(there.names):,} images; --force rebuilds")
        return there
    known = read_identities(identities) if identities else {}
    matched = sum(name in known for name in listing.names)
    if identities and not matched:
        raise UserError(
            f"{identities}: none of its names is in {source}, where they look like {_shown(listing.names[0])}"
        )

    try:
        with scratch.replacing(output, len(listing.names) * (options.size**2 * options.channels + 256)) as folder:
            names, skipped = _write_images(folder / IMAGES, opened, listing, options)
            if not names:
                first, why = next(iter(skipped.items()))
                raise UserError(
                    f"{source}: none of its {len(listing.names)} image files can be read ({_shown(first)}: {why})"
                )
            manifest = {
                "request": request,
                "source": source.resolve().name,
                "identities": identities.name if identities else None,
                "preprocessing": options.to_dict(),
                "names": names,
                "keys": keys_of(names, known),
                "skipped": skipped,
                "other_files": listing.others,
            }
            # ASCII: a file name that is not UTF-8 survives as an escape.
            (folder / MANIFEST).write_text(json.dumps(manifest), encoding="ascii")
            made = open_prepared(folder)
            some = np.linspace(0, len(names) - 1, min(len(names), SHEET_SIDE**2)).round().astype(np.int64)
            save_png(folder / SHEET, grid(made.images[some], SHEET_SIDE))
    except OSError as error:
        raise UserError(f"{output}: cannot be written: {error.strerror or error}") from error
    made = open_prepared(output)
    _report(output, made, matched if identities else None)
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
            raise UserError(f"{output}: --force would remove {_shown(foreign[0])}, which prepare has not written")
        return None
    there = open_prepared(output)
    if there.manifest.get("request") != request:
        raise UserError(f"{output}: prepared by another request; --force rebuilds, or choose another --output")
    return there


def _write_images(
    path: Path, source: Source, listing: Listing, options: Preprocessing
) -> tuple[list[str], dict[str, str]]:
    """Read every image into its row, unreadable ones leaving no gap -> names of the rows, reasons of the skipped."""

    def read(name: str) -> tuple[str, Pixels | str]:
        try:
            return name, read_image(BytesIO(source.read(name)), options)
        except Exception as error:  # Pillow raises nearly anything on a damaged file
            return name, f"{type(error).__name__}: {error}"

    kept: list[str] = []
    skipped = dict(listing.unreadable)
    shape = (options.size, options.size, options.channels)
    todo: Iterator[str] = iter(listing.names)
    with (
        path.open("wb") as file,
        warnings.catch_warnings(),
        ThreadPoolExecutor(max_workers=os.cpu_count()) as pool,
        Progress("images", len(listing.names)) as progress,
    ):
        warnings.filterwarnings("ignore", module=r"PIL\.")  # large pictures, damaged EXIF: read all the same
        _write_header(file, (len(listing.names), *shape))
        start = file.tell()
        while chunk := list(islice(todo, 256)):  # bounded: a large source must not queue up in memory
            for name, result in pool.map(read, chunk):
                if isinstance(result, str):
                    skipped[name] = result
                else:
                    file.write(result.tobytes())
                    kept.append(name)
            progress.advance(len(chunk))
        file.seek(0)
        _write_header(file, (len(kept), *shape))
        assert file.tell() == start  # NumPy leaves room for the count to change
    return kept, skipped


def _write_header(file: Any, shape: tuple[int, ...]) -> None:
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})


def _report(output: Path, made: Prepared, matched: int | None) -> None:
    """What a person should see once: how many, what is missing, whether the values look like photographs."""
    skipped: dict[str, str] = made.manifest["skipped"]
    for name, why in list(skipped.items())[:PRINTED_SKIPS]:
        print(f"skipped {_shown(name)}: {_shown(why)}")
    if len(skipped) > PRINTED_SKIPS:
        print(f"skipped {len(skipped) - PRINTED_SKIPS:,} more (see {output / MANIFEST})")
    height, width, channels = made.shape
    others = made.manifest["other_files"]
    print(f"{output}: {len(made.names):,} images {height}x{width}x{channels}, {len(skipped):,} unreadable,", end=" ")
    print(f"{others:,} other files passed over")
    if matched is not None:
        print(f"{matched:,} of them have an identity elsewhere")
    low, high, total = np.full(channels, 255), np.zeros(channels, int), np.zeros(channels)
    for first in range(0, len(made.names), 4096):  # the images may be larger than memory
        part = made.images[first : first + 4096].reshape(-1, channels)
        low, high = np.minimum(low, part.min(0)), np.maximum(high, part.max(0))
        total += part.sum(0, dtype=np.float64)
    mean = total / (len(made.names) * height * width)
    for channel, name in enumerate(("red", "green", "blue") if channels == 3 else ("grey",)):
        print(f"{name:<6} {low[channel]:>3} to {high[channel]:>3}, mean {mean[channel]:.1f}")
    print(f"{output / SHEET}: some of them to look at")


def _shown(text: str) -> str:
    """Names come from outside: what a terminal could obey, or not print, is escaped."""
    return text if text.isprintable() else ascii(text)


def _fingerprint(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise UserError(f"{path}: cannot read identities: {error.strerror}") from error
