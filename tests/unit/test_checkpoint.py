"""The checkpoint file: what goes in comes out, and it is written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import ITEMS, LATENT
from tui_vae.errors import UserError
from tui_vae.model import checkpoint as checkpoints
from tui_vae.model.checkpoint import Attribute, Checkpoint

Tensors = dict[str, Any]
Header = dict[str, Any]


# What goes in comes out.


def test_the_round_trip(tiny: Checkpoint, tiny_path: Path) -> None:
    back = checkpoints.read(tiny_path)
    assert list(back.parameters) == list(tiny.architecture.parameter_shapes())
    for name, value in tiny.parameters.items():
        assert back.parameters[name].dtype == np.float32
        assert np.array_equal(back.parameters[name], value.astype(np.float16)), name
    step = np.ptp(tiny.latents, axis=0) / 254
    assert back.latents.dtype == np.float32
    assert (np.abs(back.latents - tiny.latents) <= 0.501 * step).all()
    for name in ("pca_mean", "pca_vectors", "pca_scales", "raw_scales", "raw_kl", "attribute_vectors", "preview"):
        assert np.array_equal(getattr(back, name), getattr(tiny, name)), name
        assert getattr(back, name).dtype == getattr(tiny, name).dtype
    for name in ("architecture", "names", "attributes", "preprocessing", "about", "name"):
        assert getattr(back, name) == getattr(tiny, name), name


def test_writing_what_was_read_changes_nothing_more(tiny_path: Path, tmp_path: Path) -> None:
    once = checkpoints.read(tiny_path)
    checkpoints.write(tmp_path / "again.safetensors", once)
    twice = checkpoints.read(tmp_path / "again.safetensors")
    assert all(np.array_equal(value, twice.parameters[name]) for name, value in once.parameters.items())
    assert np.abs(once.latents - twice.latents).max() < 1e-5
    assert once.fingerprint() == twice.fingerprint()


def test_a_copy_of_many_items_has_the_same_bits(tiny: Checkpoint, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    latents = (rng.standard_normal((20_000, LATENT)) * rng.uniform(0.2, 3, LATENT) + rng.normal(size=LATENT)).astype(
        "f4"
    )
    names = tuple(map(str, range(len(latents))))
    checkpoints.write(tmp_path / "one", replace(tiny, latents=latents, names=names))
    once = checkpoints.read(tmp_path / "one")
    checkpoints.write(tmp_path / "two", once)
    assert (tmp_path / "two").read_bytes() == (tmp_path / "one").read_bytes()
    assert np.abs(once.latents - latents).max() < 0.51 * np.ptp(latents, axis=0).max() / 254


def test_a_model_without_attributes_and_with_any_names(tiny: Checkpoint, tmp_path: Path) -> None:
    names = tuple(f"Żółć {index} 顔" for index in range(ITEMS))
    bare = replace(tiny, attributes=(), attribute_vectors=np.zeros((0, LATENT), np.float32), names=names, about={})
    path = tmp_path / "deep" / "er" / "bare.safetensors"
    checkpoints.write(path, bare)
    back = checkpoints.read(path)
    assert back.attributes == () and back.attribute_vectors.shape == (0, LATENT)
    assert back.names == names and back.about == {}


def test_a_dimension_without_spread_survives(tiny: Checkpoint, tmp_path: Path) -> None:
    latents = tiny.latents.copy()
    latents[:, 2] = 0.25
    checkpoints.write(tmp_path / "a.safetensors", replace(tiny, latents=latents))
    assert checkpoints.read(tmp_path / "a.safetensors").latents[:, 2] == pytest.approx(0.25)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_latents_may_be_floats_without_a_step(rebuilt: Callable[..., Path], tiny: Checkpoint, dtype: type) -> None:
    path = rebuilt({"atlas/latents": tiny.latents.astype(dtype), "atlas/origin": ..., "atlas/step": ...})
    assert np.array_equal(checkpoints.read(path).latents, tiny.latents.astype(dtype))


def test_optional_tables_may_be_missing(rebuilt: Callable[..., Path]) -> None:
    back = checkpoints.read(rebuilt(preprocessing=..., about=...))
    assert (back.preprocessing, back.about) == ({}, {})


def test_names_cannot_speak_to_the_terminal(tiny: Checkpoint, rebuilt: Callable[..., Path], tmp_path: Path) -> None:
    evil = ["\x1b]0;owned\x07", "two\nlines", "lone \udcff", *map(str, range(ITEMS - 3))]
    attributes = [{"name": "\x1b[2J", "auc": 0.5, "count": 1}, {"name": "b", "auc": 0.5, "count": 1}]
    path = rebuilt(names=evil, attributes=attributes)
    checkpoints.write(tmp_path / "own.safetensors", replace(tiny, names=tuple(evil), about={"from": "\udcff"}))
    for back in (checkpoints.read(path), checkpoints.read(tmp_path / "own.safetensors")):
        assert back.names[:3] == ("�]0;owned�", "two�lines", "lone �")
    assert checkpoints.read(path).attributes[0].name == "�[2J"
    architecture = tiny.architecture.to_dict() | {"name": "a\x1bb"}
    assert checkpoints.read(rebuilt(architecture=architecture)).name == "a�b"


# The fingerprint.


def test_the_fingerprint_is_stable(tiny: Checkpoint, tiny_path: Path) -> None:
    print_ = tiny.fingerprint()
    assert len(print_) == 8 and int(print_, 16) >= 0
    assert checkpoints.read(tiny_path).fingerprint() == print_
    assert replace(tiny, about={}, names=("x",) * ITEMS).fingerprint() == print_


def test_the_fingerprint_tells_decoders_apart(tiny: Checkpoint) -> None:
    for name in tiny.parameters:
        changed = tiny.parameters[name].copy()
        changed.flat[0] += 0.5
        other = replace(tiny, parameters={**tiny.parameters, name: changed})
        assert (other.fingerprint() != tiny.fingerprint()) == name.startswith("decoder/"), name
    renamed = replace(tiny, architecture=replace(tiny.architecture, name="other"))
    assert renamed.fingerprint() != tiny.fingerprint()


# Writing.


def test_a_failure_in_the_middle_keeps_the_old_file(
    tiny: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"old")

    def fails(place: Path, data: bytes) -> None:
        with place.open("wb") as stream:
            stream.write(data[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fails)
    with pytest.raises(UserError, match="No space left on device"):
        checkpoints.write(path, tiny)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "change",
    [
        {"names": ("too", "few")},
        {"preview": np.zeros((16, 16, 3), np.float32)},
        {"pca_scales": np.full(LATENT, np.nan, np.float32)},
        {"pca_mean": np.zeros(LATENT, np.float64)},
        {"attributes": (Attribute("only one", 0.5, 1),)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_could_not_be_read_is_not_written(tiny: Checkpoint, tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=str(tmp_path)):
        checkpoints.write(tmp_path / "a.safetensors", replace(tiny, **change))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore:overflow")
def test_weights_beyond_half_precision_are_not_written(tiny: Checkpoint, tmp_path: Path) -> None:
    name = "decoder/stem/bias"
    parameters = {**tiny.parameters, name: np.full_like(tiny.parameters[name], 1e6)}
    with pytest.raises(UserError, match=f"'{name}' holds numbers that are not finite"):
        checkpoints.write(tmp_path / "a.safetensors", replace(tiny, parameters=parameters))


def test_a_new_file_replaces_the_old_one_and_can_be_shared(tiny: Checkpoint, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"old")
    checkpoints.write(path, tiny)
    assert checkpoints.read(path).name == "tiny"
    (tmp_path / "usual").touch()
    assert path.stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.safetensors", "usual"]
