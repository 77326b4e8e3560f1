# make test passes all tests, and does its own set-up; .ci/run runs that and everything else that must hold.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 15s

# Every module of the repository; go.work ties them.
MODULES = . ./bench ./cmd/sealring ./examples ./gcpkeys ./interop ./redisstore
PACKAGES = $(MODULES:%=%/...)

# Every fuzz target there is, as package:target.
FUZZ = $(shell grep -rn --include='*_test.go' '^func Fuzz' . | \
	sed -E 's|^(.*)/[^/]*:[0-9]+:func (Fuzz[A-Za-z0-9]*).*|\1:\2|' | sort)

PYTHON = $(CURDIR)/.venv-python/bin

.PHONY: test test32 race lint fuzz vectors python redis interop browser cover bench ratios bench-report bench-python bench-sessions demo clean

test: vectors python .venv-django42/ready redis
	go test -count=1 $(PACKAGES)

race: .venv/ready .venv-django42/ready redis
	go test -count=1 -race -shuffle=on $(PACKAGES)

# The code that counts bytes where int has 32 bits, on processors that run such programs.
test32:
	@test "$$(go env GOHOSTARCH)" != amd64 || GOARCH=386 go test -count=1 . ./internal/...

# What the code must be beside right: formatted, without findings, tidy, and sound where int has 32 bits.
lint: .tools/staticcheck
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not gofmt'd: $$unformatted"; exit 1; }
	go vet $(PACKAGES)
	GOARCH=386 go vet $(PACKAGES)
	GOARCH=arm64 go vet $(PACKAGES)
	for m in $(MODULES); do (cd $$m && $(CURDIR)/.tools/staticcheck ./...) || exit 1; done
	go mod tidy -diff
	@foreign=$$(go list -deps ./compat/... | grep -E '^[^/]*\.' | grep -v '^github.com/sealring/'); \
		test -z "$$foreign" || { echo "compat needs more than the standard library: $$foreign"; exit 1; }

.tools/staticcheck: Makefile
	GOBIN=$(CURDIR)/.tools go install $(STATICCHECK)
	@touch $@

# At the end of its time the engine sometimes takes its own deadline for a failure, and says nothing but that. Then it
# runs once more. What it finds is "Failing input written to", and fails at once.
fuzz: redis
	@set -e; for f in $(FUZZ); do \
		echo "fuzz $$f for $(FUZZTIME)"; \
		fuzz() { go test -run='^$$' -fuzz="^$${f#*:}\$$" -fuzztime=$(FUZZTIME) -fuzzminimizetime=1s $${f%%:*} >.tools/fuzz 2>&1; }; \
		mkdir -p .tools; fuzz || { \
			grep -q 'context deadline exceeded' .tools/fuzz && ! grep -q 'Failing input' .tools/fuzz && \
			echo "only its deadline: once more" && fuzz; \
		} || { cat .tools/fuzz; exit 1; }; \
		tail -n 2 .tools/fuzz; \
	done

