"""Dashboards steer a learner from the page: every control works, and nothing is thrown at the page."""

import base64
import gc
import html
import threading
from types import SimpleNamespace

import ipywidgets
import numpy as np
import pytest

from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.errors import ArgumentError, LowLogitError, OracleError
from lowlogit_edu.events import Event, LearnResult, Status
from lowlogit_edu.learned.base import LearnedModel
from lowlogit_edu.widgets import JobStatus, LearnerDashboard, LearnerJob, LearnerSettings
from lowlogit_edu.widgets.explorer import OWN
from lowlogit_edu.widgets.html_parts import Picture, sentence, side_by_side, write_new
from lowlogit_edu.widgets.learner import ACTIONS
from lowlogit_edu.widgets.learner_settings import NUMBERS, PRESETS

SMALL = LearnerSettings(rank=4, horizon=5, sequences=20, witnesses=3, passes=6, seed=1)


class Teacher:
    """An oracle that tosses a coin, and can read what comes."""

    alphabet_size = 2
    fingerprint = "coin"

    def logits(self, prefixes):
        return np.zeros((len(prefixes), 2))

    def decode(self, tokens):
        return "".join("<b"[token] for token in tokens)


class Learned(LearnedModel):
    """A model that has learned to toss a coin."""

    alphabet_size = 2
    fingerprint = "learned coin"
    teacher = "coin"
    logits = Teacher.logits

    def __init__(self, horizon):
        self.horizon = horizon

    def contents(self):
        raise NotImplementedError

    @classmethod
    def from_contents(cls, header, arrays):
        raise NotImplementedError


def fake_learn(oracle, horizon, config, seed):
    """Three steps that look like a learner's."""
    result = LearnResult(Learned(horizon), Status.MEASURED, {"verify": 7}, ())
    state = SimpleNamespace(result=lambda: result)
    numbers = {"coefficients": [2.0] * horizon, "slack": [3.0] * horizon}
    yield state, Event("span", 1, 0.3, "Spanned.", numbers)
    numbers = numbers | {"residuals": [0.5] * horizon, "kl": [0.25] * horizon, "mean_kl": 0.25, "queries": 7}
    yield state, Event("verify", 1, 0.9, "Tested <it>.", numbers)
    yield state, Event("finish", 1, 1.0, "Done.")


@pytest.fixture
def dashboard(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = LearnerDashboard(SMALL, load_teacher=lambda name: Teacher(), learn=fake_learn)
    yield made
    made.close()
    made.job.wait(5.0)


def press(dashboard, label):
    next(b for b in dashboard._buttons.values() if b.description == label).click()


def message(dashboard):
    return html.unescape(dashboard._message.value)


class Steps:
    """A generator that waits to be let on, for jobs to be watched in the middle of a step."""

    def __init__(self, n):
        self.n = n
        self.taken = 0
        self.gate = threading.Semaphore(0)

    def __call__(self):
        for i in range(self.n):
            assert self.gate.acquire(timeout=5)
            self.taken += 1
            yield i, f"event {i}"


def wait_until(condition, seconds=5.0):
    pause = threading.Event()
    for _ in range(int(seconds / 0.005)):
        if condition():
            return
        pause.wait(0.005)
    raise AssertionError("waited in vain")


# the job


def test_a_job_runs_to_the_end_and_keeps_every_event():
    steps = Steps(3)
    seen = []
    job = LearnerJob(steps, lambda job: seen.append(len(job.events)))
    steps.gate.release(3)
    job.start()
    job.wait(5.0)
    assert (job.status, job.state, job.events) == (JobStatus.FINISHED, 2, ["event 0", "event 1", "event 2"])
    assert sorted(set(seen)) == [0, 1, 2, 3]


def test_pause_waits_for_the_step_under_way_and_start_goes_on():
    steps = Steps(4)
    job = LearnerJob(steps)
    job.start()
    job.pause()
    steps.gate.release(4)
    wait_until(lambda: job.status is JobStatus.PAUSED)
    assert len(job.events) <= 1
    job.start()
    job.wait(5.0)
    assert len(job.events) == 4


def test_step_takes_exactly_one():
    steps = Steps(3)
    steps.gate.release(3)
    job = LearnerJob(steps)
    for taken in (1, 2):
        job.step()
        wait_until(lambda taken=taken: job.status is JobStatus.PAUSED and steps.taken == taken)
    job.stop()
    job.wait(5.0)
    assert (job.status, len(job.events)) == (JobStatus.STOPPED, 2)


def test_stop_is_heard_while_running_and_keeps_what_is_there():
    steps = Steps(5)
    job = LearnerJob(steps)
    steps.gate.release()
    job.start()
    wait_until(lambda: len(job.events) == 1)
    job.stop()
    steps.gate.release(4)
    job.wait(5.0)
    assert job.status is JobStatus.STOPPED
    assert job.events in (["event 0"], ["event 0", "event 1"])


def test_stopping_before_the_start_starts_nothing():
    steps = Steps(1)
    job = LearnerJob(steps)
    job.stop()
    job.wait()
    assert (job.status, steps.taken) == (JobStatus.STOPPED, 0)


def test_an_ended_job_does_not_run_again():
    job = LearnerJob(lambda: iter(()))
    job.start()
    job.wait(5.0)
    with pytest.raises(LowLogitError, match="has finished; make a new one"):
        job.start()


@pytest.mark.parametrize("where", ["steps", "listener"])
def test_an_error_ends_the_job_and_is_kept(where):
    def fail(_=None):
        raise OracleError("no teacher")

    job = LearnerJob(fail) if where == "steps" else LearnerJob(Steps(0), fail)
    job.start()
    job.wait(5.0)
    assert (job.status, str(job.error)) == (JobStatus.FAILED, "no teacher")


# the parts


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), MemoryError()])
@pytest.mark.reliability("R20")
def test_whatever_a_step_raises_ends_the_job_and_is_kept(error):
    def steps():
        yield "state", "event"
        raise error

    job = LearnerJob(steps)
    job.start()
    job.wait(30)
    assert (job.status, job.error, job.events) == (JobStatus.FAILED, error, ["event"])


