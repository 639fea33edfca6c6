# Nothing else is needed by hand: each target installs what it needs into .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed

.PHONY: demo test test-all ray attacks matrix lint bench bench-all bench-ladder bench-overhead reference calibrate install \
	clean

demo: $(STAMP)
	$(BIN)/python demo.py

# Most tests wait for workers rather than for a core: three processes on two cores.
test: $(STAMP)
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not slow"

test-all: $(STAMP)
	GRADER_EXAMPLES_FROM=searching $(BIN)/python -m pytest -n 2 --dist worksteal

# On a cluster of two nodes of this machine; Ray is large, so it has an environment of its own.
ray: $(STAMP)
	$(BIN)/python tests/ray_environment.py $(VENV)/ray
	GRADER_RAY_PYTHON=$(CURDIR)/$(VENV)/ray/bin/python $(BIN)/python -m pytest tests/integration/test_ray.py

attacks: $(STAMP)
	$(BIN)/python tests/attacks/run.py -n 2 -q

matrix: $(STAMP)
	$(BIN)/python tests/submissions/matrix.py $(TRAIN)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# What was measured before under the same conditions is not measured again.
bench: $(STAMP)
	$(BIN)/python -m grader bench s4:5 eva8_s4:3

bench-all: $(STAMP)
	$(BIN)/python -m grader bench s4:20 eva8_s4:20 --out reports/bench-all
	$(MAKE) bench-ladder

# The cheap steps first: on a CPU the first step takes longer than the other nine together.
LADDER := reference_models/ladder
LADDER_SEEDS ?= 3
BENCH_FLAGS ?=
STEPS := $(notdir $(sort $(wildcard $(LADDER)/0[3-9]_* $(LADDER)/10_*)) $(wildcard $(LADDER)/02_*) $(wildcard $(LADDER)/01_*))
bench-ladder: $(STAMP)
	$(BIN)/python -m grader bench $(LADDER)/eva8_s4_ladder.yaml:$(LADDER_SEEDS) --no-reference $(BENCH_FLAGS) \
		$(foreach step,$(STEPS),--models $(step)=$(LADDER)/$(step)) --out reports/bench-ladder
	$(BIN)/python -m grader bench published $(LADDER)/published.json reports/bench-ladder --out reports/bench-ladder

# Reference models whose stored result no longer holds are trained: hours. What is due: make reference REFERENCE=--dry-run
reference: $(STAMP)
	$(BIN)/python benchmarks/references.py --unofficial-data $(REFERENCE)

calibrate: $(STAMP)
	$(BIN)/python benchmarks/calibrate.py

bench-overhead: $(STAMP)
	$(BIN)/python benchmarks/run.py

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "The grader needs Python 3.11 or newer, this is " + sys.version.split()[0] + ". Set one: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable . --group dev
	touch $(STAMP)

clean:
	rm -rf $(VENV) build dist
