"""What the export looks like. After a change that is meant: `make snapshots`, then look at every new picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.cartoon import Cartoon
from tests.app.driving import steady_app
from tests.app.test_snapshots import Compare, _no_clock, after  # noqa: F401  the fixture

SIZES = pytest.mark.parametrize("size", [(200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
MARKED = ("3", "g", "a", "9", "g", "b")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@SIZES
def test_export(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(steady_app(Cartoon()), terminal_size=size, run_before=after(*MARKED, "X", "j", "j", "j", "j"))


def test_a_small_terminal(snap_compare: Compare) -> None:
    assert snap_compare(steady_app(Cartoon()), terminal_size=(40, 12), run_before=after("X", "enter"))
