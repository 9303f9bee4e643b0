"""What every part of the explorer's screen may rely on."""

from __future__ import annotations

from abc import abstractmethod

from textual.screen import Screen

from tui_vae.app.binding import key_of
from tui_vae.app.decoding import Frame
from tui_vae.app.model import LatentModel
from tui_vae.latent.explorer import Explorer
from tui_vae.latent.recipe import Recipe


class Part(Screen[object]):
    """A part of the explorer's screen: some of its actions. They change ``state`` and then call `_show`."""

    state: Explorer
    model: LatentModel

    @property
    @abstractmethod
    def shown(self) -> Frame | None:
        """The decoded frame that is shown; ``None`` while the decoder loads."""

    @abstractmethod
    def say(self, text: str, *, problem: bool = False) -> None:
        """Tell something in the status line."""

    def key_of(self, name: str) -> str:
        """The first key of an action, by its id, as a person reads it."""
        return key_of(self.app, name)

    @abstractmethod
    def _show(self) -> None:
        """Draw the state as it is now, and ask for its face."""

    @abstractmethod
    def _show_status(self) -> None:
        """Draw the status line."""

    @abstractmethod
    def _take_count(self) -> int | None:
        """The count that was typed, which is used up."""

    @abstractmethod
    def read_token(self, text: str) -> Recipe:
        """The recipe of a token; a `RecipeError` says what is wrong with it."""

    @abstractmethod
    async def _close_panel(self) -> None:
        """Put the bars back in the place of the panel, if there is one."""

    @abstractmethod
    def _remake_tour(self) -> bool:
        """Go on with the tour that is on in another space; ``False`` where none is."""

    @abstractmethod
    def _hold_still(self) -> str:
        """End whatever moves by itself, but let a tour pause; returns the name of the tour that is on, or ""."""

    @abstractmethod
    def _stop_playing(self) -> None:
        """End whatever moves by itself."""

    @abstractmethod
    def _give_up(self, error: Exception) -> None:
        """End the program, with what the decoder failed of."""

    def _tell_marks_are_missing(self) -> None:
        keys = [self.key_of(name) for name in ("mark.a", "mark.b", "mix.ends")]
        self.say(f"mark two faces first: {keys[0]}, then {keys[1]}; or {keys[2]} chooses any two", problem=True)

    def _leap(self) -> None:
        """What every move that leaves the slider behind has in common."""
        self._stop_playing()
        self._take_count()