@pytest.mark.reliability("R20")
def test_the_thread_of_a_paused_job_that_nobody_has_any_more_ends(monkeypatch):
    monkeypatch.setattr("lowlogit_edu.widgets.background_job.LOOKS", 0.01)
    paused = threading.Event()

    class Page:
        """Hears of its job, and has it."""

        def __init__(self):
            self.job = LearnerJob(lambda: iter([("state", "event")] * 5), self.hear)

        def hear(self, job):
            if job.status is JobStatus.PAUSED:
                paused.set()

    page = Page()
    page.job.step()
    assert paused.wait(30)
    thread = page.job._thread
    del page
    gc.collect()
    thread.join(30)
    assert not thread.is_alive()


def test_texts_of_a_model_are_shown_not_run():
    assert "&lt;script&gt;" in sentence("<script>")
    assert "<b>" not in side_by_side({"one": ["<b>"], "two": ["&"]})


def test_a_picture_has_its_words_as_alternative_text(dashboard):
    picture = Picture(dashboard.figure(), 'a "rank"')
    assert 'alt="a &quot;rank&quot;"' in picture.html()
    data, metadata = picture._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert (data["text/plain"], metadata["image/png"]["alt"]) == (repr(picture), picture.words)


def test_a_file_is_never_overwritten(tmp_path):
    paths = [write_new(tmp_path / "a.csv", content) for content in (b"1", b"2", b"3")]
    assert [path.name for path in paths] == ["a.csv", "a-2.csv", "a-3.csv"]
    assert [path.read_bytes() for path in paths] == [b"1", b"2", b"3"]


# the dashboard


def test_run_shows_picture_words_progress_and_stories(dashboard):
    result = dashboard.run()
    assert result.queries == 7
    assert dashboard.job.status is JobStatus.FINISHED
    assert "KL 0.25 nats per token" in dashboard.summary()
    assert html.escape(dashboard.summary()) in dashboard._summary.value
    assert html.escape(dashboard.summary()) in dashboard._picture.value
    assert dashboard._bar.value == 1.0
    assert "Finished. Step 3, epoch 1: Done." in message(dashboard)
    assert {who: len(texts) for who, texts in dashboard.stories.items()} == {
        "The teacher tells": 3,
        "The learned model tells": 3,
    }
    assert all(set(story) <= set("<b") and len(story) == 5 for texts in dashboard.stories.values() for story in texts)
    assert dashboard.stories["The teacher tells"][0].replace("<", "&lt;") in dashboard._texts.value


