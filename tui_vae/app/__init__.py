"""The explorer: a Textual application that wires model, latent and terminal together."""
