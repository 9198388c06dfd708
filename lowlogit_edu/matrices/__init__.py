"""Logit matrices and what spans them."""
