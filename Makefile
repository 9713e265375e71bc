VENV ?= .venv
PYTHON ?= python3
BIN = $(VENV)/bin

.DEFAULT_GOAL := help

help: ## say what each target does
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 20

$(BIN)/bpc: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test: $(BIN)/bpc
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test,lint,heat,dib]'
	@touch $@

shop: $(BIN)/bpc ## compile the sample shop to an OpenStack Heat stack, in out/heat
	$(BIN)/bpc compile blueprints/shop/solution.bp --target heat

test: $(VENV)/.test lint ## all tests that need no cloud, and the linters
	$(BIN)/pytest -q -n auto

test-fast: $(VENV)/.test ## what notices most mistakes, within a minute
	$(BIN)/pytest -q -n auto -m "not slow and not openstack and not images"

$(VENV)/.openstack: $(VENV)/.test
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test,lint,heat,dib,openstack]'
	@touch $@

test-openstack: $(VENV)/.openstack ## every blueprint's life on the OpenStack that OS_CLOUD names in clouds.yaml
	PATH=$(abspath $(BIN)):$$PATH $(BIN)/pytest -m openstack -p no:warnings -v -s tests/openstack

test-openstack-walk: $(VENV)/.openstack ## each setting of every blueprint changed there and back, and stacks of an earlier version updated: an hour and a half
	BPC_WALK=all PATH=$(abspath $(BIN)):$$PATH $(BIN)/pytest -m openstack -p no:warnings -v -s tests/openstack/test_walk.py tests/openstack/test_upgrade.py

test-images: $(VENV)/.test ## build the samples' images with mkosi and boot them in QEMU: root, Debian, QEMU, genisoimage
	$(BIN)/bpc build --get-mkosi
	$(BIN)/pytest -m images -v -s tests/boots

lint: $(VENV)/.test ## types, style and import contracts
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

golden: $(VENV)/.test ## write the golden files anew: read the difference before you commit it
	$(BIN)/pytest -q --update-golden

grammar: $(VENV)/.test ## write the parser's tables anew from the grammar
	$(BIN)/python grammar/generate.py

docs: $(VENV)/.test ## write the generated pages anew
	$(BIN)/python docs/generate.py

mutants: $(VENV)/.test ## plant small mistakes in evaluation and functions: the tests must notice 95 % of them
	$(BIN)/python tests/mutation/run.py

SECONDS ?= 600
SEED ?= 1

fuzz: $(VENV)/.test ## mutated and hostile projects through every command for SECONDS=600, from SEED=1; findings in .fuzz
	$(BIN)/python tests/fuzz/fuzz.py --seconds $(SECONDS) --seed $(SEED)

bench: $(BIN)/bpc ## speed, beside heat-translator, troposphere by hand and the AWS CDK (with node and npm)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[bench,cloudformation]'
	$(BIN)/python tests/bench/bench.py
	$(BIN)/python tests/bench/aws.py

bench-images: $(BIN)/bpc ## how long images take, beside mkosi by hand: root, Debian
	$(BIN)/bpc build --get-mkosi
	$(BIN)/python tests/bench/images.py

.PHONY: help shop test test-fast fuzz test-openstack test-openstack-walk test-images lint golden grammar docs mutants bench bench-images
