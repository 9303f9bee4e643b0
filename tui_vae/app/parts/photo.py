"""A face of the user's own."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from textual import events

from tui_vae.app.panels import Look
from tui_vae.app.parts.part import Part
from tui_vae.app.screens.prompt import PromptScreen
from tui_vae.errors import UserError
from tui_vae.latent.axes import Vector
from tui_vae.latent.point import Point
from tui_vae.originals import Originals


class PhotoActions(Part):
    """Open a photo by choosing it, or by dropping it into the terminal."""

    look: Look
    originals: Originals | None

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

        screen = PhotoScreen(self.model, path, self.look, self.originals)
        self.app.push_screen(screen, partial(self._take_face, f"photo {path.name}"))

    def action_camera(self) -> None:
        """Ask which camera or video file, and look into the mirror."""
        self._leap()
        if self._has_opencv():
            ask = PromptScreen("Camera (0 is the first) or video file:", _read_source, "0")
            self.app.push_screen(ask, self.open_camera)

    def open_camera(self, source: int | Path | None) -> None:
        """Show a camera's face, or a video's, and what the model makes of it; go to it if it is taken."""
        if source is None or not self._has_opencv():
            return
        encode = self.model.encode
        if encode is None:
            self.say("this model has no encoder: it cannot take faces", problem=True)
            return
        from tui_vae.app.screens.camera import CameraScreen

        origin = f"camera {source}" if isinstance(source, int) else f"video {source.name}"
        self.app.push_screen(CameraScreen(self.model, encode, source, self.look), partial(self._take_face, origin))

    def _take_face(self, origin: str, z: Vector | None) -> None:
        if z is not None:
            self._leap()
            self.state.jump(Point(z, origin))
            self._show()

    def _has_opencv(self) -> bool:
        from tui_vae import photo

        try:
            photo.require()
        except UserError as error:
            self.say(str(error), problem=True)
            return False
        return True


def _read_source(text: str) -> int | Path:
    from tui_vae.app.screens.pick import dropped_path
    from tui_vae.photo.camera import parse_source

    try:
        return parse_source(str(dropped_path(text) or text))
    except UserError as error:
        raise ValueError(str(error)) from error
