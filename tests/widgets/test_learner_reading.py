"""The spanner on a text, witnesses and KL by position: what is shown is what the run found."""

import numpy as np
import pytest

from lowlogit_edu.core.numerics import kl_divergence
from lowlogit_edu.events import Event
from lowlogit_edu.show.position_plot import position_figure
from lowlogit_edu.widgets import LearnerDashboard, LearnerSettings
from lowlogit_edu.widgets.learner_reading import LearnerReading, kl_by_position, witness_words

SETTINGS = LearnerSettings(rank=6, horizon=8, sequences=60, witnesses=12, passes=1, seed=0)


@pytest.fixture(scope="module")
def dashboard(embedded):
    made = LearnerDashboard(SETTINGS, load_teacher=lambda name: embedded)
    made.run()
    yield made
    made.close()


def test_the_table_holds_the_coefficients_of_the_text_read_so_far(dashboard, embedded):
    reading = dashboard._reading
    state = dashboard.job.state
    before = reading._table.value
    for place in (1, 6):
        reading._place.value = place
        text = reading._text[:place]
        assert embedded.decode(text).strip() in reading._table.value
        columns = state.answers.code.columns[np.array([[*text, 0]])]
        found = state.maps.carry(columns)[0, -1]
        np.testing.assert_allclose(reading.coefficients(), found, atol=1e-5)
        assert f"{found[np.abs(found).argmax()]:+.2f}" in reading._table.value
    assert reading._table.value != before


def test_before_a_spanner_there_is_a_word_about_it():
    reading = LearnerReading()
    assert "once there are some" in reading._table.value and reading._place.disabled
    reading.show(None, [], None, 5, 0, str)  # a learner of another kind
    assert reading._place.disabled


def test_witnesses_and_worst_futures_are_texts(dashboard, embedded):
    asked = [event for event in dashboard.job.events if event.data.get("contexts")]
    *_, token = asked[-1].data["contexts"][0]
    words = dashboard._reading._witnesses.value
    assert f"<b>[{embedded.decode([token])}]</b>" in words.replace("&#x27;", "'").replace("&quot;", '"')
    assert "Worst futures" in words


def test_what_a_teacher_says_is_shown_not_run():
    event = Event("witness", 1, 0.5, "Asked.", {"contexts": [[0, 1]]})
    words = witness_words([event], lambda tokens: "<script>")
    assert "<script>" not in words and "&lt;script&gt;" in words
    assert witness_words([], str) == ""


def test_kl_by_position_is_that_of_the_models(dashboard, embedded):
    state = dashboard.job.state
    curves = kl_by_position(embedded, state, seed=0)
    assert list(curves) == ["learned", "solved, before refinement", "trigram", "bigram", "best readout of rank 6"]
    tokens, logits = embedded.sample_with_logits(400, 8, rng=np.random.default_rng(1))
    outside = kl_divergence(logits, state.model.logits_along(tokens)).mean()
    assert np.mean(curves["learned"]) == pytest.approx(outside, rel=0.3)
    # The floor is below the models; the projection that it starts from is not.
    assert np.mean(curves["best readout of rank 6"]) < np.mean(curves["learned"])
    axes = position_figure(curves).axes[0]
    for line, (name, kl) in zip(axes.lines, curves.items(), strict=True):
        assert (line.get_label(), list(line.get_ydata())) == (name, kl)
    assert dashboard._reading._positions.value.startswith('<div style="overflow-x: auto"><img alt=')
