"""``evaluate``: means over all images, each counting once, and every figure with its count."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import make_checkpoint
from tests.train.conftest import draw_disc
from train.cli import main
from train.codec import BATCH, Codec
from train.commands.evaluate import evaluate as command
from train.data.labels import Column
from train.data.pixels import Preprocessing
from train.data.prepare import prepare
from train.data.prepared import Prepared, open_prepared
from train.evaluation import classifier, evaluate, generation, likelihood, metrics, reconstruction
from train.evaluation.tabulate import _samples, table
from tui_vae.api import VAE
from tui_vae.errors import UserError
from tui_vae.model import checkpoint as checkpoints
from tui_vae.model.checkpoint import Checkpoint

KINDS = ("atlas_samples", "aggregate_posterior_samples", "prior_samples", "reconstructions")


@pytest.fixture(scope="module")
def made() -> Checkpoint:
    return make_checkpoint()


@pytest.fixture(scope="module")
def codec(made: Checkpoint) -> Codec:
    return Codec.of(made.architecture, made.parameters)


def in_memory(images: np.ndarray, splits: list[str], labels: tuple[Column, ...] = ()) -> Prepared:
    names = [f"{number}.png" for number in range(len(images))]
    return Prepared(images, names, names, np.array(splits), labels, {})


def uneven() -> Prepared:
    """One batch of discs and six images of noise after it: any figure that weighs batches alike would show it."""
    discs = [np.asarray(draw_disc(number).resize((16, 16))) for number in range(BATCH)]
    noise = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3), np.uint8)
    images = np.concatenate([np.stack(discs), noise])
    return in_memory(np.concatenate([images, images]), ["train"] * len(images) + ["test"] * len(images))


def test_every_image_counts_once(made: Checkpoint, codec: Codec) -> None:
    data = uneven()
    rows = data.rows("test")
    found = reconstruction.figures(codec, data, rows, "test")
    images = data.images[rows]
    posterior, outputs = codec.encode(images), VAE(made).reconstruct(images)
    structure, scaled = metrics.similarity(images, outputs)
    assert (found["count"], found["split"]) == (BATCH + 6, "test")
    assert found["psnr_db"] == pytest.approx(metrics.psnr(images, outputs).mean(), abs=2e-3)
    assert found["l1"] == pytest.approx(metrics.l1(images, outputs).mean(), abs=2e-2)
    assert found["ssim"] == pytest.approx(structure.mean(), abs=1e-3)
    assert found["ms_ssim"] == pytest.approx(scaled.mean(), abs=1e-3)
    ratio = metrics.sharpness(outputs).mean() / metrics.sharpness(images).mean()
    assert found["sharpness_ratio"] == pytest.approx(ratio, rel=1e-2)
    kl = posterior.kl().mean(axis=0)
    assert found["kl_nats"] == pytest.approx(kl.sum(), rel=1e-3)
    assert found["kl_per_dimension"] == pytest.approx(kl.tolist(), abs=1e-3)
    assert found["active_units"] == (kl > 0.01).sum()
    scales = likelihood.calibrate(codec, data.images, data.rows("train"))
    bits = likelihood.bits_per_dimension(codec, images, posterior, scales, np.random.default_rng(likelihood.SEED))
    assert found["bits_per_dim"]["laplace"] == pytest.approx(bits["laplace"].mean(), rel=1e-3)
    # The last batch is of another kind: neither it alone nor the mean of both batches gives these figures.
    for per_image, key in ((metrics.psnr(images, outputs), "psnr_db"), (structure, "ssim"), (bits["laplace"], "")):
        batches = per_image[:BATCH].mean(), per_image[BATCH:].mean()
        value = found[key] if key else found["bits_per_dim"]["laplace"]
        assert abs(value - batches[1]) > 0.05 and abs(value - np.mean(batches)) > 0.02


def test_scales_are_those_of_the_training_split(codec: Codec) -> None:
    data = uneven()
    scales = likelihood.calibrate(codec, data.images, data.rows("train")[:BATCH])
    images = data.images[:BATCH]
    error = 255 * codec.decode(codec.encode(images).sample(np.random.default_rng(likelihood.SEED))) - images
    assert scales.gaussian == pytest.approx(np.sqrt(np.square(error).mean()), rel=1e-4)
    assert scales.laplace == pytest.approx(np.abs(error).mean(), rel=1e-4)
    assert scales.count == BATCH


def test_without_training_images_there_is_no_bound(codec: Codec) -> None:
    data = in_memory(uneven().images[:5], ["test"] * 5)
    found = reconstruction.figures(codec, data, data.rows("test"), "test")
    assert found["bits_per_dim"] is None and found["count"] == 5


def test_padding_changes_nothing(codec: Codec) -> None:
    images = uneven().images
    whole = codec.encode(images)
    for rows in ([3], [0, 69], list(range(5, 70))):
        part = codec.encode(images, np.array(rows))
        np.testing.assert_allclose(part.mean, whole.mean[rows], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(codec.decode(part.mean), codec.decode(whole.mean)[rows], atol=1e-4)


# Samples.


def test_figures_of_samples_state_their_counts(made: Checkpoint, codec: Codec, discs: Path, tmp_path: Path) -> None:
    data = open_prepared(discs)
    found = generation.figures(made, codec, data, "test", frechet=True, sheets=tmp_path)
    count = len(data.rows("test"))
    assert found["count"] == found["frechet"]["count"] == count
    assert set(KINDS) <= set(found["frechet"])
    held_out = count + len(data.rows("validation"))
    told = f"{held_out} held-out images; {2 * generation.MIN_FLOOR} are needed for two halves"
    assert found["frechet"]["real_images_floor"] == {"left_out": told}
    assert f"left out: {told}" in "\n".join(_samples(found))
    assert "not FID" in found["frechet"]["is"] and found["frechet"]["features"]["task"].startswith("rotation")
    near = found["neighbours"]
    assert near["training_images"] == len(data.rows("train")) and near["count"] == count
    for space in ("pixels", "features"):
        ratio = near[space]["samples_mean"] / near[space]["held_out_mean"]
        assert near[space]["memorisation_ratio"] == pytest.approx(ratio, rel=1e-2)
        sheet = Image.open(tmp_path / f"nearest-{space}.png")
        assert sheet.size == (6 * 18 + 2, min(16, count) * 18 + 2)


def test_the_floor_is_of_images_that_no_network_has_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation, "MIN_FLOOR", 2)
    seen: list[np.ndarray] = []

    def features(images: np.ndarray) -> np.ndarray:
        seen.append(images[:, 0, 0, 0])
        return images.reshape(len(images), -1)[:, :2].astype(np.float32)

    def numbered(*splits: str) -> Prepared:
        """Each image holds its row's number."""
        images = np.broadcast_to(np.arange(len(splits), dtype=np.uint8)[:, None, None, None], (len(splits), 2, 2, 1))
        return in_memory(np.ascontiguousarray(images), list(splits))

    for parts, asked, size in (
        ((["train"] * 9 + ["test"] * 6 + ["validation"] * 8), 6, 6),  # as many others as are asked for
        ((["train"] * 9 + ["test"] * 8 + ["validation"] * 2), 8, 5),  # too few of them: the halves of both
        ((["train"] * 9 + ["test"] * 8), 4, 4),
    ):
        seen.clear()
        data = numbered(*parts)
        found = generation.floor(data, "test", asked, features)
        assert found["count"] == size and found["distance"] >= 0
        first, second = (set(rows.tolist()) for rows in seen)
        assert len(first) == len(second) == size and not first & second
        assert not (first | second) & set(data.rows("train").tolist()) and first <= set(data.rows("test").tolist())
    assert "left_out" in generation.floor(numbered("test", "test", "validation"), "test", 2, features)
    assert generation.floor(data, "train", 4, features) == {"left_out": "the classifier has learned the training split"}


