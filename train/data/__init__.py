"""From image files to one memory-mapped array of uint8 and a manifest that says what is in it."""
