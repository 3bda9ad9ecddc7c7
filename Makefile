# `make check` is what a change must pass. PYTHON is one with the `dev` extra:
#   . .venv/bin/activate && make check        or        make check PYTHON=.venv/bin/python
PYTHON ?= python
PCSTATE = $(PYTHON) -c 'import sys; from pcstate.cli import main; sys.exit(main())'
LINT_IMPORTS = $(PYTHON) -c 'from importlinter.cli import lint_imports_command as main; main()'

GRAPHS = --go 1.12 --go 1.26 --go 1.27 --to svg,dot,mermaid,graphml,aut

.DEFAULT_GOAL := check
.PHONY: check lint test graphs-check graphs format coverage wheel

check: lint test graphs-check  ## everything

lint:  ## format, lint, types, import contracts
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m ruff check
	$(PYTHON) -m mypy
	$(LINT_IMPORTS)

test:
	$(PYTHON) -m pytest

graphs-check:  ## graphs/ is what spec/ gives, whatever the order of hashes (SVG depends on the fonts installed: same twice)
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && \
	for seed in 0 1; do PYTHONHASHSEED=$$seed $(PCSTATE) graph -o "$$fresh/$$seed" $(GRAPHS) 2>/dev/null || exit 1; done && \
	diff -r -q "$$fresh/0" "$$fresh/1" && \
	diff -r -u -x '*.svg' -x '*.dot' graphs "$$fresh/0" || { echo "graphs/ differs from spec/: run 'make graphs'" >&2; exit 1; } && \
	echo "graphs/ is up to date"

graphs:  ## write graphs/; commit the difference only if you understand it
	rm -rf graphs
	$(PCSTATE) graph -o graphs $(GRAPHS) 2>/dev/null

format:
	$(PYTHON) -m ruff format
	$(PYTHON) -m ruff check --fix

coverage:
	$(PYTHON) -m pytest --cov --cov-report=term-missing

wheel:  ## the sdist, and the wheel from it, into dist/
	$(PYTHON) -m build
