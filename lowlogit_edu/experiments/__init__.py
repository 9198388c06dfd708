"""Experiments that notebooks and exercises play with."""
