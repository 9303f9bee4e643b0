"""What the explorer's keys do: one module of action methods for each group of :mod:`tui_vae.app.actions`."""
