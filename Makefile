# ttop

CARGO ?= cargo

.PHONY: build check test lint generate prices
build:
	$(CARGO) build --release --locked

test:
	$(CARGO) test --locked

lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked -- -D warnings

check: lint test

# The built-in price list from a downloaded one:
# curl -O https://models.dev/api.json && make prices API=api.json DAY=2026-11-20
prices:
	$(CARGO) run --locked --example prices_snapshot -- $(API) $(DAY)

# Completions, manual pages and schemas from the code; the tests compare them.
generate:
	TTOP_GENERATE=1 $(CARGO) test --locked --no-fail-fast --test completions --test man --test schema as_committed
