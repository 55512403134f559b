# Each target first has scripts/setup bring what it needs; that takes no time when all is there.

PYTHON = .venv/bin/python

# Most tests wait for builders, servers and clocks for a part of their time: two more than processors.
WORKERS = $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)

# The tests start freshlayer thousands of times: its modules are compiled once, whatever the environment has.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL = help
.PHONY: help demo test check docs reference session bench clean pictures

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 8

demo: ## freshlayer demo, then seven acts and the service, on a private engine; VERBOSE=--verbose prints each check
	@scripts/setup python engine restify
	$(PYTHON) -m demo.seven_acts $(VERBOSE)

test: ## every test, end to end too
	@scripts/setup python engine restify azurite node_managers servers builders browser
	$(PYTHON) -m pytest -n $(WORKERS) --dist worksteal

check: docs ## format, lint, types, import rules, the documents
	@scripts/setup python
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m ruff check
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest tests/test_architecture.py -q

docs: ## the site of the documents, in site/; no network
	@scripts/setup python
	NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --strict --quiet
	if [ -x /usr/bin/chromium ]; then $(PYTHON) -m testing.pictures site/watch; fi

pictures: ## the pictures of the page of watch that are in docs/watch/
	@scripts/setup python browser
	$(PYTHON) -m testing.pictures docs/watch

reference: ## the pages of the documents that are made from the source
	@scripts/setup python
	$(PYTHON) scripts/help_texts.py
	$(PYTHON) scripts/command_reference.py > docs/reference/commands.md
	$(PYTHON) scripts/openapi.py
	$(PYTHON) -m freshlayer explain > docs/reasons.md

session: ## record the session of the README again, on a private engine
	@scripts/setup python engine
	$(PYTHON) -m demo.record_session

bench: ## every figure; writes the tables in docs/performance.md; half an hour
	@scripts/setup python engine servers
	$(PYTHON) -m bench

clean: ## remove what setup and the tools made here
	rm -rf .venv dist build site .hypothesis .mypy_cache .pytest_cache .ruff_cache testing/*/node_modules .builders
