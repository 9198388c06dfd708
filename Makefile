# make learn   install what is needed, then learn a TinyStories model from logit queries
# make lab     open JupyterLab on the notebooks
# make test    static checks, unit tests, doctests, README example, notebooks; what .ci/run runs
# make site    the course as a web site, in site/
# make lite    lessons that run in the browser alone, in site/lite/
# make bench   how fast it is, beside other libraries on the same work
# make help    every target and variable

# Python 3.11 or newer; used once, to make the virtual environment.
PYTHON ?= python3
# Where `make learn` saves; an existing folder is refused, so the default is a new one each time.
OUT ?= runs/tinystories-$(shell date +%Y%m%d-%H%M%S)
# An extra package index for PyTorch. On Linux, PyPI's torch brings gigabytes of CUDA; its CPU build comes from
# make learn TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
# The run whose model tells stories on the first page of the site; none: a small one is learned, once.
MODEL ?=
# Where `make site-serve` serves.
PORT ?= 8000

BIN := .venv/bin
OUT := $(OUT)
INSTALL := $(BIN)/python -m pip install -c constraints.txt $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
PYTEST := $(BIN)/python -m pytest
NBVAL := --nbval --nbval-current-env --nbval-sanitize-with tests/sanitize.cfg $(wildcard notebooks/*.ipynb notebooks/solutions/*.ipynb)

.PHONY: help learn lab site lite site-serve check test check-long test-browser format readme licences audit bench bench-quick clean

help:
	@echo "make learn       learn the embedded TinyStories teacher; saves in OUT=$(OUT)"
	@echo "make lab         open JupyterLab on notebooks/"
	@echo "make site        write the course as a web site into site/, with the run in MODEL=FOLDER as story teller if one is given"
	@echo "make lite        write a JupyterLite site into site/lite/: lessons that run in the browser, with no server"
	@echo "make site-serve  serve it at http://127.0.0.1:$(PORT)"
	@echo "make check       ruff and mypy"
	@echo "make test        check, then unit tests, doctests, README example and notebooks"
	@echo "make check-long  the same with the tests marked slow; writes docs/RELIABILITY.md"
	@echo "make test-browser pictures that move in the browser, pressed and typed into in Chromium"
	@echo "make format      let ruff format the code and repair what it can"
	@echo "make readme      write the example's output in README.md and the table of docs/PAPER.md anew"
	@echo "make licences    write docs/LICENCES.md from what is installed"
	@echo "make audit       look for known vulnerabilities of the pinned versions; asks PyPI, needs pipx"
	@echo "make bench       time the package beside its peers; writes benchmarks/results.json and docs/BENCHMARKS.md"
	@echo "make bench-quick the same with smaller sizes in 2 minutes; writes nothing"
	@echo "make clean       remove .venv, site/ and caches; runs/ stays"
	@echo "Variables: PYTHON=$(PYTHON)  OUT=$(OUT)  TORCH_INDEX=$(TORCH_INDEX)  MODEL=$(MODEL)  PORT=$(PORT)"

learn: .venv/.installed
	$(BIN)/lowlogit learn --teacher embedded --horizon 32 --rank 64 --seed 0 --out $(OUT)

lab: .venv/.installed
	@$(BIN)/jupyter labextension disable "@jupyterlab/apputils-extension:announcements"
	$(BIN)/jupyter lab notebooks

# The first time takes minutes: a story teller is learned and notebooks run for their pictures. Both are kept in .site/.
site: .venv/.installed-site
	$(BIN)/python -m website $(if $(MODEL),--model $(MODEL))

# After make site, which empties site/. The first time, pip fetches JupyterLite and eight wheels; they are kept.
lite: .venv/.installed-lite
	$(BIN)/python -m website.lite

site-serve:
	@test -f site/index.html || $(MAKE) site
	@echo "http://127.0.0.1:$(PORT)"
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory site $(PORT)

check: .venv/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check
	$(PYTEST)
	$(PYTEST) $(NBVAL)
	$(BIN)/python notebooks/build.py --check

check-long: check
	$(PYTEST) -m "not browser" --reliability=docs/RELIABILITY.md
	$(PYTEST) $(NBVAL)

# Playwright drives a Chromium that is there: the variable CHROMIUM, or the one on the PATH. None is downloaded.
test-browser: .venv/.installed-test .venv/.installed-site .venv/.installed-lite
	$(INSTALL) playwright
	$(PYTEST) -m browser tests/cli/test_web_browser.py tests/widgets/test_*_browser.py tests/test_*_browser.py tests/test_site.py

format: .venv/.installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

readme: .venv/.installed
	PYTHONPATH=notebooks $(BIN)/python tests/test_readme.py

licences: .venv/.installed-test
	$(BIN)/python tests/licences.py

# From an environment of its own: what looks for faults brings thirty packages, and none of them is needed otherwise.
audit:
	pipx run pip-audit --requirement constraints.txt --no-deps --disable-pip

bench: .venv/.installed
	$(BIN)/python -m benchmarks --json benchmarks/results.json --out docs/BENCHMARKS.md

bench-quick: .venv/.installed
	$(BIN)/python -m benchmarks --quick

clean:
	rm -rf .venv .site site .pytest_cache .mypy_cache .ruff_cache .hypothesis dist

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("lowlogit_edu needs Python 3.11 or newer, but %s is %s; say make PYTHON=..." \
	    % (sys.executable, sys.version.split()[0]) if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(INSTALL) -e '.[hf,lab]'
	@touch $@

.venv/.installed-test: .venv/.installed
	$(INSTALL) -e '.[hf,lab,test]'
	@touch $@

.venv/.installed-site: .venv/.installed
	$(INSTALL) -e '.[hf,lab,site]'
	@touch $@

.venv/.installed-lite: .venv/.installed
	$(INSTALL) -e '.[hf,lab,lite]'
	@touch $@
