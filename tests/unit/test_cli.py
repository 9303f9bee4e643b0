"""The commands: what they print and what they write."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ITEMS, LATENT, make_checkpoint
from tui_vae import __version__, cli, paths
from tui_vae.api import load
from tui_vae.commands import shared
from tui_vae.latent import tokens
from tui_vae.latent.fingerprint import fingerprint
from tui_vae.latent.recipe import Item, Recipe
from tui_vae.model import checkpoint as checkpoints
from tui_vae.model.checkpoint import Checkpoint

pytestmark = pytest.mark.usefixtures("plain_place")
Render = Callable[..., Path]


@pytest.fixture
def render(tiny_path: Path) -> Render:
    def run(*arguments: object, output: str) -> Path:
        status = cli.main(["render", "--checkpoint", str(tiny_path), *map(str, arguments), "--output", output])
        assert status == 0
        return Path(output)

    return run


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


# render.


def test_a_seed_gives_the_same_file_again(render: Render) -> None:
    first, second = render("--seed", 7, output="a.png"), render("--seed", 7, output="b.png")
    assert first.read_bytes() == second.read_bytes()
    assert pixels(first).shape == (16, 16, 3)


def test_seeds_and_indices_differ(render: Render) -> None:
    faces = [render("--seed", seed, output=f"s{seed}.png") for seed in range(3)]
    faces += [render("--index", index, output=f"i{index}.png") for index in (0, 1, ITEMS - 1)]
    assert len({pixels(face).tobytes() for face in faces}) == len(faces)


def test_without_a_choice_it_is_the_average(render: Render, tiny: Checkpoint) -> None:
    assert np.array_equal(pixels(render(output="a.png")), tiny.preview)
    assert np.array_equal(pixels(render("--seed", 3, "--range", 0, output="b.png")), tiny.preview)


def test_the_range_says_how_far_out(render: Render, tiny: Checkpoint) -> None:
    distances = []
    for spread in (0.5, 1, 2):
        z = np.load(render("--seed", 3, "--range", spread, output=f"{spread}.npy"))
        distances.append(float(np.linalg.norm(z - tiny.pca_mean)))
    assert distances[1] == pytest.approx(2 * distances[0], rel=1e-3)
    assert distances[2] == pytest.approx(4 * distances[0], rel=1e-3)


@pytest.mark.parametrize("choice", [("--seed", 7), ("--index", 3)])
def test_a_latent_goes_to_a_file_and_back(render: Render, choice: tuple[object, ...]) -> None:
    latent = render(*choice, output="z.npy")
    assert np.load(latent).shape == (LATENT,)
    assert render("--latent", latent, output="a.png").read_bytes() == render(*choice, output="b.png").read_bytes()


def test_an_index_is_the_item_of_the_atlas(render: Render, tiny_path: Path) -> None:
    assert np.array_equal(np.load(render("--index", 5, output="z.npy")), checkpoints.read(tiny_path).latents[5])


@pytest.mark.parametrize("size", [8, 40])
def test_a_size_is_the_pictures_height(render: Render, size: int) -> None:
    assert pixels(render("--size", size, output="a.png")).shape == (size, size, 3)


def test_force_replaces_a_file(render: Render) -> None:
    Path("a.png").write_bytes(b"old")
    assert pixels(render("--force", output="a.png")).shape == (16, 16, 3)


def test_the_suffix_may_be_in_capitals(render: Render) -> None:
    assert pixels(render(output="A.PNG")).shape == (16, 16, 3)
    assert np.load(render(output="A.NPY")).shape == (LATENT,)


def test_a_grey_model_is_drawn_and_saved(capsys: pytest.CaptureFixture[str], render: Render, tmp_path: Path) -> None:
    path = tmp_path / "grey.safetensors"
    checkpoints.write(path, make_checkpoint("grey", channels=1))
    assert cli.main(["render", "--checkpoint", str(path), "--output", "a.png"]) == 0
    assert pixels(Path("a.png")).shape == (16, 16)
    capsys.readouterr()
    assert cli.main(["render", "--checkpoint", str(path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == shared.PRINTED_COLUMNS // 2


# What is printed.


def drawn(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert cli.main(list(map(str, arguments))) == 0
    output = capsys.readouterr()
    assert output.err == ""
    return output.out


def test_a_face_is_drawn_in_the_colours_that_are_asked_for(capsys: pytest.CaptureFixture[str], tiny_path: Path) -> None:
    base = ("render", "--checkpoint", tiny_path, "--seed", 1, "--color")
    assert "\x1b[38;2;" in drawn(capsys, *base, "truecolor")
    out = drawn(capsys, *base, "256")
    assert "\x1b[38;5;" in out and ";2;" not in out
    out = drawn(capsys, *base, "16")
    assert "\x1b[" in out and "38;" not in out
    assert "\x1b" not in drawn(capsys, *base, "none")
    assert drawn(capsys, *base, "auto") == drawn(capsys, *base, "256"), "TERM says 256 colours"


def test_no_color_prints_no_escape(
    capsys: pytest.CaptureFixture[str], tiny_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out = drawn(capsys, "render", "--checkpoint", tiny_path, "--seed", 1)
    assert "\x1b" not in out and out.isascii()
    assert len(set(out)) > 3, "the picture should still be there"
    monkeypatch.setenv("NO_COLOR", "")
    assert "\x1b" in drawn(capsys, "render", "--checkpoint", tiny_path, "--seed", 1)


def test_a_face_is_as_wide_as_the_terminal_lets_it(
    capsys: pytest.CaptureFixture[str], tiny_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = ("render", "--checkpoint", tiny_path, "--color", "none")
    assert {len(line) for line in drawn(capsys, *base).splitlines()} == {64}
    assert {len(line) for line in drawn(capsys, *base, "--size", 20).splitlines()} == {20}
    monkeypatch.setenv("COLUMNS", "30")
    lines = drawn(capsys, *base).splitlines()
    assert {len(line) for line in lines} == {30} and len(lines) == 15


def test_the_model_may_be_named_before_the_command_or_after_it(
    capsys: pytest.CaptureFixture[str], tiny_path: Path
) -> None:
    after = drawn(capsys, "render", "--seed", 1, "--checkpoint", tiny_path, "--color", "none")
    assert drawn(capsys, "--checkpoint", tiny_path, "--color", "none", "render", "--seed", 1) == after
    assert "tiny" in drawn(capsys, "--checkpoint", tiny_path, "info")
    assert drawn(capsys, "info", tiny_path) == drawn(capsys, "info", "--checkpoint", tiny_path)


def test_where_output_is_no_terminal_exploring_prints_one_face(
    capsys: pytest.CaptureFixture[str], tiny_path: Path
) -> None:
    out = drawn(capsys, "--checkpoint", tiny_path)
    assert len(out.splitlines()) == 32 and "▀" in out
    assert drawn(capsys, "explore", "--checkpoint", tiny_path) == out
    assert drawn(capsys, "render", "--seed", 0, "--checkpoint", tiny_path) == out


def test_info_says_what_a_checkpoint_is(capsys: pytest.CaptureFixture[str], tiny_path: Path, tiny: Checkpoint) -> None:
    facts = dict(line.split(maxsplit=1) for line in drawn(capsys, "info", tiny_path).splitlines())
    assert facts["name"] == "tiny"
    assert facts["fingerprint"] == tiny.fingerprint()
    assert facts["images"] == "16x16x3" and facts["latents"] == str(LATENT)
    assert facts["encoder"] == "16x16x3 8x8x8 4x4x12"
    assert facts["atlas"] == f"{ITEMS} items"
    assert facts["attributes"] == "Smiling 0.95, Wearing_Hat 0.85"
    assert facts["trained"] == "0 steps on none" and facts["licence"] == "made up"


@pytest.mark.parametrize(
    "about",
    [
        {},
        {"metrics": [1], "training": "yes", "licence": 7},
        {"metrics": {"test": 3, "valid": {"psnr": 21.5}}, "training": {"step": "many", "device": None}},
        {"metrics": None, "training": {"step": 1.5}},
        {"licence": "MIT\x1b[2J\nnot a new line"},
    ],
)
def test_info_prints_whatever_the_file_holds(
    capsys: pytest.CaptureFixture[str], tiny: Checkpoint, tmp_path: Path, about: dict[str, object]
) -> None:
    path = tmp_path / "odd.safetensors"
    checkpoints.write(path, replace(tiny, about=about))
    out = drawn(capsys, "info", path)
    assert "\x1b" not in out
    assert [line for line in out.splitlines() if line.startswith("not a new line")] == []


def test_list_shows_every_checkpoint_and_which_are_damaged(
    capsys: pytest.CaptureFixture[str], tiny_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b.safetensors").write_bytes(tiny_path.read_bytes())
    (tmp_path / "a.safetensors").write_bytes(b"damaged")
    monkeypatch.setattr(paths, "checkpoint_folders", lambda: [tmp_path])
    first, second = drawn(capsys, "list").splitlines()
    assert first.startswith("a ") and "damaged: " in first
    assert second.split() == ["b", "16x16x3,", "8", "latents,", "40", "faces,", "0.0", "MB"]


def test_keys_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    out = drawn(capsys, "keys")
    assert "A random face" in out and "Leave the program" in out


def test_an_interrupt_is_status_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_keys", interrupted)
    assert cli.main(["keys"]) == 130


# As a process.


def program(*arguments: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "tui_vae", *map(str, arguments)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1]), **environment},
        timeout=120,
    )


def test_python_m_prints_one_face(tiny_path: Path) -> None:
    run = program("--checkpoint", tiny_path)
    assert (run.returncode, run.stderr) == (0, b"")
    assert len(run.stdout.decode().splitlines()) == 32


def test_python_m_refuses_in_one_line_without_a_traceback(tmp_path: Path) -> None:
    run = program("info", tmp_path)
    assert run.returncode == 2 and run.stdout == b""
    assert run.stderr.startswith(b"tui-vae: error: ") and run.stderr.count(b"\n") == 1


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"tui-vae {__version__}\n"


@pytest.mark.skipif(os.name != "posix", reason="pipes break differently elsewhere")
@pytest.mark.parametrize("arguments", [("keys",), ("info",), ("--help",)])
def test_a_reader_that_has_gone_is_no_error(tiny_path: Path, arguments: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    more = (str(tiny_path),) if arguments == ("info",) else ()
    try:
        run = subprocess.run(
            [sys.executable, "-m", "tui_vae", *arguments, *more],
            stdout=writer,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])},
            timeout=120,
        )
    finally:
        os.close(writer)
    assert (run.returncode, run.stderr) == (0, b"")


def test_a_terminal_without_half_blocks_gets_question_marks_and_no_traceback() -> None:
    run = program("keys", PYTHONIOENCODING="latin-1")
    assert (run.returncode, run.stderr) == (0, b"")
    assert b"? j" in run.stdout


def test_output_that_is_no_text_stream_is_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    assert cli.main(["keys"]) == 0
    assert "Leave the program" in stream.getvalue()


def test_the_same_face_comes_out_of_another_process(render: Render, tiny_path: Path, tmp_path: Path) -> None:
    here = render("--seed", 7, output="here.png")
    there = tmp_path / "there.png"
    run = program("render", "--checkpoint", tiny_path, "--seed", 7, "--output", there)
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")
    assert there.read_bytes() == here.read_bytes()
    assert json.dumps(sorted(path.name for path in tmp_path.iterdir())) == '["here.png", "there.png"]'


def test_the_face_of_a_recipe_is_drawn_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str], tiny_path: Path
) -> None:
    vae = load(tiny_path)
    token = tokens.write(Recipe(Item(7)), tokens.tag(vae.name, fingerprint(vae.space, vae.preview)), vae.space)
    face = drawn(capsys, "--checkpoint", tiny_path, "--recipe", token)
    assert face == drawn(capsys, "--checkpoint", tiny_path, "render", "--index", 7)
    assert face != drawn(capsys, "--checkpoint", tiny_path)
