"""What a run that cannot go on leaves behind, and what it says: one line, in every process of it."""

from __future__ import annotations

import dataclasses
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import pytest

from tests.train.test_fit import train_apart
from train import fit as fitting
from train import reporting, run_folder
from train.agreement import agree
from train.config import FitConfig
from train.data.prepared import open_prepared
from tui_vae.errors import UserError


def with_run(config: FitConfig, **values: Any) -> FitConfig:
    return dataclasses.replace(config, run=dataclasses.replace(config.run, **values))


def test_a_board_that_does_not_start_leaves_no_run(
    discs: Path, tiny_config: FitConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(run: Path, *_: Any) -> None:
        (run / "wandb").mkdir()
        (run / "wandb" / "debug.log").write_text("no network")
        raise UserError("Weights & Biases did not start: no network")

    monkeypatch.setattr(reporting, "Boards", refuse)
    with pytest.raises(UserError, match="did not start"):
        fitting.fit(tiny_config, [discs], tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_what_was_there_before_stays(discs: Path, tiny_config: FitConfig, tmp_path: Path) -> None:
    data, run = open_prepared(discs), tmp_path / "run"
    run.mkdir()
    (run / ".notes").write_text("mine")
    with pytest.raises(UserError, match="x"), run_folder.claimed(run, tiny_config, [discs], data):
        raise UserError("x" if (run / "config.toml").exists() else "nothing claimed")
    assert [path.name for path in run.iterdir()] == [".notes"]
    with run_folder.claimed(run, tiny_config, [discs], data):
        pass
    for keep in ("config.toml", "metrics.jsonl"):  # a run that goes on, and one that has begun, lose nothing
        (run / keep).touch()
        with pytest.raises(UserError, match="x"), run_folder.claimed(run, tiny_config, [discs], data):
            raise UserError("x")
        assert (run / "config.toml").exists() and (run / "data.json").exists()


def test_memory_that_runs_out_is_one_line_and_leaves_no_run(
    discs: Path, tiny_config: FitConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: Any) -> None:
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 9 bytes.")

    monkeypatch.setattr(fitting, "make_step", exhausted)
    with pytest.raises(UserError, match=r"memory ran out .*lower run\.batch"):
        fitting.fit(tiny_config, [discs], tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_that_only_skips_stops(discs: Path, tiny_config: FitConfig, tmp_path: Path) -> None:
    config = with_run(tiny_config, epochs=80.0, report_epochs=1000.0)
    wild = dataclasses.replace(config.optimizer, learning_rate=1e30, warmup_steps=0, clip_norm=0.0)
    with pytest.raises(UserError, match=r"were all skipped.*lower optimizer\.learning_rate or optimizer\.clip_norm"):
        fitting.fit(dataclasses.replace(config, optimizer=wild), [discs], tmp_path / "run")
    last = run_folder.read_log(tmp_path / "run" / "metrics.jsonl")[-1]
    assert 100 <= last["skipped"] <= last["step"] <= 200
    assert run_folder.restore(tmp_path / "run", "last").step <= 200


def test_only_steps_that_were_all_skipped_stop_a_run() -> None:
    assert fitting.check_skipped((0, 0), (100, 99)) == (100, 99)
    assert fitting.check_skipped((100, 99), (200, 198)) == (200, 198)
    with pytest.raises(UserError, match=r"steps 201 to 300 were all skipped"):
        fitting.check_skipped((200, 198), (300, 298))


# Several processes.


def test_alone_there_is_nobody_to_agree_with() -> None:
    assert agree(lambda: 3) == 3
    with pytest.raises(ValueError, match="mine"):
        agree(lambda: int("mine"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("failing", [0, 1])
def test_where_one_process_fails_all_end_at_once_with_its_line(failing: int, discs: Path, tmp_path: Path) -> None:
    """Process 0 finds a folder that is no run; or process 1 does not find the data."""
    where = ("--hosts.coordinator", f"127.0.0.1:{free_port()}", "--hosts.processes", "2", "--hosts.process")
    run = tmp_path / "run"
    if failing == 0:
        run.mkdir()
        (run / "thesis.txt").write_text("the only copy")
    data = [discs, tmp_path / "missing" if failing else discs]
    processes = [train_apart(run, data[number], *where, str(number)) for number in range(2)]
    said = [process.communicate(timeout=170)[0].strip().splitlines()[-1] for process in processes]
    assert [process.returncode for process in processes] == [2, 2], said
    assert said[0] == said[1]
    assert said[0].startswith(f"tui-vae-train: error: process {failing}: ")
    assert ("thesis.txt" if failing == 0 else "not a prepared folder") in said[0]
    assert failing == 0 or not run.exists()


def test_a_failing_process_waits_for_nobody() -> None:
    """With a status of its own, and without JAX's barrier at the end."""
    program = "from train import devices; devices._joined.append(1); devices.leave(2); print('still here')"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stdout) == (2, "")
