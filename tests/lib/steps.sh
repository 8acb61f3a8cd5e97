# shellcheck shell=bash
# Steps: each runs one command, is timed and logged, and never stops the ones after it.

declare -a RESULTS=() # one line a step: "ok|FAILED|not run<TAB>part<TAB>step<TAB>detail"
declare -a CLOSING=() # the runners' own closing lines
PART=""

# begin_part NAME: the steps that follow belong to it.
begin_part() {
  PART=$1
  printf '\n=== %s\n' "$PART"
}

# step NAME COMMAND...: runs the command, keeps its output in a log, and notes how it ended.
step() {
  local name=$1 log start code=0
  shift
  log=$LOGS/$PART-${name// /-}.log
  start=$SECONDS
  printf '\n--- %s: %s\n' "$PART" "$name"
  # In a condition, so that a failure of the command does not end this script.
  if "$@" </dev/null 2>&1 | tee "$log"; then code=0; else code=${PIPESTATUS[0]}; fi
  keep_closing_lines "$name" "$log"
  if ((code == 0)); then
    RESULTS+=("ok"$'\t'"$PART"$'\t'"$name"$'\t'"$((SECONDS - start)) s")
  else
    RESULTS+=("FAILED"$'\t'"$PART"$'\t'"$name"$'\t'"exit $code after $((SECONDS - start)) s, log: $log")
  fi
}

# not_run NAME REASON: a step that this machine cannot run.
not_run() {
  printf '\n--- %s: %s not run: %s\n' "$PART" "$1" "$2"
  RESULTS+=("not run"$'\t'"$PART"$'\t'"$1"$'\t'"$2")
}

# keep_closing_lines NAME LOG: what the runner itself says at its end.
keep_closing_lines() {
  local line
  while IFS= read -r line; do
    CLOSING+=("$PART/$1: $line")
  done < <(grep -E '^test result: |^[0-9]+ tests, |^[0-9]+ passed, [0-9]+ failed|^--- (PASS|FAIL): |^ +summary: ' "$2" | grep -v ' 0 passed; 0 failed; 0 ignored' || true)
}

# summary: every step and how it ended; fails if one failed, or if one did not run under CI.
summary() {
  local line state part name detail failed=0 missing=0 ok=0
  printf '\n=== closing lines\n'
  ((${#CLOSING[@]})) && printf '%s\n' "${CLOSING[@]}"
  printf '\n=== summary\n'
  for line in "${RESULTS[@]}"; do
    IFS=$'\t' read -r state part name detail <<<"$line"
    printf '%-8s %-12s %-24s %s\n' "$state" "$part" "$name" "$detail"
    case $state in
      ok) ok=$((ok + 1)) ;;
      FAILED) failed=$((failed + 1)) ;;
      *) missing=$((missing + 1)) ;;
    esac
  done
  printf '\n%d steps ok, %d failed, %d not run; %d s\n' "$ok" "$failed" "$missing" "$SECONDS"
  ((failed == 0)) || return 1
  if ((missing > 0)) && in_ci; then
    echo "A step that does not run is a failure here (CI=true)."
    return 1
  fi
}
