"""What a VAE is: architecture, networks, checkpoint file and the jitted engine. Knows no terminal."""
