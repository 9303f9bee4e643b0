from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.exploring import ROOT
from tui_vae.api import VAE, load


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A terminal with all colours, and a compile cache of the tests' own, for the program and for this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        dropped = {"NO_COLOR", "FORCE_COLOR", "TEXTUAL_COLOR_SYSTEM", "TMUX", "STY", "COLUMNS", "LINES", "TERM_PROGRAM"}
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        yield kept | {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
        }


@pytest.fixture(scope="session")
def vae(environment: dict[str, str], tiny_path: Path) -> VAE:
    """What the program opens: its latents have been through the file's float16."""
    return load(tiny_path)


@pytest.fixture
def command(tiny_path: Path) -> list[str]:
    return [sys.executable, "-m", "tui_vae", "--checkpoint", str(tiny_path)]
