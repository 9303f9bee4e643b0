"""Places as they are typed: ``mean``, ``17``, ``index:17``, ``seed:3``, a file of a latent vector, a recipe."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tui_vae.errors import UserError
from tui_vae.latent.axes import Vector
from tui_vae.latent.space import LatentSpace

Kind = Literal["mean", "index", "seed", "file", "recipe", "bookmark", "bookmarks"]
Reader = Callable[[str], Vector]

FORMS: Final = "mean, a number (index:N), seed:N, bookmark:NAME, a .npy file or a recipe"
MOST_PLACES: Final = 1000
_NUMBERED: Final = re.compile(r"(?:(index|seed):)?([+-]?[0-9]{1,18})")
_RANGE: Final = re.compile(r"(?:index:)?([0-9]{1,18})-([0-9]{1,18})")


@dataclass(frozen=True)
class Place:
    """A point that has been named and not looked up yet.

    ``text`` is a file's name, a bookmark's or a recipe, ``number`` an index or a seed, ``said`` how the user named it,
    for errors.
    """

    kind: Kind
    said: str
    number: int = 0
    text: str = ""

    @property
    def caption(self) -> str:
        """A few letters for a contact sheet."""
        if self.kind in ("index", "seed"):
            return str(self.number) if self.kind == "index" else f"seed {self.number}"
        if self.kind == "bookmark":
            return self.text
        return Path(self.text).stem if self.kind == "file" else self.kind


def parse(text: str, option: str = "") -> Place:
    """Read a place; ``option`` is what it was given to, for errors.

    Raises:
        UserError: it is none.
    """
    word = text.strip()
    said = f"{option} {word if word.isprintable() else repr(word)}".strip()
    if word.casefold() in ("mean", "average"):
        return Place("mean", said)
    if found := _NUMBERED.fullmatch(word):
        return Place("seed" if found[1] == "seed" else "index", said, int(found[2]))
    if word.startswith("bookmark:") and word != "bookmark:":
        return Place("bookmark", said, text=word.removeprefix("bookmark:"))
    if word.casefold().endswith(".npy"):
        return Place("file", said, text=word)
    if ":" in word and not word.startswith(("index:", "seed:", "bookmark:")):
        return Place("recipe", said, text=word)
    raise UserError(f"{said}: expected {FORMS}")


def parse_list(text: str, option: str = "") -> list[Place]:
    """Read places with commas between them; ``3-7`` is five items of the dataset, ``bookmarks`` stands for all of them.

    Raises:
        UserError: one of them is no place, there is none, or there are more than 1000.
    """
    places: list[Place] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        if found := _RANGE.fullmatch(part):
            first, last = int(found[1]), int(found[2])
            if last < first:
                raise UserError(f"{option} {part}: counts from {first} down to {last}".strip())
            if len(places) + last - first < MOST_PLACES:
                places += [Place("index", f"{option} {part}".strip(), number) for number in range(first, last + 1)]
                continue
        elif part == "bookmarks":
            places.append(Place("bookmarks", f"{option} {part}".strip()))
        else:
            places.append(parse(part, option))
        if found or len(places) > MOST_PLACES:
            raise UserError(f"{option}: at most {MOST_PLACES} faces fit on a sheet".strip())
    if not places:
        raise UserError(f"{option}: expected {FORMS}, with commas between them".strip())
    return places


def expanded(places: Sequence[Place], bookmarks: Sequence[str]) -> tuple[Place, ...]:
    """The places with every bookmark by its name where ``bookmarks`` stood for all of them.

    Raises:
        UserError: there are none.
    """
    result: list[Place] = []
    for place in places:
        if place.kind == "bookmarks" and not bookmarks:
            raise UserError(f"{place.said}: there are no bookmarks of this model yet")
        named = [Place("bookmark", place.said, text=name) for name in bookmarks]
        result += named if place.kind == "bookmarks" else [place]
    return tuple(result)


def look_up(
    place: Place,
    space: LatentSpace,
    read_file: Reader,
    read_recipe: Reader,
    spread: float = 1.0,
    bookmarks: Mapping[str, Vector] | None = None,
) -> Vector:
    """The latent vector (L,) of a place.

    Args:
        place: What to look up.
        space: The model's latent space.
        read_file: Reads a .npy file by its name.
        read_recipe: Reads a recipe.
        spread: How far out seeds go.
        bookmarks: Latent vectors by name.

    Raises:
        UserError: there is no such item, file, bookmark or recipe.
    """
    if place.kind == "mean":
        return space.mean
    if place.kind == "file":
        return read_file(place.text)
    if place.kind == "recipe":
        return read_recipe(place.text)
    if place.kind == "bookmark":
        if place.text not in (bookmarks or {}):
            known = ", ".join(list(bookmarks or {})[:20])
            raise UserError(f"{place.said}: no such bookmark of this model; there are {known or 'none yet'}")
        return (bookmarks or {})[place.text]
    if place.kind == "seed":
        if place.number < 0:
            raise UserError(f"{place.said}: a seed is not negative")
        return space.sample(place.number, spread)
    if not 0 <= place.number < len(space.atlas):
        raise UserError(f"{place.said}: the dataset runs from 0 to {len(space.atlas) - 1}")
    return space.atlas[place.number]
