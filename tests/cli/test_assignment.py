"""`lowlogit assignment` as it is typed."""

import json

from lowlogit_edu.cli import main


def test_files_are_named_and_nothing_is_written_over(tmp_path, capsys):
    given = ["assignment", "06", "09b", "--out", str(tmp_path / "week")]
    assert main([*given, "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert len(files) == 6 and sorted(files) == sorted(map(str, (tmp_path / "week").rglob("*.*")))
    assert main(given) == 2
    assert "exists; choose another --out or remove it" in capsys.readouterr().err
    assert main(["assignment", "06", "--out", str(tmp_path / "x"), "--notebooks", str(tmp_path)]) == 2
    assert "holds no folder solutions" in capsys.readouterr().err
