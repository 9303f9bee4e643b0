"""A run's folder: what the run is, what it has logged and saved, and that only one process trains into it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import orbax.checkpoint as ocp
from absl import logging as absl_logging
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from train.config import FitConfig
from train.data.prepared import Prepared, open_prepared
from tui_vae.errors import UserError
from tui_vae.files import whole_file
from tui_vae.model.previews import FOLDER as PREVIEWS

CONFIG, DATA, MACHINE, METRICS, SAVES = "config.toml", "data.json", "machine.json", "metrics.jsonl", "saves"
VALIDATION, BEST, LOCK = "validation.jsonl", "best.safetensors", ".lock"

Which = Literal["best", "last"]
Weights = dict[str, npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Trained:
    """What a run has come to: averaged ``weights`` (NumPy, float32) of ``step``, and where they came from.

    ``which`` says whether they are those that validated best, or the newest that were saved; ``init_from`` names the
    checkpoint that the run began with, and its fingerprint, if it did.
    """

    config: FitConfig
    folders: list[Path]
    weights: Weights
    step: int
    which: Which
    init_from: str | None = None


def claim(run: Path, config: FitConfig, folders: list[Path], data: Prepared, init_from: str | None = None) -> None:
    """Write what the run is, or check that it is the same as before.

    ``init_from`` says which checkpoint's weights it begins with, if any.

    Raises:
        UserError: the folder holds something else, or a run of another configuration or other data.
    """
    try:
        run.mkdir(parents=True, exist_ok=True)
        started = {DATA, MACHINE, *(path.name for path in run.glob(".*"))}  # as a kill leaves them
        foreign = (
            [] if (run / CONFIG).exists() else sorted(path.name for path in run.iterdir() if path.name not in started)
        )
    except OSError as error:
        raise UserError(f"{run}: cannot be used as --output: {error.strerror}") from error
    if foreign:
        raise UserError(f"{run}: holds {foreign[0]!r} and is no run folder; choose another --output")
    items = "\n".join(f"{key} {split}" for key, split in zip(data.keys, data.splits, strict=True))
    keys = hashlib.sha256(items.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    requests = [open_prepared(folder).manifest.get("request") for folder in folders]
    here = {
        "folders": [str(folder.absolute()) for folder in folders],
        "keys": keys,
        "requests": requests,
        "init_from": init_from,
    }
    if (run / CONFIG).exists():
        if read_config(run) != config:
            raise UserError(f"{run}: was started with another configuration ({CONFIG} in it); choose another --output")
        try:
            before = dict(json.loads((run / DATA).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise UserError(f"{run / DATA}: cannot be read: {error}") from error
        if any(before.get(part, here[part]) != here[part] for part in ("keys", "requests")):
            raise UserError(f"{run}: was started with other data; choose another --output")
        if before.get("init_from", init_from) != init_from:
            first = f"--init-from {before['init_from']}" if before["init_from"] else "no --init-from"
            raise UserError(f"{run}: was started with {first}; give the same, or choose another --output")
        return
    # The configuration comes last: with it the folder is a run, and all the rest of it is there.
    for name, text in ((DATA, json.dumps(here)), (MACHINE, json.dumps(_machine())), (CONFIG, config.to_toml())):
        with whole_file(run / name) as scratch:
            scratch.write_text(text, encoding="utf-8")


@contextmanager
def claimed(
    run: Path, config: FitConfig, folders: list[Path], data: Prepared, init_from: str | None = None
) -> Iterator[None]:
    """:func:`claim` a run and hold it (:func:`alone`). A new one that fails before its first figures leaves nothing.

    Raises:
        UserError: as those two.
    """
    before = {path.name for path in run.iterdir()} if run.is_dir() else None
    claim(run, config, folders, data, init_from)
    with alone(run):
        try:
            yield
        except Exception:
            if CONFIG not in (before or ()) and not (run / METRICS).exists():
                _withdraw(run, before)
            raise


def _withdraw(run: Path, before: set[str] | None) -> None:
    """Remove what a run has made, but nothing that was there ``before``; the folder too where there was none."""
    for name in (CONFIG, DATA, MACHINE, VALIDATION, BEST, LOCK, SAVES, PREVIEWS, "reports", "tensorboard", "wandb"):
        if name in (before or ()):
            continue
        if (run / name).is_dir():
            shutil.rmtree(run / name, ignore_errors=True)
        else:
            (run / name).unlink(missing_ok=True)
    if before is None:
        with suppress(OSError):  # somebody else has put something there
            run.rmdir()


@contextmanager
def alone(run: Path) -> Iterator[None]:
    """Hold the run for this process.

    Raises:
        UserError: another process trains into it.
    """
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        yield
        return
    with (run / LOCK).open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"{run}: another process is training into it") from error
        except OSError:  # some network file systems have no locks
            pass
        yield


def read_config(run: Path) -> FitConfig:
    """The configuration that a run was started with."""
    try:
        return FitConfig.from_toml((run / CONFIG).read_text(encoding="utf-8"), str(run / CONFIG))
    except OSError as error:
        raise UserError(f"{run}: not a run folder of python -m train fit ({error.strerror})") from error


def rewind(path: Path, done: int) -> list[dict[str, Any]]:
    """Drop the lines that a killed run wrote after step ``done``, which come again, and one cut short; the others."""
    if not path.exists():
        return []
    kept = [entry for entry in read_log(path) if entry["step"] <= done]
    with whole_file(path) as scratch:
        scratch.write_text("".join(json.dumps(entry) + "\n" for entry in kept), encoding="utf-8")
    return kept


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a log that are whole; a run may be writing the last one, or was killed while it did."""
    entries = []
    if path.exists():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                entry["step"] += 0
                entries.append(entry)
    return entries


