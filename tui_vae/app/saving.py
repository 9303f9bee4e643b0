"""Saving the face that is shown: a picture at the model's own size and its latent vector, in the current folder."""

from __future__ import annotations

import re
import threading
from pathlib import Path

from tui_vae import pictures
from tui_vae.app.model import LatentModel
from tui_vae.errors import UserError, one_line
from tui_vae.latent.axes import Vector


class Saver:
    """Writes numbered pairs of files; safe to call from several threads. ``model`` may be changed at any time.

    ``stem`` is what names of files begin with.
    """

    def __init__(self, model: LatentModel) -> None:
        self.model = model
        self.stem = re.sub(r"[^\w.-]+", "-", model.name).strip(".-") or "face"  # in this folder, whatever the name
        self._one_at_a_time = threading.Lock()  # two at once would take the same number

    def save(self, z: Vector) -> str:
        """Decode and write a point (L,); returns what was written, in words.

        Raises:
            UserError: it cannot be decoded or written.
        """
        try:
            image = self.model.decode(z[None])[0]
        except UserError:
            raise
        except Exception as error:  # whatever a model raises
            raise UserError(f"the decoder failed: {one_line(error)}") from error
        with self._one_at_a_time:
            path = pictures.save_pair(Path(), self.stem, image, z)
        return f"saved {path.name} and .npy"