def test_a_learner_without_maps_has_nothing_to_show_below_the_picture(dashboard):
    dashboard.run()
    reading = dashboard._reading
    assert dashboard.job.error is None
    assert "once there are some" in reading._table.value
    assert reading._place.disabled
    assert reading._witnesses.value == ""
    assert reading._positions.value == ""


def test_witnesses_of_any_learner_are_told_in_the_words_of_its_teacher():
    def learn(oracle, horizon, config, seed):
        *steps, end = fake_learn(oracle, horizon, config, seed)
        state = end[0]
        yield from steps
        yield state, Event("witness", 1, 0.95, "Asked.", {"contexts": [[0, 1]]})
        yield end

    dashboard = LearnerDashboard(SMALL, load_teacher=lambda name: Teacher(), learn=learn)
    dashboard.run()
    assert "&lt;<b>[b]</b>" in dashboard._reading._witnesses.value
    dashboard.reset()
    assert dashboard._reading._witnesses.value == ""
    dashboard.close()


def test_repr_states_settings_status_and_steps(dashboard):
    settings = "teacher='embedded', rank=4, horizon=5, sequences=20, witnesses=3, passes=6, seed=1"
    assert repr(dashboard) == f"LearnerDashboard({settings}, status='ready', steps=0)"
    dashboard.run()
    assert repr(dashboard) == f"LearnerDashboard({settings}, status='finished', steps=3)"
    assert dashboard._repr_mimebundle_()["text/plain"] == repr(dashboard)


def test_buttons_drive_a_run_step_by_step(dashboard):
    for steps in (1, 2):
        press(dashboard, "Step")
        wait_until(lambda steps=steps: len(dashboard.job.events) == steps and dashboard.job.status is JobStatus.PAUSED)
    press(dashboard, "Start")
    dashboard.job.wait(5.0)
    assert dashboard.job.status is JobStatus.FINISHED
    press(dashboard, "Reset")
    assert repr(dashboard).endswith("status='ready', steps=0)")
    assert dashboard.stories == {}
    assert dashboard._texts.value == ""


def test_only_buttons_that_do_something_can_be_pressed(dashboard):
    def pressable():
        return {name for name, *_ in ACTIONS if not dashboard._buttons[name].disabled}

    assert pressable() == {"start", "step", "reset"}
    press(dashboard, "Step")
    wait_until(lambda: dashboard.job.status is JobStatus.PAUSED and not dashboard._buttons["stop"].disabled)
    assert pressable() == {"start", "step", "stop", "reset"}
    assert all(control.disabled for control in dashboard._controls.values())
    dashboard.stop()
    dashboard.job.wait(5.0)
    assert pressable() == {"start", "step", "reset"}
    assert not any(control.disabled for control in dashboard._controls.values())


def test_while_a_cell_runs_the_learner_no_button_promises_to_be_heard(tmp_path):
    inside = {}

    def learn(oracle, horizon, config, seed):
        for item in fake_learn(oracle, horizon, config, seed):
            yield item
            inside["off"] = all(made._buttons[name].disabled for name, *_ in ACTIONS)
            inside["message"] = message(made)

    made = LearnerDashboard(SMALL, load_teacher=lambda name: Teacher(), learn=learn)
    made.run()
    assert inside["off"] and "interrupt the kernel" in inside["message"]
    assert "Finished. Step 3" in message(made) and not made._buttons["start"].disabled
    made.pause()
    made.stop()
    assert "Finished. Step 3" in message(made)
    made.close()


def test_a_control_moved_by_hand_leaves_the_preset(dashboard):
    name = next(iter(PRESETS))
    dashboard._preset.value = name
    assert dashboard._preset.value == name
    dashboard._controls["rank"].value = 5
    assert dashboard._preset.value == OWN
    dashboard._preset.value = name
    assert dashboard.settings == PRESETS[name]


@pytest.mark.parametrize(("typed", "kept"), [(1000, 256), (-3, 2)])
def test_a_number_beyond_its_limits_is_changed_and_the_page_says_so(dashboard, typed, kept):
    dashboard._controls["rank"].value = typed
    assert dashboard.settings.rank == kept
    assert f"Rank goes from 2 to 256: {typed:,} became {kept}." in dashboard._message.value


