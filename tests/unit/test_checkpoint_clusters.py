"""Clusters, labels and removed attributes in a checkpoint: optional, and checked like the rest."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from tests.conftest import ITEMS, LATENT
from tui_vae.about import describe
from tui_vae.errors import UserError
from tui_vae.model import checkpoint as checkpoints
from tui_vae.model.checkpoint import Attribute, Checkpoint
from tui_vae.model.labels import Kind, Label, from_header, to_header

fuzz = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

CLUSTERS = 5
LABELS = (
    Label("Smiling", "boolean", tuple([True, False, None, True][item % 4] for item in range(ITEMS))),
    Label("yaw", "numeric", tuple(None if item == 3 else item / 8 for item in range(ITEMS))),
    Label("hair", "categorical", tuple([None, "blond", "brown"][item % 3] for item in range(ITEMS))),
)


@pytest.fixture(scope="module")
def full(tiny: Checkpoint) -> Checkpoint:
    """The made-up model with everything that is optional."""
    attributes = (tiny.attributes[0], Attribute("Wearing_Hat", 0.85, 100, ("Smiling",), 0.625))
    cluster = (np.arange(ITEMS) % CLUSTERS).astype(np.int32)
    centroids = np.stack([tiny.latents[cluster == number].mean(0) for number in range(CLUSTERS)])
    return replace(tiny, attributes=attributes, cluster=cluster, centroids=centroids, labels=LABELS)


@pytest.fixture(scope="module")
def tiny_path(full: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The full model as a file, in place of the plain one: ``parts`` and ``rebuilt`` take it apart."""
    path = tmp_path_factory.mktemp("full") / "full.safetensors"
    checkpoints.write(path, full)
    return path


def refuse(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        checkpoints.read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message
    return message.removeprefix(f"{path}: ")


def test_the_round_trip(full: Checkpoint, tiny_path: Path, tmp_path: Path) -> None:
    back = checkpoints.read(tiny_path)
    assert back.cluster.dtype == np.int32 and np.array_equal(back.cluster, full.cluster)
    assert np.array_equal(back.centroids, full.centroids)
    assert (back.labels, back.attributes) == (LABELS, full.attributes)
    checkpoints.write(tmp_path / "again.safetensors", back)
    assert checkpoints.read(tmp_path / "again.safetensors").labels == LABELS
    assert "5 clusters" in describe(tiny_path) and "Smiling, yaw, hair" in describe(tiny_path)


def test_a_plain_file_has_none_of_it(tiny: Checkpoint, tmp_path: Path) -> None:
    checkpoints.write(tmp_path / "plain.safetensors", tiny)
    back = checkpoints.read(tmp_path / "plain.safetensors")
    assert back.cluster.shape == (0,) and back.centroids.shape == (0, LATENT)
    assert back.labels == () and back.attributes[0].removed == ()
    raw = (tmp_path / "plain.safetensors").read_bytes()
    header = json.loads(json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])["__metadata__"]["tui_vae"])
    assert "labels" not in header and all("removed" not in item for item in header["attributes"])


def test_many_clusters_take_wider_numbers(full: Checkpoint, tmp_path: Path) -> None:
    count = 2**15 + 3
    many = replace(
        full, cluster=np.full(ITEMS, count - 1, np.int32), centroids=np.zeros((count, LATENT), np.float32), labels=()
    )
    checkpoints.write(tmp_path / "many.safetensors", many)
    assert (checkpoints.read(tmp_path / "many.safetensors").cluster == count - 1).all()


@pytest.mark.parametrize("name", ["atlas/cluster", "atlas/centroids"])
def test_one_without_the_other(rebuilt: Callable[..., Path], name: str) -> None:
    assert refuse(rebuilt({name: ...})) == f"tensor {name!r} is missing"


@pytest.mark.parametrize("bad", [-1, CLUSTERS, 2**15 - 1])
def test_a_cluster_that_is_not_there(rebuilt: Callable[..., Path], full: Checkpoint, bad: int, tmp_path: Path) -> None:
    cluster = full.cluster.copy()
    cluster[-1] = bad
    says = "tensor 'atlas/cluster' names a cluster that is not one of the 5 centroids"
    assert refuse(rebuilt({"atlas/cluster": cluster})) == says
    with pytest.raises(UserError, match="not one of the 5 centroids"):
        checkpoints.write(tmp_path / "bad.safetensors", replace(full, cluster=cluster))
    assert not (tmp_path / "bad.safetensors").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"atlas/cluster": np.zeros(ITEMS - 1, np.int16)}, f"shape ({ITEMS - 1},), not ({ITEMS},)"),
        ({"atlas/cluster": np.zeros((ITEMS, 1), np.int16)}, f"shape ({ITEMS}, 1), not ({ITEMS},)"),
        ({"atlas/cluster": np.zeros(ITEMS, np.float32)}, "is of type F32, not I16 or I32"),
        ({"atlas/centroids": np.zeros((5, LATENT + 1), np.float32)}, f"not (5, {LATENT})"),
        ({"atlas/centroids": np.zeros(LATENT, np.float32)}, f"not ({LATENT}, {LATENT})"),
        ({"atlas/centroids": np.zeros((0, LATENT), np.float32)}, f"shape (0, {LATENT}), not (1, {LATENT})"),
        ({"atlas/centroids": np.full((5, LATENT), np.nan, np.float32)}, "numbers that are not finite"),
        ({"atlas/centroids": np.zeros((5, LATENT), np.int32)}, "is of type I32"),
    ],
)
def test_malformed_clusters(rebuilt: Callable[..., Path], change: dict[str, Any], says: str) -> None:
    assert says in refuse(rebuilt(change))


