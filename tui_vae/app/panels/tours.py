"""The tours to choose from."""

from __future__ import annotations

from typing import NamedTuple

from textual.message import Message

from tui_vae.app.panels.lines import Kind, Lines
from tui_vae.latent.explorer import Explorer

SEARCH = "search:"
NAMES = 14
"""Cells for the names, which may be longer."""


class Offer(NamedTuple):
    """A tour that can be chosen: its name for :func:`tui_vae.latent.tours.tour`, and what it is. ``SEARCH`` asks."""

    name: str
    text: str


def offers(state: Explorer) -> list[Offer]:
    """The tours that there are for the state as it is."""
    space, label = state.space, state.axes.labels[state.selected]
    attributes = next((axes for axes in space.axes if axes.name == "attributes"), None)
    kept = len(state.bookmarks)
    return [
        *([Offer("dataset", "all in order"), Offer("shuffled", "all, mixed up")] if len(space.atlas) else ()),
        *([Offer("clusters", "cluster by cluster")] if space.clusters is not None else ()),
        *([Offer("walk", "on to the nearest")] if len(space.atlas) else ()),
        Offer(f"traversal:{label}", "this bar, -3 to +3"),
        *([Offer(f"bar:{label}", "from least to most")] if len(space.atlas) else ()),
        *([Offer("bookmarks", f"the {kept} that you kept")] if kept else ()),
        Offer(SEARCH, "what a search finds"),
        *(Offer(f"attribute:{name}", "from least to most") for name in (attributes.labels if attributes else ())),
    ]


class TourList(Lines):
    """One line per tour: its name, and what it is where there is room."""

    class Chosen(Message):
        """Begin a tour; ``SEARCH`` asks what to search for."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    _offers: tuple[Offer, ...] = (Offer(SEARCH, ""),)

    @property
    def heading(self) -> str:
        """What to do."""
        return "tours: Enter begins one"

    def follow(self) -> None:
        """The tours for the state as it is."""
        self._offers = tuple(offers(self.state))
        self.put_cursor(self.cursor)

    @property
    def count(self) -> int:
        """How many tours there are."""
        return len(self._offers)

    def line(self, place: int) -> tuple[str, Kind]:
        """A tour's name, and what it is."""
        name, text = self._offers[place]
        shown = f"{name}…" if name == SEARCH else name
        line = f"{shown:<{NAMES}}  {text}"
        return (line if len(line) < self.size.width else shown), "line"

    def action_take(self) -> None:
        """Begin the chosen tour."""
        self.post_message(self.Chosen(self._offers[self.cursor].name))
