"""``tui-vae render`` beyond one face: sheets, films, strips on the terminal, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from tests.conftest import ITEMS, LATENT
from tui_vae import cli, paths
from tui_vae.api import VAE, load
from tui_vae.app import collection
from tui_vae.app.collection import Collection
from tui_vae.latent import tokens
from tui_vae.latent.fingerprint import fingerprint
from tui_vae.latent.journey import path, slerp
from tui_vae.latent.point import made_point
from tui_vae.latent.recipe import Item, Recipe, replay

pytestmark = pytest.mark.usefixtures("plain_place")
Render = Callable[..., Path]
FILM = ("--seconds", "0.3", "--size", "16")


@pytest.fixture
def render(tiny_path: Path, capsys: pytest.CaptureFixture[str]) -> Render:
    def run(output: str, *arguments: object) -> Path:
        assert cli.main(["render", "--checkpoint", str(tiny_path), *map(str, arguments), "--output", output]) == 0
        assert capsys.readouterr() == ("", "")
        return Path(output)

    return run


@pytest.fixture
def vae(tiny_path: Path) -> VAE:
    return load(tiny_path)


def pictures(file: Path) -> list[np.ndarray]:
    with Image.open(file) as opened:
        return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(opened)]


def test_a_way_is_saved_point_by_point(render: Render, vae: VAE) -> None:
    z = np.load(render("way.npy", "--from", 3, "--to", "seed:7", "--steps", 5))
    assert np.array_equal(z, path(vae.space.atlas[3], vae.space.sample(7), 5))
    arc = np.load(render("arc.npy", "--index", 3, "--to", "seed:7", "--steps", 5, "--slerp"))
    assert np.array_equal(arc[2], slerp(vae.space.atlas[3], vae.space.sample(7), 0.5, vae.space.pca))


def test_a_way_may_end_at_a_file(render: Render, vae: VAE) -> None:
    render("end.npy", "--index", 4)
    z = np.load(render("way.npy", "--to", "end.npy", "--steps", 2))
    assert np.array_equal(z, np.stack([vae.space.mean, vae.space.atlas[4]]))


def test_a_recipe_is_the_face_that_it_tells_of(render: Render, vae: VAE) -> None:
    made = Recipe(Item(3)).moved("PCA", 1, 1.5).inverted()
    token = tokens.write(made, tokens.tag(vae.name, fingerprint(vae.space, vae.preview)), vae.space)
    assert np.array_equal(np.load(render("z.npy", "--recipe", token)), replay(made, vae.space))
    z = np.load(render("way.npy", "--from", token, "--to", "mean", "--steps", 2))
    assert np.array_equal(z, np.stack([replay(made, vae.space), vae.space.mean]))


def test_bookmarks_are_places_a_sheet_and_a_tour(render: Render, vae: VAE, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(Path.cwd()))
    made_for = fingerprint(vae.space, vae.preview)
    first, second = made_point(Recipe(Item(3)), vae.space, "3"), made_point(Recipe(Item(5)), vae.space, "5")
    collection.write(paths.collections() / f"{made_for}.json", Collection({"Ann": first, "Bo": second}), made_for)
    both = np.stack([first.z, second.z])
    for number, take in enumerate((("--sheet", "bookmarks"), ("--tour", "bookmarks"), ("--sheet", "bookmark:Ann,5"))):
        assert np.array_equal(np.load(render(f"{number}.npy", *take)), both)
    assert "Ann" in render("a.txt", "--sheet", "bookmarks").read_text(encoding="ascii")


@pytest.mark.parametrize("suffix", [".webp", ".apng", ".gif"])
@pytest.mark.parametrize(
    ("take", "count"),
    [
        (("--from", 1, "--to", 2), 6),
        (("--from", 1, "--to", 2, "--ping-pong"), 10),
        (("--traverse", "smiling,PC 1"), 12),
        (("--tour", "dataset", "--steps", 3, "--fps", 10), 7),
    ],
)
def test_films(render: Render, suffix: str, take: tuple[object, ...], count: int) -> None:
    with Image.open(render(f"a{suffix}", *take, *FILM)) as film:
        shown = [(np.asarray(frame.convert("RGB")), frame.info["duration"]) for frame in ImageSequence.Iterator(film)]
    assert shown[0][0].shape == (16, 16, 3)
    # Pictures that are alike are one that stands longer.
    assert 3 <= len(shown) <= count
    assert sum(duration for _, duration in shown) == count * (100 if "--fps" in take else 50)


def test_steps_and_seconds_give_the_pace(render: Render) -> None:
    file = render("a.apng", "--from", 1, "--to", 2, "--steps", 4, "--seconds", 2)
    with Image.open(file) as opened:
        assert [frame.info["duration"] for frame in ImageSequence.Iterator(opened)] == [500] * 4


def test_a_cast_is_as_wide_as_asked_for(render: Render) -> None:
    file = render("a.cast", "--from", 1, "--to", 2, "--size", 20, "--steps", 3, "--cells", "quadrant")
    header, *events = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    assert (header["width"], header["height"]) == (20, 10) and len(events) == 4


@pytest.mark.parametrize(
    ("take", "points"),
    [
        (("--sheet", "0-3,seed:1,mean"), 6),
        (("--from", 0, "--to", 1), 8),
        (("--traverse", "PC 1,z 4", "--steps", 3), 6),
        (("--grid", "PC 1,smiling", "--steps", 3), 9),
        (("--tour", "walk", "--index", 4, "--steps", 5), 5),
        (("--tour", "attribute:smiling", "--steps", 1000), ITEMS),
    ],
)
def test_sheets(render: Render, take: tuple[object, ...], points: int) -> None:
    assert np.load(render("z.npy", *take)).shape == (points, LATENT)
    with Image.open(render("a.png", *take, "--size", 24)) as drawn:
        assert drawn.width * drawn.height > points * 24 * 24
    assert len(render("a.ans", *take, "--size", 8).read_text(encoding="utf-8").splitlines()) >= 4
    assert "\x1b" not in render("a.txt", *take, "--size", 8).read_text(encoding="utf-8")


def test_one_face_goes_to_text(render: Render) -> None:
    assert len(render("a.txt", "--seed", 1).read_text(encoding="ascii").splitlines()) == 32
    assert "\x1b[38;2;" in render("a.ans", "--seed", 1).read_text(encoding="utf-8"), "whatever TERM says"
    assert ";2;" not in render("b.ans", "--seed", 1, "--color", "256").read_text(encoding="utf-8")


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_without_output_faces_stand_in_rows_on_the_terminal(
    capsys: pytest.CaptureFixture[str], tiny_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for take in (("--from", "0", "--to", "1"), ("--traverse", "smiling,PC 1"), ("--grid", "PC 1,PC 2")):
        assert cli.main(["render", "--checkpoint", str(tiny_path), "--color", "none", *take]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        longest = max(map(len, out.splitlines()))
        assert columns // 2 < longest <= columns
        assert ("100%" if take[0] == "--from" else "+3") in out or "1: 001" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("--output", "a.gif"),
            "--output a.gif: one face is no film; add --to, --traverse or --tour, or end the name ",
        ),
        (("--grid", "PC 1,PC 2", "--output", "a.gif"), "--output a.gif: --grid stands still, or end the name in .png"),
        (("--grid", "PC 1"), "--grid PC 1: expected two bars with a comma between them"),
        (("--grid", "PC 1,pc1"), "'PC 1' twice: a grid needs two different bars"),
        (("--from", "1"), "--from: a way needs --to as well"),
        (("--from", "1", "--to", "2", "--seed", "1"), "--seed: not together with --from"),
        (("--sheet", "1", "--index", "1"), "--index: not together with --sheet"),
        (("--to", "nowhere"), "--to nowhere: expected mean, a number (index:N), seed:N, bookmark:NAME, a .npy"),
        (("--to", str(ITEMS)), f"--to {ITEMS}: the dataset runs from 0 to {ITEMS - 1}"),
        (("--to", "seed:-1"), "--to seed:-1: a seed is not negative"),
        (("--to", "none.npy"), "none.npy: cannot read: No such file or directory"),
        (("--to", "bookmark:x"), "--to bookmark:x: no such bookmark of this model; there are none yet"),
        (("--sheet", "bookmarks"), "--sheet bookmarks: there are no bookmarks of this model yet"),
        (("--tour", "bookmarks"), "--tour bookmarks: there are no bookmarks yet"),
        (("--recipe", "nonsense"), "recipe: not the token of a face: one looks like faces:8266e8f7:"),
        (("--to", "other:8266e8f7:AQEHAAAxK2Q"), "recipe: the token "),
        (("--sheet", ","), "--sheet: expected mean, a number"),
        (("--slerp",), "--slerp: only with --to or --tour"),
        (("--steps", "5"), "--steps: only with --to or --tour or --traverse or --grid"),
        (("--to", "1", "--steps", "1"), "--steps 1: from 2 to 1000 are supported"),
        (("--to", "1", "--fps", "10"), "--fps: only for a film: end --output in .gif, .apng, .webp, .cast"),
        (("--to", "1", "--ping-pong"), "--ping-pong: only for a film"),
        (("--traverse", "PC 1", "--reach", "nan"), "--reach nan: from 0.1 to 10 sigma is supported"),
        (("--traverse", "smilling"), "no bar named 'smilling'; did you mean Smiling?"),
        (("--tour", "nowhere"), "--tour nowhere: no tour 'nowhere'; there are dataset, shuffled"),
        (("--tour", "attribute:x", "--output", "a.gif"), "--tour attribute:x: no attribute 'x'; there are Smiling"),
        (("--to", "1", "--fps", "60", "--output", "a.gif"), "60 pictures a second: .gif supports from 0.1 to 50"),
        (("--to", "1", "--fps", "0", "--output", "a.gif"), "--fps 0.0: from 0.1 to 120 is supported"),
        (("--to", "1", "--fps", "nan", "--output", "a.gif"), "--fps nan: from 0.1 to 120 is supported"),
        (("--to", "1", "--seconds", "3600", "--output", "a.gif"), "72000 pictures: at most 10000 are supported"),
        (("--tour", "walk", "--seconds", "3600", "--output", "a.gif"), "576000 pictures: at most 10000 are"),
        (
            ("--to", "1", "--steps", "9", "--fps", "9", "--seconds", "9", "--output", "a.gif"),
            "--steps, --fps and --seconds: two of them say the third",
        ),
        (
            ("--to", "1", "--size", "4096", "--output", "a.webp"),
            "60 pictures of 4096x4096 take 2.8 GB of memory, and 1 GB is supported: make them fewer or smaller",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], tiny_path: Path, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    assert cli.main(["render", "--checkpoint", str(tiny_path), *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"tui-vae: error: {says}") and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_film_is_not_replaced_without_force(
    capsys: pytest.CaptureFixture[str], tiny_path: Path, render: Render
) -> None:
    Path("a.gif").write_bytes(b"old")
    assert cli.main(["render", "--checkpoint", str(tiny_path), "--to", "1", "--output", "a.gif"]) == 2
    assert "exists; --force replaces it" in capsys.readouterr().err and Path("a.gif").read_bytes() == b"old"
    assert len(pictures(render("a.gif", "--to", 1, "--force", *FILM))) == 6


def test_a_row_that_does_not_fit_the_terminal_is_refused(capsys: pytest.CaptureFixture[str], tiny_path: Path) -> None:
    assert cli.main(["render", "--checkpoint", str(tiny_path), "--traverse", "PC 1", "--steps", "40"]) == 2
    assert "40 faces side by side do not fit into this terminal" in capsys.readouterr().err
