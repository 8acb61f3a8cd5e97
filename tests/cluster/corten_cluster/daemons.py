"""The daemons of the node, and in which order they start."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from .network import NODE, NODE_NAME, SERVICES

PKI = "/run/corten/pki"
CONFIG = "/run/corten/source/config"


@dataclass(frozen=True)
class Daemon:
    """A command that is started again when it ends. `after` is what must answer before it starts."""

    name: str
    command: list[str]
    after: str = ""
    descriptors: tuple[int, ...] = field(default=())


def daemons(port: int, listener: int) -> list[Daemon]:
    """All of them. The API server listens on `port`; `listener` is a socket of the namespace outside."""
    return [
        Daemon("etcd", etcd()),
        Daemon("containerd", ["containerd", f"--config={CONFIG}/containerd.toml"]),
        Daemon("kube-apiserver", apiserver(port), after="etcd"),
        Daemon("kube-controller-manager", controller_manager(), after="kube-apiserver"),
        Daemon("kube-scheduler", scheduler(), after="kube-apiserver"),
        Daemon("kubelet", kubelet(), after="kube-apiserver"),
        Daemon("kube-proxy", ["kube-proxy", f"--config={CONFIG}/kube-proxy.yaml", f"--hostname-override={NODE_NAME}"], after="kube-apiserver"),
        Daemon("load-balancer", [sys.executable, "-m", "corten_cluster.load_balancer", str(port)], after="kube-apiserver"),
        Daemon("forward", [sys.executable, "-m", "corten_cluster.forward", str(listener), str(port)], descriptors=(listener,)),
    ]


def etcd() -> list[str]:
    """Its data is in memory anyway."""
    return [
        "etcd", "--data-dir=/var/lib/etcd", "--unsafe-no-fsync", "--log-level=warn",
        "--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379",
        "--listen-peer-urls=http://127.0.0.1:2380", "--initial-advertise-peer-urls=http://127.0.0.1:2380",
        "--initial-cluster=default=http://127.0.0.1:2380",
    ]  # fmt: skip


def apiserver(port: int) -> list[str]:
    """On every address of the node, so that the one kubeconfig is good inside and outside."""
    return [
        "kube-apiserver", f"--secure-port={port}", f"--advertise-address={NODE}", "--etcd-servers=http://127.0.0.1:2379",
        f"--tls-cert-file={PKI}/apiserver.crt", f"--tls-private-key-file={PKI}/apiserver.key", f"--client-ca-file={PKI}/ca.crt",
        f"--service-cluster-ip-range={SERVICES}", "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={PKI}/service-account.pub", f"--service-account-signing-key-file={PKI}/service-account.key",
        "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true",
        f"--kubelet-client-certificate={PKI}/apiserver-kubelet.crt", f"--kubelet-client-key={PKI}/apiserver-kubelet.key",
        # Or `kubectl logs` asks a name server for the node's name.
        "--kubelet-preferred-address-types=InternalIP",
    ]  # fmt: skip


def controller_manager() -> list[str]:
    """One of it: no election."""
    return [
        "kube-controller-manager", f"--kubeconfig={PKI}/controller-manager.kubeconfig", "--leader-elect=false", "--bind-address=127.0.0.1",
        f"--service-account-private-key-file={PKI}/service-account.key", f"--root-ca-file={PKI}/ca.crt", "--use-service-account-credentials",
    ]  # fmt: skip


def scheduler() -> list[str]:
    """One of it: no election."""
    return ["kube-scheduler", f"--kubeconfig={PKI}/scheduler.kubeconfig", "--leader-elect=false", "--bind-address=127.0.0.1"]


def kubelet() -> list[str]:
    """Its control groups are below the cluster's own, which `down` removes."""
    return [
        "kubelet", f"--config={CONFIG}/kubelet.yaml", f"--kubeconfig={PKI}/kubelet.kubeconfig", f"--hostname-override={NODE_NAME}",
        f"--node-ip={NODE}", "--root-dir=/var/lib/kubelet", "--cert-dir=/var/lib/kubelet/pki",
    ]  # fmt: skip
