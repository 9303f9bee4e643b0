"""``render --photo``: from a photo to a latent and to pictures beside each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tui_vae
from tests.app.cartoon import Cartoon
from tests.conftest import LATENT
from tests.unit.test_photo_detect import placed
from tui_vae import cli
from tui_vae.commands.photo import check_camera, encoded_by
from tui_vae.errors import UserError

pytestmark = pytest.mark.usefixtures("plain_place")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Two faces, the larger one on the right."""
    face = tui_vae.load("faces").preview
    picture = placed(face, 430 + 240j, 3.0, 8, placed(face, 140 + 200j, 2.0))
    Image.fromarray(picture).save(tmp_path / "two.png")
    return tmp_path / "two.png"


def run(*arguments: object) -> int:
    return cli.main(["render", *map(str, arguments)])


def pixels(path: str) -> np.ndarray:
    return np.asarray(Image.open(path)).astype(int)


def test_compare_shows_original_reconstruction_and_nearest(photo: Path) -> None:
    assert run("--photo", photo, "--compare", "--output", "a.png") == 0
    original, again, nearest = np.split(pixels("a.png"), 3, axis=1)
    mean = tui_vae.load("faces").preview.astype(int)
    assert original.shape == again.shape == nearest.shape == mean.shape
    assert abs(original - mean).mean() < 10  # aligned: the face that was put into the photo
    assert abs(again - original).mean() < 15
    assert (nearest != again).any()


def test_the_latent_of_a_face_and_its_picture_agree(photo: Path) -> None:
    assert run("--photo", photo, "--face", 2, "--output", "a.npy") == 0
    assert run("--photo", photo, "--face", 2, "--output", "b.png") == 0
    assert run("--latent", "a.npy", "--output", "c.png") == 0
    assert np.load("a.npy").shape == (128,)
    np.testing.assert_array_equal(pixels("b.png"), pixels("c.png"))


def test_the_middle_of_a_photo_without_a_face(tmp_path: Path, tiny_path: Path) -> None:
    Image.new("RGB", (90, 40), (10, 200, 30)).save("plain.png")
    tiny = ("--checkpoint", tiny_path, "--photo", "plain.png")
    assert run(*tiny, "--centre", "--compare", "--size", 32, "--output", "a.png") == 0
    picture = pixels("a.png")
    assert picture.shape == (32, 96, 3)
    assert (picture[:, :32] == (10, 200, 30)).all()


def test_fit_comes_closer(tiny_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tui_vae.load(str(tiny_path)).decode(np.full((1, LATENT), 0.7, np.float32))[0]
    Image.fromarray(picture).save("made.png")
    away = []
    for name, fit in (("plain.png", ()), ("fitted.png", ("--fit", 60))):
        assert run("--checkpoint", tiny_path, "--photo", "made.png", "--centre", *fit, "--output", name) == 0
        away.append(np.sqrt(((pixels(name) - picture) ** 2).mean()))
    assert away[1] < 0.5 * away[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--photo", "plain.png"), "plain.png: no face found; --centre takes the middle"),
        (("--photo", "two.png", "--face", "3"), "--face 3: faces in {folder}two.png: 2"),
        (("--photo", "two.png", "--face", "0"), "faces are counted from 1"),
        (("--photo", "two.png", "--centre", "--face", "1"), "leave --face out"),
        (("--photo", "two.png", "--fit", "0"), "from 1 to 10000"),
        (("--photo", "two.png", "--compare"), "--compare needs --output FILE.png"),
        (("--photo", "none.png"), "none.png: cannot read: No such file"),
        (("--photo", "two.png", "--compare", "--traverse", "PC 1"), "one picture of one face"),
        (("--photo", "two.png", "--sheet", "1,2"), "--photo: not together with --sheet"),
        (("--face", "1"), "--face needs --photo FILE"),
        (("--compare",), "--compare needs --photo FILE"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    photo: Path, arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (90, 40)).save("plain.png")
    assert run(*arguments) == 2
    error = capsys.readouterr().err
    assert says.format(folder="") in error
    assert error.count("\n") == 1


def test_without_opencv_it_says_what_to_install(
    photo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tui_vae.photo.find_spec", lambda name: None)
    assert run("--photo", photo) == 2
    assert "pip install 'tui-vae[photo]'" in capsys.readouterr().err


def test_a_photo_begins_whatever_begins_with_a_face(photo: Path) -> None:
    assert run("--photo", photo, "--traverse", "PC 1", "--steps", 3, "--output", "a.png") == 0
    assert run("--photo", photo, "--output", "b.npy") == 0
    assert run("--latent", "b.npy", "--traverse", "PC 1", "--steps", 3, "--output", "c.png") == 0
    np.testing.assert_array_equal(pixels("a.png"), pixels("c.png"))


def test_without_a_terminal_a_photo_is_printed_as_its_reconstruction(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--photo", str(photo)]) == 0
    printed = capsys.readouterr().out
    assert run("--photo", photo) == 0
    assert printed == capsys.readouterr().out and "▀" in printed
    assert cli.main([]) == 0
    assert printed != capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--photo", "plain.png"), "plain.png: no face found; tui-vae render --photo FILE --centre takes"),
        (("--photo", "none.png"), "--photo none.png: no such file"),
        (("--photo", "two.png", "--camera", "0"), "--camera: not together with --photo"),
        (("--camera", "0"), "--camera: a mirror needs a terminal"),
    ],
)
def test_what_cannot_be_opened_is_said_in_one_line(
    photo: Path, arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (90, 40)).save("plain.png")
    assert cli.main(arguments) == 2
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1


@pytest.mark.parametrize(("text", "says"), [("97", "camera 97: not there"), ("x.avi", "neither a camera's number")])
def test_a_camera_that_is_not_there_is_said_before_anything_is_opened(text: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        check_camera(text)


def test_a_camera_without_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_vae.photo.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'tui-vae\[photo\]'"):
        check_camera("0")


def test_a_model_without_an_encoder_takes_no_photos(photo: Path) -> None:
    with pytest.raises(UserError, match="this model has no encoder"):
        encoded_by(Cartoon(), photo)
