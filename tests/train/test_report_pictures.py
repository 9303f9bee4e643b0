from __future__ import annotations

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from train.aggregate import Aggregate
from train.codec import Codec, Posterior
from train.initial import initialise
from train.report import animation, pictures
from train.report.animation import Frames
from train.report.pictures import Reports
from train.sheet import Sheet, arranged, open_sheet, shrunk
from tui_vae.model.architecture import Architecture
from tui_vae.model.networks import Networks


class Averages(Networks):
    """Networks of arithmetic: the latents are the mean of each of the image's quarters, and the image is those."""

    def encode(self, parameters: Any, images: Any) -> Any:
        n, height, width, _ = images.shape
        mean = images.reshape(n, 2, height // 2, 2, width // 2, -1).mean((2, 4, 5)).reshape(n, 4)
        return parameters["encoder/scale"] * mean[:, : self.encoder], jnp.full((n, self.encoder), -2.0)

    def decode(self, parameters: Any, latents: Any) -> Any:
        full = jnp.pad(latents, ((0, 0), (0, 4 - self.encoder))) / parameters["encoder/scale"]
        image = full.reshape(-1, 2, 2).repeat(self.decoder[0] // 2, axis=1).repeat(self.decoder[1] // 2, axis=2)
        return image[..., None].repeat(self.decoder[2], axis=3)


def averages(shape: tuple[int, int, int] = (6, 4, 3), latent: int = 4) -> Networks:
    return Averages(latent, shape)


WEIGHTS = {"encoder/scale": np.float32(2.0)}


def quarters(count: int, shape: tuple[int, int, int] = (6, 4, 3), seed: int = 0) -> np.ndarray[Any, Any]:
    values = np.random.default_rng(seed).integers(0, 256, (count, 2, 2, 1), dtype=np.uint8)
    return values.repeat(shape[0] // 2, 1).repeat(shape[1] // 2, 2).repeat(shape[2], 3)


def codec_of(model: Networks, shape: tuple[int, int, int] = (6, 4, 3), weights: Any = None) -> Codec:
    return Codec(model, shape, model.encoder, weights or WEIGHTS)


def posterior_of(images: np.ndarray[Any, Any], model: Networks) -> tuple[Codec, Posterior]:
    codec = codec_of(model, images.shape[1:])
    return codec, codec.encode(images)


@pytest.mark.parametrize("count", [1, 5, 8, 30, 130])
def test_reconstructions_stand_under_their_originals(count: int) -> None:
    images = quarters(count)
    codec, posterior = posterior_of(images, averages())
    assert posterior.mean.shape == (count, 4)
    sheet = pictures.reconstructions(codec, images, posterior)
    shown = min(24, count)
    originals, outputs = (sheet.tiles[row::2].reshape(-1, *images.shape[1:])[:shown] for row in (0, 1))
    assert np.array_equal(originals, images[:shown])
    assert np.array_equal(outputs, images[:shown])  # these networks lose nothing


def test_interpolation_has_both_ends_and_even_steps() -> None:
    images = quarters(6)
    codec, posterior = posterior_of(images, averages())
    tiles = pictures.interpolation(codec, images, posterior).tiles.astype(float)
    assert tiles.shape[:2] == (3, 7)
    for row in range(3):
        first, last = images[2 * row].astype(float), images[2 * row + 1].astype(float)
        assert np.array_equal(tiles[row, [0, 1]], [first, first])
        assert np.array_equal(tiles[row, [5, 6]], [last, last])
        for step in range(5):
            assert np.abs(tiles[row, 1 + step] - (first + (last - first) * step / 4)).max() <= 0.51


def test_traversals_start_with_the_most_telling_dimension() -> None:
    images = quarters(50)
    images[:, 3:, 2:] = images[0, 5, 3]  # the last quarter never changes
    images[:, :3, :2] = 120 + images[:, :3, :2] // 16  # the first one hardly
    codec, posterior = posterior_of(images, averages())
    order = np.argsort(-posterior.kl().mean(axis=0))
    tiles = pictures.traversals(codec, posterior).tiles
    assert tiles.shape[:2] == (4, 7)
    for row, dimension in enumerate(order):
        y, x = divmod(int(dimension), 2)
        moving = tiles[row, :, 3 * y, 2 * x, 0].astype(int)
        assert (np.diff(moving) >= 0).all() and moving[0] < moving[-1]
        still = np.delete(tiles[row].reshape(7, 2, 3, 2, 2, 3)[:, :, 0, :, 0, 0].reshape(7, 4), dimension, axis=1)
        assert (still == still[3]).all()
    assert np.array_equal(tiles[0, 3], tiles[3, 3])  # the middle is the centre


def test_kl_is_that_of_two_gaussians() -> None:
    posterior = Posterior(np.array([[1.0, 0.0]], np.float32), np.zeros((1, 2), np.float32))
    assert posterior.kl().tolist() == [[0.5, 0.0]]


def test_samples_of_the_aggregate_posterior_have_its_mean_and_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "COLUMNS", 400)
    images = quarters(300) // 4 + 100
    codec, posterior = posterior_of(images, averages())
    sheet = pictures.samples(codec, posterior)
    assert sheet.together == 2
    prior, aggregate = (sheet.tiles[row::2, :, ::3, ::2, 0].reshape(-1, 4).astype(float) for row in (0, 1))
    assert np.allclose(aggregate.mean(0), images[:, ::3, ::2, 0].reshape(-1, 4).mean(0), atol=4)
    wanted = Aggregate.of(posterior).sigma / 2 * 255
    assert np.allclose(aggregate.std(0), wanted, rtol=0.15)
    assert prior.mean() < 80  # around the prior's mean, zero


def test_the_plane_grows_rightwards_and_upwards() -> None:
    model = averages(latent=2)
    tiles = pictures.plane(codec_of(model, weights={"encoder/scale": np.float32(4.0)})).tiles
    assert tiles.shape[:2] == (15, 15)
    first, second = tiles[:, :, 0, 0, 0].astype(int), tiles[:, :, 0, 3, 0].astype(int)
    assert (np.diff(first, axis=1) >= 0).all() and (first == first[:1]).all() and first[0, -1] > 90
    assert (np.diff(second, axis=0) <= 0).all() and (second == second[:, :1]).all() and second[0, 0] > 90


@pytest.mark.parametrize("shape", [(16, 16, 1), (16, 24, 3)])
def test_reports_of_real_networks(tmp_path: Path, shape: tuple[int, int, int]) -> None:
    arch = Architecture.from_dict({"name": "r", "input": list(shape), "latent": 2, "encode": [[4], [4]]})
    weights = initialise(arch, 0)
    reports = Reports(tmp_path, Codec.of(arch), quarters(5, shape))
    paths = reports.write(10, weights)
    assert set(paths) == {"reconstructions", "samples", "interpolation", "traversals", "plane", "animation"}
    for path in paths.values():
        with Image.open(path) as picture:
            picture.load()
    assert open_sheet(paths["samples"]).tiles.shape == (6, 8, *shape)
    again = {name: path.read_bytes() for name, path in paths.items()}
    assert {name: path.read_bytes() for name, path in reports.write(10, weights).items()} == again
    assert [path.name for path in reports.frames.paths()] == ["00000010.png"]
    assert not list(tmp_path.rglob("*.part"))


def test_each_network_is_compiled_once(tmp_path: Path) -> None:
    reports = Reports(tmp_path, codec_of(averages()), quarters(70))
    for step in range(3):
        reports.write(step, {"encoder/scale": np.float32(1 + step)})
    assert reports.codec._encode._cache_size() == reports.codec._decode._cache_size() == 1


def test_a_lost_run_still_has_pictures(tmp_path: Path) -> None:
    paths = Reports(tmp_path, codec_of(averages()), quarters(9)).write(1, {"encoder/scale": np.float32("nan")})
    assert all(path.exists() for path in paths.values())


def test_large_pictures_are_scaled_down(tmp_path: Path) -> None:
    shape = (512, 512, 1)
    paths = Reports(tmp_path, codec_of(averages(shape), shape), quarters(3, shape)).write(1, WEIGHTS)
    for path in paths.values():
        with Image.open(path) as picture:
            assert max(picture.size) <= pictures.SHEET_SIDE + 64


def test_no_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one image"):
        Reports(tmp_path, codec_of(averages()), quarters(0))


def frame(step: int) -> Sheet:
    """One colour, and another than before and after."""
    colour = np.array([97 * step % 256, 57 * step % 256, 31 * step % 256], np.uint8)
    return Sheet(np.broadcast_to(colour, (1, 1, 8, 8, 3)).copy())


def test_rewinding_forgets_later_frames(tmp_path: Path) -> None:
    frames = Frames(tmp_path / "frames")
    frames.rewind(0)  # before there is anything
    for step in (5, 10, 123456789):
        frames.add(step, frame(step))
    (tmp_path / "frames" / "notes.txt").write_text("mine")
    frames.rewind(10)
    assert sorted(path.name for path in (tmp_path / "frames").iterdir()) == [
        "00000005.png",
        "00000010.png",
        "notes.txt",
    ]


def test_an_animation_is_thinned_evenly_and_ends_with_the_newest(tmp_path: Path) -> None:
    frames = Frames(tmp_path / "frames")
    for step in range(animation.MOST_FRAMES + 55):
        frames.add(step, frame(step))
    (frames.folder / "00000003.png").write_bytes(b"damaged")
    frames.animate(tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as gif:
        assert animation.MOST_FRAMES - 1 <= gif.n_frames <= animation.MOST_FRAMES
        shown = []
        for place in (0, gif.n_frames - 1):
            gif.seek(place)
            shown.append(np.asarray(gif.convert("RGB"))[5, 5].astype(int))
    for step, colour in zip((0, animation.MOST_FRAMES + 54), shown, strict=True):
        assert np.abs(colour - frame(step).tiles[0, 0, 0, 0]).max() <= 8  # 256 colours


@given(
    st.tuples(*(st.integers(1, 4) for _ in range(4)), st.sampled_from([1, 3])),
    st.integers(1, 3),
    st.integers(0, 2),
    st.integers(0, 3),
)
def test_a_sheet_comes_apart_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, shape: tuple[int, ...], together: int, spread: int, gap: int
) -> None:
    tiles = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    path = tmp_path_factory.mktemp("sheet") / "a.png"
    Sheet(tiles, together, spread, gap).save(path)
    back = open_sheet(path)
    assert np.array_equal(back.tiles, tiles)
    assert (back.together, back.spread, back.gap) == (together, spread, gap)


def test_another_picture_is_a_sheet_of_one(tmp_path: Path) -> None:
    Image.new("RGBA", (5, 3), "red").save(tmp_path / "a.png")
    assert open_sheet(tmp_path / "a.png").tiles.shape == (1, 1, 3, 5, 3)


def test_pictures_are_arranged_and_shrunk() -> None:
    assert arranged(quarters(5), 3).shape == (2, 3, 6, 4, 3)
    assert shrunk(quarters(2, (40, 20, 3)), 10).shape == (2, 10, 5, 3)
    assert shrunk(quarters(2, (40, 20, 1)), 10).shape == (2, 10, 5, 1)
    assert shrunk(quarters(2), 10).shape == (2, 6, 4, 3)
