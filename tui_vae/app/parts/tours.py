"""Tours: stops in latent space, with smooth motion between them, for as long as one likes."""

from __future__ import annotations

import math
from dataclasses import replace
from time import monotonic

import numpy as np
from textual.timer import Timer

from tui_vae.app.panels.tours import SEARCH, TourList
from tui_vae.app.parts.between import BetweenActions
from tui_vae.app.screens.prompt import PromptScreen
from tui_vae.app.widgets.tour import TourLine
from tui_vae.latent.motion import TourPlayer, nearest_stop, point_at
from tui_vae.latent.tours import Stop, Tour, TourError, tour

TOUR_FPS = 30
AHEAD = 20
"""Stops that may be skipped at once where each is worked out from those before it."""


class TourActions(BetweenActions):
    """One tour at a time. Its frames are passed by and are no steps to undo; where it is left is one.

    Attributes:
        reduced_motion: Whether a tour jumps from stop to stop, without motion between them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reduced_motion = False
        self._tour: Tour | None = None
        self._player = TourPlayer(1)
        self._furthest = 0
        self._tour_timer: Timer | None = None
        self._tour_query = ""

    def start_tour(self, name: str) -> None:
        """Begin a tour by its name, or say why not."""
        self._stop_playing()
        try:
            found = self._tour_named(name)
        except TourError as error:
            self.say(str(error), problem=True)
            self._show()
            return
        self._tour, self._furthest = _around(found), 0
        self._player = TourPlayer(len(found), self._tour.closed, time=monotonic()).play(monotonic())
        self._tour_timer = self.set_interval(1 / TOUR_FPS, self._tour_on)
        self._pass_by()

    def on_tour_list_chosen(self, message: TourList.Chosen) -> None:
        """A tour was chosen from the list."""
        if message.name != SEARCH:
            self.run_worker(self._leave_list_for(message.name))
            return

        def read(text: str) -> str:
            self._tour_named(f"{SEARCH}{text}")
            return text

        async def begin(query: str | None) -> None:
            if query is not None:
                self._tour_query = query
                await self._leave_list_for(f"{SEARCH}{query}")

        self.app.push_screen(PromptScreen("Tour of a search:", read, self._tour_query), begin)

    async def _leave_list_for(self, name: str) -> None:
        await self._close_panel()
        self.start_tour(name)

    def _tour_named(self, name: str) -> Tour:
        state = self.state
        # Bars of one's own can be toured too.
        space = state.space if state.kinds == state.space.axes else replace(state.space, axes=state.kinds)
        return tour(name, space, state.point.z, [(kept, point.z) for kept, point in state.bookmarks.items()])

    # While it is on.

    def action_tour_pause(self) -> None:
        """Stay here, or go on."""
        self._take_count()
        self._player = self._player.toggle(monotonic())
        self._pass_by()

    def action_tour_step(self, by: int) -> None:
        """To another stop, as many away as the count says."""
        player, times = self._player, self._take_count() or 1
        player = player.forward(monotonic()) if by > 0 else player.back(monotonic())
        self._seek(player.position + by * (times - 1))

    def action_tour_speed(self, by: int) -> None:
        """Faster or slower."""
        self._take_count()
        self._player = self._player.change_speed(monotonic(), by)
        self._pass_by()

    def action_tour_leave(self) -> None:
        """Stay at this face."""
        self._leap()
        self._show()

    def on_tour_line_sought(self, message: TourLine.Sought) -> None:
        """A click on the line."""
        if self._tour is not None:
            self._seek(float(round(message.part * (len(self._tour) - 1))))

    def _seek(self, position: float) -> None:
        if self._tour is not None and self._tour.is_lazy:
            position = min(position, self._furthest + AHEAD)
        self._player = self._player.seek(monotonic(), position)
        self._pass_by()

    def _remake_tour(self) -> bool:
        """Go on with the same tour of another space; ``False`` where none is on."""
        if self._tour is None:
            return False
        try:
            found = self._tour_named(self._tour.name)
        except TourError:
            self._stop_playing()
            return False
        self._tour = _around(found)
        self._player = replace(self._player, count=len(found), closed=self._tour.closed)
        self._pass_by()
        return True

    def _hold_still(self) -> str:
        if self._tour is None:
            self._stop_playing()
            return ""
        if self._player.playing:
            self.action_tour_pause()
        return self._tour.name

    def _stop_playing(self) -> None:
        super()._stop_playing()
        if self._tour is not None:
            self.state.stay()
            self._end_tour()

    def _end_tour(self) -> None:
        self._tour = None
        if self._tour_timer is not None:
            self._tour_timer.stop()
            self._tour_timer = None

    def _tour_on(self) -> None:
        if self._tour is None or not self._player.playing:
            return
        if self.shown is None:  # it begins when the decoder is there
            self._player = replace(self._player, time=monotonic())
            return
        self._player = self._player.at(monotonic())
        if not self._player.playing:  # a lazy one has come to its end
            self._player = self._player.play(monotonic())
        self._pass_by()

    def _pass_by(self) -> None:
        """Show where the tour is now."""
        if self._tour is None:
            return
        point = point_at(self._tour, self._tour_position, self.state.way, self.state.space.pca)
        self._furthest = max(self._furthest, math.ceil(self._tour_position))
        here = self.state.point
        if not self.state.is_passing or point.origin != here.origin or not np.array_equal(point.z, here.z):
            self.state.pass_by(point)
        self._show()

    @property
    def _tour_position(self) -> float:
        position = self._player.position
        return float(math.floor(position)) if self.reduced_motion else position

    # What is shown of it.

    @property
    def tour_stop(self) -> Stop | None:
        """The stop that is nearest; ``None`` while no tour is on."""
        return None if self._tour is None else nearest_stop(self._tour, self._tour_position)[1]

    def tour_facts(self) -> list[str]:
        """What the status line says of the tour that is on."""
        if self._tour is None:
            return []
        number = nearest_stop(self._tour, self._tour_position)[0]
        speed = f"{self._player.speed:g} a second" if self._player.playing else "paused"
        return [f"tour {self._tour.name}", f"stop {number + 1:,} of {len(self._tour):,}", speed]

    def _show_tour(self) -> None:
        """Show the tour's line, or end the tour where something else has moved on from it."""
        if self._tour is not None and not self.state.is_passing:
            self._end_tour()
        line = self.query_one(TourLine)
        if self._tour is None:
            line.show(None)
            if self.focused is line:
                self.set_focus(None)
            return
        count, position = len(self._tour), self._tour_position
        part = position % count if self._tour.closed else position
        line.show(min(part / max(1, count - 1), 1.0), plays=self._player.playing)
        if self.focused is None:
            line.focus()


def _around(tour: Tour) -> Tour:
    """The tour as it goes on unattended: from the last stop to the first. A lazy one begins again instead."""
    return replace(tour, closed=len(tour) > 1 and not tour.is_lazy)
