"""A run that is still training: newer weights as they land, and earlier ones."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import suppress
from dataclasses import replace

from tui_vae.app.model import Moment, Moments
from tui_vae.app.panels import Panel
from tui_vae.app.parts.part import Part
from tui_vae.app.saving import Saver
from tui_vae.latent.space import LatentSpace

NOT_FOLLOWING = "no run is followed: tui-vae --follow RUN"


class FollowingActions(Part):
    """Swaps the model between two frames. The face that is there stays until the new one has been decoded, and so do
    the faces of a panel.

    The point stays, bit for bit, and so do the axes, until the new ones are asked for: a bar then shows the same
    number and means the same direction. An untouched dataset face stays that dataset face: its latent vector is what
    the weights that are shown make of it.
    """

    _moments: Moments | None = None
    _moment: Moment | None = None
    _saver: Saver
    panel: Panel | None

    @abstractmethod
    def _measure_effects(self) -> None:
        """Work out anew how much each bar changes the picture."""

    def follow(self, moments: Moments) -> None:
        """Follow a run from the beginning, which is ``moments.first``. Call before the screen is shown."""
        self._moments, self._moment = moments, moments.first

    def _begin_following(self) -> None:
        if self._moments is not None:
            self._moments.start(
                lambda moment: self._from_thread(lambda: self._take_moment(moment)),
                lambda problem: self._from_thread(lambda: self.say(problem, problem=True)),
            )

    def _stop_following(self) -> None:
        if self._moments is not None:
            self._moments.close()

    def _from_thread(self, call: object) -> None:
        with suppress(RuntimeError):  # the program has just been left
            self.call_later(call)  # type: ignore[arg-type]

    def _take_moment(self, moment: Moment) -> None:
        self.model = self._moment = moment
        self._saver.model = moment
        self._have_space(replace(moment.space, axes=self.state.space.axes))

    def _have_space(self, space: LatentSpace) -> None:
        """Another space under the same point; an open panel goes along."""
        state = self.state
        state.set_space(space)
        state.gauge.prepare()  # quick: a preview's atlas is small
        if self.panel is not None:
            self.panel.renew(self.model)
        if state.view.order == "effect":
            self._measure_effects()
        if self._remake_tour():
            return
        self._show()

    def _moment_facts(self) -> list[str]:
        """Step, held-out loss, and whether these are the newest weights."""
        if self._moments is None or self._moment is None:
            return []
        loss = self._moment.held_out
        held_out = "–" if loss is None else f"{loss:.3f}"
        return [f"step {self._moment.step:,}", f"held-out {held_out}", self._moments.facts]

    def action_step_weights(self, by: int) -> None:
        """Weights of an earlier or a later report."""
        by *= self._take_count() or 1
        if self._moments is None:
            self.say(NOT_FOLLOWING)
        elif not self._moments.choose(by):
            self.say("these are the earliest weights that were kept" if by < 0 else "these are the newest weights")
        self._show_status()

    def action_refit_axes(self) -> None:
        """The axes of the weights that are shown, in place of those of the first."""
        self._leap()
        if self._moment is None:
            self.say(NOT_FOLLOWING)
        else:
            self._have_space(self._moment.space)
            self.say(f"axes of step {self._moment.step:,}")
