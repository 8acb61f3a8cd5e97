# shellcheck shell=bash
# The part `cluster`: a real Kubernetes, and Corten on it. See tests/cluster.

part_cluster() {
  # shellcheck source=tests/cluster/command.sh
  source tests/cluster/command.sh
  export CORTEN_IMAGE_ARCHIVE=$CORTEN_CACHE/corten-image.tar
  if [[ -n ${KUBECONFIG:-} && -z ${CORTEN_NODE:-} ]]; then
    not_run "our node" "KUBECONFIG names another cluster"
    [[ -n ${CORTEN_IMAGE:-} ]] || { not_run "cluster" "CORTEN_IMAGE names no image for that cluster"; return 0; }
  else
    ((EUID == 0)) || { not_run "cluster" "a node needs root"; return 0; }
    cluster_needs || { not_run "cluster" "a Debian package could not be installed"; return 0; }
    export CORTEN_IMAGE=corten.dev/corten:test
    step "set-up's own tests" env PYTHONPATH=tests/cluster python3 -m unittest discover --start-directory tests/cluster/corten_cluster --top-level-directory tests/cluster
    step "build kubernetes" tests/cluster/build
    step "build image" deploy/image --profile dev --name "$CORTEN_IMAGE" --archive "$CORTEN_IMAGE_ARCHIVE"
  fi
  # Tests of the controller run it, and a dataplane beside it, as processes of their own.
  step "build corten" cargo build --locked -p corten-controller -p corten-dataplane
  step "build suite" cargo test --locked --no-run -p corten-cluster
  # A cluster of this run's own, beside one that a developer may have up.
  step "cluster" env CORTEN_CLUSTER="${CORTEN_CLUSTER:-test-run}" tests/cluster/with tests/cluster/suite/run
}
