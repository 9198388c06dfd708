"""Dashboards for notebooks: one small class each; the computing is done in the package."""

from lowlogit_edu.core.errors import missing_extra

try:
    import anywidget  # noqa: F401
    import ipywidgets  # noqa: F401
except ImportError as error:
    raise missing_extra("A dashboard", str(error.name).partition(".")[0]) from error

from lowlogit_edu.widgets.background_job import JobStatus, LearnerJob
from lowlogit_edu.widgets.guess import Guess
from lowlogit_edu.widgets.learner import LearnerDashboard, LearnerSettings
from lowlogit_edu.widgets.logit_atlas import LogitAtlas

__all__ = ["Guess", "JobStatus", "LearnerDashboard", "LearnerJob", "LearnerSettings", "LogitAtlas"]
