"""The larger commands of ``tui-vae``, one module each: its options, and the call that does the work."""
