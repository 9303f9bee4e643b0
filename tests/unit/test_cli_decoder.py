"""``tui-vae --decoder``: somebody's own code, from the shell."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tui_vae import cli

pytestmark = pytest.mark.usefixtures("plain_place")

MODULE = """
import sys
import numpy as np

W = np.linspace(-1, 1, 4 * 6 * 8 * 3, dtype=np.float32).reshape(4, -1)

def decode(z):
    return 1 / (1 + np.exp(-(z @ W).reshape(-1, 6, 8, 3)))

def broken(z):
    return decode(z) / nothing

class Holder:
    decode = staticmethod(decode)

number = 3
"""


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, plain_place: None) -> Iterator[None]:
    """A module in the current folder, forgotten again afterwards."""
    (tmp_path / "mine.py").write_text(MODULE)
    (tmp_path / "leaving.py").write_text("raise SystemExit(7)")
    (tmp_path / "wrong.py").write_text("def (")
    np.save(tmp_path / "encoded.npy", np.random.default_rng(0).standard_normal((20, 4)).astype(np.float32))
    (tmp_path / "noise.npy").write_bytes(b"nothing")
    np.save(tmp_path / "objects.npy", np.array([{}], object))
    yield
    for name in ("mine", "leaving", "wrong"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--decoder", "mine:decode", "--latent-dim", "4"),
        ("--decoder", "mine:Holder.decode", "--latents", "encoded.npy"),
        ("explore", "--decoder", "mine:decode", "--latents", "encoded.npy", "--latent-dim", "4"),
    ],
)
def test_without_a_terminal_one_face_is_drawn(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    path = list(sys.path)
    assert cli.main([*arguments, "--color", "none"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 24  # 64 columns wide, the proportions of 6 x 8
    assert sys.path == path


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("--decoder mine:decode", "--decoder needs --latents FILE.npy, or --latent-dim L to explore its prior"),
        (
            "--decoder mine --latent-dim 4",
            "--decoder mine: give it as MODULE:FUNCTION, such as mymodel.networks:decode",
        ),
        (
            "--decoder mine: --latent-dim 4",
            "--decoder mine:: give it as MODULE:FUNCTION, such as mymodel.networks:decode",
        ),
        ("--decoder mine:decod --latent-dim 4", "--decoder mine:decod: mine has no 'decod'"),
        ("--decoder mine:Holder.no --latent-dim 4", "--decoder mine:Holder.no: mine has no 'Holder.no'"),
        ("--decoder mine:number --latent-dim 4", "--decoder mine:number: no function but a int"),
        ("--decoder nowhere:f --latent-dim 4", "importing it raised ModuleNotFoundError: No module named 'nowhere'"),
        ("--decoder leaving:f --latent-dim 4", "--decoder leaving:f: importing it raised SystemExit: 7 ("),
        ("--decoder wrong:f --latent-dim 4", "--decoder wrong:f: importing it raised SyntaxError: "),
        ("--decoder mine:broken --latent-dim 4", "the decoder raised NameError: name 'nothing' is not defined ("),
        ("--decoder mine:decode --latent-dim 3", "the decoder raised ValueError: matmul: "),
        ("--decoder mine:decode --latent-dim -1", "-1 latents: from 1 to 4,096 are supported"),
        ("--decoder mine:decode --latents no.npy", "--latents no.npy: cannot read: No such file or directory"),
        ("--decoder mine:decode --latents noise.npy", "--latents noise.npy: not a readable .npy file: "),
        ("--decoder mine:decode --latents objects.npy", "--latents objects.npy: not a readable .npy file: "),
        (
            "--decoder mine:decode --latents encoded.npy --latent-dim 3",
            "latents of shape (20, 4) do not have latent_dim",
        ),
        ("--decoder mine:decode --latent-dim 4 --encoder mine:no", "--encoder mine:no: mine has no 'no'"),
        ("--decoder mine:decode --latent-dim 4 --checkpoint x", "--decoder and --checkpoint: open one or the other"),
        ("--latents encoded.npy", "--latents belongs to --decoder MODULE:FUNCTION"),
        ("--latent-dim 4", "--latent-dim belongs to --decoder MODULE:FUNCTION"),
        ("--encoder mine:decode", "--encoder belongs to --decoder MODULE:FUNCTION"),
    ],
)
def test_what_does_not_fit_is_one_line(arguments: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments.split()) == 2
    output = capsys.readouterr()
    assert output.out == "" and output.err.count("\n") == 1
    assert output.err.startswith("tui-vae: error: ") and says in output.err


def test_the_place_and_the_traceback_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--decoder", "mine:broken", "--latent-dim", "4"]) == 2
    told = re.search(rf"\({re.escape(str(tmp_path / 'mine.py'))}:11\); traceback: (.*)\n", capsys.readouterr().err)
    assert told is not None and "decode(z) / nothing" in Path(told[1]).read_text()
    assert cli.main(["--decoder", "mine:broken", "--latent-dim", "4", "--traceback"]) == 2
    assert "decode(z) / nothing" in capsys.readouterr().err


def test_help_says_that_code_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["explore", "--help"])
    assert "These options run your code" in capsys.readouterr().out


def test_faces_sheets_and_films_of_a_decoder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = ("render", "--decoder", "mine:decode", "--latents", "encoded.npy")
    for take, name, size in [
        (("--index", "3"), "face.png", (8, 6)),
        (("--traverse", "PC 1", "--steps", "3", "--size", "12"), "bars.png", None),
        (("--from", "1", "--to", "seed:2", "--steps", "4", "--size", "12"), "way.gif", (16, 12)),
        (("--tour", "walk", "--steps", "2", "--seconds", "0.2", "--size", "12"), "walk.gif", (16, 12)),
    ]:
        assert cli.main([*own, *take, "--output", name]) == 0, capsys.readouterr().err
        with Image.open(tmp_path / name) as picture:
            assert size is None or picture.size == size
            assert getattr(picture, "n_frames", 1) > 1 or name.endswith(".png")
    assert cli.main([*own, "--index", "3", "--output", "z.npy"]) == 0
    np.testing.assert_array_equal(np.load("z.npy").ravel(), np.load("encoded.npy")[3])
    capsys.readouterr()
    assert cli.main(["render", "--decoder", "mine:decode", "--seed", "1"]) == 2
    assert "--decoder needs --latents FILE.npy" in capsys.readouterr().err
