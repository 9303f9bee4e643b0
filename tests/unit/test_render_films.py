"""Films in every format: what is read back is what was decoded; nothing is left of what was stopped."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from tui_vae.errors import UserError
from tui_vae.render import output
from tui_vae.render.animation import durations
from tui_vae.render.cast import CellStyle
from tui_vae.render.film import BATCH, CancelledError, Film, frames
from tui_vae.render.output import Look, check_free, suffix_of, write_film, write_sheet
from tui_vae.render.sheet import Sheet
from tui_vae.terminal.colour import ColourDepth

LOOK = Look((12, 16, 3), 24, CellStyle(16))
ANIMATED = [".gif", ".apng", ".webp"]


def points(count: int) -> np.ndarray:
    return np.linspace(0, 1, count, dtype=np.float32)[:, None]


class Decoder:
    """A picture of two gradients that move with the point; counts its batches."""

    def __init__(self, channels: int = 3) -> None:
        self.channels = channels
        self.batches: list[int] = []

    def __call__(self, z: np.ndarray, grid: tuple[int, int] | None = None) -> np.ndarray:
        self.batches.append(len(z))
        height, width = grid or (12, 16)
        down, across = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]  # type: ignore[misc]
        t = z[:, 0, None, None]
        picture = np.stack([down * t + 0 * across, across * (1 - t) + 0 * down, 0.5 + 0 * t * down], axis=-1)
        return (255 * picture[..., : self.channels]).round().astype(np.uint8)


def read_back(path: Path) -> list[np.ndarray]:
    with Image.open(path) as file:
        return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(file)]


@pytest.mark.parametrize("suffix", [".apng", ".webp"])
@pytest.mark.parametrize("channels", [1, 3])
def test_lossless_films_hold_the_very_pixels(tmp_path: Path, suffix: str, channels: int) -> None:
    path, decode = tmp_path / f"a{suffix}", Decoder(channels)
    write_film(Film(points(7)), path, decode, Look((12, 16, channels), 24))
    shown = read_back(path)
    assert len(shown) == 7
    for image, z in zip(shown, points(7), strict=True):
        assert np.array_equal(image, np.broadcast_to(decode(z[None], (24, 32))[0], (24, 32, 3)))


def test_a_gif_keeps_within_its_palette_and_has_one(tmp_path: Path) -> None:
    path, decode = tmp_path / "a.gif", Decoder()
    write_film(Film(points(9)), path, decode, LOOK)
    wanted = decode(points(9), (24, 32)).astype(float)
    shown = np.stack(read_back(path)).astype(float)
    assert shown.shape == wanted.shape
    assert np.sqrt(((shown - wanted) ** 2).mean()) < 6
    colours = {tuple(pixel) for pixel in shown.reshape(-1, 3)}
    assert len(colours) <= 256, "the same colours in every picture"


def test_a_pixel_that_rests_does_not_flicker_in_a_gif(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)

    def half_still(z: np.ndarray, grid: tuple[int, int] | None = None) -> np.ndarray:
        images = np.repeat(noise[None], len(z), axis=0)
        images[:, :12] = (images[:, :12] * z[:, :, None, None]).astype(np.uint8)
        return images

    write_film(Film(points(6)), tmp_path / "a.gif", half_still, Look((24, 32, 3)))
    shown = np.stack(read_back(tmp_path / "a.gif"))
    assert (shown[:, 12:] == shown[0, 12:]).all()
    assert (shown[:, :12] != shown[0, :12]).any()


@pytest.mark.parametrize("suffix", ANIMATED)
@pytest.mark.parametrize("fps", [1.0, 20.0, 30.0, 50.0])
def test_a_film_runs_as_fast_as_it_says_and_for_ever(tmp_path: Path, suffix: str, fps: float) -> None:
    write_film(Film(points(13), fps), tmp_path / f"a{suffix}", Decoder(), LOOK)
    with Image.open(tmp_path / f"a{suffix}") as file:
        assert file.info["loop"] == 0
        total = sum(frame.info["duration"] for frame in ImageSequence.Iterator(file) if frame.load() is not None)
    assert total == pytest.approx(13000 / fps, abs=10)


def test_durations_never_drift() -> None:
    for fps, tick in ((30.0, 10), (7.0, 10), (60.0, 1), (24.0, 1)):
        ends = np.cumsum(durations(500, fps, tick))
        assert np.abs(ends - 1000 * np.arange(1, 501) / fps).max() <= tick / 2 + 1e-9


@pytest.mark.parametrize("suffix", ANIMATED)
def test_ping_pong_comes_back_without_showing_an_end_twice(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write_film(Film(points(5), ping_pong=True), path, Decoder(), LOOK)
    shown = read_back(path)
    assert len(shown) == 8
    for there, back in ((1, 7), (2, 6), (3, 5)):
        assert np.array_equal(shown[there], shown[back])


@pytest.mark.parametrize("count", [1, 2])
def test_short_films_are_films_too(tmp_path: Path, count: int) -> None:
    for suffix in ANIMATED:
        write_film(Film(points(count), ping_pong=True), tmp_path / f"a{suffix}", Decoder(), LOOK)
        assert len(read_back(tmp_path / f"a{suffix}")) == count


def test_frames_are_decoded_in_batches_of_one_size() -> None:
    decode, told = Decoder(), []
    images = list(frames(points(2 * BATCH + 3), decode, None, lambda done, total: told.append((done, total))))
    assert decode.batches == [BATCH] * 3
    assert told == [(number, 2 * BATCH + 3) for number in range(1, 2 * BATCH + 4)]
    assert np.array_equal(np.stack(images), Decoder()(points(2 * BATCH + 3)))


@pytest.mark.parametrize("suffix", [*ANIMATED, ".cast"])
@pytest.mark.parametrize("after", [0, 1, 4, 6, 7])
def test_a_film_that_is_stopped_leaves_the_old_file_alone(tmp_path: Path, suffix: str, after: int) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"old")
    done = 0

    def told(count: int, _: int) -> None:
        nonlocal done
        done = count

    with pytest.raises(CancelledError):
        write_film(Film(points(7)), path, Decoder(), LOOK, told, lambda: done >= after)
    assert done == after, "it stops at once"
    assert [file.name for file in tmp_path.iterdir()] == [path.name] and path.read_bytes() == b"old"


@pytest.mark.parametrize("suffix", ANIMATED)
def test_an_encoder_is_stopped_between_two_pictures(tmp_path: Path, suffix: str) -> None:
    done = asked = 0

    def told(count: int, _: int) -> None:
        nonlocal done
        done = count

    def cancelled() -> bool:
        nonlocal asked
        asked += done == 7
        return asked >= 3

    with pytest.raises(CancelledError):
        write_film(Film(points(7)), tmp_path / f"a{suffix}", Decoder(), LOOK, told, cancelled)
    assert asked < 7 and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [*ANIMATED, ".cast", ".png", ".ans"])
def test_an_interrupt_leaves_nothing_behind(tmp_path: Path, suffix: str) -> None:
    def interrupted(done: int, _: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    path = tmp_path / f"a{suffix}"
    write = (
        partial(write_film, Film(points(7))) if suffix in output.MOVING else partial(write_sheet, Sheet(points(7), 3))
    )
    with pytest.raises(KeyboardInterrupt):
        write(path, Decoder(), LOOK, interrupted)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_is_refused_before_anything_is_decoded(tmp_path: Path) -> None:
    decode = Decoder()
    for film, name, look, says in (
        (Film(points(3), 60), "a.gif", LOOK, "60 pictures a second: .gif supports from 0.1 to 50"),
        (Film(points(3), 0), "a.cast", LOOK, "0 pictures a second: .cast supports from 0.1 to 60"),
        (Film(points(3)), "a.png", LOOK, "the name must end in .gif, .apng, .webp or .cast"),
        (Film(points(400)), "a.webp", Look((64, 64, 3), 1024), "take 1.2 GB of memory"),
    ):
        with pytest.raises(UserError) as caught:
            write_film(film, tmp_path / name, decode, look)
        assert says in str(caught.value)
    assert decode.batches == [] and list(tmp_path.iterdir()) == []


def test_files_are_not_replaced_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    check_free(path)
    path.write_bytes(b"")
    check_free(path, force=True)
    with pytest.raises(UserError, match="exists; --force replaces it"):
        check_free(path)
    assert suffix_of(Path("A.GIF")) == ".gif"


def test_a_sheet_goes_to_every_still_format(tmp_path: Path) -> None:
    sheet, decode = Sheet(points(5), 3, ["a", "b", "c", "d", "e"]), Decoder()
    for suffix in output.STILL:
        write_sheet(sheet, tmp_path / f"a{suffix}", decode, LOOK)
    assert np.array_equal(np.load(tmp_path / "a.npy"), sheet.latents)
    with Image.open(tmp_path / "a.png") as file:
        assert file.mode == "RGB" and file.width == 2 + 3 * (32 + 2)
    lines = (tmp_path / "a.ans").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2 * (6 + 1) and lines[0].count("\x1b[38;2;") > 3


def test_plain_text_has_no_escape(tmp_path: Path) -> None:
    look = Look((12, 16, 3), 24, CellStyle(16, ColourDepth.MONO))
    write_sheet(Sheet(points(2), 2), tmp_path / "a.txt", Decoder(), look)
    text = (tmp_path / "a.txt").read_text(encoding="ascii")
    assert "\x1b" not in text and {len(line) for line in text.splitlines()} == {33}


def test_a_cast_has_a_header_and_events_in_order(tmp_path: Path) -> None:
    write_film(Film(points(5), 10), tmp_path / "a.cast", Decoder(), LOOK)
    header, *events = map(json.loads, (tmp_path / "a.cast").read_text(encoding="utf-8").splitlines())
    assert (header["version"], header["width"], header["height"]) == (2, 16, 6)
    assert isinstance(header["timestamp"], int)
    assert [event[0] for event in events] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5])
    assert {event[1] for event in events} == {"o"}
    assert events[0][2].startswith("\x1b[?25l\x1b[2J\x1b[1;1H") and events[-1][2].endswith("\x1b[?25h")
