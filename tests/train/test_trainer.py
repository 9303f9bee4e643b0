"""Training by hand: what is locked stays to the bit, what is saved goes on to the bit."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from train.config import FitConfig
from train.data.prepared import open_prepared
from train.trainer import Images, Trainer
from tui_vae.errors import UserError


@pytest.fixture(scope="module")
def images(discs: Path) -> Images:
    return np.ascontiguousarray(open_prepared(discs).images)


@pytest.fixture(scope="module")
def config(tiny_config: FitConfig) -> FitConfig:
    return dataclasses.replace(tiny_config, run=dataclasses.replace(tiny_config.run, batch=16))


def bytes_of(trainer: Trainer, side: str) -> dict[str, bytes]:
    return {name: value.tobytes() for name, value in trainer.weights.items() if name.startswith(side)}


def test_it_learns_by_hand(config: FitConfig, images: Images) -> None:
    trainer = Trainer(config)
    trainer.set_beta(0.5)
    first = trainer.train_steps(images, 5)
    last = trainer.train_steps(images, 60)
    assert last["loss"] < first["loss"] - 0.1 and last["images"] == 60 * 16
    assert last["beta"] == pytest.approx(0.5) and trainer.step == 65
    latents = trainer.encode(images[:3])
    assert latents.shape == (3, 8) and trainer.decode(latents).shape == (3, 16, 16, 3)
    np.testing.assert_array_equal(trainer.sample(4, seed=1), trainer.sample(4, seed=1))
    assert (trainer.sample(4, seed=1) != trainer.sample(4, seed=2)).any()
    near = trainer.sample(64, seed=1, like=images).astype(float).mean()
    assert abs(near - trainer.decode(trainer.encode(images)).astype(float).mean()) < 20


@pytest.mark.parametrize(("locked", "free"), [("encoder", "decoder"), ("decoder", "encoder")])
def test_the_locked_side_does_not_change_by_one_bit(locked: str, free: str, config: FitConfig, images: Images) -> None:
    trainer = Trainer(config)
    trainer.train_steps(images, 3)
    trainer.freeze(locked)  # type: ignore[arg-type]
    before = bytes_of(trainer, locked), bytes_of(trainer, free)
    trainer.train_steps(images, 4)
    assert bytes_of(trainer, locked) == before[0]
    assert all(after != before[1][name] for name, after in bytes_of(trainer, free).items())
    trainer.freeze("none")
    trainer.train_steps(images, 2)
    assert bytes_of(trainer, locked) != before[0]


def test_a_new_optimizer_goes_on_from_the_same_weights_at_its_own_rate(config: FitConfig, images: Images) -> None:
    trainer = Trainer(config)
    trainer.train_steps(images, 3)
    before = trainer.weights
    trainer.restart_optimizer(learning_rate=1e-9)
    assert trainer.learning_rate == 1e-9
    trainer.train_steps(images, 2)
    for name, value in trainer.weights.items():
        np.testing.assert_allclose(value, before[name], atol=1e-6)


def test_saved_and_loaded_it_goes_on_to_the_same_bits(config: FitConfig, images: Images, tmp_path: Path) -> None:
    trainer = Trainer(config)
    trainer.train_steps(images, 3)
    trainer.freeze("encoder")
    trainer.set_beta(2.0)
    trainer.train_steps(images, 2)
    trainer.save(tmp_path / "trainer.safetensors")
    loaded = Trainer.load(tmp_path / "trainer.safetensors")
    assert (loaded.step, loaded.beta, loaded.frozen) == (5, 2.0, "encoder")
    assert trainer.train_steps(images, 3) == loaded.train_steps(images, 3)
    assert bytes_of(trainer, "") == bytes_of(loaded, "")


def test_what_is_wrong_is_refused(config: FitConfig, images: Images, tmp_path: Path) -> None:
    trainer = Trainer(config)
    with pytest.raises(ValueError, match="expected uint8 images of shape"):
        trainer.train_steps(images.astype(np.float32), 1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected at least 16 images"):
        trainer.train_steps(images[:5], 1)
    with pytest.raises(ValueError, match="expected 'encoder'"):
        trainer.freeze("both")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="beta of at least 0"):
        trainer.set_beta(-1.0)
    with pytest.raises(ValueError, match="learning rate above 0"):
        trainer.restart_optimizer(0.0)
    for text in (b"", b"no safetensors at all"):
        (tmp_path / "x").write_bytes(text)
        with pytest.raises(UserError, match="not a saved trainer"):
            Trainer.load(tmp_path / "x")
    with pytest.raises(UserError, match="not a saved trainer"):
        Trainer.load(tmp_path / "missing")
