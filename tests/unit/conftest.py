"""What several unit tests share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file, save_file

Tensors = dict[str, Any]
Header = dict[str, Any]


class Clock:
    """A clock that stands until a test moves it, in seconds."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Nobody waits in these tests."""
    return Clock()


@pytest.fixture
def plain_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test in its own empty folder, on a terminal of known colours and no known size."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "COLORTERM", "TERM_PROGRAM", "COLUMNS", "LINES", "VTE_VERSION", "WT_SESSION"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def parts(tiny_path: Path) -> tuple[Tensors, Header]:
    """The file taken apart, so that a test can put it together wrongly."""
    raw = tiny_path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    metadata = json.loads(raw[8 : 8 + size])["__metadata__"]
    return load_file(tiny_path), json.loads(metadata["tui_vae"])


@pytest.fixture
def rebuilt(parts: tuple[Tensors, Header], tmp_path: Path) -> Callable[..., Path]:
    """Write the file again with some tensors and header entries changed; ``...`` leaves one out."""

    def rebuild(tensors: Tensors | None = None, text: str | None = None, **header: Any) -> Path:
        def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
            return {key: value for key, value in (old | new).items() if value is not ...}

        path = tmp_path / "changed.safetensors"
        said = json.dumps(merged(parts[1], header)) if text is None else text
        save_file(merged(parts[0], tensors or {}), path, {"tui_vae": said})
        return path

    return rebuild
