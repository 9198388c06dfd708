"""The practical learner under glass: settings, buttons, progress, four live curves, its spanner and witnesses, stories.

>>> LearnerDashboard(LearnerSettings(rank=16, seed=3))  # doctest: +ELLIPSIS
LearnerDashboard(teacher='embedded', rank=16, horizon=32, sequences=24000, ..., seed=3, status='ready', steps=0)
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import ipywidgets
import numpy as np
from matplotlib.figure import Figure

from lowlogit_edu.core.errors import LowLogitError
from lowlogit_edu.core.rng import stream
from lowlogit_edu.events import LearnResult
from lowlogit_edu.learner import learn_steps
from lowlogit_edu.oracles import LogitOracle, TransformerOracle, sample
from lowlogit_edu.show import learning_plot
from lowlogit_edu.widgets.background_job import ENDED, PRESSABLE, JobStatus, LearnerJob, progress_sentence
from lowlogit_edu.widgets.dashboard import Dashboard, row
from lowlogit_edu.widgets.explorer import OWN, choice
from lowlogit_edu.widgets.html_parts import WORDS, side_by_side
from lowlogit_edu.widgets.learner_reading import LearnerReading
from lowlogit_edu.widgets.learner_settings import PRESETS, LearnerSettings, controls

STORIES = 3  # of each teller: enough to compare, few enough to stay on the screen
MODEL_EVENTS = {"verify", "refine", "finish"}  # after these there is a model to look at
ACTIONS = (
    ("start", "Start", "play", "Run the learner, or go on after a pause"),
    ("pause", "Pause", "pause", "Pause when the step under way is done"),
    ("step", "Step", "step-forward", "Take one step, then pause"),
    ("stop", "Stop", "stop", "Stop when the step under way is done; what was learned stays"),
    ("reset", "Reset", "refresh", "Forget this run and go back to the first settings"),
)


class LearnerDashboard(Dashboard):
    """Watch and steer the practical learner in a notebook.

    Parameters
    ----------
    settings : LearnerSettings
        Where the controls begin.
    load_teacher : callable
        Makes an oracle from the teacher's name; its `decode(tokens)`, if any, makes stories readable.
    learn : callable
        Called as `learn_steps` is.

    Attributes
    ----------
    job : LearnerJob
        The run; after a reset it is another one.
    stories : dict of str to list of str
        Told by the teacher and by the learned model, from the last measurement.
    """

    def __init__(
        self,
        settings: LearnerSettings | None = None,
        *,
        load_teacher: Callable[[str], LogitOracle] = TransformerOracle.from_pretrained,
        learn: Callable[..., Iterator[tuple[Any, Any]]] = learn_steps,
    ) -> None:
        super().__init__(ACTIONS, "learner")
        self._load = lru_cache(maxsize=1)(load_teacher)  # a second run asks the same teacher
        self._learn = learn
        self._first = settings or LearnerSettings()
        self._controls = controls(self._first, self.say)
        self._preset = choice("Preset", [OWN, *PRESETS])
        self._preset.observe(self._choose_preset, "value")
        for control in self._controls.values():
            control.observe(self._leave_preset, "value")
        self._bar = ipywidgets.FloatProgress(max=1.0, description="Progress", style=WORDS, layout={"width": "99%"})
        self._in_cell = False  # whether `run` waits for the job
        self._setting = False  # whether a preset moves the controls
        self._reading = LearnerReading()
        self._texts = ipywidgets.HTML()
        self.lay_out(
            row(self._preset, *self._controls.values()),
            row(*(self._buttons[name] for name, *_ in ACTIONS)),
            self._bar,
            self._message,
            self._picture,
            self._summary,
            self._reading.view,
            self._texts,
            self.saving(),
        )
        self._new_job()

    @property
    def settings(self) -> LearnerSettings:
        """What the controls hold now."""
        return LearnerSettings(**{name: control.value for name, control in self._controls.items()})

    @property
    def result(self) -> LearnResult:
        """What is learned so far."""
        if not any(event.kind in MODEL_EVENTS for event in self.job.events):
            raise LowLogitError("Nothing is learned yet: press Start, or call run().")
        return self.job.state.result()

    def facts(self) -> Mapping[str, Any]:
        """Settings, status and number of steps."""
        return asdict(self.settings) | {"status": self.job.status.value, "steps": len(self.job.events)}

    def figure(self) -> Figure:
        """Coefficients and slack along the text, residuals per cut, KL per position."""
        return learning_plot.learning_figure(self.job.events)

    def summary(self) -> str:
        """The picture in one sentence."""
        return learning_plot.describe_learning(self.job.events)

    def data(self) -> str:
        """The numbers behind the picture, one line per step and cut."""
        return learning_plot.learning_csv(self.job.events)

    def start(self) -> None:
        """Run beside the page, or go on after a pause; after the end, run anew."""
        self._unended_job().start()

    def step(self) -> None:
        """Take one step, then pause."""
        self._unended_job().step()

    def pause(self) -> None:
        """Pause when the step under way is done."""
        self.job.pause()
        if self.job.status is JobStatus.RUNNING:
            self.say("Pausing when the step under way is done.")

    def stop(self) -> None:
        """Stop when the step under way is done; `result` keeps what was learned."""
        self.job.stop()
        if self.job.status not in ENDED:
            self.say("Stopping when the step under way is done.")

    def reset(self) -> None:
        """Forget the run and go back to the first settings."""
        self._preset.value = OWN
        self._set(self._first)
        self.job.stop()
        self._new_job()

    def run(self) -> LearnResult:
        """Run to the end before the next line; an error of the run is raised here.

        Meanwhile no button is heard, so they are off; interrupting the kernel stops the run and keeps what was learned.
        """
        self._in_cell = True
        try:
            self.start()
            self.job.wait()
        except KeyboardInterrupt:  # heard here alone: the job's thread would go on
            self.stop()
            raise
        finally:
            self._in_cell = False
            self._show(self.job)
        if self.job.error is not None:
            raise self.job.error
        return self.result

    def close(self) -> None:
        """Stop the job and take the widgets off the page."""
        self.job.stop()
        super().close()

    def _choose_preset(self, change: Mapping[str, Any]) -> None:
        if change["new"] in PRESETS:
            self._set(PRESETS[change["new"]])

    def _leave_preset(self, _: Mapping[str, Any]) -> None:
        if not self._setting:
            self._preset.value = OWN

    def _set(self, settings: LearnerSettings) -> None:
        self._setting = True
        for name, value in asdict(settings).items():
            self._controls[name].value = value
        self._setting = False

    def _unended_job(self) -> LearnerJob:
        if self.job.status in ENDED:
            self._new_job()
        return self.job

    def _new_job(self) -> None:
        self.stories: dict[str, list[str]] = {}
        self._texts.value = ""
        self._reading.clear()
        self._shown = 0  # events that the page has seen
        self.job = LearnerJob(self._steps, self._show)
        self.draw()
        self._show(self.job)

    def _steps(self) -> Iterator[tuple[Any, Any]]:
        """The learner's steps; called in the job's thread, since a teacher takes long to load."""
        chosen = self.settings
        self._oracle = self._load(chosen.teacher)
        return self._learn(self._oracle, chosen.horizon, chosen.config(), chosen.seed)

    def _show(self, job: LearnerJob) -> None:
        """Bring the page up to date; called in the job's thread."""
        if job is not self.job:
            return  # a reset came in between
        for name, *_ in ACTIONS:
            self._buttons[name].disabled = self._in_cell or name not in PRESSABLE[job.status]
        for control in (self._preset, *self._controls.values()):
            control.disabled = job.status in {JobStatus.RUNNING, JobStatus.PAUSED}
        words = progress_sentence(job)
        if self._in_cell and job.status is JobStatus.RUNNING:
            words += " A cell runs it: interrupt the kernel (the square in the toolbar) to stop."
        self.say(words, alert=job.error is not None)
        if not job.events:
            self._bar.value = 0.0
            return
        last = job.events[-1]
        self._bar.value = last.progress
        if len(job.events) == self._shown:
            return  # a change of status alone: picture and stories take longest, and are the same
        self._shown = len(job.events)
        if learning_plot.has_curves(last):
            self.draw()
        chosen = self.settings
        self._reading.show(job.state, job.events, self._oracle, chosen.horizon, chosen.seed, self._read)
        if last.kind in MODEL_EVENTS:
            self._tell_stories()

    def _read(self, tokens: list[int]) -> str:
        decode = getattr(self._oracle, "decode", None)
        return decode(tokens) if decode else " ".join(map(str, tokens))

    def _tell_stories(self) -> None:
        chosen = self.settings
        rng = stream(chosen.seed, "stories of the dashboard")
        told = {
            "The teacher tells": sample(self._oracle, STORIES, chosen.horizon, rng=rng),
            "The learned model tells": self.result.model.sample(STORIES, seed=chosen.seed),
        }
        self.stories = {
            who: [self._read(np.asarray(tokens).tolist()) for tokens in texts] for who, texts in told.items()
        }
        self._texts.value = side_by_side(self.stories)
