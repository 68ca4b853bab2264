# make help lists the targets.

.PHONY: help build release test short issues bench bench-peers peers-accuracy lint cover golden accuracy unseen units estimate gallery \
	terminal coverage evidence torture long ci clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

build: ## the static binary bin/crux
	CGO_ENABLED=0 go build -trimpath -o bin/crux ./cmd/crux

release: ## binaries for six platforms, wheels, manual pages, SBOM and checksums, in dist
	bash .ci/release

test: ## all tests
	go test ./...
	go -C internal/tools test ./...

short: ## the tests that take no training
	go test -short ./...

bench: ## all benchmarks, once each; see docs/results/performance.md
	go test -run '^$$' -bench . -benchmem ./...

lint: ## formatting, vet and staticcheck, as in .ci/run
	bash .ci/run tools
	bash .ci/run format
	bash .ci/run vet
	bash .ci/run staticcheck

cover: ## test coverage by function, in cover.out
	go test -short -coverprofile=cover.out -coverpkg=./... ./...
	go tool cover -func=cover.out | tail -n 1

golden: ## write golden traces, messages of malformed files and generated kernels again; review the diff like code
	go test ./compiler -rewrite
	go test ./internal/problemfile -run Malformed -rewrite
	cd internal/kern/gen && go run . -out ..

issues: ## solve every file of testdata/issues, faults that users have met, and hold it to its right value: an hour; RUN=TestIssues/pulse for the row of one
	CRUX_ISSUES=1 go test ./internal/cli -v -count=1 -timeout 4h -run '$(or $(RUN),TestIssues)'

accuracy: ## solve every shipped problem with three seeds and write docs/results/accuracy.md; ONLY=poisson2d,volterra for some
	go -C internal/tools run ./problems -only '$(ONLY)' accuracy
	go test ./docs -run Heads -rewrite

unseen: ## solve the problems of testdata/unseen, which choose nothing, and write docs/results/unseen.md; ONLY=kdv for some
	go -C internal/tools run ./problems -only '$(ONLY)' unseen

units: ## solve the problems of testdata/unseen as stated and in units of random powers of ten, and write docs/results/units.md
	go -C internal/tools run ./problems -only '$(ONLY)' units

estimate: ## compare estimated errors and verdicts with the truth along runs of all problems, and write docs/results/estimate.md; ONLY=unseen/bratu for some
	go -C internal/tools run ./problems -only '$(ONLY)' estimate

gallery: ## solve the problems of docs/gallery.md, draw them, and write its table and that of the README: minutes; ONLY=lshape for some, ONLY=none for the tables
	go -C internal/tools run ./problems -only '$(ONLY)' gallery

terminal: build ## record what the first problem shows on a terminal, in docs/terminal.svg
	go -C internal/tools run ./terminal -o ../../docs/terminal.svg -keys 800ms:p -- bin/crux solve testdata/problems/poisson2d.yaml

coverage: ## fit data with other errors 200 times and count how often intervals hold the truth, in docs/results/coverage.md: a quarter of an hour; ONLY=cooling for some
	go -C internal/tools run ./problems -only '$(ONLY)' coverage

evidence: ## make the comparisons behind docs/choosing.md and write their tables into docs/results/evidence.md; ONLY=hard,'timed_*' for some
	go -C internal/tools run ./problems -only '$(ONLY)' evidence

torture: ## attack the program: kills, damages, full disks, two owners, strange files; LONG=1 for hours of it and docs/reliability.md, ONLY=sweep for some
	go -C internal/tools run ./torture $(if $(LONG),-long) -only '$(ONLY)'

long: ## what takes hours: long torture, MPI, wheels, browser, fuzzing, soak, three seeds; results in docs/reliability.md
	bash .ci/run long

ci: ## everything that CI runs
	bash .ci/run

bench-peers: ## training steps side by side with JAX, jNO and DeepXDE; PEERS=-quick for a look
	bash testdata/peers/setup.sh
	go -C internal/tools run ./peers $(PEERS)

peers-accuracy: ## time to an error side by side with DeepXDE, jNO and JAX, in docs/results/peers_accuracy.md; PEERS='-only poisson -budget 10s' for a look
	bash testdata/peers/setup.sh
	go -C internal/tools run ./peers -accuracy $(PEERS)

clean: ## remove what the other targets made
	rm -rf bin dist cover.out
