"""A face of the user's own."""

from __future__ import annotations

from pathlib import Path

from textual import events

from tui_vae.app.panels import Look
from tui_vae.app.parts.part import Part
from tui_vae.errors import UserError
from tui_vae.latent.axes import Vector
from tui_vae.latent.point import Point


class PhotoActions(Part):
    """Open a photo by choosing it, or by dropping it into the terminal."""

    look: Look

    def action_photo(self) -> None:
        """Ask which photo, and open it."""
        self._leap()
        if self._has_opencv():
            from tui_vae.app.screens.pick import PickScreen

            self.app.push_screen(PickScreen(), self.open_photo)

    def on_paste(self, event: events.Paste) -> None:
        """A file that is dropped into the terminal arrives as its path."""
        from tui_vae.app.screens.pick import dropped_path

        path = dropped_path(event.text)
        if path is None:
            self.say("pasted text that is neither a recipe nor a file's path", problem=True)
        else:
            self.open_photo(path)

    def open_photo(self, path: Path | None) -> None:
        """Show a photo and what the model makes of it; go to its face if that is taken."""
        if path is None or not self._has_opencv():
            return
        from tui_vae.app.screens.photo import PhotoScreen

        def take(z: Vector | None) -> None:
            if z is not None:
                self._leap()
                self.state.jump(Point(z, f"photo {path.name}"))
                self._show()

        self.app.push_screen(PhotoScreen(self.model, path, self.look), take)

    def _has_opencv(self) -> bool:
        from tui_vae import photo

        try:
            photo.require()
        except UserError as error:
            self.say(str(error), problem=True)
            return False
        return True
