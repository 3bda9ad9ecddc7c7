# `make check` is what a change must pass. PYTHON is one with the `dev` extra:
#   . .venv/bin/activate && make check        or        make check PYTHON=.venv/bin/python
PYTHON ?= python
PCSTATE = $(PYTHON) -m pcstate
LINT_IMPORTS = $(PYTHON) -c 'from importlinter.cli import lint_imports_command as main; main()'

# Each of DRAWN is what one run of `pcstate graph` writes.
DRAWN = GRAPHS TRACES BESIDE DIALLED PLACED UNFREED
GRAPHS = --go 1.12 --go 1.13 --go 1.16 --go 1.19 --go 1.22 --go 1.26 --go 1.27.0 --go 1.27 --to svg,dot,mermaid,graphml,aut

# Traces of what is otherwise than one may think, too: what holds, and what takes two callers.
TRACES = --of unread-body-keeps-both-loops --of a-drained-body-frees-it --of a-cancel-can-hit-the-pool --of a-cancel-harms-no-other \
	--of close-returns-before-the-close --of the-pool-can-hold-a-closed-connection --of reused-without-a-request --go 1.27 --to svg,mermaid

# And what one caller alone does not show of Go 1.27.0.
BESIDE = --of a-close-ends-a-read --of close-returns --of spawned-close-returns --of eofc-goes-to-its-own --go 1.27.0 --to svg,mermaid

# Runs of programs that a no of the table in spec/README.md comes from.
DIALLED = --of close-chunked --go 1.26 --to svg,mermaid
PLACED = --of max-conns-two-callers --go 1.12 --to svg,mermaid
UNFREED = --of server-closes-unread --of close-idle-unread --of idle-timeout-unread --go 1.27 --to svg,mermaid

drawn_to = $(foreach asked,$(DRAWN),$(PCSTATE) graph -o $(1) $($(asked)) >/dev/null &&) true

.DEFAULT_GOAL := check
.PHONY: check lint test graphs-check graphs judgements agreement mutation track-record format coverage wheel

check: lint test graphs-check  ## everything

lint:  ## format, lint, types, import contracts
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m ruff check
	$(PYTHON) -m mypy
	$(LINT_IMPORTS)

test:
	$(PYTHON) -m pytest

# Places come from dot and sizes from show/lettering.py, so that no installed font changes a byte. The wheels of pygraphviz 2.0
# and 2.0.4 bring the same Graphviz (14.1.5); a newer one may lay out otherwise: then `make graphs` once.
graphs-check:  ## graphs/ is what spec/ gives, drawn in another order of hashes and with none of the machine's fonts
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && echo '<fontconfig/>' > "$$fresh/none.conf" && \
	export FONTCONFIG_FILE="$$fresh/none.conf" PYTHONHASHSEED=1 && $(call drawn_to,"$$fresh/graphs") && \
	{ diff -r -q graphs "$$fresh/graphs" || { echo "graphs/ differs from spec/: run 'make graphs'" >&2; exit 1; }; } && \
	echo "graphs/ is up to date"

graphs:  ## write graphs/; commit the difference only if you understand it
	rm -rf graphs
	export PYTHONHASHSEED=0 && $(call drawn_to,graphs)

# Exit status 3 is no failure here: the table marks what the spec does not know yet.
judgements:  ## write the table in spec/README.md: what each profile guarantees, and whether real Go does as a no says
	$(PCSTATE) judge --replay --table spec/README.md

agreement:  ## write docs/agreement.md: the library under every Go that is found, beside what the spec allows
	$(PCSTATE) conform --table docs/agreement.md || test $$? -eq 3

# Exit status 1 is no failure here: the page lists what survived. Some twenty minutes.
mutation:  ## write docs/mutation.md: which mistakes in the spec a property notices
	$(PCSTATE) mutants --sample 150 --seed 1 --programs -o docs/mutation.md || test $$? -eq 1

# What no installed Go has is not replayed: docs/track-record.md was written with all that `agreement` runs.
track-record:  ## write docs/track-record.md: bugs that net/http has had, and whether check and real Go show them
	$(PCSTATE) bugs --replay -o docs/track-record.md

format:
	$(PYTHON) -m ruff format
	$(PYTHON) -m ruff check --fix

coverage:
	$(PYTHON) -m pytest --cov --cov-report=term-missing

wheel:  ## the sdist, and the wheel from it, into dist/
	$(PYTHON) -m build
