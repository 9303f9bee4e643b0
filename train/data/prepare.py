"""``prepare``: read a source once, write the array that training maps into memory."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from train.data.pixels import Preprocessing, read_image
from train.data.prepared import IMAGES, MANIFEST, Prepared, open_prepared
from train.data.sources import Source
from train.progress import Progress
from tui_vae.errors import UserError

Pixels = npt.NDArray[np.uint8]


def prepare(
    source: Path, output: Path, options: Preprocessing, identities: Path | None = None, force: bool = False
) -> Prepared:
    """Write ``output`` from ``source``, or use what is there when it was made by the same request.

    ``identities`` is a CSV file whose first column is the item's name and whose ``*_id`` column, where filled, names
    the photo under which it is known elsewhere; the split goes by that. Unreadable files are listed in the manifest.

    Raises:
        UserError: nothing readable in the source, or ``output`` holds something else and ``force`` is not set.
    """
    opened = Source(source)
    listing = opened.listing()
    if not listing.names:
        raise UserError(f"{source}: no images in it ({listing.others} other files)")
    request = {**options.to_dict(), "fingerprint": listing.fingerprint, "identities": _fingerprint(identities)}
    if output.exists() and not force:
        if not (output / MANIFEST).is_file():
            raise UserError(f"{output}: exists and is no prepared folder; choose another --output")
        there = open_prepared(output)
        if there.manifest["request"] == request:
            print(f"{output}: already prepared by the same request, {len(there.names):,} images; --force rebuilds")
            return there
        raise UserError(f"{output}: prepared by another request; --force rebuilds, or choose another --output")

    known = _read_identities(identities) if identities else {}
    output.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    try:
        shape = (len(listing.names), options.size, options.size, options.channels)
        images = np.lib.format.open_memmap(scratch / IMAGES, mode="w+", dtype=np.uint8, shape=shape)
        names, skipped = _fill(images, opened, listing.names, options)
        images.flush()
        del images
        if not names:
            raise UserError(f"{source}: none of its {len(listing.names)} image files can be read")
        if skipped:
            _shrink(scratch / IMAGES, len(names))
        manifest = {
            "request": request,
            "source": source.name,
            "preprocessing": options.to_dict(),
            "names": names,
            "keys": [known.get(name, name.rsplit("/", 1)[-1]) for name in names],
            "skipped": skipped,
            "other_files": listing.others,
        }
        (scratch / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        if output.exists():
            shutil.rmtree(output)
        scratch.replace(output)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    for name, why in list(skipped.items())[:10]:
        print(f"skipped {name}: {why}")
    print(
        f"{output}: {len(names):,} images {options.size}x{options.size}x{options.channels}, {len(skipped)} unreadable,"
    )
    print(f"{' ' * len(str(output))}  {listing.others} other files passed over")
    return open_prepared(output)


def _fill(
    images: Pixels, source: Source, names: tuple[str, ...], options: Preprocessing
) -> tuple[list[str], dict[str, str]]:
    """Read every image into its row, unreadable ones leaving no gap."""

    def read(name: str) -> tuple[str, Pixels | str]:
        try:
            with source.open(name) as stream:
                return name, read_image(stream, options)
        except Exception as error:  # Pillow raises nearly anything on a damaged file
            return name, f"{type(error).__name__}: {error}"

    kept: list[str] = []
    skipped: dict[str, str] = {}
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool, Progress("images", len(names)) as progress:
        todo: Iterator[str] = iter(names)
        while chunk := list(islice(todo, 256)):  # bounded: a large source must not queue up in memory
            for name, result in pool.map(read, chunk):
                if isinstance(result, str):
                    skipped[name] = result
                else:
                    images[len(kept)] = result
                    kept.append(name)
            progress.advance(len(chunk))
    return kept, skipped


def _shrink(path: Path, rows: int) -> None:
    whole = np.load(path, mmap_mode="r")
    cut = path.with_suffix(".cut.npy")
    np.save(cut, whole[:rows])
    cut.replace(path)


def _read_identities(path: Path) -> dict[str, str]:
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream)
            columns = list(reader.fieldnames or [])
            ids = [column for column in columns if column.endswith("_id")]
            if not ids:
                raise UserError(f"{path}: no column whose name ends in _id")
            return {row[columns[0]]: row[ids[0]] for row in reader if row[ids[0]]}
    except OSError as error:
        raise UserError(f"{path}: cannot read identities: {error.strerror}") from error


def _fingerprint(path: Path | None) -> str | None:
    if path is None:
        return None
    if not path.is_file():
        raise UserError(f"{path}: no such file of identities")
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
