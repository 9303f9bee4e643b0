"""The jitted engine: the same picture whatever the batch, and a compile cache that nobody else can write to."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import jax
import numpy as np
import pytest

from tests.conftest import LATENT, make_checkpoint
from tui_vae import paths
from tui_vae.api import space_of
from tui_vae.model import engine as engines
from tui_vae.model.checkpoint import Checkpoint
from tui_vae.model.engine import MAX_BATCH, Engine, use_compile_cache

posix = pytest.mark.skipif(not hasattr(os, "getuid"), reason="no user ids on this system")


@pytest.fixture(scope="module")
def engine(tiny: Checkpoint) -> Engine:
    return Engine(tiny)


@pytest.fixture(scope="module")
def latents(tiny: Checkpoint) -> np.ndarray:
    space = space_of(tiny)
    return np.stack([space.sample(seed, 1.0, "posterior") for seed in range(70)])


@pytest.fixture
def cache_setting() -> Iterator[None]:
    """Whatever a test does to JAX's own setting is undone."""
    before = jax.config.jax_compilation_cache_dir
    yield
    jax.config.update("jax_compilation_cache_dir", before)


def apart(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def test_a_picture_is_bytes_of_the_models_size(engine: Engine, latents: np.ndarray) -> None:
    images = engine.decode(latents[:2])
    assert images.dtype == np.uint8 and images.shape == (2, 16, 16, 3)
    assert images.std() > 10, "the made-up model should show something"
    assert apart(images[0], images[1]) > 10


def test_decoding_is_deterministic(engine: Engine, latents: np.ndarray, tiny: Checkpoint) -> None:
    first = engine.decode(latents[:5])
    assert np.array_equal(first, engine.decode(latents[:5]))
    assert np.array_equal(first, Engine(tiny).decode(latents[:5]))


def test_the_preview_is_the_decoded_average(engine: Engine, tiny: Checkpoint) -> None:
    assert np.array_equal(engine.decode(tiny.pca_mean[None])[0], tiny.preview)


@pytest.mark.parametrize("count", [2, 3, 7, MAX_BATCH, MAX_BATCH + 5])
def test_a_batch_gives_what_single_ones_give(engine: Engine, latents: np.ndarray, count: int) -> None:
    together = engine.decode(latents[:count])
    assert len(together) == count
    for row in {0, 1, count // 2, count - 1}:
        assert apart(together[row], engine.decode(latents[row : row + 1])[0]) <= 1


def test_no_latents_give_no_pictures(engine: Engine) -> None:
    assert engine.decode(np.zeros((0, LATENT), np.float32)).shape == (0, 16, 16, 3)
    assert engine.encode(np.zeros((0, 16, 16, 3), np.uint8)).shape == (0, LATENT)


@pytest.mark.parametrize("grid", [(8, 8), (48, 48), (10, 30)])
def test_a_grid_resizes_and_keeps_the_brightness(engine: Engine, latents: np.ndarray, grid: tuple[int, int]) -> None:
    plain, resized = engine.decode(latents[:3]), engine.decode(latents[:3], grid)
    assert resized.dtype == np.uint8 and resized.shape == (3, *grid, 3)
    assert resized.mean(axis=(1, 2)) == pytest.approx(plain.mean(axis=(1, 2)), abs=4)


def test_growing_keeps_the_picture_in_its_place(engine: Engine, latents: np.ndarray) -> None:
    plain, grown = engine.decode(latents[:1])[0], engine.decode(latents[:1], (48, 48))[0]
    shrunk = grown.reshape(16, 3, 16, 3, 3).mean(axis=(1, 3))
    correlation = np.corrcoef(shrunk.ravel(), plain.ravel())[0, 1]
    flipped = np.corrcoef(shrunk[:, ::-1].ravel(), plain.ravel())[0, 1]
    assert correlation > 0.95 > flipped


def test_the_models_own_grid_changes_nothing(engine: Engine, latents: np.ndarray) -> None:
    assert np.array_equal(engine.decode(latents[:1], (16, 16)), engine.decode(latents[:1]))


def test_far_latents_are_clipped_and_do_not_wrap_around(engine: Engine, latents: np.ndarray) -> None:
    far = engine.decode(latents[:1] * 1000)
    assert {0, 255} <= set(far.ravel().tolist())
    farther = engine.decode(latents[:1] * 2000)
    assert (far[far == 255] == farther[far == 255]).mean() > 0.9


def test_encoding_gives_one_posterior_mean_per_image(engine: Engine) -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3), np.uint8)
    means = engine.encode(images)
    assert means.dtype == np.float32 and means.shape == (5, LATENT) and np.isfinite(means).all()
    assert means[3] == pytest.approx(engine.encode(images[3:4])[0], abs=1e-3, rel=1e-3)
    assert np.abs(means[0] - means[1]).max() > 1e-3


