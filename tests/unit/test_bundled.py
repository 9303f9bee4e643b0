"""The checkpoints that ship: what the README and their cards say of them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tui_vae.api import VAE, load
from tui_vae.latent import tokens
from tui_vae.latent.fingerprint import fingerprint
from tui_vae.latent.point import point
from tui_vae.paths import find_checkpoint

CARD = find_checkpoint("faces").with_suffix(".md")


@pytest.fixture(scope="module")
def faces() -> VAE:
    return load("faces")


def bar(vae: VAE, z: np.ndarray, attribute: str) -> float:
    axes = vae.space.axes[2]
    return float(axes.values(z)[axes.labels.index(attribute)])


def test_it_keeps_its_budgets(faces: VAE) -> None:
    assert find_checkpoint("faces").stat().st_size <= 8_000_000
    assert faces.architecture.input == (64, 64, 3) and faces.architecture.latent >= 128
    assert len(faces.space.atlas) >= 20_000
    assert len(set(faces.space.atlas.names)) == len(faces.space.atlas)


def test_its_card_is_its_own_and_its_figures_state_their_counts(faces: VAE) -> None:
    card = CARD.read_text(encoding="utf-8")
    assert faces.checkpoint.fingerprint() in card
    assert "non-commercial" in card
    held_out = faces.checkpoint.about["metrics"]["faces"]
    assert held_out["split"] == "test" and held_out["count"] >= 1000
    assert held_out["psnr_db"] >= 22.5 and held_out["sharpness_ratio"] >= 0.45
    assert f"| faces | {held_out['count']:,} | {held_out['psnr_db']:.2f} |" in card
    # Chosen at 0.80 on the validation split; the card states the test split, where a choice always loses a little.
    assert all(item.auc >= 0.75 and item.count >= 500 for item in faces.checkpoint.attributes)


def test_the_second_world_keeps_its_budgets_and_knows_its_parts() -> None:
    avatars = load("avatars")
    path = find_checkpoint("avatars")
    assert path.stat().st_size <= 5_000_000 and 32 <= avatars.architecture.latent <= 64
    card = path.with_suffix(".md").read_text(encoding="utf-8")
    assert avatars.checkpoint.fingerprint() in card and "Pablo Stanley" in card
    held_out = avatars.checkpoint.about["metrics"]["avatars"]
    assert held_out["split"] == "test" and held_out["count"] >= 500 and held_out["psnr_db"] >= 26
    assert f"| avatars | {held_out['count']:,} | {held_out['psnr_db']:.2f} |" in card
    bars = set(avatars.space.axes[2].labels)
    assert {"glasses", "hat", "skinColor lightness", "hairColor lightness", "top: turban"} <= bars
    made = avatars.decode(avatars.space.atlas.latents[::1000])
    error = np.square(made.astype(float) - avatars.reconstruct(made)).mean(axis=(1, 2, 3))
    assert (10 * np.log10(255**2 / error)).mean() > 25


def test_the_preview_is_the_average_face(faces: VAE) -> None:
    decoded = faces.decode(faces.space.mean[None])[0]
    assert np.abs(decoded.astype(int) - faces.preview).max() <= 2  # rounding differs between processors


def test_random_faces_are_as_varied_as_the_atlas_and_no_smears(faces: VAE) -> None:
    random = faces.sample(64, seed=11).astype(float)
    atlas = faces.decode(faces.space.atlas.latents[:: len(faces.space.atlas) // 64][:64]).astype(float)
    # Detail within a picture and variety between pictures, against decoded faces of the dataset.
    assert random.std(axis=(1, 2)).mean() > 0.8 * atlas.std(axis=(1, 2)).mean()
    assert random.std(axis=0).mean() > 0.8 * atlas.std(axis=0).mean()


def test_the_opposite_of_a_smiling_blonde_woman_is_somebody_else(faces: VAE) -> None:
    space = faces.space
    axes = space.axes[2]
    bars = (space.atlas.latents - axes.mean) @ axes.readout.T
    wanted = {"Smiling": 1, "Blond Hair": 1, "Male": -1}
    score = np.min([sign * bars[:, axes.labels.index(name)] for name, sign in wanted.items()], axis=0)
    woman = space.atlas[int(score.argmax())]
    opposite = space.invert(woman)
    for name, sign in wanted.items():
        assert sign * bar(faces, woman, name) > 0.8
        assert sign * bar(faces, opposite, name) < -0.8
    pair = faces.decode(np.stack([woman, opposite])).astype(int)
    assert np.abs(pair[0] - pair[1]).mean() > 25


def test_a_face_survives_its_own_reconstruction(faces: VAE) -> None:
    made = faces.decode(faces.space.atlas.latents[::2000])
    again = faces.reconstruct(made)
    error = np.square(made.astype(float) - again).mean(axis=(1, 2, 3))
    assert (10 * np.log10(255**2 / error)).mean() > 25


def test_the_documentation_shows_it() -> None:
    root = Path(__file__).parents[2]
    readme = (root / "README.md").read_text(encoding="utf-8")
    for picture in ("explorer-140x42.png", "faces.png", "avatars.png"):
        assert f"docs/pictures/{picture}" in readme
        assert (root / "docs" / "pictures" / picture).stat().st_size > 10_000


def test_the_token_in_the_readme_opens_with_the_bundled_faces(faces: VAE) -> None:
    root = Path(__file__).parents[2]
    (token,) = re.findall(r"--recipe (faces:\S+)", (root / "README.md").read_text(encoding="utf-8"))
    recipe = tokens.read(token, tokens.tag(faces.name, fingerprint(faces.space, faces.preview)))
    np.testing.assert_array_equal(point(recipe, faces.space).z, faces.space.sample(7))
