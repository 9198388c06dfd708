"""The same loop for a real language model and its whole vocabulary."""
