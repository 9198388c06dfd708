"""Small things that everybody uses: errors, checks, randomness, numerics, threads, files."""