def test_a_model_that_remembers_is_told(monkeypatch: pytest.MonkeyPatch, made: Checkpoint, codec: Codec) -> None:
    data = open_in_memory_discs(120)
    training = data.images[data.rows("train")]
    monkeypatch.setattr(codec, "pictures", lambda z: training[: len(z)])
    found = generation.figures(made, codec, data, "test", frechet=False, sheets=None)
    assert found["neighbours"]["pixels"]["samples_mean"] < 0.5
    assert found["neighbours"]["pixels"]["memorisation_ratio"] < 0.05
    assert found["neighbours"]["pixels"]["held_out_mean"] > 5
    assert found["frechet"] == {"left_out": "--no-frechet"}


def open_in_memory_discs(count: int, labels: Callable[[np.ndarray], tuple[Column, ...]] | None = None) -> Prepared:
    images = np.stack([np.asarray(draw_disc(number).resize((16, 16))) for number in range(count)])
    splits = [("test", "validation", "train", "train")[number % 4] for number in range(count)]
    return in_memory(images, splits, labels(images) if labels else ())


def test_the_floor_is_not_the_held_out_images_themselves(made: Checkpoint, codec: Codec) -> None:
    data = open_in_memory_discs(40)
    found = generation.figures(made, codec, data, "train", frechet=False, sheets=None)
    assert found["count"] == 10 and found["neighbours"]["training_images"] == 10
    assert found["neighbours"]["pixels"]["held_out_mean"] > 1


