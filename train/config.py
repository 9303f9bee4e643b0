"""The configuration of a run as frozen dataclasses: what is minimised, how, for how long, and what comes second."""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from train.mixture import parse
from train.tables import read_section, toml_lines
from tui_vae.errors import UserError
from tui_vae.model.architecture import Architecture

Side = Literal["none", "encoder", "decoder"]


@dataclass(frozen=True)
class Objective:
    """What is minimised: reconstruction + beta * KL, in nats per image."""

    reconstruction: str = "pyramid"
    """gaussian, laplace or pyramid (calibrated scale), mse, l1, bce, ms_ssim, contrast, gradients, or a sum of these:
    "0.8 * ms_ssim + 0.2 * l1"."""
    sigma: float = 1.0
    """Scale of mse and l1, which do not find it themselves."""
    beta: float = 1.0
    """Weight of the KL term; 1 is the evidence lower bound."""
    beta_delay_epochs: float = 0.0
    """Epochs of reconstruction only, before beta begins to rise."""
    beta_warmup_epochs: float = 1.0
    """Epochs over which beta then rises from 0."""
    beta_period_epochs: float = 0.0
    """Begin the schedule anew after so many epochs: cyclical annealing; 0 for never."""
    beta_increments: tuple[float, ...] = ()
    """Epochs at each of which beta rises by 1 more."""
    free_bits: float = 0.0
    """Nats of KL per dimension that cost nothing."""
    total_correlation: float = 0.0
    """Weight of the total correlation, on top of its part in beta * KL (beta-TC-VAE)."""


@dataclass(frozen=True)
class Optimizer:
    """How the loss is brought down."""

    name: Literal["adamw", "adam", "rmsprop"] = "adamw"
    """adamw decays weights; adam and rmsprop do not."""
    learning_rate: float = 1e-3
    """Peak learning rate."""
    decay: Literal["cosine", "constant"] = "cosine"
    """What follows the warm-up: a cosine down to a fiftieth of the peak, or the peak throughout."""
    warmup_steps: int = 500
    """Steps of linear warm-up (at most a fifth of the run)."""
    weight_decay: float = 1e-4
    """Decoupled weight decay (adamw)."""
    clip_norm: float = 1.0
    """Largest global gradient norm, of the loss in nats per pixel value; 0 does not clip."""
    ema_decay: float = 0.999
    """Decay of the averaged weights, which are what is exported; 0 keeps the raw ones."""


@dataclass(frozen=True)
class Run:
    """How long, how often, and from which seed."""

    epochs: float = 30.0
    """Passes over the training items; 0 to begin with the second stage, from weights of --init-from."""
    max_batches: int = 0
    """At most so many steps per epoch; 0 takes all items."""
    batch: int = 64
    """Images per step, over all devices together."""
    seed: int = 42
    """Seeds the weights, the order of the images, flips and posterior noise."""
    flip: bool = True
    """Mirror images left to right at random."""
    log_every: int = 100
    """Steps between lines of metrics."""
    report_epochs: float = 1.0
    """Epochs between validations and pictures."""
    save_every: int = 500
    """Steps between resumable saves."""
    previews: int = 40
    """Small checkpoints to keep for tui-vae --follow, evenly spread over the run; 0 writes none."""
    compute: Literal["auto", "float32", "bfloat16"] = "auto"
    """The networks' arithmetic; auto is bfloat16 on GPU and TPU, float32 on CPU. Weights and loss stay float32."""
    steps_per_dispatch: int = 0
    """Steps in one compiled call; 0 is 1 on CPU (where loops are slow) and 10 on GPU and TPU."""
    feed: Literal["auto", "device", "host"] = "auto"
    """Where the images wait: device (as uint8), or host (read ahead by grain); auto is device where they fit, and host
    on CPU."""
    wandb: bool = False
    """Log to Weights & Biases as well."""


