# shellcheck shell=bash
# Suites and peers written by others, with the gateway between them. See tests/suites.

# with_gateway OPTIONS -- COMMAND: a gateway for as long as the command runs.
with_gateway() {
  "$CARGO_TARGET_DIR/debug/with-gateway" "$@"
}

foreign_suites() {
  local python=""
  step "build harness" cargo build --locked -p corten-test-support --bins
  if build_go_tools; then
    run_h2spec
    run_grpc
  else
    not_run "h2spec" "its Go module could not be built"
    not_run "grpc interop" "its Go module could not be built"
  fi
  if python=$(python_env suites tests/suites/requirements.txt); then
    run_websockets "$python"
    run_tls_scan "$python"
  else
    not_run "websockets" "Python packages could not be installed"
    not_run "tls scan" "Python packages could not be installed"
  fi
}

build_go_tools() {
  go_build tests/suites github.com/summerwind/h2spec/cmd/h2spec h2spec &&
    go_build tests/suites google.golang.org/grpc/interop/client grpc-interop-client &&
    go_build tests/suites google.golang.org/grpc/interop/server grpc-interop-server
}

# All 145 cases of h2spec over TLS. Over cleartext all but http2/3.5/2: there a preface that is none is the
# beginning of an HTTP/1.1 request, and is answered as such (400, closed) on a port that speaks both.
run_h2spec() {
  local cleartext=(generic http2/3.5/1 http2/4 http2/5 http2/6 http2/7 http2/8 hpack)
  step "h2spec h2c" with_gateway -- h2spec "${cleartext[@]}" -h 127.0.0.1 -p '{http}' --timeout 5
  step "h2spec tls" with_gateway -- h2spec -h localhost -p '{https}' --tls --insecure --timeout 5
}

# 14 cases each over cleartext and over TLS to the gateway, HTTP/2 to the server.
run_grpc() {
  local server=(--app-protocol kubernetes.io/h2c --server 'grpc-interop-server --port={port}')
  step "grpc interop h2c" with_gateway "${server[@]}" -- \
    tests/suites/grpc-interop --server_host=127.0.0.1 --server_port='{http}'
  step "grpc interop tls" with_gateway "${server[@]}" -- \
    tests/suites/grpc-interop --server_host=localhost --server_port='{https}' --use_tls \
    --use_test_ca --ca_file='{ca}' --server_host_override=localhost
}

# run_websockets PYTHON: with an idle timeout of three seconds, which must not end an open tunnel.
run_websockets() {
  step "websockets" with_gateway --policy 'timeouts: {idle: 3s}' \
    --server "$1 tests/suites/websockets/server.py {port}" -- \
    "$1" tests/suites/websockets/client.py 'ws://127.0.0.1:{http}'
}

# run_tls_scan PYTHON: Mozilla's intermediate profile, and the known attacks on TLS.
run_tls_scan() {
  step "tls scan" with_gateway -- "$(dirname "$1")/sslyze" --mozilla_config intermediate \
    --certinfo --certinfo_ca_file '{ca}' --heartbleed --robot --openssl_ccs --reneg --fallback --compression --early_data \
    'localhost:{https}'
}
