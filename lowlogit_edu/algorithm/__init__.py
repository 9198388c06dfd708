"""Algorithms 1 and 2 of the paper, line by line: the learner and the sampler."""
