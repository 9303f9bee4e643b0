from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tensorboardX.proto.event_pb2 import Event

from train.report.boards import Boards
from train.sheet import Sheet
from tui_vae.errors import UserError


def events(run: Path) -> list[Any]:
    """All events of a run's files: a record is a length (8 bytes), its checksum (4), the event, its checksum (4)."""
    found = []
    for path in sorted((run / "tensorboard").iterdir()):
        data = path.read_bytes()
        while data:
            size = int.from_bytes(data[:8], "little")
            found.append(Event.FromString(data[12 : 12 + size]))
            data = data[16 + size :]
    return found


def values(run: Path) -> dict[tuple[int, str], Any]:
    return {(event.step, value.tag): value for event in events(run) for value in event.summary.value}


def test_figures_and_pictures_arrive(tmp_path: Path) -> None:
    Sheet(np.full((1, 2, 8, 8, 1), 77, np.uint8)).save(tmp_path / "samples.png")
    Sheet(np.full((1, 2, 8, 8, 1), 77, np.uint8)).save(tmp_path / "moving.gif")
    with Boards(tmp_path, wandb=False) as boards:
        boards.scalars(5, {"step": 5, "kl": 4.5, "stage": "main", "loss": float("nan"), "best": True})
        boards.scalars(5, {"psnr": 20.0}, group="validation")
        boards.images(5, {"samples": tmp_path / "samples.png", "animation": tmp_path / "moving.gif"})
    found = values(tmp_path)
    assert set(found) == {(5, "training/kl"), (5, "validation/psnr"), (5, "samples")}
    assert found[5, "training/kl"].simple_value == 4.5
    assert (found[5, "samples"].image.width, found[5, "samples"].image.height) == (22, 12)


def test_a_resumed_run_makes_the_board_forget_later_steps(tmp_path: Path) -> None:
    boards = Boards(tmp_path, wandb=False, start=100)
    boards.scalars(101, {"kl": 1.0})
    boards.close()
    boards.close()  # twice is once
    starts = [event.step for event in events(tmp_path) if event.HasField("session_log")]
    assert starts == [101]


def test_without_tensorboardx_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with Boards(tmp_path, wandb=False) as boards:
        boards.scalars(1, {"kl": 1.0})
    assert capsys.readouterr().err.splitlines() == [
        "no TensorBoard files: tensorboardX is missing (pip install 'tui-vae[train]')"
    ]
    assert not list(tmp_path.iterdir())


def test_without_wandb_asking_for_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(UserError, match=r"Weights & Biases needs wandb: pip install 'tui-vae\[wandb\]'"):
        Boards(tmp_path, wandb=True)


class FakeRun:
    def __init__(self) -> None:
        self.logged: list[dict[str, Any]] = []
        self.status: int | None = None

    def define_metric(self, *_: Any, **__: Any) -> None:
        pass

    def log(self, figures: dict[str, Any]) -> None:
        self.logged.append(figures)

    def finish(self, exit_code: int) -> None:
        self.status = exit_code


def test_wandb_gets_the_same_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, asked = FakeRun(), {}

    def init(**options: Any) -> FakeRun:
        asked.update(options)
        return run

    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(init=init, Image=lambda pixels: pixels.shape))  # type: ignore[arg-type]
    Sheet(np.zeros((1, 1, 8, 8, 3), np.uint8)).save(tmp_path / "a.png")
    boards = Boards(tmp_path, wandb=True)
    boards.scalars(3, {"kl": 2.0, "stage": "main"})
    boards.images(3, {"a": tmp_path / "a.png"})
    with pytest.raises(KeyboardInterrupt), boards:
        raise KeyboardInterrupt
    assert run.logged == [{"training/kl": 2.0, "step": 3}, {"a": (12, 12, 3), "step": 3}]
    assert run.status == 1  # it did not end well
    assert asked["resume"] == "allow" and asked["dir"] == str(tmp_path)


def test_wandb_that_does_not_start_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def init(**_: Any) -> FakeRun:
        raise RuntimeError("no account\nand a long story")

    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(init=init))  # type: ignore[arg-type]
    with pytest.raises(UserError, match="did not start: no account \\(WANDB_MODE=offline") as caught:
        Boards(tmp_path, wandb=True)
    assert "\n" not in str(caught.value)
