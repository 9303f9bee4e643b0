"""Figures of a checkpoint on images that it has never seen, each with its sample count."""
