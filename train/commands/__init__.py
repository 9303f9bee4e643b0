"""One module per command of ``tui-vae-train``: its options, and the call that does the work."""
