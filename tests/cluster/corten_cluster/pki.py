"""Keys, certificates and kubeconfigs of a cluster, made anew at each start by openssl."""

from __future__ import annotations

import base64
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .network import API_SERVICE, NODE, NODE_NAME

SERVING = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "localhost"]


@dataclass(frozen=True)
class Identity:
    """Who a certificate speaks for: user and group in Kubernetes' words."""

    name: str
    user: str
    group: str = ""


CLIENTS = (
    Identity("admin", "corten-tests", "system:masters"),
    Identity("apiserver-kubelet", "kube-apiserver-kubelet-client", "system:masters"),
    Identity("kubelet", f"system:node:{NODE_NAME}", "system:nodes"),
    Identity("controller-manager", "system:kube-controller-manager"),
    Identity("scheduler", "system:kube-scheduler"),
    Identity("kube-proxy", "system:kube-proxy"),
)


def create(folder: Path, port: int) -> None:
    """Fills `folder`. Every kubeconfig points to the API server at `port` of the loopback address."""
    folder.mkdir(mode=0o700)
    self_signed(folder, "ca", "/CN=corten-tests", ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"])
    names = [*(f"DNS:{name}" for name in SERVING), *(f"IP:{ip}" for ip in ("127.0.0.1", NODE, API_SERVICE))]
    signed(folder, "apiserver", "/CN=kube-apiserver", [f"subjectAltName={','.join(names)}", "extendedKeyUsage=serverAuth"])
    for identity in CLIENTS:
        group = f"/O={identity.group}" if identity.group else ""
        signed(folder, identity.name, f"{group}/CN={identity.user}", ["extendedKeyUsage=clientAuth"])
        (folder / f"{identity.name}.kubeconfig").write_text(kubeconfig(folder, identity.name, port))
    openssl("genpkey", "-algorithm=RSA", "-pkeyopt=rsa_keygen_bits:2048", f"-out={folder}/service-account.key")
    openssl("pkey", f"-in={folder}/service-account.key", "-pubout", f"-out={folder}/service-account.pub")


def kubeconfig(folder: Path, name: str, port: int) -> str:
    """JSON, which is YAML; with the keys inside, so that the file can be copied."""

    def data(file: str) -> str:
        return base64.b64encode((folder / file).read_bytes()).decode()

    return json.dumps({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "corten",
        "contexts": [{"name": "corten", "context": {"cluster": "corten", "user": name}}],
        "clusters": [{
            "name": "corten",
            "cluster": {"server": f"https://127.0.0.1:{port}", "certificate-authority-data": data("ca.crt")},
        }],
        "users": [{
            "name": name,
            "user": {"client-certificate-data": data(f"{name}.crt"), "client-key-data": data(f"{name}.key")},
        }],
    }, indent=2)


def self_signed(folder: Path, name: str, subject: str, extensions: list[str]) -> None:
    """A certificate that vouches for itself."""
    request(folder, name, subject, extensions, [])


def signed(folder: Path, name: str, subject: str, extensions: list[str]) -> None:
    """A certificate that the cluster's CA vouches for."""
    usage = "keyUsage=critical,digitalSignature"
    request(folder, name, subject, [usage, *extensions], ["-CA", f"{folder}/ca.crt", "-CAkey", f"{folder}/ca.key"])


def request(folder: Path, name: str, subject: str, extensions: list[str], signer: list[str]) -> None:
    """A fresh key and its certificate, good for a month: clusters of tests live shorter."""
    added = [word for extension in extensions for word in ("-addext", extension)]
    openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-config", "/dev/null",
        "-subj", subject, "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.crt", *added, *signer,
    )


def openssl(*words: str) -> None:
    """Runs it; its progress is noise, its errors are not."""
    done = subprocess.run(["openssl", *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {words[0]}: {done.stderr.strip()}")
