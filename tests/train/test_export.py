"""``export``: atlas, axes, clusters and labels of runs and of checkpoints, and the card that tells of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_checkpoint
from tests.train.conftest import draw_disc
from train.cli import main
from train.data.labels import Column
from train.data.pixels import Preprocessing
from train.data.prepare import prepare
from train.data.prepared import MANIFEST, open_prepared
from train.exporting.atlas import atlas_labels
from train.exporting.export import Options, export
from train.initial import initialise
from tui_vae.api import load
from tui_vae.errors import UserError
from tui_vae.latent.pca import principal_components, whitened
from tui_vae.model import checkpoint as checkpoints
from tui_vae.model.architecture import Architecture
from tui_vae.model.frame import Frame

QUICK = Options(frechet=False)


def write_model(path: Path, latent: int = 8, channels: int = 3) -> Path:
    """A checkpoint of fresh weights; what an export replaces in it is that of the made-up model."""
    arch = Architecture.from_dict(
        {"name": "fresh", "input": [16, 16, channels], "latent": latent, "encode": [[8], [8]]}
    )
    weights = {name: np.asarray(value) for name, value in initialise(arch, 0).items()}
    base, many = make_checkpoint(), np.ones(latent, np.float32)
    made = replace(
        base,
        architecture=arch,
        parameters=weights,
        latents=np.zeros((2, latent), np.float32),
        names=("a", "b"),
        pca_mean=0 * many,
        pca_vectors=np.eye(latent, dtype=np.float32),
        pca_scales=many,
        raw_scales=many,
        raw_kl=many,
        attributes=(),
        attribute_vectors=np.zeros((0, latent), np.float32),
        preview=np.zeros(arch.input, np.uint8),
    )
    checkpoints.write(path, made)
    return path


def discs_in(folder: Path, count: int, channels: int = 3) -> Path:
    (folder / "in").mkdir(parents=True)
    for number in range(count):
        draw_disc(number).save(folder / "in" / f"{number:03d}.png")
    prepare(folder / "in", folder / "prepared", Preprocessing(16, channels))
    return folder / "prepared"


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """500 discs that know whether they are bright, how red they are, and which channel leads."""
    folder = discs_in(tmp_path_factory.mktemp("labelled"), 500)
    manifest = json.loads((folder / MANIFEST).read_text())
    images = np.asarray(open_prepared(folder).images, np.float64)
    bright, colour = images.mean(axis=(1, 2, 3)), images.mean(axis=(1, 2))
    # A split of its own: a hash would leave too few examples of a small set in either held-out part.
    manifest["splits"] = [("test", "validation", "train", "train", "train")[number % 5] for number in range(500)]
    manifest["labels"] = [
        {"name": "Bright", "kind": "boolean", "values": [bool(value > np.median(bright)) for value in bright]},
        {"name": "red", "kind": "numeric", "values": [float(value) for value in colour[:, 0]]},
        {"name": "leader", "kind": "categorical", "values": [("r", "g", "b")[place] for place in colour.argmax(1)]},
        {"name": "nothing", "kind": "boolean", "values": [None] * 500},
    ]
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder


@pytest.fixture(scope="module")
def exported(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    arguments = ["export", str(write_model(folder / "old.safetensors", 64)), "--data", str(labelled)]
    arguments += ["--output", str(folder / "new.safetensors"), "--sheets", str(folder / "sheets"), "--clusters", "9"]
    assert main([*arguments, "--name", "moved", "--no-frechet"]) == 0
    return folder / "new.safetensors"


def test_a_checkpoint_gets_a_new_atlas_and_keeps_its_weights(exported: Path, labelled: Path) -> None:
    old, made = (checkpoints.read(exported.with_name(name)) for name in ("old.safetensors", "new.safetensors"))
    for name, value in old.parameters.items():
        np.testing.assert_array_equal(value, made.parameters[name])
    data = open_prepared(labelled)
    rows = {data.names[row]: row for row in data.rows("train")}
    assert set(made.names) == set(rows) and made.name == "moved"
    vae = load(exported)
    order = [rows[name] for name in made.names]
    again = vae.encode(np.ascontiguousarray(data.images[order]))
    assert np.abs(again - made.latents).max() < np.ptp(made.latents, axis=0).max() / 100
    np.testing.assert_allclose(again.mean(axis=0), made.pca_mean, atol=1e-3)
    # Clusters: each atlas item belongs to its nearest centroid.
    distances = np.linalg.norm(again[:, None] - made.centroids[None], axis=2)
    assert (distances.argmin(axis=1) == made.cluster).mean() > 0.99 and len(made.centroids) == 9
    assert {path.name for path in (exported.parent / "sheets").iterdir()} == {
        *("centroids.png", "members.png", "nearest-pixels.png")
    }
    # Labels: those of the items, in the atlas's order; the column that knows nothing is not there.
    values = {label.name: label.values for label in made.labels}
    assert set(values) == {"Bright", "red", "leader"}
    columns = {column.name: column for column in data.labels}
    assert values["Bright"] == tuple(columns["Bright"].values[row] for row in order)
    assert values["leader"] == tuple(columns["leader"].values[row] for row in order)
    assert values["red"] == pytest.approx([columns["red"].values[row] for row in order], rel=1e-3)


def test_directions_are_named_after_the_labels_of_the_data(exported: Path, labelled: Path) -> None:
    made, data = checkpoints.read(exported), open_prepared(labelled)
    named = {item.name: item for item in made.attributes}
    assert {"Bright", "red"} <= set(named) and named["red"].r2 is not None
    assert all(item.count == len(data.rows("test")) for item in named.values())
    for item in named.values():
        for other in item.removed:
            place = [attribute.name for attribute in made.attributes].index(other)
            mine = [attribute.name for attribute in made.attributes].index(item.name)
            assert abs(made.attribute_vectors[mine] @ made.attribute_vectors[place]) < 1e-4
    # The bar of an attribute tells bright held-out discs from dark ones.
    vae = load(exported)
    rows = data.rows("test")
    axes = vae.space.axes[2]
    bars = (vae.encode(np.ascontiguousarray(data.images[rows])) - axes.mean) @ axes.readout.T
    bright = np.array([data.labels[0].values[row] for row in rows])
    scores = bars[:, axes.labels.index("Bright")]
    assert scores[bright].mean() > scores[~bright].mean() + 0.5


def test_the_card_tells_where_weights_and_figures_are_from(exported: Path) -> None:
    card, made = exported.with_suffix(".md").read_text(), checkpoints.read(exported)
    assert f"The weights are those of `fresh` (fingerprint `{made.about['weights_from']['fingerprint']}`)" in card
    assert "does not tell" in card  # the made-up model has no configuration
    item = made.about["metrics"]["prepared"]
    for text in (f"{item['psnr_db']:.2f}", f"{item['ssim']:.3f}", f"{item['kl_nats']:.1f}", "in 9 clusters"):
        assert text in card
    assert "--no-frechet" in card and "projected out" in card and "kl_per_dimension" not in item
    for attribute in made.attributes:
        assert f"| {attribute.name} | {attribute.auc:.3f} | {attribute.count} |" in card


def test_a_run_is_exported_on_its_own_data_or_on_other(run: Path, discs: Path, tmp_path: Path) -> None:
    export(str(run), tmp_path / "own.safetensors", options=replace(QUICK, atlas_size=20, frechet=True))
    made = checkpoints.read(tmp_path / "own.safetensors")
    assert len(made.names) == 20 and "weights_from" not in made.about
    assert made.about["training"]["step"] > 0
    assert made.about["metrics"]["all sets"]["frechet"]["count"] >= 2
    card = (tmp_path / "own.md").read_text()
    assert "seed 42" in card and "| samples, prior N(0, I) |" in card
    other = discs_in(tmp_path / "other", 30)
    export(str(run), tmp_path / "other.safetensors", [other], QUICK)
    again = checkpoints.read(tmp_path / "other.safetensors")
    assert len(again.names) == len(open_prepared(other).rows("train"))
    assert again.fingerprint() == made.fingerprint()


@pytest.mark.parametrize(("latent", "channels"), [(2, 1), (150, 3)])
def test_any_latent_and_grey(latent: int, channels: int, tmp_path: Path) -> None:
    source = write_model(tmp_path / "old.safetensors", latent, channels)
    data = discs_in(tmp_path / "data", 60, channels)
    export(str(source), tmp_path / "new.safetensors", [data], QUICK)
    made = checkpoints.read(tmp_path / "new.safetensors")
    assert made.latents.shape == (len(open_prepared(data).rows("train")), latent)
    assert np.isfinite(made.pca_scales).all() and made.preview.shape == (16, 16, channels)
    load(tmp_path / "new.safetensors").sample(2, 0)


def test_three_images_are_enough_when_two_are_for_training(tmp_path: Path) -> None:
    source, data = write_model(tmp_path / "old.safetensors"), discs_in(tmp_path / "data", 3)
    assert len(open_prepared(data).rows("train")) >= 2
    export(str(source), tmp_path / "new.safetensors", [data], QUICK)
    made = checkpoints.read(tmp_path / "new.safetensors")
    assert len(made.centroids) == 1 and not made.cluster.any()
    assert "## Figures" in (tmp_path / "new.md").read_text()


def test_what_cannot_be_exported_is_refused_and_nothing_is_written(
    exported: Path, labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = str(exported.with_name("old.safetensors")), str(tmp_path / "new.safetensors")
    one = discs_in(tmp_path / "one", 1)
    prepare(tmp_path / "one" / "in", tmp_path / "large", Preprocessing(24))
    for arguments, says in (
        ([old, "--output", new], "a checkpoint needs --data"),
        ([old, "--output", new, "--data", str(one)], "images in the training split; axes need at least 2"),
        ([old, "--output", new, "--data", str(tmp_path / "large")], "large: images are (24, 24, 3)"),
        ([old, "--output", new, "--data", str(labelled), "--clusters", "0"], "--clusters 0"),
        ([old, "--output", new, "--data", str(labelled), "--atlas-size", "1"], "--atlas-size 1"),
        ([old, "--output", new, "--data", str(labelled), "--label-kb", "-1"], "--label-kb -1"),
        ([old, "--output", str(exported), "--data", str(labelled)], "exists; --force replaces it"),
        ([str(tmp_path / "none.safetensors"), "--output", new, "--data", str(labelled)], "none.safetensors"),
        ([old, "--output", new, "--data", str(labelled), "--attributes", str(tmp_path / "no.csv")], "no.csv"),
    ):
        assert main(["export", *arguments]) == 2, says
        error = capsys.readouterr().err.strip()
        assert says in error and len(error.splitlines()) == 1
    assert not Path(new).exists() and not Path(new).with_suffix(".md").exists()
    with pytest.raises(UserError, match="needs --data"):
        export("faces", Path(new))


def test_labels_fill_their_room_named_ones_first() -> None:
    columns = (
        Column("a", "boolean", (True,) * 100),
        Column("long", "categorical", tuple(map(str, range(100)))),
        Column("b", "boolean", (None,) * 99 + (False,)),
        Column("unknown", "boolean", (None,) * 100),
    )
    rows = np.arange(100)
    labels, left_out = atlas_labels(columns, rows, ["b"], 10_000)
    assert [label.name for label in labels] == ["b", "a", "long"] and left_out == []
    labels, left_out = atlas_labels(columns, rows, ["b"], 300)
    assert [label.name for label in labels] == ["b", "a"] and left_out == ["long"]
    labels, left_out = atlas_labels(columns, rows, ["b"], 0)
    assert labels == () and left_out == ["b", "a", "long"]
    assert atlas_labels(columns, rows[:3], ["b"], 300)[0][0].values == (True,) * 3


def test_principal_components_rebuild_the_latents() -> None:
    rng = np.random.default_rng(0)
    latents = (rng.standard_normal((300, 5)) @ rng.standard_normal((5, 5)) + 3).astype(np.float32)
    mean, vectors, scales = principal_components(latents)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(5), atol=1e-5)
    coordinates = (latents - mean) @ vectors.T
    np.testing.assert_allclose(coordinates.std(axis=0, ddof=1), scales, rtol=1e-3)
    assert (np.diff(scales) <= 0).all()
    np.testing.assert_allclose(coordinates @ vectors + mean, latents, atol=1e-4)


def test_fewer_items_than_latents_whiten_along_what_they_span() -> None:
    rng = np.random.default_rng(0)
    latents = rng.standard_normal((20, 50)).astype(np.float32)
    mean, vectors, scales = principal_components(latents[:10])
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(50), atol=1e-5)
    bars = whitened(latents, mean, vectors, scales)
    np.testing.assert_allclose(bars[:10, :9].std(axis=0, ddof=1), 1, rtol=1e-3)
    # Beyond the rank of the data a coordinate would be a division by rounding.
    assert not bars[:, 9:].any() and np.abs(bars).max() < 10


def test_a_frame_is_written_and_read_again(tmp_path: Path) -> None:
    source, data = write_model(tmp_path / "old.safetensors"), discs_in(tmp_path, 40)
    path = export(str(source), tmp_path / "new.safetensors", [data], replace(QUICK, frame=(0.5, 0.4, 0.25)))
    assert load(path).frame == Frame(0.5, 0.4, 0.25)
    assert load(source).checkpoint.frame is None and load(source).frame == Frame()
    with pytest.raises(UserError, match="--frame"):
        export(str(source), tmp_path / "more.safetensors", [data], replace(QUICK, frame=(0.5, 0.4, 2.0)))
