"""Grading of a class: notebooks are run, their checks are called anew, and pages say what came of it."""

from lowlogit_edu.grading.grader import Graded, grade

__all__ = ["Graded", "grade"]
