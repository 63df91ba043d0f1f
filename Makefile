# ttop: build, check, install.

CARGO ?= cargo
PREFIX ?= /usr/local
DESTDIR ?=
SIZE ?= 20
FUZZ_SECONDS ?= 60
FUZZ_RUNS ?= -1
TARGETS ?=
export TARGETS

bindir = $(DESTDIR)$(PREFIX)/bin
datadir = $(DESTDIR)$(PREFIX)/share

.PHONY: build check test test-real lint bench fuzz generate prices rates install uninstall

build:
	$(CARGO) build --release --locked

check: lint test
	@if command -v cargo-deny >/dev/null; then $(CARGO) deny --log-level error check bans licenses sources; \
	else echo "skipped: no cargo-deny"; fi

test:
	$(CARGO) test --locked

# Real agents from npm, driven by a model on loopback; says so where one cannot be installed.
test-real:
	TTOP_TEST_REAL=1 $(CARGO) test --locked --test opencode --test ps real:: -- --nocapture

lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked -- -D warnings

# Data of a stated size (SIZE=100: 2.4 GB of OpenCode, 1.2 GB of Claude Code, a ledger of ten million turns), then each job against a bare scan of it;
# then a watch: how soon, at what cost, in how much memory (SIZE=100: a million replies); then a server under load.
bench: build
	$(CARGO) bench --locked --bench jobs -- $(SIZE)
	$(CARGO) bench --locked --bench live -- $(SIZE)
	$(CARGO) bench --locked --bench serve -- $(SIZE)
	$(CARGO) bench --locked --bench screen -- $(SIZE)

# Every target, or TARGETS="agent_codex jsonc", for FUZZ_SECONDS each (0: for ever) or FUZZ_RUNS inputs. Agents read files: those are
# in memory where the system has a place for that.
fuzz:
	cp Cargo.lock fuzz/Cargo.lock
	cd fuzz && $(CARGO) build && ../target/debug/fuzz > targets.txt
	cd fuzz && for target in $${TARGETS:-$$(cat targets.txt)}; do \
	    mkdir -p artifacts && echo "$$target" && \
	    TMPDIR=$$(test -d /dev/shm && echo /dev/shm || echo "$${TMPDIR:-/tmp}") \
	    TTOP_FUZZ=$$target ../target/debug/fuzz corpus/$$target -artifact_prefix=artifacts/$$target- -rss_limit_mb=2048 \
	        -timeout=10 -max_len=65536 -max_total_time=$(FUZZ_SECONDS) -runs=$(FUZZ_RUNS) -print_final_stats=1 2>&1 | grep -E "^stat::number|SUMMARY" || exit 1; \
	done

# The built-in prices. With a newer list: curl -O https://models.dev/api.json && make prices API=api.json DAY=2026-11-20
prices:
	$(CARGO) run --locked --example prices_snapshot -- $(API) $(DAY)

# The built-in exchange rates, from https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip: make rates CSV=eurofxref-hist.csv
rates:
	$(CARGO) run --locked --example exchange_rates -- $(CSV)

# Completions, manual pages, schemas and screens from the code; the tests compare them.
generate:
	TTOP_GENERATE=1 $(CARGO) test --locked --test house --test top as_committed

install: build
	install -d $(bindir) $(datadir)/man/man1 $(datadir)/bash-completion/completions $(datadir)/zsh/site-functions \
	    $(datadir)/fish/vendor_completions.d $(datadir)/elvish/lib $(datadir)/nushell/vendor/autoload
	install -m 755 "$${CARGO_TARGET_DIR:-target}/release/ttop" $(bindir)/ttop
	install -m 644 man/*.1 $(datadir)/man/man1/
	install -m 644 completions/ttop.bash $(datadir)/bash-completion/completions/ttop
	install -m 644 completions/_ttop $(datadir)/zsh/site-functions/_ttop
	install -m 644 completions/ttop.fish $(datadir)/fish/vendor_completions.d/ttop.fish
	install -m 644 completions/ttop.elv $(datadir)/elvish/lib/ttop.elv
	install -m 644 completions/ttop.nu $(datadir)/nushell/vendor/autoload/ttop.nu

uninstall:
	rm -f $(bindir)/ttop $(datadir)/man/man1/ttop.1 $(datadir)/man/man1/ttop-*.1 \
	    $(datadir)/bash-completion/completions/ttop $(datadir)/zsh/site-functions/_ttop \
	    $(datadir)/fish/vendor_completions.d/ttop.fish $(datadir)/elvish/lib/ttop.elv \
	    $(datadir)/nushell/vendor/autoload/ttop.nu
