"""``fit``: from prepared folders to a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from train import config as configs
from train.config import FitConfig, Objective, Optimizer, Run
from tui_vae.errors import UserError


def command(base: FitConfig | None) -> Callable[..., None]:
    """The command whose settings start from ``base``, the preset that was named."""
    start = base or FitConfig(configs.load("tiny").architecture)

    def fit(
        preset: str,
        /,
        data: list[Path],
        output: Path,
        objective: Objective = start.objective,
        optimizer: Optimizer = start.optimizer,
        run: Run = start.run,
    ) -> None:
        """Train on prepared folders, going on from the newest save where there is one.

        Args:
            preset: Name of a preset (see: presets) or a TOML file of that form.
            data: One or more folders that prepare wrote.
            output: Folder of the run.
            objective: What is minimised.
            optimizer: How.
            run: How long, how often, from which seed.
        """
        if base is None:  # the settings' defaults are the preset's, so that it must be known first
            raise UserError(f"fit: name the preset first: fit {preset} --data FOLDER --output RUN")
        from train.devices import use_cpu_cores

        use_cpu_cores()
        from train.fit import fit as start_fitting

        config = dataclasses.replace(base, objective=objective, optimizer=optimizer, run=run)
        start_fitting(config, data, output)

    return fit
