# shellcheck shell=bash
# The parts that need a real Kubernetes: `cluster`, Corten on it, see tests/cluster; `conformance`, the Gateway API's own suite,
# see tests/conformance.

# cluster_ready: builds what a cluster and Corten's image need, once a run. Fails if there is none to test on.
cluster_ready() {
  [[ -n ${CLUSTER_READY:-} ]] && return 0
  # shellcheck source=tests/cluster/command.sh
  source tests/cluster/command.sh
  export CORTEN_IMAGE_ARCHIVE=$CORTEN_CACHE/corten-image.tar
  if [[ -n ${KUBECONFIG:-} && -z ${CORTEN_NODE:-} ]]; then
    not_run "our node" "KUBECONFIG names another cluster"
    [[ -n ${CORTEN_IMAGE:-} ]] || { not_run "$PART" "CORTEN_IMAGE names no image for that cluster"; return 1; }
  else
    ((EUID == 0)) || { not_run "$PART" "a node needs root"; return 1; }
    cluster_needs || { not_run "$PART" "a Debian package could not be installed"; return 1; }
    export CORTEN_IMAGE=corten.dev/corten:test
    step "build kubernetes" tests/cluster/build
    step "build image" deploy/image --profile dev --name "$CORTEN_IMAGE" --archive "$CORTEN_IMAGE_ARCHIVE"
  fi
  CLUSTER_READY=yes
}

# with_cluster COMMAND...: a cluster of this run's own, beside one that a developer may have up.
with_cluster() {
  env CORTEN_CLUSTER="${CORTEN_CLUSTER:-test-run}" tests/cluster/with "$@"
}

part_cluster() {
  cluster_ready || return 0
  step "set-up's own tests" env PYTHONPATH=tests/cluster python3 -m unittest discover --start-directory tests/cluster/corten_cluster --top-level-directory tests/cluster
  # Tests of the controller run it, and a dataplane beside it, as processes of their own.
  step "build corten" cargo build --locked -p corten-controller -p corten-dataplane
  step "build suite" cargo test --locked --no-run -p corten-cluster
  step "cluster" with_cluster tests/cluster/suite/run
}

part_conformance() {
  cluster_ready || return 0
  # Where the cluster is not ours this is still what builds the suite.
  step "build suite" tests/cluster/build
  step "judge's own tests" python3 tests/conformance/judge_test.py
  step "suite" with_cluster tests/conformance/run
}