@dataclass(frozen=True)
class Refine:
    """The second stage: one network locked, the other trained further from the same (averaged) weights."""

    epochs: float = 0.0
    """Passes over the training items; 0 for no second stage."""
    freeze: Side = "encoder"
    """The network that stays as it is; with the encoder locked the KL term is constant and left out."""
    reconstruction: str = ""
    """As in the objective; empty for the same."""
    learning_rate: float = 3e-4
    """Peak learning rate."""
    adversarial: float = 0.0
    """Weight of the discriminator's opinion beside the reconstruction, balanced by gradient norms; 0 for none."""
    feature_matching: float = 1.0
    """Weight, within the adversarial part, of matching the discriminator's features."""
    discriminator: tuple[int, ...] = (48, 96, 192)
    """Channels of the patch discriminator's strided layers."""
    augment: bool = True
    """Differentiable augmentation of what the discriminator sees."""


@dataclass(frozen=True)
class FitConfig:
    """Everything that decides a run's result, apart from the data."""

    architecture: Architecture
    objective: Objective = field(default_factory=Objective)
    optimizer: Optimizer = field(default_factory=Optimizer)
    run: Run = field(default_factory=Run)
    refine: Refine = field(default_factory=Refine)

    def __post_init__(self) -> None:
        for name in SECTIONS:
            for key, value in dataclasses.asdict(getattr(self, name)).items():
                for number in value if isinstance(value, tuple) else (value,):
                    _check_number(f"{name}.{key}", number)
        if not 0 <= self.optimizer.ema_decay < 1:
            raise UserError(f"config: optimizer.ema_decay is {self.optimizer.ema_decay}; it must be in [0, 1)")
        if not 0 <= self.run.seed < 2**31:  # what every random generator here takes
            raise UserError(f"config: run.seed is {self.run.seed}; it must be from 0 to 2147483647")
        terms = [*parse(self.objective.reconstruction), *parse(self.refine.reconstruction or "mse")]
        if any(term == "bce" for _, term in terms) and self.architecture.output != "sigmoid":
            raise UserError('config: reconstruction by bce needs architecture.output = "sigmoid"')
        risen = self.objective.beta_delay_epochs + self.objective.beta_warmup_epochs
        if 0 < self.objective.beta_period_epochs <= risen:
            raise UserError("config: objective.beta_period_epochs ends before beta has risen; lower beta_warmup_epochs")
        if not self.run.epochs + self.refine.epochs > 0:
            raise UserError("config: run.epochs and refine.epochs are both 0; one of them must be above 0")
        if not self.refine.discriminator:
            raise UserError("config: refine.discriminator needs at least one layer")

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> FitConfig:
        """Read nested tables; unknown names and wrong types are refused by name."""
        unknown = sorted(set(table) - {*SECTIONS, "architecture"})
        if unknown:
            raise UserError(f"config: unknown table {unknown[0]!r}; known are architecture, {', '.join(SECTIONS)}")
        if "architecture" not in table:
            raise UserError("config: the table [architecture] is missing")
        parts = {name: read_section(name, kind, table.get(name, {})) for name, kind in SECTIONS.items()}
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
        tables = {name: _plain(dataclasses.asdict(getattr(self, name))) for name in SECTIONS}
        return {"architecture": self.architecture.to_dict(), **tables}

    def to_toml(self) -> str:
        """The resolved configuration as TOML text."""
        return toml_lines(self.to_dict())


SECTIONS: dict[str, type[Any]] = {"objective": Objective, "optimizer": Optimizer, "run": Run, "refine": Refine}

_ABOVE_ZERO = {
    *("run.batch", "run.log_every", "run.report_epochs", "run.save_every"),
    *("optimizer.learning_rate", "refine.learning_rate", "objective.sigma", "refine.discriminator"),
}


def _check_number(where: str, value: Any) -> None:
    if isinstance(value, str | bool):
        return
    if not math.isfinite(value):
        raise UserError(f"config: {where} is {value}; it must be finite")
    if where in _ABOVE_ZERO and not value > 0:
        raise UserError(f"config: {where} is {value}; it must be above 0")
    if value < 0:
        raise UserError(f"config: {where} is {value}; it must not be negative")


def _plain(table: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in table.items()}
