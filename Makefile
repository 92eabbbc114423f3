# Each target sets up what it needs; stamps in .venv keep anything from being installed twice.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
PY := $(VENV)/bin/python
STAMPS := $(VENV)/.stamps
PYTEST := $(PY) -m pytest -n auto --maxprocesses 4 --dist worksteal
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup serve site test test-fast bench bench-grade bench-start bench-labs soak other-browsers docs validate lint clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMPS)/venv: requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed. On Debian: sudo apt-get install python3   On macOS: brew install python"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing. On Debian: sudo apt-get install python3-venv   On macOS: brew install python"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --require-hashes -r requirements.txt -r requirements-dev.txt
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/packages: $(STAMPS)/venv pyproject.toml mlsysim_wheel/pyproject.toml
	$(PY) -m pip install --quiet --no-deps --no-build-isolation -e ./mlsysim_wheel -e .
	@touch $@

setup: $(STAMPS)/packages  ## a virtual environment with everything pinned and hash-checked

site: setup  ## build the static site into _site/
	$(PY) build_site.py

serve: setup  ## build the site and serve it (PORT=8000)
	$(PY) build_site.py --serve --port $(PORT)

test: setup site  ## every test, the browser's last
	$(PYTEST) mlsysim_wheel/tests
	$(PYTEST) tests --ignore=tests/browser
	$(PYTEST) tests/browser

test-fast: setup  ## without the site and the browser
	$(PYTEST) mlsysim_wheel/tests tests --ignore=tests/browser --ignore=tests/site

bench: setup  ## how long the simulator and the site take
	$(PY) tests/bench.py --peer
	$(PY) tests/bench_grade.py
	$(PY) build_site.py --time
	$(PY) tests/bench_start.py
	$(PY) tests/bench_labs.py

bench-grade: setup  ## how long grading 10,000 logs takes on two processes
	$(PY) tests/bench_grade.py

bench-start: setup  ## how long a lab takes to start, against plain marimo
	$(PY) tests/bench_start.py

soak: site  ## thousands of random actions: no error, no growing memory, no slowing down (LABS="lab_13_model_serving …")
	$(PY) tests/browser/soak.py $(LABS)

bench-labs: site  ## how long a chart takes to follow a slider (LABS="lab_13_model_serving …")
	$(PY) tests/bench_labs.py $(LABS)

other-browsers: site  ## a lab in Safari, WebKitGTK, Firefox or Chrome (DRIVER=path of its WebDriver, LABS="vol1/lab_05_nn_compute …")
	$(PY) tests/other_browsers.py $(DRIVER) $(LABS)

docs: setup  ## the pages of docs/simulator/ from the docstrings, the tables of labs from course.toml
	$(PY) tools/generate_simulator_docs.py
	$(PY) tools/generate_lab_tables.py

validate: setup  ## predictions against published measurements: the table, docs/validation.md and its chart
	cd mlsysim_wheel && ../$(PY) -m validation --write ../docs

lint: setup  ## style
	$(VENV)/bin/ruff check .

clean:  ## remove what was built (the download cache stays)
	rm -rf _site _site-scorm $(VENV)
