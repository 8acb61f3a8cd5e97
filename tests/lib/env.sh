# shellcheck shell=bash
# Where builds, tools and logs are kept: outside the tree, so that a fresh clone reuses them.

CORTEN_CACHE=${CORTEN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/corten}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CORTEN_CACHE/target}
export CORTEN_CACHE

TOOLS=$CORTEN_CACHE/bin
LOGS=$CORTEN_CACHE/logs
mkdir -p "$TOOLS" "$LOGS" "$CARGO_TARGET_DIR"
export PATH=$TOOLS:$PATH

# Incremental files cost more to write than they save when each crate is built once.
export CARGO_INCREMENTAL=${CARGO_INCREMENTAL:-0}
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}

# The gateway under test. Suites that start it read this.
export CORTEN_BIN=${CORTEN_BIN:-$CARGO_TARGET_DIR/debug/corten}

in_ci() { [[ ${CI:-} == true ]]; }
