"""An item of the dataset beside what the model makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui_vae.app.binding import key_of
from tui_vae.app.model import LatentModel
from tui_vae.app.panels.gallery import Exhibit, Gallery
from tui_vae.app.panels.panel import Look
from tui_vae.errors import UserError, one_line
from tui_vae.latent.explorer import Explorer, Point
from tui_vae.originals import Image, Originals, difference, psnr


@dataclass(frozen=True)
class _Compared:
    index: int
    original: Image
    decoded: Image


class Comparison(Gallery):
    """Original, reconstruction and their difference, with the PSNR."""

    def __init__(self, model: LatentModel, state: Explorer, look: Look, originals: Originals) -> None:
        super().__init__(model, state, look)
        self._originals = originals
        self._compared: _Compared | None = None
        self._asked_for: int | None = None
        self._said = ""

    def renew(self, model: LatentModel) -> None:
        """Compare with what these weights make of it."""
        super().renew(model)
        self._asked_for = None  # what is there stays until then

    @property
    def heading(self) -> str:
        """How near the reconstruction is."""
        point, compared = self.state.point, self._compared
        if point.index is None:
            return f"not a face of the dataset: {key_of(self.app, 'dataset.next')} goes to the next"
        if compared is None or compared.index != point.index:
            return self._said or "reading the original…"
        return f"PSNR {psnr(compared.original, compared.decoded):.2f} dB"

    def exhibits(self) -> Sequence[Exhibit]:
        """Three pictures, once they are there."""
        point = self.state.point
        if point.index != self._asked_for:
            self._asked_for, self._said = point.index, ""
            if point.index is not None:
                model = self.model
                self.run_worker(lambda: self._compare(point, model), thread=True, exclusive=True, exit_on_error=False)
        compared = self._compared
        if point.index is None or compared is None or compared.index != point.index:
            return []
        return [
            Exhibit(point, "original", compared.original),
            Exhibit(point, "reconstruction", compared.decoded),
            Exhibit(point, "difference ×4", difference(compared.original, compared.decoded)),
        ]

    def _compare(self, point: Point, model: LatentModel) -> None:
        """Read and decode, in a thread."""
        assert point.index is not None
        atlas = self.state.space.atlas
        compared: _Compared | None = None
        try:
            original = self._originals.read(atlas.names[point.index])
            if original is None:
                said = f"{atlas.names[point.index]} is not among these images"
            else:
                decoded = model.decode(atlas[point.index][None])[0]
                if decoded.shape == original.shape:
                    compared, said = _Compared(point.index, original, decoded), ""
                else:
                    said = f"the original is {original.shape}, the model's images are {decoded.shape}"
        except UserError as error:
            said = str(error)
        except Exception as error:  # whatever a model raises
            said = f"the decoder failed: {one_line(error)}"
        self.app.call_from_thread(self._put, point.index, model, compared, said)

    def _put(self, index: int, model: LatentModel, compared: _Compared | None, said: str) -> None:
        if self.is_attached and index == self.state.point.index and model is self.model:
            self._compared, self._said = compared, said
            self.post_message(self.Changed())