def test_reset_in_the_middle_of_a_step_lets_nothing_of_the_old_run_through(tmp_path):
    gate = threading.Event()
    inside = threading.Event()

    def slow_learn(oracle, horizon, config, seed):
        inside.set()
        assert gate.wait(5.0)
        yield from fake_learn(oracle, horizon, config, seed)

    dashboard = LearnerDashboard(SMALL, load_teacher=lambda name: Teacher(), learn=slow_learn)
    dashboard.start()
    assert inside.wait(5.0)
    old = dashboard.job
    dashboard.reset()
    gate.set()
    old.wait(5.0)
    assert old.status is JobStatus.STOPPED
    assert repr(dashboard).endswith("status='ready', steps=0)")
    assert dashboard._bar.value == 0.0
    dashboard.close()


def test_an_error_of_a_run_is_shown_and_raised_only_by_run():
    def refuse(name):
        raise OracleError(f"no teacher called <{name}>")

    dashboard = LearnerDashboard(SMALL, load_teacher=refuse, learn=fake_learn)
    press(dashboard, "Start")
    dashboard.job.wait(5.0)
    assert 'role="alert"' in message(dashboard)
    assert "no teacher called <embedded>" in message(dashboard)
    with pytest.raises(OracleError, match="no teacher called"):
        dashboard.run()
    dashboard.close()


@pytest.mark.reliability("R20")
def test_an_error_of_a_callback_is_shown(dashboard):
    dashboard._name.value = "no/such/folder/learner"
    press(dashboard, "Save data (CSV)")
    assert 'role="alert"' in message(dashboard)
    assert "No such file" in message(dashboard)


def test_saving_writes_new_files_each_time(dashboard, tmp_path):
    dashboard.run()
    for label in ("Save data (CSV)", "Save picture (PNG)", "Save picture (SVG)", "Save data (CSV)"):
        press(dashboard, label)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"learner.csv", "learner-2.csv", "learner.png", "learner.svg"}
    assert (tmp_path / "learner.csv").read_text().splitlines()[1] == "1,span,1,1,1,2.0,3.0,,"
    assert "Saved learner-2.csv" in message(dashboard)


@pytest.mark.parametrize("end", [1, 2], ids=["least", "most"])
@pytest.mark.reliability("R20")
def test_every_control_may_be_pushed_to_its_ends(dashboard, end):
    for name in NUMBERS:
        control = dashboard._controls[name]
        control.value = (NUMBERS[name][1] - 1, NUMBERS[name][2] + 1)[end - 1]
        assert control.value == NUMBERS[name][end]
    assert dashboard.run().queries == 7
    assert dashboard.job.error is None


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_sets_every_control(dashboard, preset):
    dashboard._preset.label = preset
    assert dashboard.settings == PRESETS[preset]
    press(dashboard, "Reset")
    assert dashboard.settings == SMALL


@pytest.mark.parametrize(("name", "value"), [("rank", 0), ("horizon", 1), ("seed", -1), ("witnesses", 10**6)])
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(ArgumentError, match=f"{name} must be between .* and .*, got {value}"):
        LearnerSettings(**{name: value})


def test_settings_reach_the_learner():
    config = SMALL.config()
    assert config == LearnerConfig.practical(rank=4, sequences=20, witnesses=3, passes=6)


def test_every_control_has_a_label_and_every_button_an_explanation(dashboard):
    for control in (*dashboard._controls.values(), dashboard._preset, dashboard._name, dashboard._bar):
        assert control.description
    for button in dashboard._buttons.values():
        assert button.description
        assert button.tooltip


def test_result_before_anything_is_learned_says_what_to_do(dashboard):
    with pytest.raises(LowLogitError, match=r"press Start, or call run\(\)"):
        _ = dashboard.result


@pytest.mark.reliability("R20")
def test_close_ends_the_job_and_forgets_the_callbacks(dashboard):
    dashboard.step()
    wait_until(lambda: dashboard.job.status is JobStatus.PAUSED)
    dashboard.close()
    dashboard.job.wait(5.0)
    assert dashboard.job.status is JobStatus.STOPPED
    press(dashboard, "Start")
    assert dashboard.job.status is JobStatus.STOPPED
    assert all(widget.comm is None for widget in (dashboard.view, *dashboard.view.children))


def test_no_widget_carries_a_plotting_library(dashboard):
    """A redraw sends well below 200 kB; a plotly FigureWidget would send 4.8 MB."""
    dashboard.run()
    sent = len(dashboard._picture.value)
    assert 10_000 < sent < 200_000
    assert isinstance(dashboard._picture, ipywidgets.HTML)
