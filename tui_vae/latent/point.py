"""A place in latent space and how it came about."""

from __future__ import annotations

from dataclasses import dataclass

from tui_vae.latent.axes import Vector


@dataclass(frozen=True)
class Point:
    """A place in latent space: the vector, how it came about, and the dataset index if it is an untouched item.

    ``cursor`` is the last dataset index visited on the way here: next and previous count from it.
    """

    z: Vector
    origin: str
    index: int | None = None
    cursor: int | None = None
