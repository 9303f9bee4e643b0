"""The program's own themes: dark, light, and one of high contrast. Textual's are there besides."""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

DUSK: Final = Theme(
    name="dusk",
    primary="#7aa2c7",
    secondary="#8fb8a8",
    accent="#f2c572",
    success="#6fb3a2",
    warning="#d98a6a",
    error="#e06c75",
    foreground="#c9ccd3",
    background="#121318",
    surface="#181a20",
    panel="#20232b",
    dark=True,
    variables={"footer-key-foreground": "#f2c572", "footer-background": "#181a20", "border-blurred": "#2a2e38"},
)
DAWN: Final = Theme(
    name="dawn",
    primary="#2f6593",
    secondary="#35705c",
    accent="#8a4b00",
    success="#2b6e5c",
    warning="#a3431c",
    error="#a8202f",
    foreground="#22252c",
    background="#faf7f0",
    surface="#f1ede3",
    panel="#e6e0d2",
    dark=False,
    variables={"footer-key-foreground": "#8a4b00", "footer-background": "#f1ede3", "border-blurred": "#cfc8b8"},
)
CONTRAST: Final = Theme(
    name="contrast",
    primary="#6fc3ff",
    secondary="#7dffb0",
    accent="#ffe600",
    success="#7dffb0",
    warning="#ffb26b",
    error="#ff9a9a",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#2b2b2b",
    dark=True,
    variables={
        "footer-key-foreground": "#ffe600", "footer-background": "#000000", "border-blurred": "#ffffff",
        "quiet": "#ffffff", "faint": "#dddddd", "line": "#8a8a8a",
    },
)  # fmt: skip
OWN: Final = (DUSK, DAWN, CONTRAST)


def ink_defaults(theme: Theme) -> dict[str, str]:
    """Inks that stand back, for themes that do not name them: text beside the matter, text of less weight, lines."""
    foreground = theme.to_color_system().generate()["foreground"]
    return {"quiet": f"{foreground} 75%", "faint": f"{foreground} 65%", "line": f"{foreground} 25%"}
