# Each target first has scripts/setup bring what it needs; that takes no time when all is there.

PYTHON = .venv/bin/python

.DEFAULT_GOAL = help
.PHONY: help demo test check bench clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 8

demo: ## the seven acts, on a private engine
	@scripts/setup python engine restify
	$(PYTHON) -m demo.seven_acts

test: ## every test, end to end too
	@scripts/setup python engine restify azurite servers builders
	$(PYTHON) -m pytest -n auto --dist worksteal

check: ## format, lint, types, import rules
	@scripts/setup python
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m ruff check
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest tests/test_architecture.py -q

bench: ## every figure, and the README's section of them written anew; a quarter of an hour
	@scripts/setup python engine servers
	$(PYTHON) -m bench

clean: ## remove what setup and the tools made here
	rm -rf .venv dist build .hypothesis .mypy_cache .pytest_cache .ruff_cache testing/*/node_modules .builders
