"""A place in latent space and how it came about."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tui_vae.latent.axes import Vector
from tui_vae.latent.recipe import Average, Draw, Exact, Invert, Item, Leap, Mix, Move, Recipe, bounded, exact, replay
from tui_vae.latent.space import Atlas, LatentSpace

MAX_END_NAME = 40  # or the name of a mix of mixes of mixes would fill the screen


@dataclass(frozen=True)
class Point:
    """A place in latent space: the vector, how it came about, and the dataset index if it is an untouched item.

    ``cursor`` is the last dataset index visited on the way here: next and previous count from it. ``recipe`` makes the
    same ``z``, bit for bit; ``None`` where nothing but the vector is known.
    """

    z: Vector
    origin: str
    index: int | None = None
    cursor: int | None = None
    recipe: Recipe | None = None

    @property
    def made(self) -> Recipe:
        """A recipe in any case: that of the item or of the vector where no other is known."""
        if self.recipe is not None:
            return self.recipe
        return exact(self.z) if self.index is None else Recipe(Item(self.index))


def item_point(atlas: Atlas, index: int) -> Point:
    """An item of the atlas as a point."""
    return Point(atlas[index], atlas.names[index], index, index)


def made_point(recipe: Recipe, space: LatentSpace, origin: str) -> Point:
    """The point that a recipe makes, told by ``origin``.

    Raises:
        RecipeError: the recipe asks for what the space does not have.
    """
    z = replay(recipe, space)
    index = recipe.base.index if isinstance(recipe.base, Item) and not recipe.edits else None
    return Point(z, origin, index, index, bounded(recipe, z))


def carried(point: Point, space: LatentSpace) -> Point:
    """The point as another space has it: an item of the atlas is where it is there, any other vector stays.

    What is known is then the vector alone: the recipe would make another face of the other atlas and axes.
    """
    if point.index is not None:
        z = space.atlas[point.index]
        return point if point.recipe is None and np.array_equal(z, point.z) else replace(point, z=z, recipe=None)
    return point if point.recipe is None else replace(point, recipe=None)


def point(recipe: Recipe, space: LatentSpace) -> Point:
    """The point that a recipe makes, told by what the recipe says.

    Raises:
        RecipeError: the recipe asks for what the space does not have.
    """
    return made_point(recipe, space, _origin(recipe, space))


def short(origin: str) -> str:
    """An origin as a part of another one: 40 characters at most."""
    return origin if len(origin) <= MAX_END_NAME else f"{origin[: MAX_END_NAME - 1]}…"


def _origin(recipe: Recipe, space: LatentSpace) -> str:
    match recipe.base:
        case Average():
            origin = "average"
        case Draw(seed):
            origin = f"random {seed}"
        case Item(index):
            origin = space.atlas.names[index] if 0 <= index < len(space.atlas) else f"face {index}"
        case Exact():
            origin = "latent vector"
        case Mix(_, _, position):
            origin = f"mix {position:.0%}"
    for edit in recipe.edits:
        if isinstance(edit, Invert):
            origin = f"opposite of {origin}"
        elif isinstance(edit, Leap):
            origin = f"random {edit.draw.seed}"
        else:
            how = "edited" if isinstance(edit, Move) else "varied"
            origin = f"{origin.removesuffix(' edited').removesuffix(' varied')} {how}"
    return origin
