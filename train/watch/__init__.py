"""A training run, followed live in the terminal. Loads no JAX: it reads the run's files."""
