"""Where checkpoints are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui_vae import paths
from tui_vae.errors import UserError


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    own, installed = tmp_path / "own", tmp_path / "installed"
    for folder in (own, installed):
        folder.mkdir()
    monkeypatch.setattr(paths, "checkpoint_folders", lambda: [own, installed])
    monkeypatch.chdir(tmp_path)
    return own, installed


def test_names_are_sorted_and_the_users_own_come_first(folders: tuple[Path, Path]) -> None:
    own, installed = folders
    for path in (installed / "faces.safetensors", own / "faces.safetensors", installed / "cats.safetensors"):
        path.touch()
    (own / "notes.txt").touch()
    assert list(paths.checkpoints().items()) == [
        ("cats", installed / "cats.safetensors"),
        ("faces", own / "faces.safetensors"),
    ]
    assert paths.find_checkpoint("faces") == own / "faces.safetensors"


def test_missing_folders_are_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "checkpoint_folders", lambda: [tmp_path / "none"])
    assert paths.checkpoints() == {}
    with pytest.raises(UserError, match="known: none"):
        paths.find_checkpoint("faces")


def test_a_path_needs_no_special_name(folders: tuple[Path, Path], tmp_path: Path) -> None:
    odd = tmp_path / "my model"
    odd.touch()
    assert paths.find_checkpoint(str(odd)) == odd
    assert paths.find_checkpoint("my model") == Path("my model")


def test_a_home_folder_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "a.safetensors").touch()
    assert paths.find_checkpoint("~/a.safetensors") == tmp_path / "a.safetensors"


def test_an_unknown_name_lists_the_known_ones(folders: tuple[Path, Path]) -> None:
    for name in ("b", "a"):
        (folders[0] / f"{name}.safetensors").touch()
    with pytest.raises(UserError, match=r"no checkpoint named 'c'; known: a, b \(or give a path\)"):
        paths.find_checkpoint("c")


@pytest.mark.parametrize("name", ["gone.safetensors", "some/where", "/no/such"])
def test_a_missing_path_is_called_a_missing_file(folders: tuple[Path, Path], name: str) -> None:
    with pytest.raises(UserError, match=f"^{name}: no such checkpoint file$"):
        paths.find_checkpoint(name)


@pytest.mark.parametrize("name", ["", ".", "\0", "a" * 5000, "~no-such-user-here/x", "x/" * 3000, "\udcff"])
def test_an_odd_name_is_refused_politely(folders: tuple[Path, Path], name: str) -> None:
    with pytest.raises(UserError):
        paths.find_checkpoint(name)


def test_the_compile_cache_is_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert paths.compile_cache().is_relative_to(tmp_path)


def test_the_source_trees_checkpoints_are_looked_up_last() -> None:
    folders = paths.checkpoint_folders()
    assert folders[-1] == Path(paths.__file__).parents[1] / "checkpoints"
    assert len(folders) == 3
