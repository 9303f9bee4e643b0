"""A live mirror: the camera's picture beside what the model makes of the face in it; freeze it, take it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.widgets import Footer, Static

from tui_vae.app.driver import PacedApp
from tui_vae.app.mirror import Mirror, Reflection
from tui_vae.app.model import Encode, LatentModel
from tui_vae.app.panels import Look
from tui_vae.app.screens.modal import Modal
from tui_vae.app.widgets.face import FaceView, as_rgb
from tui_vae.latent.axes import Vector
from tui_vae.photo.align import Pixels
from tui_vae.photo.camera import Shot
from tui_vae.terminal.thin import simplify

PICTURES = (("camera", "camera"), ("aligned", "face"), ("reconstruction", "reconstruction"))
ROOMY = 120
"""Columns from which on the face is shown as the model takes it, too."""
LOOKS_PER_SECOND = 60
BEHIND = 5
"""Shots: where reconstructions lag further, the camera's picture no longer waits for them."""


class CameraScreen(Modal[Vector | None]):
    """Shows a camera or a video file and its face's reconstruction, live; returns the latent, or ``None``.

    The mirror's threads do the work; a timer looks for what is new, no faster than the terminal takes it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "Take it"),
        Binding("space", "freeze", "Freeze / go on"),
        Binding("escape,q", "leave", "Leave"),
    ]

    def __init__(self, model: LatentModel, encode: Encode, source: int | Path, look: Look) -> None:
        super().__init__()
        self._model, self._encode, self._source, self._look = model, encode, source, look
        # Here and not found when they are needed: a screen that is being left has none any more.
        self._views = {name: FaceView(depth=look.depth, shape=look.shape, id=name) for name, _ in PICTURES}
        self._mirror: Mirror | None = None
        self._shot: Shot | None = None
        self._reflection: Reflection | None = None
        self._is_frozen = False
        self._drawn: dict[str, Pixels] = {}
        self._times: deque[float] = deque()
        self._said = ""

    @property
    def z(self) -> Vector | None:
        """The latent that would be taken: of the last face that was seen; ``None`` before the first."""
        return self._reflection.z if self._reflection is not None else None

    def compose(self) -> ComposeResult:
        """The pictures, what is known of them, the keys."""
        with Vertical(id="mirror"):
            with Horizontal(id="pictures"):
                for name, title in PICTURES:
                    with Container(classes="picture", id=f"{name}-frame") as frame:
                        frame.border_title = title
                        yield self._views[name]
            yield Static(id="facts")
            yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begin to look."""
        height, width = self._model.preview.shape[:2]
        for name in ("aligned", "reconstruction"):
            self._views[name].set_aspect(height, width)
        self._mirror = Mirror(self._model, self._encode, self._source)
        self.set_interval(1 / LOOKS_PER_SECOND, self._look_again)
        self.set_interval(0.5, self._tell)
        self._tell()

    async def on_unmount(self) -> None:
        """Let the camera go, before the program may end."""
        if self._mirror is not None:
            await asyncio.to_thread(self._mirror.close)

    def on_resize(self, event: events.Resize) -> None:
        """Three pictures need room."""
        self.query("#aligned-frame").set(display=event.size.width >= ROOMY)

    def on_face_view_grid_changed(self, event: FaceView.GridChanged) -> None:
        """Reconstruct at the size that there is room for."""
        if self._mirror is not None and event.face.id == "reconstruction":
            self._mirror.resize(event.grid)
        elif self._shot is not None and event.face.id == "camera":
            self._draw_shot(self._shot)

    # What the keys do.

    def action_take(self) -> None:
        """Go to this face."""
        if self.z is not None:
            self.dismiss(self.z)

    def action_leave(self) -> None:
        """Go back without it."""
        self.dismiss(None)

    def action_freeze(self) -> None:
        """Hold the picture, or let it go on."""
        if self._mirror is not None and self._shot is not None:
            self._is_frozen = not self._is_frozen
            self._mirror.pause(self._is_frozen)
            self._draw_shot(self._shot)  # at its best
            self._draw_reflection()
            self._tell()

    # What there is to see.

    def _look_again(self) -> None:
        app, mirror = self.app, self._mirror
        if mirror is None or (isinstance(app, PacedApp) and app.is_held):
            return
        if self._show_newest(mirror):
            self._times.append(time.monotonic())
            if isinstance(app, PacedApp):
                app.draw_now()

    def _show_newest(self, mirror: Mirror) -> bool:
        """Whether there was anything new."""
        reflection, shot = mirror.reflection, mirror.shot
        if reflection is not None and reflection is not self._reflection:
            is_late = self._shot is not None and self._shot.number > reflection.shot.number
            self._reflection = reflection
            if not is_late:
                self._draw_shot(reflection.shot)
            self._draw_reflection()
            return True
        if self._is_frozen or shot is None or shot is self._shot:
            return False
        reflected = reflection.shot.number if reflection is not None else -BEHIND
        if shot.eyes is not None and shot.number - reflected < BEHIND:
            return False  # both pictures come together
        self._draw_shot(shot)
        return True

    def _draw_shot(self, shot: Shot) -> None:
        view, before, self._shot = self._views["camera"], self._shot, shot
        if before is None or before.image.shape != shot.image.shape:
            view.set_aspect(*shot.image.shape[:2])
        if min(view.grid) > 0:
            self._draw("camera", shot.reduced(*view.grid))

    def _draw_reflection(self) -> None:
        if self._reflection is not None:
            self._views["aligned"].set_image(self._reflection.face)
            self._draw("reconstruction", self._reflection.image)

    def _draw(self, name: str, image: Pixels) -> None:
        """On a slow link with fewer colours, while it moves."""
        app = self.app
        level = app.pacer.thin_level if isinstance(app, PacedApp) and not self._is_frozen else 0
        self._drawn[name] = simplify(as_rgb(image), self._drawn.get(name), level, cell=self._look.shape.pixels[0])
        view = self._views[name]
        view.set_compact(level > 0)
        view.set_image(self._drawn[name])

    def _tell(self) -> None:
        """What is known; a fixed order, so that it does not jump."""
        text = " · ".join(self._facts())
        for facts in self.query("#facts").results(Static):  # none any more once the screen is being left
            if text != self._said:
                self._said = text
                facts.update(Text(text))  # a file name may hold brackets: no markup

    def _facts(self) -> list[str]:
        mirror, shot = self._mirror, self._shot
        if mirror is not None and mirror.problem:
            return [mirror.problem]
        if mirror is None or shot is None:
            return [f"opening {self._source_name}…"]
        if self._is_frozen:
            return ["frozen", self._face_fact(shot)]
        if mirror.has_ended:
            return ["the end" if isinstance(self._source, Path) else "the camera has gone", self._face_fact(shot)]
        now = time.monotonic()
        while self._times and self._times[0] < now - 1:
            self._times.popleft()
        return [f"{len(self._times)} fps", self._face_fact(shot)]

    def _face_fact(self, shot: Shot) -> str:
        if shot.eyes is None:
            return "no face found" + (" (the last one is kept)" if self._reflection is not None else "")
        return "face found" if self._reflection is not None else "face found: loading the model…"

    @property
    def _source_name(self) -> str:
        return self._source.name if isinstance(self._source, Path) else f"camera {self._source}"
