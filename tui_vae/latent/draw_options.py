"""What randomize goes by, as it is typed: ``seed 123``, ``prior``, ``trunc 2``, ``range 1.5``, or several of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from tui_vae.latent.draws import MIN_TRUNCATION, SOURCES, USUAL, Source
from tui_vae.latent.recipe_bytes import MAX_SEED

MAX_SPREAD: Final = 10.0
MAX_TRUNCATION: Final = 100.0
FORMS: Final = "seed 123, atlas, posterior, prior, trunc 2 (or off), range 1.5"
_NAMES: Final = {"truncation": "trunc", "spread": "range", "random": "seed"}
_OFF: Final = ("off", "none", "no")


@dataclass(frozen=True)
class DrawOptions:
    """How far out, from where, cut off at how many sigma; ``seed`` names one draw, and ``None`` leaves it to chance."""

    spread: float = 1.0
    source: Source = USUAL
    truncation: float | None = None
    seed: int | None = None

    def __str__(self) -> str:
        """The words that `read_draw_options` makes the same options of."""
        cut = "off" if self.truncation is None else f"{self.truncation:.12g}"
        seed = "" if self.seed is None else f"seed {self.seed} "
        return f"{seed}{self.source} range {self.spread:.12g} trunc {cut}"


def read_draw_options(text: str, now: DrawOptions) -> DrawOptions:
    """The options after what was typed: what is not said stays as it is now, but for the seed.

    Raises:
        ValueError: a word that is none of them, a number that is missing or out of range, or one said twice.
    """
    words = re.sub(r"[:=;]|,(?=\s|$)", " ", text.casefold().replace("−", "-")).replace(",", ".").split()
    found, said = replace(now, seed=None), set[str]()
    while words:
        word = words.pop(0)
        name = "source" if word in SOURCES else _NAMES.get(word, word)
        if name in said:
            raise ValueError(f"{name} is said twice")
        said.add(name)
        if name == "source":
            found = replace(found, source=next(source for source in SOURCES if source == word))
        elif name not in ("seed", "range", "trunc"):
            raise ValueError(f"{word[:20]!r} is none of {FORMS}")
        elif not words:
            raise ValueError(f"{name} needs a number")
        elif name == "seed":
            found = replace(found, seed=_seed(words.pop(0)))
        elif name == "range":
            found = replace(found, spread=_number(words.pop(0), "a range", 0.01, MAX_SPREAD))
        else:
            value = words.pop(0)
            cut = None if value in _OFF else _number(value, "a truncation", MIN_TRUNCATION, MAX_TRUNCATION)
            found = replace(found, truncation=cut)
    return found


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and int(text) < MAX_SEED):
        raise ValueError(f"a seed is a whole number from 0 to {MAX_SEED - 1}, not {text[:24]!r}")
    return int(text)


def _number(text: str, what: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{what} is a number, not {text[:20]!r}") from None
    if not least <= value <= most:
        raise ValueError(f"{what} is from {least:g} to {most:g}, not {text[:20]}")
    return value
