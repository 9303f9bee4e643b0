"""``python -m tui_vae`` is the same program as ``tui-vae``."""

from __future__ import annotations

import sys

from tui_vae.cli import main

if __name__ == "__main__":
    sys.exit(main())
