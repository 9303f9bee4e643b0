"""Pictures of every kind to the same square of pixels; chains; what is recorded of it."""

from __future__ import annotations

import json
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.train.conftest import draw_disc
from train.data import chains
from train.data.chains import CHAINS
from train.data.pixels import Preprocessing, colour, read_image, read_picture, reason
from tui_vae.errors import UserError


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    stream = BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def half() -> Image.Image:
    """40 x 20: black on the left, white on the right."""
    image = Image.new("RGB", (40, 20))
    image.paste((255, 255, 255), (20, 0, 40, 20))
    return image


def test_fits() -> None:
    data = encoded(half())
    crop = read_image(data, Preprocessing(8))
    stretch = read_image(data, Preprocessing(8, fit="stretch"))
    pad = read_image(data, Preprocessing(8, fit="pad", background=(0, 200, 0)))
    assert crop.shape == stretch.shape == pad.shape == (8, 8, 3)
    assert crop[:, :3].max() < 30 and crop[:, 5:].min() > 225  # Lanczos rings at the edge
    assert stretch[:, :3].max() < 30 and stretch[:, 5:].min() > 225
    assert (pad[:2] == (0, 200, 0)).all() and (pad[6:] == (0, 200, 0)).all()
    assert pad[2:6, :3].max() < 30 and pad[2:6, 5:].min() > 225
    grey = read_image(data, Preprocessing(8, channels=1, fit="pad", background=(255, 255, 255)))
    assert grey.shape == (8, 8, 1) and (grey[:2] == 255).all()


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("size", [(1, 1), (12000, 1), (1, 300), (3, 700)])
def test_no_shape_is_too_odd(fit: str, size: tuple[int, int]) -> None:
    made = read_image(encoded(Image.new("RGB", size, (9, 99, 200))), Preprocessing(16, fit=fit))  # type: ignore[arg-type]
    assert (made.reshape(-1, 3) == (9, 99, 200)).all(1).any()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "RGB"])
def test_every_kind_of_transparency_lies_over_the_background(mode: str) -> None:
    image = Image.new("RGBA", (10, 10), (250, 250, 250, 0)).convert(mode)
    data = encoded(image, transparency=image.getpixel((0, 0))) if mode in ("P", "L", "RGB") else encoded(image)
    for background in ((0, 0, 0), (10, 200, 90)):
        made = read_image(data, Preprocessing(8, background=background))
        assert (made == background).all()


def test_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (9, 9), shade) for shade in ((200, 0, 0), (0, 200, 0))]
    for form in ("GIF", "WEBP", "PNG"):
        data = encoded(frames[0], form, save_all=True, append_images=frames[1:])
        np.testing.assert_allclose(read_image(data, Preprocessing(8)).mean((0, 1)), (200, 0, 0), atol=4)


def test_cmyk_keeps_its_colours() -> None:
    data = encoded(Image.new("RGB", (16, 16), (200, 60, 20)).convert("CMYK"), "JPEG")
    np.testing.assert_allclose(read_image(data, Preprocessing(8)).mean((0, 1)), (200, 60, 20), atol=4)


def test_pictures_keep_their_own_size_where_none_is_asked() -> None:
    picture = read_picture(encoded(half()), Preprocessing(None, channels=1))
    assert picture.size == (40, 20) and picture.mode == "L"
    with pytest.raises(UserError, match="--size is needed"):
        read_image(encoded(half()), Preprocessing(None))


def test_large_jpegs_come_out_as_if_they_were_decoded_whole() -> None:
    data = encoded(draw_disc(3, 800), "JPEG", quality=95)
    whole = Image.open(BytesIO(data)).resize((32, 32), Image.Resampling.LANCZOS)
    difference = read_image(data, Preprocessing(32)).astype(int) - np.asarray(whole)
    assert np.abs(difference).mean() < 2


def test_the_justcrop_chain_is_the_centre_square() -> None:
    data = encoded(half())
    plain = read_image(data, Preprocessing(8, fit="crop"))
    just = read_image(data, Preprocessing(8, fit="stretch", chain=CHAINS["justcrop"]))
    np.testing.assert_allclose(just, plain, atol=2)


