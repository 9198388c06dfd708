"""Files of notebooks as tools leave them."""

import codecs
import json

import pytest
from a_class import LESSON, hand_in, with_odd_bytes

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.grading.notebook_file import checks_of_lesson, number_of_lesson, read_notebook


def test_a_byte_order_mark_and_null_outputs_are_mended(tmp_path):
    plain = read_notebook(hand_in(tmp_path / "a.ipynb", "x = 1"))
    odd = read_notebook(with_odd_bytes(hand_in(tmp_path / "a.ipynb", "x = 1")))
    assert [(cell.source, cell.outputs) for cell in odd.cells] == [(cell.source, []) for cell in plain.cells]
    assert number_of_lesson(odd) == "13" and "nb13_told" in checks_of_lesson(odd)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_every_encoding_of_json_is_read(tmp_path, encoding):
    path = hand_in(tmp_path / "a.ipynb", "x = 'ß'")
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    assert read_notebook(path).cells[1].source == "x = 'ß'"


def test_null_everywhere_is_nothing(tmp_path):
    path = hand_in(tmp_path / "a.ipynb", "x = 1")
    notebook = json.loads(path.read_text())
    notebook["cells"][0] |= {"source": None, "metadata": None}
    notebook["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": None}]
    path.write_text(json.dumps(notebook))
    assert [cell.source for cell in read_notebook(path).cells] == ["", "x = 1"]
    path.write_text(json.dumps(notebook | {"cells": None, "metadata": None}))
    assert read_notebook(path).cells == [] and number_of_lesson(read_notebook(path)) == ""


@pytest.mark.parametrize("content", [b"", b"no", b"[]", b"7", b"null", codecs.BOM_UTF8, b'{"cells": 3}', b"\xff\xff"])
def test_what_is_no_notebook_is_told_in_a_sentence(tmp_path, content):
    path = tmp_path / "a.ipynb"
    path.write_bytes(content)
    try:
        found = read_notebook(path)
    except ArgumentError as error:
        assert "cannot be read as a notebook" in str(error)
    else:
        pytest.fail(f"{content!r} is read as {found}")


def test_a_notebook_of_no_lesson_has_no_checks(tmp_path):
    assert LESSON and checks_of_lesson(read_notebook(hand_in(tmp_path / "a.ipynb", metadata={}))) == []
