# Two commands do all: `make demo` (the main job) and `make test`. Both install what they need into .venv here.
VENV := .venv
PY := $(VENV)/bin/python

.PHONY: demo test check headless installed bundle bench clean

demo: $(VENV)/.sanxian
	@$(VENV)/bin/sanxian demo --out out --offer-window

test: $(VENV)/.sanxian-test
	QT_QPA_PLATFORM=offscreen $(PY) -m pytest -n auto

check: $(VENV)/.sanxian-test
	$(PY) -m ruff check .
	$(VENV)/bin/lint-imports
	$(PY) -m pyright --pythonpath $(PY)

# The jobs with PyQt5 made unimportable: they must run on a server. What they stand on (layers, rules, spatial) imports no Qt by a
# contract that `make check` holds; HEADLESS="--ignore=tests/gui tests" runs everything but the window's tests.
HEADLESS := $(addprefix tests/sanxian/,test_cli.py test_apart.py test_rasters.py evidence reports sheets web)
headless: $(VENV)/.sanxian-test
	PYTHONPATH=packaging/no_qt $(PY) -m pytest -n auto -c packaging/headless.toml --rootdir . $(HEADLESS)

# what `pip install .` gives, run outside the checkout
installed: $(VENV)/.sanxian-test
	rm -rf build/installed && mkdir -p build/installed/run
	$(PY) -m pip install --quiet --no-deps --target build/installed/site .
	cd build/installed/run && PYTHONPATH=../site ../../../$(PY) -P -m sanxian demo --out demo

# one folder that runs without Python; started once with nothing in the environment
bundle: $(VENV)/.sanxian
	PYTHONWARNINGS=ignore $(PY) -m pip install --quiet --disable-pip-version-check -e ".[fast,sign,postgis]" "pyinstaller>=6.10"
	$(PY) -m PyInstaller --noconfirm --log-level WARN --distpath dist --workpath build/bundle packaging/sanxian.spec
	sh packaging/try_bundle.sh dist/sanxian

# the table of docs/performance.md, with peers, in some minutes; ARGS=--full for the province and the large raster
bench: $(VENV)/.sanxian-test
	PYTHONWARNINGS=ignore $(PY) -m pip install --quiet --disable-pip-version-check -e ".[bench]"
	$(PY) benchmarks/run.py $(ARGS)
	$(PY) benchmarks/startup_and_screening.py

$(VENV)/.sanxian: setup.py packaging/prepare.sh
	sh packaging/prepare.sh $(VENV)
	PYTHONWARNINGS=ignore $(PY) -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.sanxian-test: $(VENV)/.sanxian
	sh packaging/prepare.sh $(VENV) test
	PYTHONWARNINGS=ignore $(PY) -m pip install --quiet --disable-pip-version-check -e ".[test]"
	@touch $@

clean:
	rm -rf $(VENV) build dist out *.egg-info
