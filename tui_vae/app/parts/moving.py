"""Moves that need no bar, and moves through time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from tui_vae.app.parts.part import Part
from tui_vae.app.screens.prompt import PromptScreen
from tui_vae.app.session import Session
from tui_vae.latent.draw_options import DrawOptions, read_draw_options


class MovingActions(Part):
    """Random, opposite and average faces; undo and redo."""

    _session: Session | None
    _count: int

    @abstractmethod
    def action_count(self, digit: int) -> None:
        """A digit of a count."""

    def action_randomize(self) -> None:
        """A random face."""
        self._leap()
        self.state.randomize()
        self._show()

    def action_vary(self) -> None:
        """A face near this one."""
        self._leap()
        self.state.vary()
        self._show()

    def action_random_options(self) -> None:
        """Ask what randomize goes by, and draw a face."""
        self._take_count()
        now = self.state.draw_options

        def draw(options: DrawOptions | None) -> None:
            if options is not None:
                self._leap()
                self.state.set_draw_options(options)
                self.state.randomize(options.seed)
                self._show()

        self.app.push_screen(PromptScreen("Random:", lambda text: read_draw_options(text, now), str(now)), draw)

    def action_spread(self, by: int) -> None:
        """Change the range of random faces."""
        self.state.change_spread(by * (self._take_count() or 1))
        self._show()

    def action_invert(self) -> None:
        """The opposite face."""
        self._leap()
        self.state.invert()
        self._show()

    def action_reset(self) -> None:
        """The average face; after other digits, the digit 0 of a count."""
        if self._count:
            self.action_count(0)
            return
        self._leap()
        self.state.reset()
        self._show()

    def action_undo(self) -> None:
        """One move back, or as many as the count says."""
        self._travel(self.state.undo, "nothing to undo")

    def action_redo(self) -> None:
        """One move forward, or as many as the count says."""
        self._travel(self.state.redo, "nothing to redo")

    def _travel(self, move: Callable[[], bool], at_end: str) -> None:
        self._stop_playing()
        if not move():
            self.say(at_end)
        for _ in range((self._take_count() or 1) - 1):
            if not move():
                break
        self._show()

    def action_go_back(self) -> None:
        """Back to where the last session was cut off."""
        self._leap()
        if self._session is None or not self._session.go_back(self.state):
            self.say("no place was saved")
        self._show()
