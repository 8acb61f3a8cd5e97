"""Images from scratch, built by buildah, kept as archives in the cache."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .paths import BIN, CACHE, IMAGES, SOURCE
from .say import say


@dataclass(frozen=True)
class Image:
    """An image of one binary. `names` are those that manifests use; all are the same image."""

    folder: str
    names: tuple[str, ...]

    @property
    def archive(self) -> Path:
        """A file for `ctr images import`."""
        return IMAGES / f"{self.folder}.tar"


ECHO = "registry.k8s.io/gateway-api/echo-basic"
NODE_IMAGES = (
    Image("pause", ("corten.test/pause:1",)),
    Image("coredns", ("registry.k8s.io/coredns/coredns:v1.12.2",)),
    Image("echo-basic", (f"{ECHO}:v1.5.1", f"{ECHO}:v1.6.0-dev.2", f"{ECHO}:v1.6.0-dev.3")),
)


def build_images() -> None:
    """Builds the images whose binary or Containerfile has changed."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    compile_pause()
    for image in NODE_IMAGES:
        containerfile = SOURCE / "images" / image.folder / "Containerfile"
        build_archive(image.archive, image.names[0], containerfile, [BIN / image.folder])


def compile_pause() -> None:
    """The one binary that no module has."""
    source, target = SOURCE / "images" / "pause" / "pause.c", BIN / "pause"
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["cc", "-static", "-Os", "-s", "-Wall", "-o", str(target), str(source)], check=True)


def build_archive(archive: Path, name: str, containerfile: Path, files: list[Path]) -> None:
    """Builds `containerfile` with `files` beside it, unless the archive is already made of the same."""
    wanted = digest([containerfile, *files], name)
    key = archive.with_suffix(".key")
    if archive.exists() and key.exists() and key.read_text() == wanted:
        return
    say(f"building image {name}")
    with tempfile.TemporaryDirectory(prefix="image-", dir=CACHE) as scratch:
        context = Path(scratch) / "context"
        context.mkdir()
        for file in files:
            shutil.copy2(file, context / file.name)
        # A storage of its own: whatever else uses buildah on this machine is left alone.
        buildah = ["buildah", "--storage-driver=vfs", f"--root={scratch}/root", f"--runroot={scratch}/run"]
        bud = [*buildah, "bud", "--quiet", "--isolation=chroot", f"--file={containerfile}", f"--tag={name}", str(context)]
        subprocess.run(bud, check=True, stdout=subprocess.DEVNULL)
        fresh = archive.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        push = [*buildah, "push", "--quiet", name, f"docker-archive:{fresh}:{name}"]
        subprocess.run(push, check=True, stdout=subprocess.DEVNULL)
    fresh.rename(archive)
    key.write_text(wanted)


def digest(files: list[Path], name: str) -> str:
    """Of an image's name and of all that goes into it."""
    whole = hashlib.sha256(name.encode())
    for file in files:
        with file.open("rb") as content:
            whole.update(hashlib.file_digest(content, "sha256").digest())
    return whole.hexdigest()