def test_the_aggregate_posterior_has_the_moments_of_the_atlas(made: Checkpoint) -> None:
    draws = generation.aggregate_posterior(made, 20_000, np.random.default_rng(0))
    np.testing.assert_allclose(draws.mean(axis=0), made.latents.mean(axis=0), atol=0.06)
    np.testing.assert_allclose(np.cov(draws.T), np.cov(made.latents.T), atol=0.15)


def test_large_images_are_compared_in_smaller_numbers(
    monkeypatch: pytest.MonkeyPatch, made: Checkpoint, codec: Codec
) -> None:
    monkeypatch.setattr(generation, "MAX_BYTES", 7 * 16 * 16 * 3)
    found = generation.figures(made, codec, open_in_memory_discs(60), "test", frechet=False, sheets=None)
    assert found["count"] == 7 and found["neighbours"]["count"] == 7


def test_too_few_images_leave_samples_out_and_say_so(made: Checkpoint, codec: Codec) -> None:
    data = in_memory(uneven().images[:4], ["train", "train", "train", "test"])
    found = generation.figures(made, codec, data, "test", frechet=True, sheets=None)
    assert found == {"left_out": "samples: 1 test and 3 training images; 2 of each needed"}


def test_the_features_are_of_the_labels_where_there_are_any() -> None:
    def bright(images: np.ndarray) -> tuple[Column, ...]:
        level = images.mean(axis=(1, 2, 3))
        values = tuple(None if number % 5 == 0 else bool(value > 90) for number, value in enumerate(level))
        return (Column("bright", "boolean", values), Column("level", "numeric", tuple(map(float, level))))

    data = open_in_memory_discs(300, bright)
    network = classifier.train(data)
    assert network.about["task"] == "labels: bright" and network.about["questions"] == 1
    assert network.about["training_images"] == sum(
        split == "train" and number % 5 != 0 for number, split in enumerate(data.splits)
    )
    assert network.about["validation_auc"] > 0.9
    features = network.features(data.images[:70])
    assert features.shape == (70, classifier.FEATURES) and np.isfinite(features).all()
    np.testing.assert_allclose(network.features(data.images[66:70]), features[66:], rtol=1e-3, atol=1e-3)
    again = classifier.train(data).features(data.images[:4])
    np.testing.assert_allclose(again, features[:4], rtol=1e-3, atol=1e-3)


# The command.


