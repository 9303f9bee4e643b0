"""Points as JSON, checked when they come back: disks fill up, and models of the same name are trained anew."""

from __future__ import annotations

import base64
import unicodedata
import zlib
from typing import Any

import numpy as np

from tui_vae.latent.axes import Vector
from tui_vae.latent.point import Point
from tui_vae.latent.recipe import Recipe, RecipeError
from tui_vae.latent.recipe_bytes import decode, encode
from tui_vae.latent.space import LatentSpace

MAX_ORIGIN = 500

_SEAL = 4
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}  # a file must not speak to the terminal


def point_to_json(point: Point, *, short: bool = False) -> dict[str, object]:
    """A point as JSON, without loss; ``short`` writes its numbers as base64 text, which is a quarter as long."""
    # A float32 becomes a float and back without loss.
    z = vector_to_text(point.z) if short else point.z.tolist()
    data = {"z": z, "origin": point.origin, "index": point.index, "cursor": point.cursor}
    recipe = _recipe_to_text(point)
    return {**data, "recipe": recipe} if recipe else data


def point_from_json(data: Any, space: LatentSpace) -> Point:
    """A point of this space.

    Raises:
        ValueError: it is none.
        KeyError: a part of it is missing.
    """
    if not isinstance(data, dict):
        raise ValueError("a point is not a list of numbers")
    z = vector_from_json(data["z"], len(space.mean))
    origin = data["origin"]
    if not isinstance(origin, str) or {unicodedata.category(character) for character in origin} & _UNPRINTABLE:
        raise ValueError("an origin is not a line of text")
    count = len(space.atlas)
    index = None if data["index"] is None else integer(data["index"], count)
    cursor = None if data["cursor"] is None else integer(data["cursor"], count)
    if index is not None and not np.array_equal(z, space.atlas[index]):
        raise ValueError(f"a latent vector is not that of face {index}")
    return Point(z, origin[:MAX_ORIGIN], index, cursor, _recipe_from_json(data.get("recipe"), z))


def _recipe_to_text(point: Point) -> str:
    """The recipe's bytes, sealed with the vector that they make; "" where there is none that is shorter than that."""
    if point.recipe is None:
        return ""
    try:
        content = encode(point.recipe)
    except RecipeError:  # of what has no place in bytes
        return ""
    return base64.b64encode(content + _seal(content, point.z)).decode() if len(content) < point.z.nbytes else ""


def _recipe_from_json(data: Any, z: Vector) -> Recipe | None:
    # Sealed, so that hundreds of recipes need not be replayed to know that they make these vectors.
    if data is None:
        return None
    if not isinstance(data, str):
        raise ValueError("a recipe is not text")
    sealed = base64.b64decode(data, validate=True)
    content, seal = sealed[:-_SEAL], sealed[-_SEAL:]
    if seal != _seal(content, z):
        raise ValueError("a recipe is not that of its vector")
    return decode(content)


def _seal(content: bytes, z: Vector) -> bytes:
    return zlib.crc32(content + z.astype("<f4").tobytes()).to_bytes(_SEAL, "big")


def vector_to_text(z: Vector) -> str:
    """A vector as base64 of its little-endian float32 numbers."""
    return base64.b64encode(z.astype("<f4").tobytes()).decode()


def vector_from_json(data: Any, size: int) -> Vector:
    """A vector (size,) of finite numbers, from a list of them or from base64.

    Raises:
        ValueError: it is none.
    """
    if isinstance(data, str):
        content = base64.b64decode(data, validate=True)
        if len(content) != 4 * size:
            raise ValueError(f"a latent vector is not {size} finite numbers")
        z = np.frombuffer(content, "<f4").astype(np.float32)
    elif isinstance(data, list):
        if not all(type(number) in (int, float) for number in data):
            raise ValueError("a latent vector holds something else than numbers")
        with np.errstate(over="ignore"):
            z = np.array(data, np.float32)
    else:
        raise ValueError("a point is not a list of numbers")
    if z.shape != (size,) or not np.isfinite(z).all():
        raise ValueError(f"a latent vector is not {size} finite numbers")
    return z


def integer(value: Any, end: int) -> int:
    """A whole number from 0 to ``end - 1``.

    Raises:
        ValueError: it is none.
    """
    if type(value) is not int or not 0 <= value < end:
        raise ValueError(f"{str(value)[:20]!r} is not a number from 0 to {end - 1}")
    return value
