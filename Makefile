# Everything a fresh machine needs is made here: no other step.
PYTHON ?= python3
BIN := .venv/bin
# Processes that run the tests: most tests wait, for a terminal or for a compiler.
WORKERS ?= 3
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: run train-tools test check bench monkey snapshots clean

run: .venv/run.stamp
	@$(BIN)/tui-vae $(ARGS)

test: .venv/dev.stamp
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

check: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered --cov-fail-under=85

bench: .venv/dev.stamp
	@for file in tests/bench/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

monkey: .venv/dev.stamp
	MONKEY_KEYS=100000 $(BIN)/python -m pytest tests/app/test_monkey.py $(ARGS)

snapshots: .venv/dev.stamp
	$(BIN)/python -m pytest tests/app --snapshot-update

train-tools: .venv/train.stamp

.venv/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(not (3, 11) <= v <= (3, 13) and f"tui-vae needs Python 3.11 to 3.13; $(PYTHON) is {v[0]}.{v[1]} (choose another: make PYTHON=python3.12 run)" or 0)'
	@echo "making .venv (once)"
	@$(PYTHON) -m venv .venv

.venv/run.stamp: pyproject.toml constraints.txt | .venv/bin/python
	@echo "installing tui-vae (once)"
	@$(INSTALL) --editable .
	@touch $@

.venv/train.stamp: pyproject.toml constraints.txt | .venv/bin/python
	@$(INSTALL) --editable '.[train]'
	@touch $@

.venv/dev.stamp: pyproject.toml constraints.txt | .venv/bin/python
	@echo "installing tui-vae and what its tests need (once)"
	@$(INSTALL) --editable '.[dev]'
	@touch $@ .venv/run.stamp

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
