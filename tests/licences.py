"""The licences of what is installed with the package: `python tests/licences.py` writes docs/LICENCES.md."""

from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PAGE = Path(__file__).parents[1] / "docs" / "LICENCES.md"
PACKAGE = "lowlogit_edu"
EXTRAS = ("", "completion", "dask", "hf", "lab", "server", "test")  # the site's are not installed where the tests run
LONGEST = 60  # letters: some write the whole text into this field
HEAD = """# Licences

What is installed with this package, and under which licence, as each package says of itself. `make licences` writes
this page; versions are in `constraints.txt`. The embedded teacher and the package itself are under the MIT licence.

| package | licence | comes with |
|---|---|---|
"""


def licence(package: Distribution) -> str:
    """The expression, else the classifiers, else the first line that a package says."""
    told = package.metadata
    classifiers = [each for each in told.get_all("Classifier") or [] if each.startswith("License ::")]
    short = [each.rpartition(" :: ")[2] for each in classifiers if not each.endswith("OSI Approved")]
    free = (told.get("License") or "").strip().splitlines()[:1]
    found = [told.get("License-Expression"), " and ".join(sorted(short)), *free]
    return next((text[:LONGEST] for text in found if text), "not told")


def needed(name: str, extra: str) -> set[str]:
    """Everything installed that a package needs with one of its extras, and what that needs."""
    found: set[str] = set()
    waiting = {(canonicalize_name(name), extra)}
    seen: set[tuple[str, str]] = set()
    while waiting:
        one, wanted = waiting.pop()
        seen.add((one, wanted))
        for line in distribution(one).requires or []:
            requirement = Requirement(line)
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": wanted}):
                continue
            other = canonicalize_name(requirement.name)
            try:
                distribution(other)
            except PackageNotFoundError:
                continue
            found.add(other)
            waiting |= {(other, each) for each in ("", *requirement.extras)} - seen
    return found


def lines() -> list[str]:
    """A row of the table for each package."""
    sources: dict[str, list[str]] = {}
    base = needed(PACKAGE, "")
    for extra in EXTRAS:
        for name in base if not extra else needed(PACKAGE, extra) - base:
            sources.setdefault(name, []).append(extra or "the package")
    return [f"| {name} | {licence(distribution(name))} | {', '.join(sources[name])} |" for name in sorted(sources)]


if __name__ == "__main__":
    PAGE.write_text(HEAD + "\n".join(lines()) + "\n", encoding="utf-8")
