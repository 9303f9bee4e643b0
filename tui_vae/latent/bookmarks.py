"""Faces that were given a name, to come back to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tui_vae.latent.names import checked_name
from tui_vae.latent.point import Point

MAX_BOOKMARKS = 1000


class Bookmarks(Mapping[str, Point]):
    """Points by name, in the order in which they were added. ``changes`` counts what was done to them."""

    def __init__(self, points: Mapping[str, Point] | None = None) -> None:
        self._points = dict(points or {})
        self.changes = 0

    def __getitem__(self, name: str) -> Point:
        return self._points[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._points)

    def __len__(self) -> int:
        return len(self._points)

    def add(self, name: str, point: Point) -> str:
        """Keep a point under a name, which is returned as it is kept.

        Raises:
            ValueError: the name will not do or is taken, or there are too many.
        """
        name = self._new(name)
        if len(self) >= MAX_BOOKMARKS:
            raise ValueError(f"there are {MAX_BOOKMARKS} bookmarks, which is all there can be: remove one first")
        self._points[name] = point
        self.changes += 1
        return name

    def rename(self, old: str, new: str) -> str:
        """Give a bookmark another name; it keeps its place in the list.

        Raises:
            ValueError: there is no such bookmark, or the new name will not do or is taken.
        """
        self._known(old)
        if new.strip() == old:
            return old
        new = self._new(new)
        self._points = {new if name == old else name: point for name, point in self._points.items()}
        self.changes += 1
        return new

    def remove(self, name: str) -> Point:
        """Forget a bookmark.

        Raises:
            ValueError: there is no such bookmark.
        """
        self._known(name)
        self.changes += 1
        return self._points.pop(name)

    def change(self, change: Callable[[Point], Point]) -> None:
        """Have other points under the same names. This does not count as a change for keeping."""
        self._points = {name: change(point) for name, point in self._points.items()}

    def free_name(self, wish: str) -> str:
        """The wish, or the wish with the first number behind it that is free; what a dialogue may offer."""
        base = "".join(character for character in wish if character.isprintable()).strip()[:50] or "face"
        names = (base, *(f"{base} {number}" for number in range(2, len(self) + 3)))
        return next(name for name in names if name not in self._points)

    def _known(self, name: str) -> None:
        if name not in self._points:
            raise ValueError(f"there is no bookmark {name!r}")

    def _new(self, text: str) -> str:
        name = checked_name(text)
        if name in self._points:
            raise ValueError(f"there is a bookmark {name!r} already")
        return name
