"""The explorer on any decoder, from Python."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tui_vae import paths
from tui_vae.errors import UserError
from tui_vae.guests import Function, open_function


def explore(
    decode: Function,
    latents: Any = None,
    latent_dim: int | None = None,
    encode: Function | None = None,
    names: Sequence[str] | None = None,
    labels: Mapping[str, Sequence[Any]] | None = None,
) -> None:
    """Open the explorer on a decoder of your own; returns when it is left.

    Args:
        decode: A function from latents, a NumPy array (N, L) float32, to images: a JAX, PyTorch or NumPy array of
            floats from 0 to 1 or of uint8, of shape (N, H, W, C), (N, C, H, W) or (N, H, W), with C 1 or 3. It is
            called on a thread of its own, with one latent or several.
        latents: The encoded data set (N, L): what the bars are fitted to, and what next and previous go through.
            Without it 2,000 draws of the prior N(0, I) take its place.
        latent_dim: L, needed only without ``latents``.
        encode: A function from images, as ``decode`` gives them, to latents (N, L).
        names: One name per latent.
        labels: By name, one value per latent. Labels of two values become bars, with their AUC on a held-out fifth.

    Raises:
        tui_vae.errors.UserError: The arguments do not fit each other, the decoder fails or gives something else than
            images, or there is no terminal.
    """
    model = open_function(decode, latents, latent_dim, encode, names, labels, log=paths.traceback_log())
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise UserError("explore needs a terminal")
    from tui_vae.app.run import run
    from tui_vae.terminal import colour

    run(model, colour.detect(os.environ), ask=True, leave_process=False)