def test_a_grey_model_gives_one_channel() -> None:
    engine = Engine(make_checkpoint("grey", channels=1))
    assert engine.decode(np.zeros((1, LATENT), np.float32), (20, 24)).shape == (1, 20, 24, 1)
    assert engine.encode(np.zeros((2, 16, 16, 1), np.uint8)).shape == (2, LATENT)


def test_other_weights_give_another_picture(engine: Engine, tiny: Checkpoint, latents: np.ndarray) -> None:
    other = Engine(replace(tiny, parameters={name: -value for name, value in tiny.parameters.items()}))
    assert apart(other.decode(latents[:1]), engine.decode(latents[:1])) > 10


def test_several_threads_may_decode_at_once(engine: Engine, latents: np.ndarray) -> None:
    expected = [engine.decode(latents[row : row + 1])[0] for row in range(8)]
    found: dict[int, np.ndarray] = {}

    def work(row: int) -> None:
        found[row] = engine.decode(latents[row : row + 1])[0]

    threads = [Thread(target=work, args=(row,)) for row in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(found[row], expected[row]) for row in range(8))


# The compile cache.


@posix
def test_the_cache_folder_is_private(tmp_path: Path, cache_setting: None) -> None:
    before = os.umask(0)
    try:
        assert use_compile_cache(tmp_path / "compiled")
    finally:
        os.umask(before)
    (folder,) = (tmp_path / "compiled").iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert jax.config.jax_compilation_cache_dir == str(folder)
    assert use_compile_cache(tmp_path / "compiled"), "the second time it is there already"


@posix
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o720, 0o702])
def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path, cache_setting: None, mode: int) -> None:
    assert use_compile_cache(tmp_path)
    (folder,) = tmp_path.iterdir()
    folder.chmod(mode)
    jax.config.update("jax_compilation_cache_dir", None)
    assert not use_compile_cache(tmp_path)
    assert jax.config.jax_compilation_cache_dir is None


@posix
def test_a_folder_that_others_own_is_refused(
    tmp_path: Path, cache_setting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert use_compile_cache(tmp_path)
    jax.config.update("jax_compilation_cache_dir", None)
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    assert not use_compile_cache(tmp_path)
    assert jax.config.jax_compilation_cache_dir is None


@posix
def test_a_link_to_a_folder_that_others_can_write_to_is_refused(tmp_path: Path, cache_setting: None) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    assert use_compile_cache(root)
    (folder,) = root.iterdir()
    folder.rmdir()
    elsewhere.mkdir()
    elsewhere.chmod(0o777)
    folder.symlink_to(elsewhere)
    jax.config.update("jax_compilation_cache_dir", None)
    assert not use_compile_cache(root)
    assert jax.config.jax_compilation_cache_dir is None


def test_no_place_for_a_cache_is_no_error(tmp_path: Path, cache_setting: None) -> None:
    blocked = tmp_path / "a file"
    blocked.touch()
    assert not use_compile_cache(blocked)
    assert not use_compile_cache(blocked / "below")


def test_an_engine_uses_the_users_own_cache(
    tiny: Checkpoint, tmp_path: Path, cache_setting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "compile_cache", lambda: tmp_path)
    jax.config.update("jax_compilation_cache_dir", None)
    Engine(tiny)
    assert Path(jax.config.jax_compilation_cache_dir).parent == tmp_path


def test_another_processor_gets_another_folder(
    tmp_path: Path, cache_setting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert use_compile_cache(tmp_path)
    monkeypatch.setattr(engines, "_cpu_features", lambda: "flags: none")
    assert use_compile_cache(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("code", "quiet"),
    [
        ("import tui_vae; tui_vae.load({path!r}).sample(1, seed=0)", False),
        ("from tui_vae.cli import main; main(['render', '--checkpoint', {path!r}, '--output', {png!r}])", True),
    ],
)
def test_the_program_is_a_guest_and_the_library_leaves_jax_alone(
    tiny_path: Path, tmp_path: Path, code: str, quiet: bool
) -> None:
    chosen = tmp_path / "chosen"
    code = code.format(path=str(tiny_path), png=str(tmp_path / "a.png"))
    ask = "import os, jax; print(os.environ.get('XLA_PYTHON_CLIENT_PREALLOCATE'), jax.config.values['{0}'])"
    ask = ask.format("jax_compilation_cache_dir")
    environment = {key: value for key, value in os.environ.items() if key != "XLA_PYTHON_CLIENT_PREALLOCATE"}
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{ask}"],
        env={**environment, "JAX_COMPILATION_CACHE_DIR": str(chosen)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["false" if quiet else "None", str(chosen)]
