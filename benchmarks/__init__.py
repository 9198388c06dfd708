"""How fast the package is, beside what one would write with public libraries: `python -m benchmarks --help`.

Read `timing.py` first, then any of the themes: `asking.py`, `drawing.py`, `programs.py`, `matrix_work.py`,
`remembering.py`, `learning.py`, `counting.py`, `importing.py`. How accurate the learners are is measured elsewhere, in
`tests/benchmarks`.
"""
