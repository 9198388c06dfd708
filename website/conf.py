"""How Sphinx makes the site from the pages that `website/pages.py` wrote."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "notebooks")]

from public import address  # noqa: E402
from sphinx import addnodes  # noqa: E402

from website.sources import source_link  # noqa: E402

project = "Low logit rank, to touch"
author = "the lowlogit_edu authors"
project_copyright = ""
html_show_copyright = False
html_show_sphinx = False
root_doc = "course"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.linkcode",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
]

# Pages
myst_enable_extensions = ["dollarmath", "amsmath", "attrs_inline"]
myst_heading_anchors = 4  # the anchors that GitHub gives to headings
nb_execution_mode = "off"  # the outputs are those of the saved notebooks
suppress_warnings = [
    "misc.highlighting_failure",  # a diagram stays text
    "mystnb.unknown_mime_type",  # what a check of an exercise found, for `lowlogit grade`
]

# From docstrings
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # what a parameter is, its docstring says in words
default_role = "code"
napoleon_use_ivar = True
napoleon_use_rtype = False

# Look
html_theme = "sphinx_book_theme"
html_title = project
html_context = {"default_mode": "auto"}  # light or dark as the reader's system is, until the reader chooses
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["alive.js"]
html_copy_source = False
html_favicon = "static/icon.svg"
html_search_scorer = str(ROOT / "website" / "static" / "scorer.js")
mathjax_options = {"async": "async"}  # pictures do not wait for formulas
mathjax_path = "mathjax/tex-svg.js"  # copied there by `python -m website`: no page asks a network for anything
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "logo": {"text": project},
}
if address():
    html_theme_options |= {
        "repository_url": address(),
        "repository_branch": "HEAD",
        "use_repository_button": True,
        "launch_buttons": {"binderhub_url": "https://mybinder.org", "colab_url": "https://colab.research.google.com"},
    }


def as_it_reads(app, what, name, obj, options, lines):
    """Keep the bars and stars of formulas in docstrings from being taken for marks; code and examples stay."""
    for number, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            parts = re.split(r"(`[^`]*`)", line)
            parts[::2] = [re.sub(r"([|*])", r"\\\1", part) for part in parts[::2]]
            lines[number] = "".join(parts)


def only_names(app, doctree):
    """Let names in types lead to where they are defined; words, as in "array, (text, rank)", lead nowhere."""
    for link in list(doctree.findall(addnodes.pending_xref)):
        name = link["reftarget"]
        if link.get("refdomain") != "py" or "." in name:
            continue
        found = getattr(sys.modules.get(link.get("py:module")), name, None)
        if isinstance(found, type) and found.__module__.startswith("lowlogit_edu."):
            link["reftarget"] = f"{found.__module__}.{found.__qualname__}"
        else:
            link.replace_self(link.children)


def linkcode_resolve(domain, info):
    """Where the source of a documented name stands, seen from the API pages."""
    return source_link(info["module"], info["fullname"])


def setup(app):
    """Docstrings are changed before napoleon reads their sections."""
    app.connect("autodoc-process-docstring", as_it_reads, priority=400)
    app.connect("doctree-read", only_names)
