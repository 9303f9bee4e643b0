"""The jitted engine: latents to pixels and pixels to latents, compiled once per size and kept on disk.

Importing this module loads JAX. Do it, and build an :class:`Engine`, away from any event loop.
"""

from __future__ import annotations

import copy
import hashlib
import os
import platform
import stat
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import jaxlib.version
import numpy as np
import numpy.typing as npt

from tui_vae import paths
from tui_vae.model import networks
from tui_vae.model.checkpoint import Checkpoint

Grid = tuple[int, int]
MAX_BATCH = 64


class Engine:
    """Runs a checkpoint's networks on the default JAX device. Safe to use from several threads."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        if not jax.config.values["jax_compilation_cache_dir"]:  # who has chosen a place keeps it
            use_compile_cache(paths.compile_cache())
        self.architecture = checkpoint.architecture
        self._parameters = {name: jnp.asarray(value) for name, value in checkpoint.parameters.items()}
        nets = networks.build(checkpoint.architecture)

        @partial(jax.jit, static_argnames="grid")
        def decode(parameters: networks.Parameters, latents: jax.Array, grid: Grid) -> jax.Array:
            images = nets.decode(parameters, latents)
            if grid != images.shape[1:3]:
                # Resizing before rounding, inside the same program: antialiased down, smooth up.
                images = jax.image.resize(images, (images.shape[0], *grid, images.shape[3]), "cubic", antialias=True)
            return jnp.round(jnp.clip(images, 0.0, 1.0) * 255.0).astype(jnp.uint8)

        @jax.jit
        def encode(parameters: networks.Parameters, images: jax.Array) -> jax.Array:
            return nets.encode(parameters, images.astype(jnp.float32) / 255.0)[0]

        self._decode, self._encode = decode, encode

    def renewed(self, checkpoint: Checkpoint) -> Engine:
        """An engine for other weights of the same architecture: nothing is compiled anew.

        Raises:
            ValueError: the architecture is another.
        """
        if checkpoint.architecture != self.architecture:
            raise ValueError("expected the same architecture")
        other = copy.copy(self)
        other._parameters = {name: jnp.asarray(value) for name, value in checkpoint.parameters.items()}
        return other

    def decode(self, latents: npt.NDArray[np.float32], grid: Grid | None = None) -> npt.NDArray[np.uint8]:
        """Latents (N, L) -> uint8 images (N, H, W, C), at ``grid`` (height, width) instead of (H, W) when given."""
        height, width, channels = self.architecture.input
        grid = grid or (height, width)
        out = np.empty((len(latents), *grid, channels), np.uint8)
        for rows, batch in _padded(latents.astype(np.float32)):
            out[rows] = np.asarray(self._decode(self._parameters, batch, grid))[: rows.stop - rows.start]
        return out

    def encode(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """uint8 images (N, H, W, C) -> posterior means (N, L), float32."""
        out = np.empty((len(images), self.architecture.latent), np.float32)
        for rows, batch in _padded(images):
            out[rows] = np.asarray(self._encode(self._parameters, batch))[: rows.stop - rows.start]
        return out

    def warm_up(self, grid: Grid | None = None) -> None:
        """Compile the decoder for one face at ``grid``, so that the first key press does not wait for it."""
        self.decode(np.zeros((1, self.architecture.latent), np.float32), grid)


def use_compile_cache(root: Path) -> bool:
    """Keep compiled programs under ``root``, in a folder for this jaxlib and processor, private to the user.

    A compiled program is code. A folder that others own or can write to is therefore not used: the result is then
    ``False`` and everything is compiled afresh.
    """
    machine = hashlib.sha256(
        f"{jaxlib.version.__version__} {platform.machine()} {_cpu_features()}".encode()
    ).hexdigest()[:12]
    folder = root / machine
    try:
        for place in (root, folder):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_private(place):
                return False
    except OSError:
        return False
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    return True


def _is_private(folder: Path) -> bool:
    status = folder.stat()
    try:
        mine = status.st_uid == os.getuid()
    except AttributeError:  # no user ids on this system: its own permissions guard the user's folder
        return True
    return mine and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _cpu_features() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def _padded(array: npt.NDArray[np.generic]) -> list[tuple[slice, npt.NDArray[np.generic]]]:
    """Cut into batches whose sizes are powers of two, so that few programs are compiled; the last is padded."""
    batches = []
    for start in range(0, len(array), MAX_BATCH):
        batch = array[start : start + MAX_BATCH]
        size = 1 << (len(batch) - 1).bit_length()
        padding = [(0, size - len(batch))] + [(0, 0)] * (array.ndim - 1)
        batches.append((slice(start, start + len(batch)), np.pad(batch, padding) if size > len(batch) else batch))
    return batches