def column(**change: Any) -> dict[str, Any]:
    return {"name": "a", "kind": "boolean", "values": "1" * ITEMS} | change


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ("text", "labels must be a list of at most 4,096 tables"),
        ([column()] * 4097, "labels must be a list of at most 4,096 tables"),
        ([3], "a label needs a name, a kind and values"),
        ([{}], "a label needs a name, a kind and values"),
        ([column(kind="colour")], "label 'a' is of an unknown kind"),
        ([column(kind=[])], "label 'a' is of an unknown kind"),
        ([column(values="1")], f"label 'a' needs one value for each of the {ITEMS} atlas items"),
        ([column(values=[1] * ITEMS)], f"label 'a' needs one value for each of the {ITEMS} atlas items"),
        ([column(values="2" * ITEMS)], "label 'a' holds a value that is not boolean"),
        ([column(kind="numeric", values=["x"] * ITEMS)], "label 'a' holds a value that is not numeric"),
        ([column(kind="numeric", values=[True] * ITEMS)], "label 'a' holds a value that is not numeric"),
        ([column(kind="numeric", values=[10**400] * ITEMS)], "label 'a' holds a value that is not numeric"),
        ([column(kind="numeric", values=[float("nan")] * ITEMS)], "label 'a' holds a value that is not numeric"),
        ([column(kind="categorical", values=[0] * ITEMS)], "label 'a' holds a value that is not categorical"),
        (
            [column(kind="categorical", categories=["x"], values=[1] * ITEMS)],
            "label 'a' holds a value that is not categorical",
        ),
    ],
)
def test_malformed_labels(rebuilt: Callable[..., Path], labels: object, says: str) -> None:
    assert refuse(rebuilt(labels=labels)) == says


@pytest.mark.parametrize("removed", [None, "Smiling", 3, {}])
def test_malformed_removed_attributes(rebuilt: Callable[..., Path], removed: object) -> None:
    item = {"name": "a", "auc": 0.5, "count": 1, "removed": removed}
    assert refuse(rebuilt(attributes=[item, item])) == "an attribute needs name, auc and count"


def test_labels_cannot_speak_to_the_terminal(rebuilt: Callable[..., Path]) -> None:
    evil = column(name="\x1b[2J", kind="categorical", categories=["\x07"], values=[0] * ITEMS)
    label = checkpoints.read(rebuilt(labels=[evil])).labels[0]
    assert label == Label("�[2J", "categorical", ("�",) * ITEMS)


def test_labels_of_another_length_are_not_written(full: Checkpoint, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="needs one value for each"):
        checkpoints.write(tmp_path / "a.safetensors", replace(full, labels=(Label("a", "boolean", (True,)),)))
    assert list(tmp_path.iterdir()) == []


def values_of(kind: Kind) -> st.SearchStrategy[Any]:
    known: dict[Kind, st.SearchStrategy[Any]] = {
        "boolean": st.booleans(),
        "numeric": st.floats(-1e6, 1e6).map(lambda x: float(f"{x:.4g}")),
        "categorical": st.text(st.characters(codec="utf-8"), max_size=4),
    }
    return st.lists(st.none() | known[kind], max_size=20)


@fuzz
@given(data=st.data(), kind=st.sampled_from(["boolean", "numeric", "categorical"]))
def test_any_column_comes_back_through_json(data: st.DataObject, kind: Kind) -> None:
    label = Label("x", kind, tuple(data.draw(values_of(kind))))
    table = json.loads(json.dumps(to_header(label)))
    assert from_header(table, len(label.values), str) == label


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@fuzz
@given(part=st.sampled_from(["name", "kind", "values", "categories", "all"]), value=anything)
def test_any_nonsense_in_the_labels(rebuilt: Callable[..., Path], part: str, value: object) -> None:
    base = column(kind="categorical", categories=["x"], values=[0] * ITEMS)
    read_or_refuse(rebuilt(labels=value if part == "all" else [base | {part: value}]))


@fuzz
@given(data=st.data())
def test_any_flipped_byte(tiny_path: Path, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(tiny_path.read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.sampled_from([0, 0x31, 0x7C, 0x7F, 0xFF]))
    path = tmp_path / "flipped.safetensors"
    path.write_bytes(bytes(content))
    read_or_refuse(path)


def read_or_refuse(path: Path) -> None:
    """Either a checkpoint that adds up or one line."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            made = checkpoints.read(path)
        except UserError:
            refuse(path)
            return
    assert np.isfinite(made.centroids).all()
    if len(made.cluster):
        assert len(made.cluster) == len(made.names) and 0 <= made.cluster.min() <= made.cluster.max() < len(
            made.centroids
        )
    assert all(len(label.values) == len(made.names) for label in made.labels)


def test_an_old_file_is_rewritten_without_loss(tiny: Checkpoint, tmp_path: Path) -> None:
    """A file of before clusters: nothing of it changes when it is read and written."""
    checkpoints.write(tmp_path / "old.safetensors", tiny)
    checkpoints.write(tmp_path / "new.safetensors", checkpoints.read(tmp_path / "old.safetensors"))
    old, new = (checkpoints.read(tmp_path / f"{name}.safetensors") for name in ("old", "new"))
    assert np.abs(old.latents - new.latents).max() < 1e-5
    assert old.attributes == new.attributes and old.fingerprint() == new.fingerprint()


def test_a_foreign_cluster_tensor_alone(tiny: Checkpoint, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_file({"atlas/cluster": np.zeros(3, np.int16)}, path, {"tui_vae": "{}"})
    assert "no format version" in refuse(path)
