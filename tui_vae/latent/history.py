"""Undo and redo over a tree: going back and then elsewhere starts a branch and forgets nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar

Item = TypeVar("Item")

# Repeats of one key within this time are one step to undo: a held key is one gesture.
GESTURE_SECONDS = 0.7

MAX_STEPS = 10_000


@dataclass(frozen=True)
class Step(Generic[Item]):
    """One place in the tree, for drawing and for keeping.

    Attributes:
        id: its number; a later step has a larger one. The first place of all is 0.
        item: what is there.
        parent: where undo leads; ``None`` for the first.
        children: where redo can lead, oldest first.
        depth: steps from the first place.
        lane: branches between it and the first place: a step that was the first to follow another is in its lane.
        is_here: whether this is the current place.
    """

    id: int
    item: Item
    parent: int | None
    children: tuple[int, ...] = ()
    depth: int = 0
    lane: int = 0
    is_here: bool = False


@dataclass
class _Node(Generic[Item]):
    item: Item
    parent: int | None = None
    children: list[int] = field(default_factory=list)
    onward: int | None = None  # the child that was visited last


class History(Generic[Item]):
    """A tree of items with a place in it. Undo goes to the parent, redo to the child that was visited last.

    Beyond ``max_steps`` the oldest tips of branches are forgotten first; where there is one branch alone, its oldest
    step after the first. The first place stays.
    """

    def __init__(self, first: Item, clock: Callable[[], float] = monotonic, max_steps: int = MAX_STEPS) -> None:
        self._nodes = {0: _Node(first)}
        self._here = 0
        self._next = 1
        self._max_steps = max_steps
        self._changed: dict[int, None] = {}  # as a set that keeps its order
        self._clock = clock
        self._gesture: str | None = None
        self._moved = 0.0

    @property
    def item(self) -> Item:
        """The item at the current place."""
        return self._nodes[self._here].item

    @property
    def here(self) -> int:
        """The number of the current place."""
        return self._here

    def push(self, item: Item, gesture: str | None = None) -> None:
        """Move on to a new item. Pushes of the same ``gesture`` in quick succession become one step."""
        now = self._clock()
        merges = gesture is not None and gesture == self._gesture and now - self._moved < GESTURE_SECONDS
        self._gesture, self._moved = gesture, now
        node = self._nodes[self._here]
        if merges and node.parent is not None and not node.children:
            node.item = item
            self._changed[self._here] = None
            return
        self._here = self._add(item, self._here)
        while len(self._nodes) > self._max_steps + 1:
            self._forget()

    def undo(self) -> bool:
        """Go back one step; ``False`` at the beginning."""
        self._gesture = None
        parent = self._nodes[self._here].parent
        if parent is None:
            return False
        self._nodes[parent].onward = self._here
        self._here = parent
        return True

    def redo(self, branch: int | None = None) -> bool:
        """Go forward to the child that was visited last, or to ``branch``, an index into the children, oldest first.

        ``False`` where nothing was undone, or where there is no such branch.
        """
        self._gesture = None
        node = self._nodes[self._here]
        onward = node.onward
        if branch is not None:
            onward = node.children[branch] if 0 <= branch < len(node.children) else None
        if onward is None:
            return False
        node.onward = self._here = onward
        return True

    def go_to(self, step: int) -> bool:
        """Go to a step by its number; undo and redo lead along its branch from then on. ``False``: no such step."""
        self._gesture = None
        if step not in self._nodes:
            return False
        self._here = step
        child, parent = step, self._nodes[step].parent
        while parent is not None:
            self._nodes[parent].onward = child
            child, parent = parent, self._nodes[parent].parent
        return True

    def steps(self) -> tuple[Step[Item], ...]:
        """The whole tree, by number: every step comes after the one that it follows."""
        shown: dict[int, Step[Item]] = {}
        for number, node in self._nodes.items():
            depth = lane = 0
            if node.parent is not None:
                before = shown[node.parent]
                depth, lane = before.depth + 1, before.lane + (before.children[0] != number)
            children, is_here = tuple(node.children), number == self._here
            shown[number] = Step(number, node.item, node.parent, children, depth, lane, is_here)
        return tuple(shown.values())

    def change(self, change: Callable[[Item], Item]) -> None:
        """Have other items in the same places. None of them counts as changed for keeping."""
        for node in self._nodes.values():
            node.item = change(node.item)

    # Keeping it from one session to the next.

    def take_changed(self) -> tuple[Step[Item], ...]:
        """The steps that are new or have another item since the last call, by number, without depth and lane."""
        changed = sorted(number for number in self._changed if number in self._nodes)
        self._changed.clear()
        return tuple(Step(number, self._nodes[number].item, self._nodes[number].parent) for number in changed)

    def restore(self, steps: Sequence[Step[Item]]) -> None:
        """Take in the steps of an earlier session, before the first push of this one. Here stays the first place.

        Steps get new numbers in the same order; one whose parent is not among those before it follows the first
        place. Only the newest ``max_steps`` are taken. Redo needs to be told of a branch to go there.
        """
        numbers: dict[int, int] = {}
        for step in sorted(steps, key=lambda step: step.id)[-self._max_steps :]:
            if step.parent is None:  # the first place of that session is the first place of this one
                numbers[step.id] = 0
            else:
                numbers[step.id] = self._add(step.item, numbers.get(step.parent, 0))
        self._nodes[0].onward = None

    def _add(self, item: Item, parent: int) -> int:
        number, self._next = self._next, self._next + 1
        self._nodes[number] = _Node(item, parent)
        self._nodes[parent].children.append(number)
        self._nodes[parent].onward = number
        self._changed[number] = None
        return number

    def _forget(self) -> None:
        """Forget the oldest tip of a branch, or else the oldest step, whose children then follow what it followed."""
        tips = (n for n, node in self._nodes.items() if n and not node.children and n != self._here)
        gone = next(tips, None)
        if gone is None:
            gone = next(n for n in self._nodes if n)
        node = self._nodes.pop(gone)
        assert node.parent is not None
        before = self._nodes[node.parent]
        place = before.children.index(gone)
        before.children[place : place + 1] = node.children
        for child in node.children:
            self._nodes[child].parent = node.parent
        if before.onward == gone:
            newest = before.children[-1] if before.children else None
            before.onward = newest if node.onward is None else node.onward
        self._changed.pop(gone, None)