def append(path: Path, entry: dict[str, Any]) -> None:
    """Add one line to a log."""
    with path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(entry) + "\n")


def save_best(run: Path, weights: Weights, entry: dict[str, Any]) -> None:
    """Keep the weights that validated best so far, with the line of ``validation.jsonl`` that says so."""
    with whole_file(run / BEST) as scratch:
        scratch.write_bytes(save(weights, {"validation": json.dumps(entry)}))


def restore(run: Path, which: Which = "best") -> Trained:
    """A run's averaged weights: those that validated best, or the newest that were saved.

    A run that holds no images out has no best; the newest take their place.

    Raises:
        UserError: no run, nothing saved yet, or a damaged save.
    """
    config = read_config(run)
    try:
        noted = json.loads((run / DATA).read_text(encoding="utf-8"))
        folders, origin = [Path(folder) for folder in noted["folders"]], noted.get("init_from")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{run / DATA}: damaged: {error}") from error
    if which == "best" and not (run / VALIDATION).exists():
        which = "last"
    weights, step = _read_best(run) if which == "best" else _read_last(run)
    shapes = config.architecture.parameter_shapes()
    if {name: value.shape for name, value in weights.items()} != shapes:
        raise UserError(f"{run}: the {which} weights do not fit {CONFIG}")
    weights = {name: weights[name] for name in shapes}
    return Trained(config, folders, weights, step, which, str(origin) if origin else None)


def _read_best(run: Path) -> tuple[Weights, int]:
    try:
        with safe_open(str(run / BEST), framework="numpy") as file:
            step = int(json.loads(file.metadata()["validation"])["step"])
            return {name: file.get_tensor(name) for name in file.keys()}, step  # noqa: SIM118 (not a mapping)
    except FileNotFoundError as error:
        raise UserError(f"{run}: nothing validated yet (best is known after the first report)") from error
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{run / BEST}: damaged: {error}") from error


def _read_last(run: Path) -> tuple[Weights, int]:
    if not (run / SAVES).is_dir():
        raise UserError(f"{run}: nothing saved yet")
    absl_logging.set_verbosity(absl_logging.ERROR)  # Orbax warns that it is asked to write nothing
    # The run may be in progress: these options make and remove nothing.
    saver = ocp.CheckpointManager((run / SAVES).absolute(), options=ocp.CheckpointManagerOptions(create=False))
    newest = saver.latest_step()
    if newest is None:
        raise UserError(f"{run}: nothing saved yet")
    here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    shapes = read_config(run).architecture.parameter_shapes()
    like = {"ema": {name: jax.ShapeDtypeStruct(shape, jnp.float32, sharding=here) for name, shape in shapes.items()}}
    wanted = ocp.args.PyTreeRestore(
        like, restore_args=ocp.checkpoint_utils.construct_restore_args(like), partial_restore=True
    )
    with closing(saver), damage_told(run, newest):
        state = saver.restore(newest, args=wanted)
    return {name: np.asarray(value) for name, value in state["ema"].items()}, newest


@contextmanager
def damage_told(run: Path, step: int) -> Iterator[None]:
    """Turn whatever Orbax raises on a damaged save into one line."""
    try:
        yield
    except Exception as error:  # Orbax raises what its storage layers raise
        reason = (str(error).splitlines() or [""])[0][:200]
        raise UserError(
            f"{run / SAVES / str(step)}: damaged save; remove this folder to go on from the one before ({reason})"
        ) from error


def _machine() -> dict[str, Any]:
    """What a run is trained on: for its model card, which may be written elsewhere."""
    devices = jax.devices()
    versions = {part: importlib.metadata.version(part) for part in ("jax", "flax", "optax", "numpy")}
    return {"device": f"{len(devices)} {devices[0].device_kind} device(s)", "versions": versions}
