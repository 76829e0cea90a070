VENV ?= .venv
BIN := $(VENV)/bin
# The first Python on the path that is 3.11 or newer.
PYTHON ?= $(shell for one in python3.11 python3.12 python3.13 python3 python; do \
	"$$one" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$one"; break; }; done)

.PHONY: run test check lint types docs train clean

# Everything from nothing: the environment, the sample documents, the table.
run: $(VENV)/ready
	$(BIN)/pledgebook run seeds/documents

test: $(VENV)/ready
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

check: lint types test

lint: $(VENV)/ready
	$(BIN)/ruff check .

types: $(VENV)/ready
	$(BIN)/mypy

docs: $(VENV)/ready
	$(BIN)/pledgebook docs

# Trains the embedded extractor anew; the extra alone is as large as everything else together.
train: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev,train]"
	$(BIN)/python -m extract.providers.embedded.articles seeds/training/articles_learnt_*.jsonl seeds/training/passages_articles.tsv
	$(BIN)/python -m extract.providers.embedded.training --all
	$(BIN)/python -m extract.providers.embedded.calibrate seeds/training/articles_judged_*.jsonl --set seeds/gold/development seeds/documents

$(VENV)/ready: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: call make PYTHON=path/to/python"; exit 2; }
	@echo "making the environment in $(VENV), once: about a minute"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $@

clean:
	rm -rf $(VENV) warehouse.duckdb warehouse.duckdb.* .warehouse.duckdb.work docs.html
