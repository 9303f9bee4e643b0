"""The commands refuse bad input: status 2, one line, nothing written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ITEMS, LATENT
from tui_vae import cli, paths

SUFFIXES = ".png, .npy, .txt, .ans, .gif, .apng, .webp or .cast"
pytestmark = pytest.mark.usefixtures("plain_place")


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., str]:
    """Run a command that must fail: status 2, one line, nothing written. Returns the line."""

    def run(*arguments: object) -> str:
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        assert cli.main(list(map(str, arguments))) == 2
        output = capsys.readouterr()
        assert output.out == ""
        assert output.err.endswith("\n") and output.err.count("\n") == 1
        assert output.err.startswith("tui-vae: error: ")
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
        return output.err.removeprefix("tui-vae: error: ").rstrip("\n")

    return run


# Refusals.


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--output", "a.jpg"), f"--output a.jpg: the name must end in {SUFFIXES}"),
        (("--output", "a"), f"--output a: the name must end in {SUFFIXES}"),
        (("--output", "none/a.png"), "none/a.png: cannot write: No such file or directory"),
        (("--output", "none/a.npy"), "none/a.npy: cannot write: No such file or directory"),
        (("--seed", "-1"), "--seed -1: a seed is not negative"),
        (("--index", "-1"), f"--index -1: the dataset runs from 0 to {ITEMS - 1}"),
        (("--index", ITEMS), f"--index {ITEMS}: the dataset runs from 0 to {ITEMS - 1}"),
        (("--size", "7"), "--size 7: from 8 to 4096 pixels are supported"),
        (("--size", "4097"), "--size 4097: from 8 to 4096 pixels are supported"),
        (("--range", "-0.1"), "--range -0.1: from 0 to 10 is supported"),
        (("--range", "nan"), "--range nan: from 0 to 10 is supported"),
        (("--range", "11"), "--range 11.0: from 0 to 10 is supported"),
        (("--latent", "none.npy"), "none.npy: cannot read: No such file or directory"),
        (("--latent", "."), ".: cannot read: Is a directory"),
    ],
)
def test_bad_input_is_refused(
    refused: Callable[..., str], tiny_path: Path, arguments: tuple[object, ...], says: str
) -> None:
    more = () if "--output" in arguments else ("--output", "never.png")
    assert refused("render", "--checkpoint", tiny_path, *arguments, *more) == says


def test_a_name_too_long_to_write_is_refused(refused: Callable[..., str], tiny_path: Path) -> None:
    assert "File name too long" in refused("render", "--checkpoint", tiny_path, "--output", "a" * 300 + ".png")


@pytest.mark.parametrize("name", ["a.png", "a.npy"])
def test_a_file_that_exists_is_kept(refused: Callable[..., str], tiny_path: Path, name: str) -> None:
    Path(name).write_bytes(b"old")
    assert (
        refused("render", "--checkpoint", tiny_path, "--output", name)
        == f"--output {name}: exists; --force replaces it"
    )
    assert Path(name).read_bytes() == b"old"


def test_a_folder_is_not_replaced_by_force(refused: Callable[..., str], tiny_path: Path) -> None:
    Path("a.png").mkdir()
    assert "a.png: cannot write" in refused("render", "--checkpoint", tiny_path, "--output", "a.png", "--force")


def test_a_dangling_link_is_in_the_way_too(refused: Callable[..., str], tiny_path: Path, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    link = tmp_path / "a.png"
    try:
        link.symlink_to("nowhere")
    except OSError:
        pytest.skip("no links on this system")
    assert cli.main(["render", "--checkpoint", str(tiny_path), "--output", "a.png"]) == 2
    assert link.is_symlink()


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x03\x04garbage", b"\x93NUMPY\x01\x00\x10\x00{'descr': "])
def test_a_latent_of_garbage_is_refused(refused: Callable[..., str], tiny_path: Path, content: bytes) -> None:
    Path("z.npy").write_bytes(content)
    says = refused("render", "--checkpoint", tiny_path, "--latent", "z.npy", "--output", "a.png")
    assert says.startswith("z.npy: not a readable .npy file")


def test_a_latent_of_another_model_is_refused(refused: Callable[..., str], tiny_path: Path) -> None:
    np.save("z.npy", np.zeros(LATENT + 1))
    says = refused("render", "--checkpoint", tiny_path, "--latent", "z.npy", "--output", "a.png")
    assert says == f"z.npy: expected {LATENT} numbers, the latent of this model"


@pytest.mark.parametrize("command", ["render", "info", "explore"])
@pytest.mark.parametrize(
    ("checkpoint", "says"),
    [
        ("none.safetensors", "none.safetensors: no such checkpoint file"),
        ("nothing-of-this-name", "no checkpoint named 'nothing-of-this-name'; known: "),
        ("damaged.safetensors", "damaged.safetensors: not a readable checkpoint: "),
        ("a" * 5000, "cannot look for this checkpoint"),
    ],
)
def test_a_checkpoint_that_cannot_be_read_is_refused(
    refused: Callable[..., str], tiny_path: Path, command: str, checkpoint: str, says: str
) -> None:
    Path("damaged.safetensors").write_bytes(tiny_path.read_bytes()[:1000])
    assert says in refused(command, "--checkpoint", checkpoint)


@pytest.mark.parametrize(
    "arguments",
    [
        ("render", "--seed", "seven"),
        ("render", "--seed", "1", "--index", "1"),
        ("paint",),
        ("--color", "pink"),
        ("render", "--colour"),
    ],
)
def test_a_wrong_option_is_refused_with_status_2(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    output = capsys.readouterr()
    assert output.out == "" and "error: " in output.err and "Traceback" not in output.err


def test_list_without_checkpoints_says_where_it_looked(
    refused: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "checkpoint_folders", lambda: [tmp_path / "none"])
    assert refused("list") == f"no checkpoints found in {tmp_path / 'none'}"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--recipe", "nonsense"), "--recipe: not the token of a face: one looks like faces:8266e8f7:AQEHAAAxK2Q"),
        (("--recipe", "faces:8266e8f7:AQEHAAAxK2Q"), "--recipe: the token "),
        (("--recipe", "x", "--resume"), "--recipe and --resume: begin with one or the other"),
        (("--tour", "nowhere"), "--tour nowhere: no tour 'nowhere'; there are dataset, shuffled, "),
        (("--tour", "attribute:nothing"), "--tour attribute:nothing: no attribute 'nothing'; there are Smiling, "),
        (("--tour", "search:nothing"), "--tour search:nothing: "),
        (("--tour", "dataset"), "--tour dataset: a tour needs a terminal; tui-vae render --tour makes a film of it"),
    ],
)
@pytest.mark.parametrize("command", [(), ("explore",)], ids=["", "explore"])
def test_a_beginning_that_there_is_not_is_refused(
    refused: Callable[..., str], tiny_path: Path, command: tuple[str, ...], arguments: tuple[str, ...], says: str
) -> None:
    assert refused(*command, "--checkpoint", tiny_path, *arguments).startswith(says)
