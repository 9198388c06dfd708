"""The report of an evaluation shows every model, how it was learned and what it writes."""

import numpy as np

from lowlogit_edu.baselines.contest import Judged
from lowlogit_edu.cli import main
from lowlogit_edu.show.evaluation_page import evaluation_report

TINY = ["--horizon", "8", "--rank", "8", "--sequences", "90", "--epochs", "2", "--witnesses", "20", "--passes", "1"]


def test_an_evaluation_shows_every_model_the_history_and_the_texts():
    record = {
        "teacher": "embedded",
        "config": {"rank": 8},
        "horizon": 2,
        "queries": {"sample": 90},
        "status": "MEASURED",
    }
    record["history"] = [
        {"kind": kind, "epoch": 1, "message": f"Did {kind}.", "data": {"mean_kl": kl, "queries": 90}}
        for kind, kl in (("verify", 1.5), ("refine", 0.75))
    ]
    reports = {
        name: Judged(kl, np.array([kl, kl]), 0.01, 4.0, np.full(3, kl), queries=90)
        for name, kl in (("the teacher itself", 0.0), ("learned", 0.75), ("  before refinement", 1.5))
    }
    texts = {"Once": {"teacher": ["Once upon"], "learned": ["Once <more>"]}}
    quality = {"Quality": {"learned": {"known words": "0.500 ± 0.125"}}}
    page = evaluation_report(reports, record, texts, "Seed 7.", quality).html().split("</main>")[0]
    assert "seconds" not in page and "<td>0.500 ± 0.125</td>" in page
    for words in ("<th>before refinement</th><td>1.500 ± 0.010</td>", "Seed 7.", "status MEASURED", "Did refine."):
        assert words in page
    assert "From 1.500 at the first to 0.750 nats per token at the last of 2 measurements." in page
    assert "Once &lt;more&gt;" in page and "<th>known words</th>" in page
    assert page.count('class="picture"') == 2


def test_evaluate_writes_a_report_once(tmp_path, capsys):
    folder = tmp_path / "run"
    path = tmp_path / "report.html"
    assert main(["learn", "--out", str(folder), "--samples", "20", *TINY]) == 0
    command = ["evaluate", str(folder), "--samples", "20", "--report", str(path)]
    assert main(command) == 0
    page = path.read_text(encoding="utf-8").split("</main>")[0]
    assert page.count("<blockquote>") == 20 and "trigram" in page and "Seed 0, 20 fresh texts" in page
    assert main(command) == 2
    assert "report.html exists; choose another name" in capsys.readouterr().err
