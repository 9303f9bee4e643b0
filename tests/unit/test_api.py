"""The public API, as a notebook uses it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tui_vae
from tests.conftest import ITEMS, LATENT
from tui_vae import VAE, load, paths
from tui_vae.errors import UserError
from tui_vae.model.checkpoint import Checkpoint


@pytest.fixture(scope="module")
def vae(tiny: Checkpoint) -> VAE:
    return VAE(tiny)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (3, 16, 16, 3), np.uint8)


def rows(*seeds: int) -> np.ndarray:
    return np.stack([np.random.default_rng(seed).standard_normal(LATENT).astype(np.float32) for seed in seeds])


def test_everything_that_is_promised_is_there() -> None:
    assert set(tui_vae.__all__) == {"VAE", "explore", "load", "__version__"}
    assert all(hasattr(tui_vae, name) for name in tui_vae.__all__)


def test_what_a_model_says_of_itself(vae: VAE, tiny: Checkpoint) -> None:
    assert vae.name == "tiny"
    assert vae.architecture.input == (16, 16, 3) and vae.architecture.latent == LATENT
    assert vae.preview.shape == (16, 16, 3) and vae.preview.dtype == np.uint8
    assert len(vae.space.atlas) == ITEMS and vae.space is vae.space


def test_shapes_and_types(vae: VAE, images: np.ndarray) -> None:
    z = vae.encode(images)
    assert (z.shape, z.dtype) == ((3, LATENT), np.float32)
    for made in (vae.decode(z), vae.reconstruct(images), vae.translate(images, z[0]), vae.interpolate(z[0], z[1], 3)):
        assert (made.shape, made.dtype) == ((3, 16, 16, 3), np.uint8)
    assert vae.decode(z, (24, 20)).shape == (3, 24, 20, 3)
    assert vae.sample(2, seed=0).shape == (2, 16, 16, 3)


def test_latents_of_double_precision_are_taken(vae: VAE) -> None:
    z = rows(1)
    assert np.array_equal(vae.decode(z.astype(np.float64)), vae.decode(z))


@pytest.mark.parametrize(
    ("bad", "got"),
    [
        (np.zeros((1, 16, 16, 3), np.float32), r"got float32 \(1, 16, 16, 3\)"),
        (np.zeros((1, 16, 16, 3), np.int64), r"got int64 \(1, 16, 16, 3\)"),
        (np.zeros((1, 15, 16, 3), np.uint8), r"got uint8 \(1, 15, 16, 3\)"),
        (np.zeros((1, 3, 16, 16), np.uint8), r"got uint8 \(1, 3, 16, 16\)"),
        (np.zeros((16, 16, 3), np.uint8), r"got uint8 \(16, 16, 3\)"),
        (np.zeros((1, 1, 16, 16, 3), np.uint8), r"got uint8 \(1, 1, 16, 16, 3\)"),
        (np.uint8(3), "got uint8"),
        ([[1, 2]], "got list"),
        (None, "got NoneType"),
        ("a.png", "got str"),
    ],
)
@pytest.mark.parametrize("method", ["encode", "reconstruct", "translate"])
def test_images_of_another_kind_are_refused(vae: VAE, method: str, bad: Any, got: str) -> None:
    more = (np.zeros(LATENT, np.float32),) if method == "translate" else ()
    with pytest.raises(ValueError, match=r"expected uint8 images of shape \(N, 16, 16, 3\), " + got):
        getattr(vae, method)(bad, *more)


@pytest.mark.parametrize(
    ("bad", "got"),
    [
        (np.zeros(LATENT, np.float32), r"got float32 \(8,\)"),
        (np.zeros((1, LATENT + 1), np.float32), r"got float32 \(1, 9\)"),
        (np.zeros((1, LATENT), np.int32), r"got int32 \(1, 8\)"),
        (np.zeros((1, LATENT), complex), r"got complex128 \(1, 8\)"),
        (np.zeros((1, 1, LATENT), np.float32), r"got float32 \(1, 1, 8\)"),
        ([[0.0] * LATENT], "got list"),
    ],
)
def test_latents_of_another_kind_are_refused(vae: VAE, bad: Any, got: str) -> None:
    with pytest.raises(ValueError, match=r"expected float latents of shape \(N, 8\), " + got):
        vae.decode(bad)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_latents_that_are_no_numbers_are_refused(vae: VAE, images: np.ndarray, bad: float) -> None:
    z = np.zeros((2, LATENT))
    z[1, 3] = bad
    calls: list[Callable[[], object]] = [
        lambda: vae.decode(z),
        lambda: vae.interpolate(z[0], z[1], 3),
        lambda: vae.translate(images, z[1]),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for call in calls:
            with pytest.raises(ValueError, match="expected finite"):
                call()


def test_a_seed_gives_the_same_images_again(vae: VAE) -> None:
    first = vae.sample(3, seed=5)
    assert np.array_equal(first, vae.sample(3, seed=5))
    assert not np.array_equal(first, vae.sample(3, seed=50))
    assert not np.array_equal(first[0], first[1])
    assert np.array_equal(first[:1], vae.decode(vae.space.sample(5)[None]))


@pytest.mark.parametrize("n", [0, -1])
def test_no_sample_at_all_is_refused(vae: VAE, n: int) -> None:
    with pytest.raises(ValueError, match=f"at least 1 sample, not {n}"):
        vae.sample(n, seed=0)


def test_an_interpolation_has_the_ends_that_were_asked_for(vae: VAE) -> None:
    a, b = rows(1, 2)
    way = vae.interpolate(a, b, 5)
    ends = vae.decode(np.stack([a, b]))
    assert np.abs(way[[0, -1]].astype(int) - ends).max() <= 1
    middle = vae.decode(((a + b) / 2)[None])[0]
    assert np.abs(way[2].astype(int) - middle).max() <= 1


def test_interpolating_takes_plain_lists_of_floats(vae: VAE) -> None:
    a, b = rows(1, 2)
    assert np.array_equal(vae.interpolate(a.tolist(), b.tolist(), 2), vae.interpolate(a, b, 2))


@pytest.mark.parametrize(("a", "b"), [(8, 7), (7, 8), (9, 9), (1, 8)])
def test_ends_of_another_length_are_refused(vae: VAE, a: int, b: int) -> None:
    with pytest.raises(ValueError, match=r"expected float latents of shape \(N, 8\), got"):
        vae.interpolate(np.zeros(a), np.zeros(b), 3)


def test_an_interpolation_of_one_step_is_refused(vae: VAE) -> None:
    with pytest.raises(ValueError, match="at least 2 steps"):
        vae.interpolate(*rows(1, 2), 1)


def test_translating_by_nothing_is_reconstructing(vae: VAE, images: np.ndarray) -> None:
    still = vae.translate(images, np.zeros(LATENT, np.float32))
    assert np.array_equal(still, vae.reconstruct(images))
    moved = vae.translate(images, vae.space.pca.directions[0])
    assert not np.array_equal(moved, still)
    assert np.array_equal(moved, vae.decode(vae.encode(images) + vae.space.pca.directions[0]))


@pytest.mark.parametrize("delta", [np.zeros(7), np.zeros((3, LATENT)), 0.5])
def test_a_shift_of_another_shape_is_refused(vae: VAE, images: np.ndarray, delta: Any) -> None:
    with pytest.raises(ValueError, match="expected float latents"):
        vae.translate(images, delta)


def test_arguments_are_left_as_they_were(vae: VAE, images: np.ndarray) -> None:
    z, before, pictures = rows(1, 2), rows(1, 2), images.copy()
    vae.decode(z)
    vae.interpolate(z[0], z[1], 3)
    vae.translate(images, z[0])
    assert np.array_equal(z, before) and np.array_equal(images, pictures)


def test_a_saved_model_decodes_the_same(vae: VAE, tmp_path: Path, images: np.ndarray) -> None:
    vae.save(tmp_path / "a.safetensors")
    again = load(tmp_path / "a.safetensors")
    z = rows(1, 2, 3)
    assert np.array_equal(again.decode(z), vae.decode(z))
    assert again.encode(images) == pytest.approx(vae.encode(images), abs=1e-4)
    # The file keeps its atlas in fewer bits, which draws near its items show.
    assert np.abs(again.sample(2, seed=9).astype(int) - vae.sample(2, seed=9)).max() <= 2
    assert np.array_equal(again.sample(2, seed=9), load(tmp_path / "a.safetensors").sample(2, seed=9))
    again.save(str(tmp_path / "b.safetensors"))
    assert load(str(tmp_path / "b.safetensors")).space.atlas[3] == pytest.approx(again.space.atlas[3], abs=1e-5)


def test_a_model_is_found_by_name(tiny_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "checkpoint_folders", lambda: [tiny_path.parent])
    assert load("tiny").name == "tiny"
    with pytest.raises(UserError, match=r"no checkpoint named 'big'; known: tiny"):
        load("big")
    with pytest.raises(UserError, match="no checkpoint named 'faces'"):
        load()


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such checkpoint file"):
        load(tmp_path / "none.safetensors")
