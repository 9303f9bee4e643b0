"""Train VAEs for the explorer: images -> ``prepare`` -> ``fit`` -> ``export`` -> one checkpoint file."""
