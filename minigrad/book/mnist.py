"""MNIST for the chapters: the one place where the book's data comes from.

The single idea: the name MNIST stands for four known files.  Whatever is read is
held against their published shapes and SHA-256 sums, so a file is either the one
that the book speaks of or an error; and where the files cannot be had at all, a
stand-in says openly that it is one.  Chapter 20 trains on what comes from here.
"""

import contextlib
import functools
import gzip
import hashlib
import http.client
import math
import os
import shutil
import socket
import struct
import tempfile
import time
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

# name: (shape, SHA-256 of the uncompressed file)
FILES = {
    "train-images-idx3-ubyte": (
        (60000, 28, 28),
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "train-labels-idx1-ubyte": (
        (60000,),
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "t10k-images-idx3-ubyte": (
        (10000, 28, 28),
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "t10k-labels-idx1-ubyte": (
        (10000,),
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}
# An idx file begins with 2048 (bytes follow) + its number of dimensions.
KINDS = {2049: "labels", 2051: "images"}
TIMEOUT = 5.0  # seconds that a silent server is waited for


class MNIST(NamedTuple):
    """Digits to learn from, as NumPy arrays that the caller owns and may change.

    Images are float32 in 0..1 (ink is 1) of shape (N, 1, 28, 28); labels are int64
    in 0..9 of shape (N,).  ``source`` is "MNIST", with 60 000 and 10 000 images, or
    "digits", the stand-in, with 1 497 and 300.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    source: str

    def __repr__(self):
        sizes = f"{len(self.train_labels)} training and {len(self.test_labels)} test"
        return f"MNIST({sizes} images, source={self.source!r})"


def load_mnist():
    """Return the handwritten digits of MNIST (LeCun, Cortes and Burges, 1998).

    The first of these that applies, never a second one after an error:

    1. ``$MINIGRAD_DATA``, if set: the four files in ``MNIST/raw`` below it, where
       torchvision puts them, plain or as ``.gz``.
    2. ``MNIST/raw`` in the user's cache folder: ``minigrad`` below
       ``$XDG_CACHE_HOME``, else ``%LOCALAPPDATA%``, else ``~/.cache``.
    3. If that is missing or empty: a download into it by ``torchvision``, which
       shows its progress.  It happens beside the place and is moved there when all
       four files are proved whole, so an interrupted one leaves nothing behind,
       or, after a kill, a folder ``download-...`` that a later one removes.
    4. If that fails: scikit-learn's 8x8 digits (Alpaydin and Kaynak, 1998) enlarged
       to 28x28.  A notice on stdout says so and why.  A process asks only once.

    Raises ``FileNotFoundError`` if a place that should hold the files lacks one, and
    ``ValueError`` if a file is not the one that its name says: cut short, corrupt,
    of another kind or size.  Both name the place, what was expected and what to do.

    What a chapter prints and compares must not depend on the source: no counts of
    images, no single pixels or labels.  The cell that calls this carries the tag
    ``nbval-ignore-output``, for the notice and the progress bar.
    """
    asked = os.environ.get("MINIGRAD_DATA")
    if asked:
        raw = Path(asked).expanduser().absolute() / "MNIST" / "raw"
        return _read_all(raw, "mend it, or unset MINIGRAD_DATA to use the cache")
    cache = _cache_folder()
    raw = cache / "MNIST" / "raw"
    if not _filled(raw):
        reason = _download(cache)
        if reason:
            print(f"MNIST could not be downloaded ({reason}).")
            print("In its place: scikit-learn's 8x8 digits, enlarged to 28x28.")
            print("For MNIST itself, restart with a network, or set MINIGRAD_DATA to")
            print("the folder in which torchvision has put MNIST/raw.")
            return _digits()
    return _read_all(raw, f"delete {raw} to have it downloaded afresh")


def _cache_folder():
    """The folder that is minigrad's own among the user's caches."""
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return Path(base or "~/.cache").expanduser().absolute() / "minigrad"


def _filled(folder):
    """Whether the folder exists and holds anything."""
    return folder.is_dir() and any(folder.iterdir())


def _read_all(raw, advice):
    """The four files of a folder as an MNIST; ``advice`` ends every error."""
    missing = [name for name in FILES if _find(raw, name) is None]
    if missing:
        raise FileNotFoundError(
            f"{raw} lacks {', '.join(missing)}: expected the four files of MNIST, "
            f"plain or as .gz; {advice}"
        )
    arrays = [_read(_find(raw, name), name, advice) for name in FILES]
    for i in (0, 2):
        arrays[i] = np.divide(arrays[i][:, None], 255, dtype=np.float32)
        arrays[i + 1] = arrays[i + 1].astype(np.int64)
    return MNIST(*arrays, source="MNIST")


def _find(raw, name):
    """The path of a file, plain before compressed, or None."""
    paths = (raw / name, raw / f"{name}.gz")
    return next((path for path in paths if path.is_file()), None)


def _read(path, name, advice):
    """One idx file as a uint8 array, once it is proved to be the one of its name."""
    shape, digest = FILES[name]
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        fault = _fault(content, shape, digest)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        fault = f"cannot be decompressed ({error}): expected a whole gzip file"
    if fault:
        raise ValueError(f"{path} {fault}; {advice}")
    return np.frombuffer(content, np.uint8)[-math.prod(shape) :].reshape(shape)


def _fault(content, shape, digest):
    """What is wrong with the bytes of an idx file and what would hold, or ""."""
    start = 4 * (1 + len(shape))
    if len(content) < start:
        return f"has {len(content)} bytes: expected a header of {start} bytes first"
    magic, *sizes = struct.unpack(f">{1 + len(shape)}I", content[:start])
    right = 2048 + len(shape)
    if magic != right:
        kind = KINDS.get(magic, "neither images nor labels")
        return f"begins with {magic} ({kind}): expected {right} ({KINDS[right]})"
    if tuple(sizes) != shape:
        return f"announces the shape {tuple(sizes)}: expected {shape}"
    size = start + math.prod(shape)
    if len(content) != size:
        change = "cut short" if len(content) < size else "something follows the end"
        return f"has {len(content)} bytes ({change}): expected {size}"
    if len(shape) == 1 and max(content[start:]) > 9:
        where, label = next((i, x) for i, x in enumerate(content[start:]) if x > 9)
        return f"holds the label {label} at index {where}: expected 0 to 9"
    found = hashlib.sha256(content).hexdigest()
    return "" if found == digest else f"has SHA-256 {found}: expected {digest}"


@functools.cache
def _download(cache):
    """Put MNIST into the cache folder; the reason if that failed, else ""."""
    raw = cache / "MNIST" / "raw"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        for left in cache.glob("download-*"):  # by a process that was killed
            if time.time() - left.stat().st_mtime > 24 * 3600:
                shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="download-", dir=cache) as folder:
            with _socket_timeout(TIMEOUT):
                from torchvision import datasets  # takes seconds: only when needed

                datasets.MNIST(folder, download=True)
            fresh = Path(folder, "MNIST", "raw")
            _read_all(fresh, "the download is discarded")
            raw.parent.mkdir(exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                raw.rmdir()  # an empty one; one that is filled stays and ends this
            os.replace(fresh, raw)
    except (
        OSError,
        RuntimeError,
        ValueError,
        ImportError,
        http.client.HTTPException,
    ) as error:
        if not _filled(raw):  # else another process was faster
            return " ".join(f"{type(error).__name__}: {error}".split())
    return ""


@contextlib.contextmanager
def _socket_timeout(seconds):
    """Let no socket made meanwhile wait longer; torchvision sets no limit."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _digits():
    """scikit-learn's digits, 20x20 in the middle of 28x28 as MNIST's are."""
    from sklearn.datasets import load_digits

    small = load_digits()
    centres = (np.arange(20) + 0.5) * 8 / 20 - 0.5
    enlarge = np.stack([np.interp(centres, range(8), unit) for unit in np.eye(8)])
    images = np.zeros((len(small.target), 1, 28, 28), np.float32)
    images[:, 0, 4:24, 4:24] = enlarge.T @ (small.images / 16) @ enlarge
    labels = small.target.astype(np.int64)
    order = np.random.default_rng(0).permutation(len(labels))
    test, train = order[:300], order[300:]
    return MNIST(
        images[train], labels[train], images[test], labels[test], source="digits"
    )
