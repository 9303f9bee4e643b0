"""The configuration of a run as frozen dataclasses, read from and written to TOML."""

from __future__ import annotations

import dataclasses
import json
import math
import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from tui_vae.errors import UserError
from tui_vae.model.architecture import Architecture


@dataclass(frozen=True)
class Objective:
    """What is minimised: ``likelihood`` + beta * KL, in nats."""

    likelihood: Literal["gaussian", "laplace", "pyramid"] = "pyramid"
    """Reconstruction likelihood; its scale is calibrated from each batch."""
    beta: float = 1.0
    """Weight of the KL term; 1 is the evidence lower bound."""
    beta_warmup_epochs: float = 1.0
    """Epochs over which beta rises from 0."""


@dataclass(frozen=True)
class Optimizer:
    """AdamW with linear warm-up, cosine decay and gradient clipping."""

    learning_rate: float = 1e-3
    """Peak learning rate."""
    warmup_steps: int = 500
    """Steps of linear warm-up (at most a fifth of the run)."""
    weight_decay: float = 1e-4
    """Decoupled weight decay."""
    clip_norm: float = 1.0
    """Largest global gradient norm, of the loss in nats per pixel value."""
    ema_decay: float = 0.999
    """Decay of the averaged weights, which are what is exported; 0 keeps the raw ones."""


@dataclass(frozen=True)
class Run:
    """How long, how often, and from which seed."""

    epochs: float = 30.0
    """Passes over the training items."""
    batch: int = 64
    """Images per step, over all devices together."""
    seed: int = 42
    """Seeds the weights, the order of the images, flips and posterior noise."""
    flip: bool = True
    """Mirror images left to right at random."""
    report_every: int = 100
    """Steps between lines of metrics."""
    save_every: int = 500
    """Steps between resumable saves."""


@dataclass(frozen=True)
class FitConfig:
    """Everything that decides a run's result, apart from the data."""

    architecture: Architecture
    objective: Objective = field(default_factory=Objective)
    optimizer: Optimizer = field(default_factory=Optimizer)
    run: Run = field(default_factory=Run)

    def __post_init__(self) -> None:
        for name in ("objective", "optimizer", "run"):
            for key, value in dataclasses.asdict(getattr(self, name)).items():
                if isinstance(value, float) and not math.isfinite(value):
                    raise UserError(f"config: {name}.{key} is {value}; it must be finite")
        for where, value in (
            ("run.epochs", self.run.epochs),
            ("run.batch", self.run.batch),
            ("run.report_every", self.run.report_every),
            ("run.save_every", self.run.save_every),
            ("optimizer.learning_rate", self.optimizer.learning_rate),
            ("optimizer.clip_norm", self.optimizer.clip_norm),
        ):
            if not value > 0:
                raise UserError(f"config: {where} is {value}; it must be above 0")
        for where, value in (
            ("objective.beta", self.objective.beta),
            ("objective.beta_warmup_epochs", self.objective.beta_warmup_epochs),
            ("optimizer.warmup_steps", self.optimizer.warmup_steps),
            ("optimizer.weight_decay", self.optimizer.weight_decay),
        ):
            if value < 0:
                raise UserError(f"config: {where} is {value}; it must not be negative")
        if not 0 <= self.optimizer.ema_decay < 1:
            raise UserError(f"config: optimizer.ema_decay is {self.optimizer.ema_decay}; it must be in [0, 1)")
        if not 0 <= self.run.seed < 2**31:  # what every random generator here takes
            raise UserError(f"config: run.seed is {self.run.seed}; it must be from 0 to 2147483647")

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> FitConfig:
        """Read nested tables; unknown names and wrong types are refused by name."""
        sections = {"objective": Objective, "optimizer": Optimizer, "run": Run}
        unknown = sorted(set(table) - {*sections, "architecture"})
        if unknown:
            raise UserError(f"config: unknown table {unknown[0]!r}; known are architecture, {', '.join(sections)}")
        if "architecture" not in table:
            raise UserError("config: the table [architecture] is missing")
        parts = {name: _section(name, kind, table.get(name, {})) for name, kind in sections.items()}
        return cls(Architecture.from_dict(table["architecture"]), **parts)

    @classmethod
    def from_toml(cls, text: str, where: str) -> FitConfig:
        """Read TOML text; ``where`` names it in errors."""
        try:
            table = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise UserError(f"{where}: not valid TOML: {error}") from error
        return cls.from_dict(table)

    def to_dict(self) -> dict[str, Any]:
        """Nested plain tables that :meth:`from_dict` reads back to an equal configuration."""
        tables = {name: dataclasses.asdict(getattr(self, name)) for name in ("objective", "optimizer", "run")}
        return {"architecture": self.architecture.to_dict(), **tables}

    def to_toml(self) -> str:
        """The resolved configuration as TOML text."""
        lines = []
        for name, table in self.to_dict().items():
            lines += [f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in table.items()), ""]
        return "\n".join(lines)


def presets() -> list[str]:
    """Names of the configurations that ship with the trainer."""
    folder = resources.files("train").joinpath("presets")
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def describe(name: str) -> str:
    """The first line of comment of a preset."""
    text = resources.files("train").joinpath("presets", f"{name}.toml").read_text(encoding="utf-8")
    return text.splitlines()[0].removeprefix("# ")


def load(name_or_path: str) -> FitConfig:
    """A preset by name, or a TOML file by path."""
    if name_or_path in presets():
        text = resources.files("train").joinpath("presets", f"{name_or_path}.toml").read_text(encoding="utf-8")
        return FitConfig.from_toml(text, f"preset {name_or_path}")
    path = Path(name_or_path)
    if not path.is_file():
        raise UserError(f"{name_or_path}: neither a preset ({', '.join(presets())}) nor a TOML file")
    try:
        return FitConfig.from_toml(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as TOML: {error}") from error


def _section(name: str, kind: type[Any], table: Any) -> Any:
    if not isinstance(table, Mapping):
        raise UserError(f"config: [{name}] must be a table")
    hints = get_type_hints(kind)
    values = {}
    for key, value in table.items():
        if key not in hints:
            raise UserError(f"config: [{name}] has no {key!r}; known are {', '.join(hints)}")
        values[key] = _typed(f"{name}.{key}", hints[key], value)
    return kind(**values)


def _typed(where: str, hint: Any, value: Any) -> Any:
    choices = get_args(hint)
    if choices and not isinstance(hint, types.UnionType):
        if value not in choices:
            raise UserError(f"config: {where} is {value!r}; known are {', '.join(map(str, choices))}")
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise UserError(f"config: {where} must be {hint.__name__}, not {value!r}")
    return value


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    # JSON's escapes are TOML's, but for the one control character that JSON leaves as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F") if isinstance(value, str) else repr(value)
