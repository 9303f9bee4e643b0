"""From one face to another: marks, the slider, playing."""

from __future__ import annotations

from textual.timer import Timer

from tui_vae.app.parts.part import Part
from tui_vae.app.screens.prompt import PromptScreen
from tui_vae.app.widgets.mix import MixSlider
from tui_vae.latent.ends import EXAMPLE, read_ends
from tui_vae.latent.explorer import Ends, Mark
from tui_vae.latent.journey import WAYS, Way

MIX_STEP = 0.02
PLAY_SECONDS = 4.0
PLAY_FPS = 30
WAY_TEXTS: dict[Way, str] = {"lerp": "straight (lerp)", "slerp": "around the average face (slerp)"}


class BetweenActions(Part):
    """Marks A and B, a slider between them, and playing from one to the other."""

    def __init__(self) -> None:
        super().__init__()
        self._play: Timer | None = None
        self._play_direction = 1
        self._ends_text = ""

    def action_mark(self, which: Mark) -> None:
        """Keep this face as A or B."""
        self._take_count()
        self.state.mark(which)
        self.say(f"{which.upper()} is {self.state.point.origin}")
        self._show()

    def action_mix(self) -> None:
        """Show the slider, or leave it."""
        self._stop_playing()
        self._take_count()
        if self.state.mix is not None:
            self.state.stop_mix()
        elif not self.state.start_mix():
            self._tell_marks_are_missing()
        self._show()

    def action_choose_ends(self) -> None:
        """Ask for two faces, and show the slider between them."""
        self._take_count()

        def read(text: str) -> tuple[str, Ends]:
            return text, read_ends(text, self.state, self.read_token)

        def begin(answer: tuple[str, Ends] | None) -> None:
            if answer is not None:
                self._ends_text = answer[0]
                self._stop_playing()
                self.state.start_mix(*answer[1])
                self._show()

        self.app.push_screen(PromptScreen("Between:", read, self._ends_text or EXAMPLE), begin)

    def action_switch_way(self) -> None:
        """Go straight from one face to the other, or around the average face."""
        self._take_count()
        self.state.set_way(WAYS[(WAYS.index(self.state.way) + 1) % len(WAYS)])
        self.say(f"between faces: {WAY_TEXTS[self.state.way]}")
        self._show()

    def action_play(self) -> None:
        """Run from A to B and back until told to stop."""
        self._take_count()
        if self._play is not None:
            self._stop_playing()
        elif self.state.mix is not None or self.state.start_mix():
            self._play = self.set_interval(1 / PLAY_FPS, self._play_on)
        else:
            self._tell_marks_are_missing()
        self._show()

    def _play_on(self) -> None:
        if self.state.mix is None:
            self._stop_playing()
            return
        if self.state.mix in (0.0, 1.0):
            self._play_direction = 1 if self.state.mix == 0.0 else -1
        self.state.set_mix(self.state.mix + self._play_direction / (PLAY_SECONDS * PLAY_FPS))
        self._show()

    def _stop_playing(self) -> None:
        if self._play is not None:
            self._play.stop()
            self._play = None

    def on_mix_slider_moved(self, message: MixSlider.Moved) -> None:
        """The slider was moved with the mouse."""
        self._stop_playing()
        self.state.set_mix(message.position)
        self._show()
