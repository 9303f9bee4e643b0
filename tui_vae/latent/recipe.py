"""How a face was made: where it began and what was done to it. The same recipe gives the same bits on every machine."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tui_vae.latent.axes import Axes, Vector
from tui_vae.latent.draws import MIN_TRUNCATION, USUAL, Source
from tui_vae.latent.journey import Way, between
from tui_vae.latent.locks import Locks
from tui_vae.latent.space import LatentSpace

MAX_EDITS = 64
MAX_DEPTH = 3
MAX_LOCKS = 16
DECIMALS = 6  # of a move in sigma


class RecipeError(ValueError):
    """A recipe or its token that cannot be followed; what is wrong, in one line."""


@dataclass(frozen=True)
class Average:
    """The atlas mean."""


@dataclass(frozen=True)
class Draw:
    """A random face, as :meth:`LatentSpace.sample` draws it."""

    seed: int
    spread: float = 1.0
    source: Source = USUAL
    truncation: float | None = None


@dataclass(frozen=True)
class Item:
    """An item of the atlas."""

    index: int


@dataclass(frozen=True)
class Exact:
    """A latent vector, number by number: ``data`` is little-endian float32."""

    data: bytes

    @property
    def z(self) -> Vector:
        """The vector (L,)."""
        return np.frombuffer(self.data, "<f4").astype(np.float32)


@dataclass(frozen=True)
class Mix:
    """A place between two faces, as :func:`tui_vae.latent.journey.between` finds it."""

    start: Recipe
    end: Recipe
    position: float
    way: Way = "lerp"


Locked = tuple[tuple[str, int], ...]
"""Locked bars: of which axes, and which of their bars."""


@dataclass(frozen=True)
class Move:
    """A bar moved by so many sigma: of which axes, and which of their bars; ``locks`` stay where they are."""

    axes: str
    bar: int
    sigma: float
    locks: Locked = ()


@dataclass(frozen=True)
class Invert:
    """Reflected through the mean."""


@dataclass(frozen=True)
class Vary:
    """A small random step, as :meth:`LatentSpace.vary` makes it."""

    seed: int
    size: float
    locks: Locked = ()


@dataclass(frozen=True)
class Leap:
    """Another draw, but for what ``locks`` hold."""

    draw: Draw
    locks: Locked


Base = Average | Draw | Item | Exact | Mix
Edit = Move | Invert | Vary | Leap


@dataclass(frozen=True)
class Recipe:
    """A beginning and what was done to it, in order."""

    base: Base = Average()
    edits: tuple[Edit, ...] = ()

    def moved(self, axes: str, bar: int, by: float, locks: Locked = ()) -> Recipe:
        """With a bar moved by ``by`` sigma, rounded to a millionth.

        Moves that follow each other without anything else between are kept as one per bar, their sum; none where that
        is zero. Their order makes no difference but to the last bits, and those are what replaying says they are.
        """
        last = len(self.edits)
        while last and isinstance(self.edits[last - 1], Move):
            last -= 1
        before, moves = self.edits[:last], list(self.edits[last:])
        for place, move in enumerate(moves):
            if isinstance(move, Move) and (move.axes, move.bar, move.locks) == (axes, bar, locks):
                moves[place] = replace(move, sigma=round(move.sigma + by, DECIMALS))
                break
        else:
            moves.append(Move(axes, bar, round(by, DECIMALS), locks))
        return replace(self, edits=(*before, *(move for move in moves if not isinstance(move, Move) or move.sigma)))

    def inverted(self) -> Recipe:
        """Reflected through the mean; what was reflected last is just as it was before."""
        if self.edits and isinstance(self.edits[-1], Invert):
            return replace(self, edits=self.edits[:-1])
        return replace(self, edits=(*self.edits, Invert()))

    def varied(self, seed: int, size: float, locks: Locked = ()) -> Recipe:
        """With a small random step."""
        return replace(self, edits=(*self.edits, Vary(seed, size, locks)))

    def leapt(self, draw: Draw, locks: Locked) -> Recipe:
        """With another draw but for what is locked; what was done before under the same locks is gone by that."""
        kept = len(self.edits)
        while kept and getattr(self.edits[kept - 1], "locks", ()) == locks:
            kept -= 1
        return replace(self, edits=(*self.edits[:kept], Leap(draw, locks)))

    @property
    def depth(self) -> int:
        """How many mixes are within each other."""
        return 1 + max(self.base.start.depth, self.base.end.depth) if isinstance(self.base, Mix) else 0


def exact(z: Vector) -> Recipe:
    """The recipe of a latent vector (L,) of which nothing else is known."""
    return Recipe(Exact(np.ascontiguousarray(z, "<f4").tobytes()))


def bounded(recipe: Recipe, z: Vector) -> Recipe:
    """The recipe, or that of the vector ``z`` it makes where it has grown too long to replay at every key."""
    return recipe if len(recipe.edits) <= MAX_EDITS and recipe.depth <= MAX_DEPTH else exact(z)


def replay(recipe: Recipe, space: LatentSpace) -> Vector:
    """The latent vector (L,) that a recipe makes: the same bits on every machine.

    Raises:
        RecipeError: it asks for what the space does not have.
    """
    z = _begin(recipe.base, space)
    held: dict[Locked, Locks] = {}
    for edit in recipe.edits:
        locks = None
        if not isinstance(edit, Invert) and edit.locks:
            if edit.locks not in held:
                held[edit.locks] = _locks(edit.locks, space)
            locks = held[edit.locks]
        z = _edited(z, edit, locks, space)
    return z


def _edited(z: Vector, edit: Edit, locks: Locks | None, space: LatentSpace) -> Vector:
    match edit:
        case Move(name, bar, sigma):
            axes = _axes(space, name, bar)
            if locks is None:
                return axes.move(z, bar, _within(sigma))
            step = locks.step(axes, bar)
            if step is None:
                raise RecipeError(f"the recipe moves {name} bar {bar}, which its locks hold")
            return (z + _within(sigma) * step).astype(np.float32)
        case Invert():
            return space.invert(z)
        case Vary(seed, size):
            new = space.vary(z, seed, _within(size))
        case Leap(draw):
            new = _begin(draw, space)
    return new if locks is None else locks.keep(new, z)


def _locks(locked: Locked, space: LatentSpace) -> Locks:
    return Locks(space.pca, tuple((_axes(space, name, bar), bar) for name, bar in locked))


def _begin(base: Base, space: LatentSpace) -> Vector:
    match base:
        case Average():
            return space.mean
        case Draw(seed, spread, source, truncation):
            if truncation is not None and not truncation >= MIN_TRUNCATION:
                raise RecipeError(f"the recipe's truncation, {truncation:g} sigma, is out of range")
            return space.sample(seed, _within(spread), source, truncation)
        case Item(index):
            if not 0 <= index < len(space.atlas):
                raise RecipeError(f"the recipe names face {index}, of {len(space.atlas)}")
            return space.atlas[index]
        case Exact():
            z = base.z
            if z.shape != space.mean.shape or not np.isfinite(z).all():
                raise RecipeError(f"the recipe's vector is not one of {len(space.mean)} finite numbers")
            return z
        case Mix(start, end, position, way):
            if not 0 <= position <= 1:
                raise RecipeError("the recipe's mix is not between its two faces")
            return between(replay(start, space), replay(end, space), position, way, space.pca)


def _axes(space: LatentSpace, name: str, bar: int) -> Axes:
    """The axes of that name, which have that bar."""
    for axes in space.axes:
        if axes.name == name:
            if 0 <= bar < len(axes):
                return axes
            raise RecipeError(f"the recipe names {name} bar {bar}, of {len(axes)}")
    raise RecipeError(f"the recipe names {name} bars, which this model does not have")


def _within(number: float) -> float:
    if not abs(number) <= 1e4:
        raise RecipeError("the recipe goes out of range")
    return number
