"""A line of metrics in words, the most telling first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def number(line: Mapping[str, Any], name: str) -> float | None:
    """The figure called ``name`` if the line has it and it is a finite number."""
    value = line.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        value = float(value)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None


def short(value: float) -> str:
    """A number in at most seven characters or so: ``12,345``, ``123.4``, ``1.234``, ``1.2e-05``."""
    size = abs(value)
    if size >= 1e7 or 0 < size < 1e-3:
        return f"{value:.1e}"
    if size >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def phrases(line: Mapping[str, Any]) -> list[str]:
    """``recon 1,234``, ``KL 45.6``, ``PSNR 22.50 dB``, ... for what the line has; skipped steps come first."""
    parts = []
    if skipped := number(line, "skipped"):
        parts.append(f"{skipped:,.0f} skipped")
    if (reconstruction := number(line, "reconstruction")) is not None:
        parts.append(f"recon {short(reconstruction)}")
    if (kl := number(line, "kl")) is not None:
        parts.append(f"KL {short(kl)}")
    if (psnr := number(line, "psnr")) is not None:
        parts.append(f"PSNR {psnr:.2f} dB")
    if (active := number(line, "active_units")) is not None:
        parts.append(f"{active:.0f} active")
    if (adversarial := number(line, "adversarial")) is not None:
        parts.append(f"adv {short(adversarial)}")
    if (discriminator := number(line, "discriminator")) is not None:
        parts.append(f"disc {short(discriminator)}")
    if (beta := number(line, "beta")) is not None:
        parts.append(f"beta {short(beta)}")
    return parts


def fitting(parts: list[str], width: int, between: str = "  ") -> str:
    """As many of ``parts``, in order, as ``width`` characters hold; one that is too long is left out."""
    text = ""
    for part in parts:
        longer = f"{text}{between}{part}" if text else part
        if len(longer) <= width:
            text = longer
    return text
