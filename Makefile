PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: run test check lint types docs clean

# Everything from nothing: the environment, the sample documents, the table.
run: $(VENV)/ready
	$(BIN)/pledgebook run seeds/documents

test: $(VENV)/ready
	$(BIN)/python -m pytest

check: lint types test

lint: $(VENV)/ready
	$(BIN)/ruff check .

types: $(VENV)/ready
	$(BIN)/mypy

docs: $(VENV)/ready
	$(BIN)/pledgebook docs

$(VENV)/ready: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: call make with PYTHON=path/to/python"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) warehouse.duckdb warehouse.duckdb.* docs.html
