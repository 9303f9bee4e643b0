"""Recipes: copying the token of a face, opening one."""

from __future__ import annotations

from textual import events

from tui_vae.app.model import LatentModel
from tui_vae.app.parts.part import Part
from tui_vae.app.screens.prompt import PromptScreen
from tui_vae.latent import tokens
from tui_vae.latent.fingerprint import fingerprint
from tui_vae.latent.point import Point, point
from tui_vae.latent.recipe import Recipe, RecipeError
from tui_vae.latent.space import LatentSpace

SHOWN = 44


class RecipeActions(Part):
    """Tokens go to the clipboard of the terminal, over SSH too, and come back by being pasted."""

    def __init__(self) -> None:
        super().__init__()
        self._tags: tuple[LatentModel, LatentSpace, str] | None = None

    @property
    def _tag(self) -> str:
        model, space = self.model, self.state.space
        # A run that is followed has many models, and spaces that are no model's own: new atlas, axes of before.
        if self._tags is None or self._tags[0] is not model or self._tags[1] is not space:
            self._tags = model, space, tokens.tag(model.name, fingerprint(space, model.preview))
        return self._tags[2]

    def read_token(self, text: str) -> Recipe:
        """The recipe of a token.

        Raises:
            RecipeError: it is none, is damaged, or belongs to another model.
        """
        return tokens.read(text, self._tag)

    def action_copy_recipe(self) -> None:
        """Copy the token of this face."""
        self._take_count()
        token = tokens.write(self.state.point.made, self._tag, self.state.space)
        self.app.copy_to_clipboard(token)
        self.say(f"copied {token if len(token) <= SHOWN else f'{token[: SHOWN - 7]}…{token[-6:]}'}")

    def action_open_recipe(self) -> None:
        """Ask for a token."""
        self._take_count()
        self.app.push_screen(PromptScreen("Recipe:", self._read_point), self._go_to_made)

    def on_paste(self, event: events.Paste) -> None:
        """A token that is pasted anywhere is opened; what is none is for others to look at."""
        if not tokens.is_like_one(event.text):
            return
        event.prevent_default()
        try:
            self._go_to_made(self._read_point(event.text))
        except RecipeError as error:
            self.say(f"pasted: {error}", problem=True)

    def _read_point(self, text: str) -> Point:
        return point(self.read_token(text), self.state.space)

    def _go_to_made(self, made: Point | None) -> None:
        if made is not None:
            self._leap()
            self.state.jump(made)
            self._show()
