"""Algorithm 1 beside its picture: the words hold all lines, and each letter has its panel."""

import re

from lowlogit_edu.widgets.algorithm_picture import ALGORITHM_1, algorithm_picture
from lowlogit_edu.widgets.faithful_run import EpochExplorer


def test_the_words_hold_the_lines_and_what_the_epoch_found():
    explorer = EpochExplorer(teacher="copying, rank 3", epoch=2)
    picture = algorithm_picture(explorer)
    for line, text, panel in ALGORITHM_1:
        assert re.search(rf"^{re.escape(line)} +{re.escape(text.strip())} *{panel}$", picture.words, re.MULTILINE)
    assert picture.words.endswith(explorer.summary())
    explorer.close()


def test_each_letter_stands_at_a_line_and_at_one_panel():
    explorer = EpochExplorer(epoch=1)
    words, *panels = algorithm_picture(explorer).figure.get_axes()
    named = {letter for _, _, panel in ALGORITHM_1 for letter in panel.split(", ") if letter}
    letters = [[text.get_text() for text in axes.texts if len(text.get_text()) == 1] for axes in panels]
    assert letters == [["A"], ["B"], ["C"], ["D"]] and named == set("ABCD")
    assert named <= {text.get_text() for text in words.texts}
    explorer.close()


def test_all_lines_of_the_paper_come_in_order():
    numbers = [int(number) for line, _, _ in ALGORITHM_1 for number in re.findall(r"\d+", line)]
    assert numbers == sorted(numbers) and numbers[0] == 2 and numbers[-1] == 19
