"""Small checkpoints of a run in progress, for ``tui-vae --follow``: watch faces come into focus."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from train.codec import Codec
from train.config import FitConfig
from train.exporting.subject import halved
from train.run_folder import Weights
from train.sheet import Images
from tui_vae.errors import UserError
from tui_vae.latent.pca import LEAST_SCALE, principal_components
from tui_vae.model import checkpoint as checkpoints
from tui_vae.model.checkpoint import Checkpoint
from tui_vae.model.previews import kept, path_of, previews

TOLD: Final = ("psnr", "kl", "images")


class Previews:
    """Writes previews of a run that goes to step ``end``, and keeps some of them, as the configuration says.

    ``images`` (K, H, W, C) are those whose posterior means are the atlas, called ``names``: the same in all previews.
    """

    def __init__(
        self,
        run: Path,
        config: FitConfig,
        end: int,
        codec: Codec,
        images: Images,
        names: list[str],
        preprocessing: dict[str, Any],
    ) -> None:
        self._run, self._arch, self._most, self._end = run, config.architecture, config.run.previews, end
        self._codec, self._images, self._names = codec, images, tuple(names)
        self._preprocessing = preprocessing

    def write(self, step: int, weights: Weights, validation: Mapping[str, Any] | None = None) -> str:
        """Write the preview of a step, and remove those that are too many; returns what went wrong, if anything.

        A preview is a comfort: a run does not end because one cannot be written. ``validation`` is the line of
        ``validation.jsonl`` of this step; a preview that is there already is not replaced by one without.
        """
        if not self._most or (validation is None and path_of(self._run, step).exists()):
            return ""
        try:
            checkpoints.write(path_of(self._run, step), self._checkpoint(step, weights, validation))
        except UserError as error:
            return f"no preview of step {step:,}: {error}"
        there = previews(self._run)
        for early in set(there) - set(kept(list(there), self._most)):
            there[early].unlink(missing_ok=True)
        return ""

    def rewind(self, step: int) -> None:
        """Forget the previews later than ``step``: a resumed run writes them again."""
        for later, path in previews(self._run).items():
            if later > step:
                path.unlink(missing_ok=True)

    def _checkpoint(self, step: int, weights: Weights, validation: Mapping[str, Any] | None) -> Checkpoint:
        codec = self._codec.at(halved(weights))
        posterior = codec.encode(self._images).finite()
        mean, vectors, scales = principal_components(posterior.mean)
        about: dict[str, Any] = {"training": {"step": step, "steps": self._end}}
        if validation is not None:
            loss = validation["objective"] / math.prod(self._arch.input)  # nats per pixel value, as in training
            about["held_out"] = {"loss": loss, **{name: validation[name] for name in TOLD if name in validation}}
        return Checkpoint(
            architecture=self._arch,
            parameters={name: np.asarray(value) for name, value in weights.items()},
            latents=posterior.mean,
            names=self._names,
            pca_mean=mean,
            pca_vectors=vectors,
            # Fewer items than latents span less than the space; the rest of the bars still has a length.
            pca_scales=np.maximum(scales, np.float32(LEAST_SCALE) * scales.max()),
            raw_scales=posterior.mean.std(axis=0),
            raw_kl=posterior.kl().mean(axis=0),
            attribute_vectors=np.zeros((0, self._arch.latent), np.float32),
            attributes=(),
            preview=codec.pictures(mean[None])[0],
            preprocessing=self._preprocessing,
            about=about,
        )
