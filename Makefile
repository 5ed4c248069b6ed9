# Everything a contributor types. `make` lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# A tag when there is one, else the commit.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
stamp := -X github.com/semantest/semantest/internal/cli.Version=

# Tools are built once for each version, outside the repository.
TOOLS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/semantest/tools
GOLANGCI_LINT := v2.15.0
golangci := $(TOOLS)/golangci-lint-$(GOLANGCI_LINT)/golangci-lint
GOTESTSUM := v1.13.0
gotestsum := $(TOOLS)/gotestsum-$(GOTESTSUM)/gotestsum

# RACE=1 looks for data races. CI never takes a result from the cache.
test_flags := -timeout 15m $(if $(filter-out 0,$(RACE)),-race) $(if $(CI),-count=1)

# CI runs a handful of failed tests once more and shows those that pass then: a test
# that flakes is a bug to mend, and no reason to hold back another change. What
# panics, races past its test or does not build is never tried again.
# $(call go_test,PACKAGES,FLAGS) runs them.
go_test = $(if $(CI),$(gotestsum) --format pkgname-and-test-fails --format-hide-empty-pkg --rerun-fails=1 --rerun-fails-max-failures=6 \
	--rerun-fails-run-root-test --rerun-fails-abort-on-data-race --packages=$1 -- $(test_flags) $2,go test $(test_flags) $2 $1)

# The pages are built by Vite, which needs Node 20.19 or later.
has_node := command -v npm >/dev/null && node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
no_node := there is no npm with Node 20.19 or later
page_sources := $(wildcard frontend/*.json frontend/*.js frontend/*.ts frontend/*.html) \
	$(shell find frontend/src frontend/public -type f -not -path 'frontend/src/gql/*' 2>/dev/null) docs/plan.schema.json $(wildcard graph/schema/*.graphqls)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Run the example plan against the sample shop; reports go to semantest-report
	@scripts/setup.sh demo
	@$(MAKE) pages build
	bin/semantest demo

.PHONY: dev
dev: build frontend/node_modules/.package-lock.json ## Serve the API, and the web pages with reload on http://localhost:5173
	@scripts/setup.sh demo
	@SEMANTEST_EGRESS=$${SEMANTEST_EGRESS:-dev} bin/semantest serve & server=$$!; \
	trap 'kill $$server 2>/dev/null; wait $$server' EXIT; cd frontend && npm run dev

.PHONY: build
build: ## Build bin/semantest, with the web pages that make frontend left
	go build -buildvcs=false $(if $(VERSION),-ldflags '$(stamp)$(VERSION)') -o bin/semantest .

.PHONY: frontend
frontend: frontend/dist/index.html ## Build the web pages that bin/semantest carries
	@:

.PHONY: test
test: $(if $(CI),$(gotestsum)) ## Run all tests; RACE=1 looks for data races
	@scripts/setup.sh test $(if $(filter-out 0,$(RACE)),race)
	@if $(has_node); then $(MAKE) peers test-pages; else echo "tests of the web pages, and beside others' programs: skipped, $(no_node)"; fi
	$(call go_test,./...,-skip $(pages_test))

.PHONY: e2e
e2e: ## Run the end-to-end tests: the built program, as people use it
	@scripts/setup.sh test
	go test $(test_flags) -count=1 ./e2e/...

# What -run of ARGS names replaces the pattern. SEED repeats the chaos of a run.
.PHONY: faults
faults: ## Kill, freeze and cut off everything while runs are under way; about 7 minutes; docs/faults.md
	@scripts/setup.sh test
	SEMANTEST_FAULTS=1 SEMANTEST_FAULTS_SEED=$(SEED) go test $(test_flags) -count=1 -v \
		-run '^(TestFault[A-Z]|TestChaos$$|TestClientsThatDoNotRead)' $(ARGS) ./e2e

.PHONY: bench
bench: ## Measure the program on this machine; ARGS=--quick for a glance
	@scripts/setup.sh test
	go run ./bench $(ARGS)

.PHONY: fuzz
fuzz: ## Feed each parser random input; FUZZTIME=30s for each
	scripts/fuzz.sh $(or $(FUZZTIME),30s)

.PHONY: lint
lint: $(golangci) ## Find mistakes without running anything; holds the walls between rooms
	$(golangci) run
	@if $(has_node); then $(MAKE) lint-pages; else echo "lint of the web pages: skipped, $(no_node)"; fi

.PHONY: generate
generate: ## Make the generated files anew: Ent, GraphQL, documents
	go generate ./ent ./graph
	go test -count=1 -run '^TestPublished' ./internal/spec ./internal/config -update

.PHONY: verify
verify: ## Prove that generated files and go.mod are fresh
	scripts/verify.sh

.PHONY: migration
migration: ## Write the migration for a changed ent/schema; NAME=what_changed
	@[[ "$(NAME)" =~ ^[a-z][a-z0-9_]*$$ ]] || { echo "usage: make migration NAME=what_changed" >&2; exit 2; }
	@scripts/setup.sh test
	go generate ./ent
	go run ./ent/migrate/diff $(NAME)

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin semantest-report frontend/node_modules bench/*peers/node_modules internal/llm/llmtest/encoder/node_modules
	find frontend/dist -mindepth 1 ! -name .gitkeep -delete

# Below: steps of the targets above.

.PHONY: pages
pages:
	@if $(has_node); then $(MAKE) frontend; else echo "web pages: skipped, $(no_node)"; fi

# What tests ask beside our own code: pixelmatch, Playwright's trace viewer, and a
# model for vectors.
.PHONY: peers
peers: bench/visualpeers/node_modules/.package-lock.json bench/browserpeers/node_modules/.package-lock.json internal/llm/llmtest/encoder/node_modules/.package-lock.json

%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && npm ci --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

# It measures the pages, and has the machine for itself.
pages_test := '^TestDashboardTestsItself$$'

.PHONY: test-pages
test-pages: frontend $(if $(CI),$(gotestsum))
	cd frontend && npm run --silent test && npm run --silent e2e
	$(call go_test,./e2e,-count=1 -run $(pages_test))

.PHONY: lint-pages
lint-pages: frontend/node_modules/.package-lock.json
	cd frontend && npm run --silent typecheck && npm run --silent lint

frontend/dist/index.html: frontend/node_modules/.package-lock.json $(page_sources)
	@scripts/setup.sh dashboard
	cd frontend && npm run --silent build -- --logLevel error
	@touch $@

frontend/node_modules/.package-lock.json: frontend/package-lock.json
	@scripts/setup.sh dashboard
	cd frontend && npm ci --ignore-scripts --no-audit --loglevel error
	@touch $@

$(gotestsum):
	GOBIN=$(@D) go install gotest.tools/gotestsum@$(GOTESTSUM)

$(golangci):
	@echo "building golangci-lint $(GOLANGCI_LINT) (once, some minutes)"
	GOBIN=$(@D) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)
