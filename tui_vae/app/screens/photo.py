"""A photo beside what the model makes of it: choose the face, fit the latent, take it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePosixPath
from typing import ClassVar

import numpy as np
from rich.markup import escape
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.widgets import Footer, Static
from textual.worker import Worker, get_current_worker

from tui_vae.app.model import LatentModel
from tui_vae.app.panels import Look
from tui_vae.app.screens.modal import Modal
from tui_vae.app.widgets.face import FaceView
from tui_vae.errors import UserError, one_line
from tui_vae.latent.axes import Vector
from tui_vae.latent.neighbours import Neighbourhood
from tui_vae.model.frame import Frame
from tui_vae.originals import Originals
from tui_vae.photo.align import Pixels
from tui_vae.photo.choosing import Photo, open_photo

TITLES = ("photo", "reconstruction", "nearest face")


class PhotoScreen(Modal[Vector | None]):
    """Shows the photo's face, its reconstruction and the nearest face of the dataset; returns the latent, or ``None``.

    With ``originals`` that nearest face is the picture itself, and not what the model makes of it.
    Reading, detection, encoding and fitting run in threads; the newest choice wins.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "Take it"),
        Binding("n,right", "turn(1)", "Next face"),
        Binding("p,left", "turn(-1)", "Previous face", show=False),
        Binding("c", "centre", "Middle of the photo"),
        Binding("o", "fit", "Fit / stop"),
        Binding("escape,q", "leave", "Leave"),
    ]

    def __init__(self, model: LatentModel, path: Path, look: Look, originals: Originals | None = None) -> None:
        super().__init__()
        self._model, self._path, self._look, self._originals = model, path, look, originals
        self._photo: Photo | None = None
        self._choice: int | None = None
        self._original: Pixels | None = None
        self._z: Vector | None = None
        self._near: Neighbourhood | None = None
        self._work: Worker[None] | None = None
        self._fitting = False
        self._said = ""

    @property
    def z(self) -> Vector | None:
        """The latent that would be taken; ``None`` while there is none."""
        return self._z

    def compose(self) -> ComposeResult:
        """Three pictures, what is known of them, the keys."""
        with Vertical(id="photo"):
            with Horizontal(id="pictures"):
                for place, title in enumerate(TITLES):
                    with Container(classes="picture") as frame:
                        frame.border_title = title
                        yield FaceView(depth=self._look.depth, shape=self._look.shape, id=f"picture-{place}")
            yield Static(id="facts")
            yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begin to read."""
        height, width = self._model.preview.shape[:2]
        for view in self.query(FaceView):
            view.set_aspect(height, width)
        self._say(f"reading {self._path.name}…")
        self._work = self.run_worker(self._open, thread=True, exclusive=True)

    def on_unmount(self) -> None:
        """Let a fit end."""
        self._stop()

    # What the keys do.

    def action_take(self) -> None:
        """Go to this face."""
        if self._z is not None:
            self.dismiss(self._z)

    def action_leave(self) -> None:
        """Go back without it."""
        self.dismiss(None)

    def action_turn(self, by: int) -> None:
        """Another face of the photo."""
        if self._photo is not None and self._photo.faces:
            now = -1 if self._choice is None and by > 0 else self._choice or 0
            self._choose((now + by) % len(self._photo.faces))

    def action_centre(self) -> None:
        """The middle of the photo, face or not."""
        if self._photo is not None:
            self._choose(None)

    def action_fit(self) -> None:
        """Fit the latent to the photo, or stop that."""
        if self._fitting:
            self._stop()
            return
        if self._z is None or self._original is None:
            return
        if not hasattr(self._model, "fit"):
            self._say("this model cannot be fitted to a photo")
            return
        self._fitting = True
        self._say("fitting: compiling…")
        self._work = self.run_worker(partial(self._fit, self._original, self._z), thread=True, exclusive=True)

    # In threads.

    def _open(self) -> None:
        try:
            photo = open_photo(self._path)
        except UserError as error:
            self._tell(self._say, str(error))
            return
        self._tell(self._opened, photo)

    def _encode(self, photo: Photo, choice: int | None) -> None:
        height, width, channels = self._model.preview.shape
        original = photo.part(choice, getattr(self._model, "frame", Frame()), (height, width, channels))
        self._tell(self._show, 0, original)
        encode = self._model.encode
        if encode is None:
            self._tell(self._say, "this model has no encoder: it cannot take photos")
            return
        try:
            z = encode(original[None])[0]
            self._tell(self._arrived, original, z, self._about(choice))
            self._compare(z)
        except Exception as error:  # whatever a model raises, the app must hear of it
            self._tell(self._say, f"cannot encode: {one_line(error)}")

    def _compare(self, z: Vector) -> None:
        if self._near is None:
            self._near = Neighbourhood(self._model.space)
        atlas = self._model.space.atlas
        index = self._near.nearest(z, 1)[0].index
        again, nearest = self._model.decode(np.stack([z, atlas[index]]))
        self._tell(self._show, 1, again)
        original, reason = self._read_original(atlas.names[index])
        title = TITLES[2] if self._originals is None else "nearest, decoded"
        if original is not None:
            title = f"nearest: {PurePosixPath(atlas.names[index]).name}"  # of a third of the width
        self._tell(self._show, 2, nearest if original is None else original, title)
        if reason:
            self._tell(lambda: self._say(f"{self._said}  ·  {reason}"))

    def _read_original(self, name: str) -> tuple[Pixels | None, str]:
        """The picture of an atlas item, if it can be had, and why not."""
        if self._originals is None:
            return None, ""
        try:
            original = self._originals.read(name)
        except UserError as error:
            return None, str(error)
        return original, "" if original is not None else f"{name} is not among the images"

    def _fit(self, original: Pixels, z: Vector) -> None:
        worker = get_current_worker()
        fitted = None
        for fitted in self._model.fit(original, z):  # type: ignore[attr-defined]
            if worker.is_cancelled:
                break
            if fitted.step % 5 == 0:
                picture = self._model.decode(fitted.z[None])[0]
                self._tell(
                    self._progress, fitted.z, picture, f"fitting: step {fitted.step}, error {fitted.error:.1f} of 255"
                )
        if not worker.is_cancelled:  # else another choice may have begun a fit of its own
            self._fitting = False
        if fitted is not None and not worker.is_cancelled:
            self._tell(self._arrived, original, fitted.z, f"fitted: error {fitted.error:.1f} of 255")
            self._compare(fitted.z)

    def _tell(self, call: Callable[..., object], *arguments: object) -> None:
        """Call a method on the event loop, unless the choice has changed meanwhile or the screen is gone."""
        worker = get_current_worker()

        def still() -> None:  # it may have been cancelled while this was on its way
            if not worker.is_cancelled:
                call(*arguments)

        if not worker.is_cancelled and self.is_attached:
            self.app.call_from_thread(still)

    # On the event loop.

    def _opened(self, photo: Photo) -> None:
        self._photo = photo
        self._choose(0 if photo.faces else None)

    def _choose(self, choice: int | None) -> None:
        if self._photo is None:
            return
        self._stop()
        self._choice, self._z = choice, None
        self._say(f"{self._about(choice)}: encoding…")
        self._work = self.run_worker(partial(self._encode, self._photo, choice), thread=True, exclusive=True)

    def _about(self, choice: int | None) -> str:
        count = len(self._photo.faces) if self._photo is not None else 0
        if choice is not None:
            return f"face {choice + 1} of {count}"
        return "the middle of the photo" if count else "no face found: the middle of the photo"

    def _arrived(self, original: Pixels, z: Vector, facts: str) -> None:
        self._original, self._z = original, z
        self._say(facts)

    def _progress(self, z: Vector, picture: Pixels, facts: str) -> None:
        self._z = z
        self._show(1, picture)
        self._say(facts)

    def _show(self, place: int, picture: Pixels, title: str = "") -> None:
        for view in self.query(f"#picture-{place}").results(FaceView):  # none any more once the screen is being left
            view.set_image(picture)
            if title and isinstance(view.parent, Container):
                view.parent.border_title = escape(title)

    def _stop(self) -> None:
        if self._work is not None:
            self._work.cancel()
        if self._fitting:
            self._fitting = False
            self._say("stopped: the best so far")

    def _say(self, text: str) -> None:
        self._said = text
        for facts in self.query("#facts").results(Static):  # none any more once the screen is being left
            facts.update(Text(text))  # a file name may hold brackets: no markup
