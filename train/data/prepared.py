"""A prepared folder: ``images.npy`` (uint8, memory-mapped), ``manifest.json`` and ``sheet.png`` to look at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from train.data.joined import ImageRows, Joined
from train.data.labels import Column, join
from train.data.split import SPLITS, HeldOut, Split
from tui_vae.errors import UserError

IMAGES, MANIFEST, SHEET = "images.npy", "manifest.json", "sheet.png"


@dataclass(frozen=True)
class Prepared:
    """What ``prepare`` wrote: ``images`` uint8 (N, H, W, C); per image a name, a key and its split; labels.

    ``keys`` tell items apart (the same photo in two sets has one key); ``labels`` are columns of N values each;
    ``manifest`` is as it was written.
    """

    images: ImageRows
    names: list[str]
    keys: list[str]
    splits: npt.NDArray[np.str_]
    labels: tuple[Column, ...]
    manifest: dict[str, Any]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of every image."""
        height, width, channels = self.images.shape[1:]
        return height, width, channels

    def rows(self, split: Split) -> npt.NDArray[np.int64]:
        """Row numbers of the items in ``split``, ascending."""
        return np.flatnonzero(self.splits == split)


def open_prepared(folder: Path) -> Prepared:
    """Open what ``prepare`` wrote; the images stay on disk.

    Raises:
        UserError: the folder was not written by ``prepare``, or its parts disagree.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        images = open_images(folder)
        names, keys = list(manifest["names"]), list(manifest["keys"])
        if not all(isinstance(item, str) for item in (*names, *keys)):
            raise ValueError("names and keys must be texts")
        held_out = HeldOut(**manifest.get("held_out", {}))
        # A set that comes with a split of its own brings it in the manifest.
        splits = manifest.get("splits") or [held_out.split_of(key) for key in keys]
        labels = tuple(Column.from_dict(item) for item in manifest.get("labels", []))
        if set(splits) - set(SPLITS):
            raise ValueError(f"splits are {', '.join(SPLITS)}")
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise UserError(
            f"{folder}: not a prepared folder (make one: python -m train prepare SOURCE): {error}"
        ) from error
    counts = {len(images), len(names), len(keys), len(splits), *(len(column.values) for column in labels)}
    if images.ndim != 4 or images.dtype != np.uint8 or len(counts) > 1:
        raise UserError(f"{folder}: images and manifest disagree; prepare it again with --force")
    return Prepared(images, names, keys, np.array(splits, dtype=np.str_), labels, manifest)


def open_images(folder: Path) -> npt.NDArray[np.uint8]:
    """The images of a prepared folder, mapped into memory."""
    images: npt.NDArray[np.uint8] = np.load(folder / IMAGES, mmap_mode="r", allow_pickle=False)
    return images


def open_by_name(folders: list[Path]) -> dict[str, Prepared]:
    """Prepared folders by their own names, under which figures are reported.

    Raises:
        UserError: two have one name.
    """
    sets: dict[str, Prepared] = {}
    for folder in folders:
        name = folder.resolve().name
        if name in sets:
            raise UserError(f"{folder}: a second folder named {name!r}; their figures could not be told apart")
        sets[name] = open_prepared(folder)
    return sets


def open_all(folders: list[Path]) -> Prepared:
    """Several prepared folders as one set, in the order given; the images stay on disk."""
    if not folders:
        raise UserError("--data needs at least one prepared folder (make one: python -m train prepare SOURCE)")
    parts = [open_prepared(folder) for folder in folders]
    if len(parts) == 1:
        return parts[0]
    for folder, part in zip(folders, parts, strict=True):
        if part.shape != parts[0].shape:
            raise UserError(f"{folder}: images are {part.shape}, but {folders[0]} has {parts[0].shape}")
    seen: dict[str, Split] = {}
    for folder, part in zip(folders, parts, strict=True):
        for key, split in zip(part.keys, part.splits.tolist(), strict=True):
            if seen.setdefault(key, split) != split:
                raise UserError(
                    f"{folder}: {key!a} is in its {split} split and in another set's {seen[key]} split; "
                    "prepare all sets with the same --test, --validation and --splits"
                )
    return Prepared(
        Joined([open_images(folder) for folder in folders]),
        [name for part in parts for name in part.names],
        [key for part in parts for key in part.keys],
        np.concatenate([part.splits for part in parts]),
        join([(part.labels, len(part.names)) for part in parts]),
        parts[0].manifest,
    )