# The vectors as their generators write them, which share no code with what they check, are the ones in the tree.
vectors: .venv/ready
	@rm -rf .venv/vectors && mkdir .venv/vectors
	.venv/bin/python vectors/generate.py .venv/vectors
	.venv/bin/python vectors/generate_compat.py .venv/vectors
	@set -e; for f in vectors/*.json; do diff -q .venv/$$f $$f; done

# The package for Python: free of findings, tested, and of use where nothing but its wheel or sdist is installed.
python: .venv-python/ready
	cd python && $(PYTHON)/ruff check --quiet . && $(PYTHON)/ruff format --check --quiet .
	cd python && $(PYTHON)/mypy
	cd python && $(PYTHON)/pyright --pythonpath $(PYTHON)/python
	cd python && $(PYTHON)/python -m pytest
	@rm -rf .venv-python/dist .venv-python/clean
	$(PYTHON)/python -m build --no-isolation --outdir .venv-python/dist python >/dev/null
	@sed -n '/^```python$$/,/^```$$/{/^```/!p;}' python/README.md >.venv-python/dist/example.py
	set -e; for package in .venv-python/dist/*.whl .venv-python/dist/*.tar.gz; do \
		rm -rf .venv-python/clean; python3 -m venv .venv-python/clean; \
		.venv-python/clean/bin/pip install --quiet --disable-pip-version-check "$$package"; \
		.venv-python/clean/bin/python -W error .venv-python/dist/example.py; \
	done
	.venv-python/clean/bin/python -m sealring vectors check vectors/envelope.json vectors/ring.json
	$(PYTHON)/python -m sealring vectors check vectors/envelope.json vectors/ring.json

.venv-python/ready: python/requirements-dev.txt python/pyproject.toml | .venv/ready
	python3 -m venv .venv-python
	$(PYTHON)/pip install --quiet -r python/requirements-dev.txt
	$(PYTHON)/pip install --quiet --no-build-isolation --no-deps --editable python
	@touch $@

# The environments of Python: one with everything, and one with the older Django.
REQUIREMENTS = vectors/requirements.txt vectors/requirements-compat.txt interop/requirements.txt

.venv/ready: $(REQUIREMENTS)
	@python3 -c 'import ensurepip' 2>/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		apt-get update -qq && apt-get install -y -qq python3-venv; } || \
		{ echo "missing: Python 3 with venv (Debian: python3-venv)"; exit 1; }
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "missing: Python 3.11 or newer"; exit 1; }
	python3 -m venv .venv
	.venv/bin/pip install --quiet $(REQUIREMENTS:%=-r %)
	@touch $@

.venv-django42/ready: interop/requirements-django42.txt .venv/ready
	python3 -m venv .venv-django42
	.venv-django42/bin/pip install --quiet -r $<
	@touch $@

# The server of the tests of redisstore, and the library that sets its clock back. They start their own; none is left
# running by the installation.
redis:
	@command -v redis-server >/dev/null && ls /usr/lib/*/faketime/libfaketime.so.1 >/dev/null 2>&1 || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		apt-get update -qq && apt-get install -y -qq redis-server faketime && \
		{ service redis-server stop >/dev/null 2>&1; systemctl disable redis-server >/dev/null 2>&1; true; }; } || \
		{ echo "missing: Redis 7.0 or newer, and libfaketime (Debian: redis-server and faketime)"; exit 1; }

interop: .venv/ready .venv-django42/ready redis
	go test -count=1 -v ./interop/...

# The example application in a real browser.
BROWSER_TEST = examples/webapp/browser_test

browser: chromium $(BROWSER_TEST)/node_modules/.package-lock.json
	cd $(BROWSER_TEST) && CHROMIUM="$${CHROMIUM:-$$(command -v chromium)}" node --test --test-reporter=spec browser.test.mjs

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || test -x "$$CHROMIUM" || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-inter; } || \
		{ echo "missing: Chromium (Debian: chromium; another one's path in CHROMIUM)"; exit 1; }

$(BROWSER_TEST)/node_modules/.package-lock.json: $(BROWSER_TEST)/package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' && command -v npm >/dev/null || \
		{ echo "missing: Node.js 20 or newer, with npm"; exit 1; }
	cd $(BROWSER_TEST) && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

bench-python: .venv/ready
	@echo "python-ns: nanoseconds that Python takes for a call, the best of five; x-python: how many times as long as Go that is"
	@echo "$$(go env GOVERSION), $$(.venv/bin/python --version), itsdangerous" \
		"$$(.venv/bin/python -c 'import importlib.metadata as m; print(m.version("itsdangerous"))'), one thread each"
	@go test -run='^$$' -bench=AgainstPython -cpu=1 ./interop
	@PYTHONPATH=python/src .venv/bin/python python/benchmark.py

cover:
	go test -count=1 -coverprofile=.venv/cover.out .
	go tool cover -func=.venv/cover.out | grep -v '100.0%'

bench:
	go test -run='^$$' -bench=. -benchmem .

bench-sessions: redis
	@echo "x-scs: how many times as many operations a second as scs with goredisstore and GobCodec; B: bytes of a record in Redis"
	@echo "$$(go env GOVERSION), $$(redis-server --version | cut -d' ' -f1-3), $$(go list -m github.com/alexedwards/scs/v2)"
	@go test -run='^$$' -bench=Sessions -benchtime=1x ./interop

# Beside the floor and the peers, bench/README.md. QUICK=1 takes seconds, GUARD=1 fails if a row is far off its bar.
RATIOS = go run ./bench -python .venv/bin/python $(if $(QUICK),-quick) $(if $(GUARD),-guard)

ratios: .venv/ready
	@$(RATIOS)

bench-report: .venv/ready
	$(RATIOS) -report bench

demo:
	go run ./cmd/sealring demo

clean:
	rm -rf .venv .venv-django42 .venv-python .tools python/dist $(BROWSER_TEST)/node_modules $(BROWSER_TEST)/screenshots
