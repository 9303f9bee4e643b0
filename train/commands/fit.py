"""``fit``: from prepared folders to a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from train import presets
from train.config import FitConfig, Objective, Optimizer, Refine, Run
from train.devices import Hosts
from tui_vae.errors import UserError
from tui_vae.model.architecture import Architecture

UNNAMED = "The defaults below are those of the preset tiny; for those of another name it: fit faces64 --help."


def command(base: FitConfig | None) -> Callable[..., None]:
    """The command whose settings start from ``base``, the preset that was named."""
    start = base or FitConfig(presets.load("tiny").architecture)

    def fit(
        preset: str,
        /,
        data: list[Path],
        output: Path,
        init_from: str | None = None,
        architecture: Path | None = None,
        latent: int | None = None,
        objective: Objective = start.objective,
        optimizer: Optimizer = start.optimizer,
        run: Run = start.run,
        refine: Refine = start.refine,
        hosts: Hosts = Hosts(),  # noqa: B008 (frozen)
    ) -> None:
        """Train on prepared folders, going on from the newest save where there is one.

        Args:
            preset: Name of a preset (see: presets) or a TOML file of that form.
            data: One or more folders that prepare wrote.
            output: Folder of the run.
            init_from: Checkpoint (name or path) of the same architecture whose weights a new run starts from.
            architecture: Take the networks from this .toml or .json file instead of the preset.
            latent: Take the preset's networks with so many latents.
            objective: What is minimised.
            optimizer: How.
            run: How long, how often, from which seed.
            refine: The second stage: one network locked, the other trained further.
            hosts: Several processes as one run.
        """
        if base is None:  # the settings' defaults are the preset's, so that it must be known first
            raise UserError(f"fit: name the preset first: fit {preset} --data FOLDER --output RUN")
        from train import devices

        devices.use_cpu_cores()
        devices.join(hosts)
        from train.fit import fit as start_fitting

        shape = Architecture.from_file(architecture) if architecture else base.architecture
        if latent is not None:
            shape = dataclasses.replace(shape, latent=latent)
        config = FitConfig(shape, objective, optimizer, run, refine)
        start_fitting(config, data, output, init_from)

    if base is None and fit.__doc__:
        first, rest = fit.__doc__.split("\n", 1)
        fit.__doc__ = f"{first} {UNNAMED}\n{rest}"
    return fit
