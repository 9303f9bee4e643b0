"""What a person sees of a training run: figures in words, pictures, curves, boards."""
