"""What the words of a search say of each atlas item: yes, no, or not known."""

from __future__ import annotations

import difflib
import fnmatch
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tui_vae.latent.axes import Axes, Vector
from tui_vae.latent.labels import Column
from tui_vae.latent.space import LatentSpace

Flags = npt.NDArray[np.bool_]

# A bar this many sigma from the average tells a predicted attribute; between the two it is not known. Not zero, which
# would call half of the atlas bearded: the average is no boundary where an attribute is rare.
PREDICTED_SIGMA = 1.0

_COMPARISONS: dict[str, Callable[[npt.NDArray[np.float64], float], Flags]] = {
    **{"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge},
    **{"=": operator.eq, "!=": operator.ne},
}
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")


@dataclass(frozen=True)
class Truth:
    """(N,) bool each: the items of which it is known to hold, and of which it is known not to (Kleene's logic)."""

    yes: Flags
    no: Flags

    def __and__(self, other: Truth) -> Truth:
        return Truth(self.yes & other.yes, self.no | other.no)

    def __or__(self, other: Truth) -> Truth:
        return Truth(self.yes | other.yes, self.no & other.no)

    def __invert__(self) -> Truth:
        return Truth(self.no, self.yes)


def plain(name: str) -> str:
    """A name as it is compared: lower case, ``_`` and runs of spaces as one space."""
    return " ".join(name.replace("_", " ").casefold().split())


class Vocabulary:
    """The names that a search of one latent space may use. ``predicted`` collects those that only an axis answers.

    Every method raises :class:`ValueError`, one line, for a name or a value that there is not.
    """

    def __init__(self, space: LatentSpace) -> None:
        self._space = space
        self._count = len(space.atlas)
        self._labels = {plain(label.name): label for label in space.labels}
        if space.clusters is not None and "cluster" not in self._labels:
            self._labels["cluster"] = Column("cluster", "numeric", space.clusters.of.astype(np.float64))
        self._bars = {plain(text): (axes, bar) for axes in reversed(space.axes) for bar, text in enumerate(axes.labels)}
        self.predicted: list[str] = []

    def word(self, name: str, *, quoted: bool = False) -> Truth:
        """A name by itself: a boolean label, a predicted attribute, or words that item names hold."""
        key = plain(name)
        label = self._labels.get(key)
        if label is not None and label.kind == "boolean":
            return _known(label, label.values == 1)
        if label is not None:
            example = f"{key} > 0" if label.kind == "numeric" else f"{key} = {(label.categories or ('…',))[0]}"
            raise ValueError(f"{key!r} is {label.kind}: compare it, such as {example}")
        if key in self._bars and self._bars[key][0].name == "attributes":
            self.predicted.append(key)
            bars = self._bar(*self._bars[key])
            return Truth(bars > PREDICTED_SIGMA, bars < -PREDICTED_SIGMA)
        found = self._items(key, glob=not quoted and bool(set("*?[") & set(key)))
        return Truth(found, ~found)

    def comparison(self, name: str, sign: str, value: str) -> Truth:
        """A numeric, categorical or boolean label, or a bar of any axes in sigma, against a value."""
        key = plain(name)
        label = self._labels.get(key)
        if label is not None and label.kind == "numeric":
            return self._numeric(label.values, key, sign, value)
        if label is not None and not (label.kind == "boolean" and key in self._bars and sign not in ("=", "!=")):
            return self._equal(label, key, sign, plain(value))
        if key in self._bars:
            attribute = self._bars[key][0].name == "attributes"
            if attribute and sign in ("=", "!=") and plain(value) in _YES + _NO:
                truth = self.word(name)
                return truth if (sign == "=") == (plain(value) in _YES) else ~truth
            if attribute:
                self.predicted.append(key)
            return self._numeric(self._bar(*self._bars[key]).astype(np.float64), key, sign, value)
        if key == "index":
            return self._numeric(np.arange(self._count, dtype=np.float64), key, sign, value)
        raise ValueError(f"nothing here is called {key!r}{self._guess(key)}")

    def _numeric(self, values: npt.NDArray[np.float64], key: str, sign: str, value: str) -> Truth:
        number = _number(value)
        if number is None:
            raise ValueError(f"{key} is a number, and {value!r} is none")
        with np.errstate(invalid="ignore"):
            holds = _COMPARISONS[sign](values, number)
        known = ~np.isnan(values)
        return Truth(holds & known, ~holds & known)

    def _equal(self, label: Column, key: str, sign: str, value: str) -> Truth:
        if sign not in ("=", "!="):
            raise ValueError(f"{key!r} is {label.kind}: it has no more and less, only = and !=")
        if label.kind == "boolean":
            if value not in _YES + _NO:
                raise ValueError(f"{key!r} is yes or no, not {value!r}")
            wanted = float(value in _YES)
        else:
            names = [plain(category) for category in label.categories]
            if value not in names:
                raise ValueError(f"{key} is never {value!r}{_nearest(value, names)}")
            wanted = float(names.index(value))
        equal = _known(label, label.values == wanted)
        return equal if sign == "=" else ~equal

    def _bar(self, axes: Axes, bar: int) -> Vector:
        readout = axes.readout[bar]
        bars: Vector = self._space.atlas.latents @ readout - axes.mean @ readout
        return bars

    def _items(self, key: str, *, glob: bool) -> Flags:
        names = [plain(name) for name in self._space.atlas.names]
        if glob:
            match = re.compile(fnmatch.translate(key)).match
            return np.array([bool(match(name) or match(name.rpartition("/")[2])) for name in names], np.bool_)
        found = np.array([key in name for name in names], np.bool_)
        if not found.any():
            raise ValueError(f"no attribute or item {key!r}{self._guess(key)}")
        return found

    def _guess(self, key: str) -> str:
        attributes = [name for name, (axes, _) in self._bars.items() if axes.name == "attributes"]
        return _nearest(key, [*self._labels, *attributes])


def _known(label: Column, holds: Flags) -> Truth:
    known = ~np.isnan(label.values)
    return Truth(holds & known, ~holds & known)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _nearest(word: str, names: list[str]) -> str:
    near = difflib.get_close_matches(word[:80], names, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""
