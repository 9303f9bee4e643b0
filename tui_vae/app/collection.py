"""What a user has made with a model: bookmarks and axes, in one JSON file in the user's data folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tui_vae.app.stored_points import integer, point_from_json, point_to_json, vector_from_json, vector_to_text
from tui_vae.errors import UserError
from tui_vae.files import whole_file
from tui_vae.latent.bookmarks import MAX_BOOKMARKS
from tui_vae.latent.names import checked_name
from tui_vae.latent.own_axes import OwnAxis
from tui_vae.latent.point import Point
from tui_vae.latent.space import LatentSpace

FORMAT = 1
MAX_BYTES = 64_000_000
MAX_AXES = 1000


@dataclass(frozen=True)
class Collection:
    """Bookmarks by name and axes, each in the order in which they were made."""

    bookmarks: Mapping[str, Point] = field(default_factory=dict)
    axes: tuple[OwnAxis, ...] = ()


def read(path: Path, space: LatentSpace, model: str) -> Collection:
    """Read a collection of the model with this fingerprint; an empty one where there is no file.

    Raises:
        UserError: it cannot be read, is damaged, or belongs to another model.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ValueError("it is too large")
        return _collection(json.loads(content), space, model)
    except FileNotFoundError:
        return Collection()
    except OSError as error:
        raise UserError(f"{path}: cannot read: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        reason = f"there is no {error}" if isinstance(error, KeyError) else str(error).partition("\n")[0]
        raise UserError(f"{path}: not the bookmarks and axes of this model: {reason}") from error


def write(path: Path, made: Collection, model: str) -> None:
    """Write a collection whole or not at all.

    Raises:
        UserError: it cannot be written.
    """
    data = {
        "format": FORMAT,
        "model": model,
        "bookmarks": [{"name": name, **point_to_json(point, short=True)} for name, point in made.bookmarks.items()],
        "axes": [
            {"name": axis.name, "vector": vector_to_text(axis.vector), "more": axis.more, "less": axis.less}
            for axis in made.axes
        ],
    }
    with suppress(OSError):  # then writing says so
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with whole_file(path) as scratch:
        scratch.write_text(json.dumps(data, indent=1), encoding="utf-8")


def update(path: Path, before: Collection, made: Collection, space: LatentSpace, model: str) -> None:
    """Write a collection that was ``before`` when this session last read or wrote it.

    What another session has added since is kept. A file that cannot be understood is put aside, not overwritten.

    Raises:
        UserError: it cannot be written.
    """
    try:
        there = read(path, space, model)
    except UserError:
        there = Collection()
        with suppress(OSError):
            path.replace(path.with_name(path.name + ".damaged"))
    known = set(before.bookmarks) | set(made.bookmarks)
    bookmarks = {**made.bookmarks, **{name: p for name, p in there.bookmarks.items() if name not in known}}
    names = {axis.name for axis in (*before.axes, *made.axes)}
    axes = (*made.axes, *(axis for axis in there.axes if axis.name not in names))
    write(path, Collection(bookmarks, axes), model)


def _collection(data: Any, space: LatentSpace, model: str) -> Collection:
    if not isinstance(data, dict) or data["format"] != FORMAT:
        raise ValueError("it has another format")
    if data["model"] != model:
        raise ValueError("it was made with other weights")
    if not isinstance(data["bookmarks"], list) or not isinstance(data["axes"], list):
        raise ValueError("bookmarks and axes are not lists")
    if len(data["bookmarks"]) > MAX_BOOKMARKS or len(data["axes"]) > MAX_AXES:
        raise ValueError("there are too many of them")
    bookmarks = {_name(item): point_from_json(item, space) for item in data["bookmarks"]}
    axes = {_name(item): _axis(item, space) for item in data["axes"]}
    if len(bookmarks) < len(data["bookmarks"]) or len(axes) < len(data["axes"]):
        raise ValueError("two of them have the same name")
    return Collection(bookmarks, tuple(axes.values()))


def _axis(data: Any, space: LatentSpace) -> OwnAxis:
    vector = vector_from_json(data["vector"], len(space.pca))
    with np.errstate(over="ignore"):
        length = float(np.linalg.norm(vector))
    if not abs(length - 1) < 1e-3:
        raise ValueError("an axis is not of length 1")
    return OwnAxis(_name(data), vector, integer(data["more"], 10**6), integer(data["less"], 10**6))


def _name(data: Any) -> str:
    if not isinstance(data, dict) or not isinstance(data["name"], str) or data["name"] != checked_name(data["name"]):
        raise ValueError("a name is not a line of text")
    return str(data["name"])