@pytest.fixture(scope="module")
def path(made: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made") / "made.safetensors"
    checkpoints.write(place, made)
    return place


def test_the_table_and_the_file_say_the_same(
    path: Path, discs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", str(path), "--data", str(discs), "--json", str(tmp_path / "f.json"), "--no-frechet"]
    assert main(arguments) == 0
    figures = json.loads((tmp_path / "f.json").read_text())
    assert list(figures) == [discs.name, "all sets"]
    item, shown = figures[discs.name], capsys.readouterr().out
    for text in (f"{item['psnr_db']:.2f}", f"{item['ssim']:.3f}", f"{item['bits_per_dim']['laplace']:.3f}"):
        assert text in shown
    assert "MS-SSIM over 1 of 5 scales" in shown and "Frechet distance left out: --no-frechet" in shown
    assert shown.strip() == table(figures, "all sets").strip()


def test_any_images_are_prepared_on_the_way_as_the_checkpoint_says(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "photos.v2"
    source.mkdir()
    for number in range(20):
        draw_disc(number, 40).save(source / f"{number}.png")
    (source / "broken.png").write_text("no image")
    found = evaluate.evaluate(str(path), [source], "all", frechet=False)
    assert list(found) == ["photos", "all sets"] and found["photos"]["count"] == 20
    said = capsys.readouterr().out
    assert f"{source}: 20 images" in said and "tui-vae-" not in said and "broken.png" in said
    assert "--split all" in found["all sets"]["left_out"]
    prepared = prepare(source, tmp_path / "prepared", Preprocessing(16))
    direct = evaluate.evaluate(str(path), [tmp_path / "prepared"], "all", frechet=False)
    assert found["photos"] == direct["prepared"] and len(prepared.names) == 20
    shutil.make_archive(str(tmp_path / "packed"), "zip", source)
    assert evaluate.evaluate(str(path), [tmp_path / "packed.zip"], "all")["packed"] == direct["prepared"]


def test_grey_images(tmp_path: Path) -> None:
    checkpoints.write(tmp_path / "grey.safetensors", make_checkpoint("grey", channels=1))
    for number in range(60):
        (tmp_path / "in").mkdir(exist_ok=True)
        draw_disc(number).convert("L").save(tmp_path / "in" / f"{number}.png")
    found = evaluate.evaluate(str(tmp_path / "grey.safetensors"), [tmp_path / "in"], sheets=tmp_path / "sheets")
    assert found["in"]["count"] >= 2 and found["all sets"]["frechet"]["count"] >= 2
    assert Image.open(tmp_path / "sheets" / "nearest-pixels.png").mode == "L"


def test_what_cannot_be_measured_is_refused(path: Path, discs: Path, tmp_path: Path, made: Checkpoint) -> None:
    source = tmp_path / "in"
    source.mkdir()
    draw_disc(0).save(source / "a.png")
    prepare(source, tmp_path / "large", Preprocessing(24))
    prepare(source, tmp_path / "one", Preprocessing(16))
    with pytest.raises(UserError, match=r"large: images are \(24, 24, 3\), but checkpoint 'tiny' takes \(16, 16, 3\)"):
        evaluate.evaluate(str(path), [tmp_path / "large"])
    empty = next(split for split in ("test", "validation") if not len(open_prepared(tmp_path / "one").rows(split)))
    with pytest.raises(UserError, match=f"one: no image is in the {empty} split"):
        evaluate.evaluate(str(path), [tmp_path / "one"], empty)
    shutil.copytree(discs, tmp_path / "all sets")
    with pytest.raises(UserError, match="a folder named 'all sets' would hide"):
        evaluate.evaluate(str(path), [tmp_path / "all sets"])
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"--sheets .*file: cannot be a folder"):
        evaluate.evaluate(str(path), [discs], sheets=tmp_path / "file")
    with pytest.raises(UserError, match=r"--json .*: no file can be written there"):
        command(str(path), [discs], json=tmp_path / "missing" / "f.json")
    with pytest.raises(UserError, match="--data needs at least one"):
        evaluate.evaluate(str(path), [])
    with pytest.raises(UserError, match="missing"):
        evaluate.evaluate(str(path), [tmp_path / "missing"])
    odd = replace(made, preprocessing={"crop": "everything"})
    with pytest.raises(UserError, match="preprocessing"):
        evaluate.preprocessing_of(odd)


def test_a_source_of_which_the_model_may_have_seen_the_test_split_is_refused(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(60):
        draw_disc(number, 40).save(photos / f"{number}.png")
    known = {"sets": {"mine": {"identities": "ids.csv"}}}
    path = tmp_path / "m.safetensors"
    made = make_checkpoint()
    checkpoints.write(path, replace(made, about={**made.about, "dataset": known}))
    with pytest.raises(UserError, match="trained on mine with a split of its own"):
        evaluate.evaluate(str(path), [photos], "test", frechet=False)
    assert evaluate.evaluate(str(path), [photos], "all", frechet=False)["photos"]["count"] == 60
