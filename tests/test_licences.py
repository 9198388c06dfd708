"""Everything installed has a licence that allows what this package is for, and is on the page."""

import re

from licences import PAGE, lines

PERMISSIVE = r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|Unlicense|HPND|0BSD|CC0|Zlib|PIL"


def test_the_page_has_everything_that_is_installed():
    told = PAGE.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines() if line not in told] == [], "make licences"
    assert len(lines()) > 100


def test_no_licence_asks_for_more_than_to_be_named():
    """MPL asks for changes of its own files to be shown, and no more."""
    other = [line for line in lines() if not re.search(PERMISSIVE, line.split(" | ")[1])]
    assert other == []
    assert not re.search(PERMISSIVE, "GNU General Public License v3")
