"""Learn low logit rank language models from logit queries (arXiv:2512.09892)."""

__version__ = "0.1.0"
