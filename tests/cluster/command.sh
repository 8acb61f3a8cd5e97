# shellcheck shell=bash
# What the commands of this folder share: they run one Python program of the tree, as root.

CLUSTER=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/lib/env.sh
source "$CLUSTER/../lib/env.sh"
# shellcheck source=tests/lib/install.sh
source "$CLUSTER/../lib/install.sh"

# cluster_needs: what is not built from modules, by package name.
cluster_needs() {
  local pair
  for pair in runc:runc buildah:buildah nft:nftables conntrack:conntrack ip:iproute2 nsenter:util-linux setpriv:util-linux \
    /usr/lib/cni/ptp:containernetworking-plugins openssl:openssl mount:mount cc:gcc; do
    need_apt "${pair%%:*}" "${pair#*:}" || { echo "tests/cluster: Debian package ${pair#*:} could not be installed" >&2; return 1; }
  done
  need_apt go golang-go || { echo "tests/cluster: Go could not be installed" >&2; return 1; }
}

# cluster_command NAME WORDS...: replaces this shell.
cluster_command() {
  if ((EUID != 0)) && [[ -z ${KUBECONFIG:-} ]]; then
    echo "tests/cluster/$1: a node needs namespaces and mounts of its own: run as root, or name another cluster with KUBECONFIG" >&2
    exit 1
  fi
  # Whoever started this may be killed: `with` must not go on alone.
  PYTHONPATH=$CLUSTER exec ${TIE:+setpriv --pdeathsig TERM} python3 -m corten_cluster "$@"
}
