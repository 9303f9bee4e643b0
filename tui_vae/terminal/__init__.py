"""How pixels become terminal cells: colour depth, dithering, half blocks. Knows no JAX and no Textual.

Nothing is imported here; import the module that you need.
"""
