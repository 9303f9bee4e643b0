"""From a run, or an older checkpoint, to a checkpoint file with atlas, axes, clusters and card."""
