"""Where you are: the encoded dataset, the axes, and the ways to move. NumPy only; knows no JAX and no terminal."""
