# Two commands matter: `make demo` and `make test`. Both set up everything they need.
SHELL := /bin/bash
BIN := bin/ergon
# One static binary: what needs native code runs in a child process (design decision 12).
export CGO_ENABLED ?= 0
GO ?= go
LINT_VERSION := v2.5.0
LINT := .tools/bin/golangci-lint-$(LINT_VERSION)
# Ledgers of a thousand random blocks each.
SEEDS ?= 10
RACE := ./localnet/... ./neuron/... ./objectstore/... ./scoredb/... ./media/... ./internal/... ./explorer/... ./lab ./lab/page
# Nothing in these runs side by side, and key derivation and compiling are slow under the detector.
SEQUENTIAL := /neuron/wallet$$|/internal/scaffold$$

.PHONY: help setup build demo test test-python race soak lint bench soundness proto localnet clean
help: ## Show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: ## Check tools, fetch modules, install the pinned ffmpeg
	@scripts/setup.sh

build: setup ## Build bin/ergon
	@$(GO) build -trimpath -o $(BIN) ./cmd/ergon

demo: build ## Run the video market beside the smallest one: real miners, real validators, real pay
	$(BIN) localnet --subnet video --subnet template --split 3,1 --tempos 3

localnet: build ## Run the smallest market for three paid tempos
	$(BIN) localnet --subnet template --tempos 3

test: setup ## Run all tests
	@$(GO) build -trimpath -o $(BIN) ./cmd/ergon
	$(GO) test $$($(GO) list ./... | grep -v /e2e)
	$(GO) test ./e2e # real processes: alone, so that they have the machine

test-python: build ## Test against Bittensor's SDK in Python, where PyPI answers; else it says SKIPPED
	@GO="$(GO)" scripts/python.sh $(BIN)

race: setup ## Run the tests of everything concurrent under the race detector
	CGO_ENABLED=1 $(GO) test -race $$($(GO) list $(RACE) | grep -vE '$(SEQUENTIAL)')

soak: setup ## Run the long tests: random operations, a minute of flood, cuts of a network, double signing, attacks on an axon
	ERGON_SOAK=$(SEEDS) $(GO) test ./chain/randomops -run TestRandomOperations -count 1 -v -timeout 120m
	ERGON_SOAK=1 $(GO) test ./neuron/hostile -count 1 -v -timeout 20m
	ERGON_SOAK=1 $(GO) test ./chain/node -run TestFlood -count 1 -v -timeout 20m
	ERGON_SOAK=1 $(GO) test ./e2e -run 'Network|AProducerRejoins|AnEvenCut|ADoubleSigner' -timeout 30m -count 1

lint: $(LINT) ## Formatting, vet, linters, determinism of consensus/ and chain/x/
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "run gofmt on:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) run ./tools/determinism ./consensus/... ./chain/x/...
	$(LINT) run

$(LINT):
	@mkdir -p .tools/bin
	GOBIN=$(CURDIR)/.tools/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	@mv .tools/bin/golangci-lint $(LINT)

bench: build ## Measure, each figure as a ratio to something
	@scripts/bench.sh

soundness: ## Play every known attack against the video market and write docs/soundness.md
	$(GO) run -trimpath ./tools/soundness -o docs/soundness.md

proto: ## Regenerate the code of chain/proto
	@scripts/proto.sh

clean: ## Remove what was built, keep caches
	rm -rf bin
