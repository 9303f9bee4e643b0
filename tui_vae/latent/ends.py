"""Any two faces to go between, as they are typed: ``A to bookmark:anna``, ``12 to random``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Final

from tui_vae.latent.explorer import Ends, Explorer, Mark
from tui_vae.latent.point import Point, made_point, point
from tui_vae.latent.recipe import Item, Recipe

FORMS: Final = "A, B, this, average, 12, random, seed:3, bookmark:NAME or a recipe"
EXAMPLE: Final = "A to 12"
_TO: Final = re.compile(r"\s+to\s+", re.IGNORECASE)
_NUMBERED: Final = re.compile(r"(?:(index|face|seed|random)\s*[: ]\s*|#)?([0-9]+)", re.IGNORECASE)

TokenReader = Callable[[str], Recipe]


def read_ends(text: str, state: Explorer, read_token: TokenReader) -> Ends:
    """Two faces with ``to`` between them; ``to B`` alone begins at the point where the explorer is.

    A name may have a ``to`` of its own: the first place to divide at which makes two faces is taken.

    Raises:
        ValueError: there are not two faces, or one of them is none; in one line.
    """
    text = text.strip()
    if re.match(r"to\s", text, re.IGNORECASE):
        text = f"this {text}"
    problem = ValueError(f"two faces are needed, such as {EXAMPLE}; a face is {FORMS}")
    for number, middle in enumerate(_TO.finditer(text)):
        try:
            return Ends(
                read_face(text[: middle.start()], state, read_token), read_face(text[middle.end() :], state, read_token)
            )
        except ValueError as error:
            problem = problem if number else error
    raise problem


def read_face(text: str, state: Explorer, read_token: TokenReader) -> Point:
    """A face as it is typed: one of ``FORMS``.

    Args:
        text: What was typed.
        state: Has the marks, the bookmarks, the range of random faces, the dataset and the point.
        read_token: Makes a recipe of a token.

    Raises:
        ValueError: it is none; in one line.
    """
    word = text.strip()
    name = word.casefold()
    if name in ("a", "b"):
        which: Mark = "a" if name == "a" else "b"
        if which not in state.marks:
            raise ValueError(f"no face is marked as {which.upper()} yet: {which} marks one")
        return state.marks[which]
    if name in ("this", "here"):
        return state.point
    if name in ("average", "mean"):
        return made_point(Recipe(), state.space, "average")
    if name == "random":
        return state.drawn()
    if found := _NUMBERED.fullmatch(word):
        return _numbered((found[1] or "").casefold(), found[2], state)
    if name.startswith("bookmark:"):
        return _bookmark(word.partition(":")[2].strip(), state)
    if name in {kept.casefold() for kept in state.bookmarks}:
        return _bookmark(word, state)
    if ":" in word:
        return point(read_token(word), state.space)
    raise ValueError(f"no face {word[:30]!r}: a face is {FORMS}")


def _numbered(kind: str, digits: str, state: Explorer) -> Point:
    number, last = int(digits[:20]), len(state.space.atlas) - 1
    if kind in ("seed", "random"):
        return state.drawn(number)
    if number > last:
        raise ValueError(f"face {digits[:20]} is not in the dataset: 0 to {last}")
    return made_point(Recipe(Item(number)), state.space, state.space.atlas.names[number])


def _bookmark(name: str, state: Explorer) -> Point:
    if name in state.bookmarks:
        return state.bookmarks[name]
    by_folded = {kept.casefold(): point for kept, point in state.bookmarks.items()}
    if name.casefold() in by_folded:
        return by_folded[name.casefold()]
    if not state.bookmarks:
        raise ValueError(f"no bookmark {name[:30]!r}: there are none yet, d keeps a face")
    near = difflib.get_close_matches(name, state.bookmarks, 1, 0.5)
    hint = f"did you mean {near[0]!r}?" if near else "B shows the bookmarks"
    raise ValueError(f"no bookmark {name[:30]!r}: {hint}")
