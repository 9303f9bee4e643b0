"""Undo and redo over a tree: going back and then elsewhere starts a branch and forgets nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar

Item = TypeVar("Item")

# Repeats of one key within this time are one step to undo: a held key is one gesture.
GESTURE_SECONDS = 0.7


@dataclass
class _Node(Generic[Item]):
    item: Item
    parent: _Node[Item] | None = None
    children: list[_Node[Item]] = field(default_factory=list)


class History(Generic[Item]):
    """A tree of items with a place in it. Undo goes to the parent, redo to the newest child."""

    def __init__(self, first: Item, clock: Callable[[], float] = monotonic) -> None:
        self._here = _Node(first)
        self._clock = clock
        self._gesture: str | None = None
        self._moved = 0.0

    @property
    def item(self) -> Item:
        """The item at the current place."""
        return self._here.item

    def push(self, item: Item, gesture: str | None = None) -> None:
        """Move on to a new item. Pushes of the same ``gesture`` in quick succession become one step."""
        now = self._clock()
        merges = gesture is not None and gesture == self._gesture and now - self._moved < GESTURE_SECONDS
        self._gesture, self._moved = gesture, now
        if merges and self._here.parent is not None and not self._here.children:
            self._here.item = item
            return
        node = _Node(item, self._here)
        self._here.children.append(node)
        self._here = node

    def undo(self) -> bool:
        """Go back one step; ``False`` at the beginning."""
        self._gesture = None
        if self._here.parent is None:
            return False
        self._here = self._here.parent
        return True

    def redo(self) -> bool:
        """Go forward again, along the newest branch; ``False`` where nothing was undone."""
        self._gesture = None
        if not self._here.children:
            return False
        self._here = self._here.children[-1]
        return True
