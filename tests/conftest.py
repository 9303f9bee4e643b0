"""A small made-up model for every test: real networks with random weights, a real atlas, a real file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest

from tui_vae.api import VAE
from tui_vae.model import checkpoint as checkpoints
from tui_vae.model.architecture import Architecture
from tui_vae.model.checkpoint import Attribute, Checkpoint

LATENT, ITEMS = 8, 40


def make_checkpoint(name: str = "tiny", channels: int = 3) -> Checkpoint:
    """A 16x16 model with 8 latents, 40 atlas items, 2 attributes. The decoder's weights are large enough to show."""
    arch = Architecture.from_dict({"name": name, "input": [16, 16, channels], "latent": LATENT, "encode": [[8], [12]]})
    rng = np.random.default_rng(7)
    parameters = {
        key: (rng.standard_normal(shape) * (0.0 if len(shape) == 1 else 0.9 / np.sqrt(np.prod(shape[:-1])))).astype(
            np.float16
        )
        for key, shape in arch.parameter_shapes().items()
    }
    latents = (rng.standard_normal((ITEMS, LATENT)) * np.linspace(2, 0.5, LATENT)).astype(np.float32)
    mean = latents.mean(0)
    _, spread, vectors = np.linalg.svd(latents - mean, full_matrices=False)
    attributes = np.linalg.qr(rng.standard_normal((LATENT, 2)))[0].T.astype(np.float32)
    made = Checkpoint(
        architecture=arch,
        parameters={key: value.astype(np.float32) for key, value in parameters.items()},
        latents=latents,
        names=tuple(f"items/{index:03d}.png" for index in range(ITEMS)),
        pca_mean=mean,
        pca_vectors=vectors.astype(np.float32),
        pca_scales=(spread / np.sqrt(ITEMS - 1)).astype(np.float32),
        raw_scales=latents.std(0),
        raw_kl=np.array([3, 1, 2, 0.5, 4, 0.001, 1.5, 0.2], np.float32),
        attribute_vectors=attributes,
        attributes=(Attribute("Smiling", 0.95, 100), Attribute("Wearing_Hat", 0.85, 100)),
        preview=np.zeros(arch.input, np.uint8),
        preprocessing={"size": 16, "channels": channels},
        about={"licence": "made up", "training": {"step": 0, "device": "none"}},
    )
    preview = VAE(made).decode(mean[None])[0]
    return Checkpoint(**{**vars(made), "preview": preview})


def pytest_configure(config: pytest.Config) -> None:
    """Tests, and the programs that they start, see neither the user's compiled decoders, settings nor places.

    Here and not in a fixture: some test modules decode while they are collected.
    """
    folder = tempfile.TemporaryDirectory(prefix="tui-vae-tests-")
    config.add_cleanup(folder.cleanup)
    os.environ["XDG_CACHE_HOME"] = str(Path(folder.name, "cache"))
    os.environ["XDG_DATA_HOME"] = str(Path(folder.name, "data"))
    os.environ["XDG_STATE_HOME"] = str(Path(folder.name, "state"))
    os.environ["CI"] = "true"  # no hint for those who are here for the first time
    os.environ["XDG_CONFIG_HOME"] = str(Path(folder.name, "config"))
    if not hasattr(config, "workerinput"):  # compiling is most of what the tests do: all processes do it once
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(Path(folder.name, "compiled"))
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.1"
        os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
        # One that another process is just writing is no news on a screen that a test looks at.
        os.environ["PYTHONWARNINGS"] = "ignore:Error reading persistent compilation cache entry"


def pytest_runtest_setup() -> None:
    """Textual's screenshots leave their size in the environment, and programs believe it more than their terminal."""
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)


@pytest.fixture(scope="session")
def tiny() -> Checkpoint:
    """The made-up model, in memory."""
    return make_checkpoint()


@pytest.fixture(scope="session")
def tiny_path(tiny: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up model, as a file."""
    path = tmp_path_factory.mktemp("checkpoints") / "tiny.safetensors"
    checkpoints.write(path, tiny)
    return path