def test_the_enhance_chain_does_what_its_steps_say() -> None:
    """Step by step against plain arithmetic, on pictures where the answer is known."""
    flat = Image.new("RGB", (100, 60), (128, 64, 32))
    assert chains.apply((("resize", 384),), flat).size == (640, 384)
    assert chains.apply((("resize", 384), ("crop", 320)), flat).size == (320, 320)
    assert chains.apply((("crop", 80),), flat).size == (80, 60)  # as much as there is
    gamma = chains.apply((("gamma", 1.6),), flat).getpixel((0, 0))
    assert gamma == tuple(round(255 * (value / 255) ** 1.6) for value in (128, 64, 32))
    assert chains.apply((("brightness", 0.7),), flat).getpixel((0, 0)) == pytest.approx((89.6, 44.8, 22.4), abs=1)
    red, _, blue = chains.apply((("saturation", 1.5),), flat).getpixel((0, 0))  # type: ignore[misc]
    assert red > 128 and blue < 32
    contrast = np.asarray(chains.apply((("autocontrast",),), half().point(lambda value: 50 + value // 5)))
    assert contrast.min() == 0 and contrast.max() == 255
    assert chains.apply((("sharpness", 4),), flat).getpixel((50, 30)) == (128, 64, 32)
    blurred = np.asarray(chains.apply((("blur", 1),), half()))
    assert 0 < blurred[10, 20, 0] < 255
    made = read_image(encoded(draw_disc(1, 200)), Preprocessing(64, chain=CHAINS["enhance"]))
    plain = read_image(encoded(draw_disc(1, 200)), Preprocessing(64))
    assert made.shape == (64, 64, 3) and made.std() > plain.std()
    grey = read_image(encoded(draw_disc(1, 200)), Preprocessing(64, channels=1, chain=CHAINS["enhance"]))
    np.testing.assert_allclose(grey[..., 0], np.asarray(Image.fromarray(made).convert("L")), atol=2)


def test_jpegs_for_a_chain_are_not_decoded_too_small() -> None:
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, (1600, 1600, 3)).astype(np.uint8))
    data = encoded(noise, "JPEG", quality=95)
    from_jpeg = read_picture(data, Preprocessing(16, chain=CHAINS["enhance"]))
    from_png = read_picture(
        encoded(Image.open(BytesIO(data)).convert("RGB")), Preprocessing(16, chain=CHAINS["enhance"])
    )
    assert np.abs(np.asarray(from_jpeg, float) - np.asarray(from_png, float)).mean() < 12
    sharp = ("sharpness", 2)  # before any resize: every pixel counts
    whole = read_picture(data, Preprocessing(16, chain=(sharp,)))
    same = read_picture(encoded(Image.open(BytesIO(data)).convert("RGB")), Preprocessing(16, chain=(sharp,)))
    np.testing.assert_array_equal(np.asarray(whole), np.asarray(same))


OPTIONS = st.builds(
    Preprocessing,
    size=st.integers(4, 1024),
    channels=st.sampled_from([1, 3]),
    crop=st.none() | st.just((1, 2, 30, 40)),
    fit=st.sampled_from(["crop", "pad", "stretch"]),
    background=st.tuples(*[st.integers(0, 255)] * 3),
    chain=st.sampled_from([(), *CHAINS.values()]),
)


@given(OPTIONS)
def test_what_is_recorded_is_read_back(options: Preprocessing) -> None:
    assert Preprocessing.from_dict(json.loads(json.dumps(options.to_dict()))) == options


@given(
    OPTIONS,
    st.tuples(st.integers(41, 90), st.integers(41, 90)),
    st.sampled_from(["RGB", "RGBA", "L", "LA", "P", "CMYK"]),
)
@settings(max_examples=40, deadline=None)
def test_any_options_give_the_shape_that_they_promise(options: Preprocessing, size: tuple[int, int], mode: str) -> None:
    data = encoded(Image.new(mode, size), "TIFF")
    assert read_image(data, options).shape == options.shape


def test_older_records_are_read_and_wrong_ones_refused() -> None:
    assert Preprocessing.from_dict({"size": 64, "channels": 3, "crop": None, "fit": "crop", "range": "uint8"}) == (
        Preprocessing(64)
    )
    for wrong in (
        {},
        {"size": "x"},
        {"size": 64, "crop": [1, 2]},
        {"size": 64, "crop": 3},
        {"size": 64, "fit": "fold"},
        {"size": 64, "background": [1]},
        {"size": 64, "chain": [["explode"]]},
        {"size": 64, "chain": [["blur"]]},
        {"size": 64, "chain": [["blur", -1]]},
        {"size": 64, "chain": [["resize", 1e9]]},
        {"size": 64, "chain": 5},
    ):
        with pytest.raises(UserError):
            Preprocessing.from_dict(wrong)


def test_colours_and_chains_by_name() -> None:
    assert colour("white") == colour("#fff") == colour("#ffffffff") == (255, 255, 255)
    with pytest.raises(UserError, match="--background mauvish: a colour's name"):
        colour("mauvish")
    with pytest.raises(UserError, match="the chains are enhance, justcrop"):
        chains.named("magic")


def test_reasons_hold_neither_paths_nor_addresses() -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever Pillow raises
        read_image(b"no image", Preprocessing(8))
    assert reason(caught.value) == "not an image, or damaged where it begins"  # type: ignore[arg-type]
    assert reason(FileNotFoundError(2, "No such file or directory", "/home/me/a.png")) == "No such file or directory"
    assert reason(ValueError("one\ntwo")) == "ValueError: one"
