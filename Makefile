# `make demo` shows the tool at work, `make test` is what CI runs. Both need only Python >= 3.11, make and git.
PYTHON ?= python3
BIN := .venv/bin
export OMP_NUM_THREADS ?= 1
SEED ?= 20

.PHONY: demo test lint types layers tests agreement any-source bench pages format clean

.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -c constraints.txt torch==2.13.0
	$(BIN)/pip install --quiet -c constraints.txt -e '.[dev]'
	$(BIN)/python -m compileall -q src  # a cold start must not compile, even where Python may not write bytecode
	touch $@

demo: .venv/installed
	$(BIN)/python examples/demo.py

test: lint types layers tests

lint: .venv/installed
	$(BIN)/ruff format --check
	$(BIN)/ruff check

types: .venv/installed
	$(BIN)/mypy

layers: .venv/installed
	$(BIN)/lint-imports

tests: .venv/installed
	$(BIN)/pytest -q -m 'not long'

# The long run: 1,000,000 generated loss calls against torch's own kernels.
agreement: .venv/installed
	$(BIN)/python tests/agreement/agree.py --calls 1000000 --seed $(SEED)

# Every Python file of the standard library and of the installed packages must be checked without a crash or a hang.
any-source: .venv/installed
	$(BIN)/python tests/quality/any_source.py

bench: .venv/installed
	$(BIN)/python -m benchmarks

format: .venv/installed
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

# Writes into README and docs what the commands that they show print now, and draws the picture.
pages: .venv/installed
	RENEW=1 $(BIN)/pytest -q tests/docs -k test_renew
	$(BIN)/python docs/picture.py

clean:
	rm -rf .venv build dist
