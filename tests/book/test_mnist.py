"""The MNIST loader: its three sources, every broken file, and no network.

The single idea: four small files take the place of the four known ones, and a module
of our own takes torchvision's, so that every path runs in milliseconds.  The real
files are read where $MINIGRAD_DATA or shared/data beside the repository has them.
"""

import ast
import gzip
import hashlib
import http.client
import os
import socket
import struct
import subprocess
import sys
import time
import types
from importlib.machinery import PathFinder
from pathlib import Path

import numpy as np
import pytest

from minigrad.book import mnist

ROOT = Path(__file__).resolve().parents[2]
NAMES = list(mnist.FILES)
PLACES = [os.environ.get("MINIGRAD_DATA"), ROOT.parent / "shared" / "data"]
REAL = next((Path(p).absolute() for p in PLACES if p and Path(p).is_dir()), None)


def idx(array):
    """The bytes of an idx file of unsigned bytes, written from its description."""
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


@pytest.fixture
def files(monkeypatch):
    """Four small files, {name: bytes}, that the loader takes for MNIST."""
    rng = np.random.default_rng(1)
    train, test = rng.integers(0, 256, (30, 28, 28)), rng.integers(0, 256, (20, 28, 28))
    arrays = [train, np.arange(30) % 10, test, np.arange(20)[::-1] % 10]
    contents = {name: idx(array) for name, array in zip(NAMES, arrays, strict=True)}
    sums = [hashlib.sha256(content).hexdigest() for content in contents.values()]
    shapes = [array.shape for array in arrays]
    table = dict(zip(NAMES, zip(shapes, sums, strict=True), strict=True))
    monkeypatch.setattr(mnist, "FILES", table)
    return contents


@pytest.fixture(autouse=True)
def torchvision(monkeypatch, tmp_path):
    """Stand where torchvision stands; what it does is set by ``.act(folder)``."""
    monkeypatch.delenv("MINIGRAD_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    mnist._download.cache_clear()
    fake = types.SimpleNamespace(roots=[], timeouts=[], act=lambda root: None)

    def construct(root, download):
        assert download is True
        fake.roots.append(Path(root))
        fake.timeouts.append(socket.getdefaulttimeout())
        fake.act(Path(root))

    module = types.ModuleType("torchvision")
    module.datasets = types.SimpleNamespace(MNIST=construct)
    monkeypatch.setitem(sys.modules, "torchvision", module)
    yield fake
    mnist._download.cache_clear()


@pytest.fixture
def raw(monkeypatch, tmp_path, files):
    """The folder of the four files, with MINIGRAD_DATA pointing at it."""
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path / "data"))
    return put(tmp_path / "data", files)


@pytest.fixture
def cache(tmp_path):
    """Where the loader keeps its own copy in these tests."""
    return tmp_path / "caches" / "minigrad"


def put(root, contents):
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in contents.items():
        (raw / name).write_bytes(content)
    return raw


def everything_below(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


def no_network(root):
    (root / "MNIST" / "raw").mkdir(parents=True)
    raise RuntimeError("Error downloading train-images-idx3-ubyte.gz:\nTried a, got b")


def test_files_are_read_as_they_were_written(raw, files, torchvision, capsys):
    first, got = mnist.load_mnist(), mnist.load_mnist()
    assert not any(np.shares_memory(a, b) for a in first[:4] for b in got[:4])
    train = np.frombuffer(files[NAMES[0]][16:], np.uint8).reshape(30, 1, 28, 28)
    test = np.frombuffer(files[NAMES[2]][16:], np.uint8).reshape(20, 1, 28, 28)
    np.testing.assert_array_equal(got.train_images, train.astype(np.float32) / 255)
    np.testing.assert_array_equal(got.test_images, test.astype(np.float32) / 255)
    assert got.train_labels.tolist() == [*range(10)] * 3
    assert got.test_labels.tolist() == [*range(9, -1, -1)] * 2
    assert got.train_images.dtype == got.test_images.dtype == np.float32
    assert got.train_labels.dtype == got.test_labels.dtype == np.int64
    assert all(a.flags.writeable and a.flags.c_contiguous for a in got[:4])
    assert got.source == "MNIST"
    assert repr(got) == "MNIST(30 training and 20 test images, source='MNIST')"
    assert torchvision.roots == []
    assert capsys.readouterr() == ("", "")


def test_compressed_files_are_read_and_plain_ones_come_first(raw, files):
    plain = mnist.load_mnist()
    for name in NAMES:
        (raw / f"{name}.gz").write_bytes(b"not read while the plain file is there")
    np.testing.assert_array_equal(mnist.load_mnist().test_images, plain.test_images)
    for name in NAMES:
        (raw / f"{name}.gz").write_bytes(gzip.compress(files[name]))
        (raw / name).unlink()
    for a, b in zip(mnist.load_mnist(), plain, strict=True):
        np.testing.assert_array_equal(a, b)


def change(content, where, value):
    return content[:where] + bytes([value]) + content[where + 1 :]


IMAGES, LABELS = NAMES[:2]
# what happened, to which file, what it holds then, what the error says
# fmt: off
BROKEN = [
    ("empty", LABELS, lambda f: b"", "has 0 bytes: expected a header of 8 bytes first"),
    ("cut short", IMAGES, lambda f: f[IMAGES][:-1],
     "has 23535 bytes (cut short): expected 23536"),
    ("too long", LABELS, lambda f: f[LABELS] + b"xx",
     "has 40 bytes (something follows the end): expected 38"),
    ("labels named images", IMAGES, lambda f: f[LABELS],
     "begins with 2049 (labels): expected 2051 (images)"),
    ("images named labels", LABELS, lambda f: f[IMAGES],
     "begins with 2051 (images): expected 2049 (labels)"),
    ("a web page", IMAGES, lambda f: b"<!doctype html><html>",
     "begins with 1008821359 (neither images nor labels): expected 2051 (images)"),
    ("test labels named training labels", LABELS, lambda f: f[NAMES[3]],
     "announces the shape (20,): expected (30,)"),
    ("images of another size", IMAGES, lambda f: idx(np.zeros((30, 8, 8))),
     "announces the shape (30, 8, 8): expected (30, 28, 28)"),
    ("a label that is no digit", LABELS, lambda f: change(f[LABELS], 8 + 13, 10),
     "holds the label 10 at index 13: expected 0 to 9"),
    ("a label of another digit", LABELS, lambda f: change(f[LABELS], 8 + 13, 9),
     "has SHA-256 "),
    ("one pixel", IMAGES, lambda f: change(f[IMAGES], 5000, f[IMAGES][5000] ^ 1),
     "has SHA-256 "),
]
# fmt: on


@pytest.mark.parametrize(
    "name, spoil, words", [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN]
)
@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gz"])
def test_a_broken_file_is_named(
    name, spoil, words, compressed, raw, files, torchvision
):
    path = raw / name
    path.write_bytes(spoil(files))
    if compressed:
        path.with_name(f"{name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
        path = path.with_name(f"{name}.gz")
    with pytest.raises(ValueError) as caught:
        mnist.load_mnist()
    said = str(caught.value)
    assert said.startswith(f"{path} {words}"), said
    assert said.endswith("; mend it, or unset MINIGRAD_DATA to use the cache")
    if "SHA" in words:
        assert said.count(mnist.FILES[name][1]) == 1
    assert torchvision.roots == [], "an error is not a reason to try the next source"


@pytest.mark.parametrize(
    "spoil",
    [lambda z: z[:-20], lambda z: b"plain " + z, lambda z: change(z, 12, z[12] ^ 255)],
    ids=["cut short", "not gzip", "corrupt"],
)
def test_a_broken_gzip_file_is_named(spoil, raw, files):
    (raw / IMAGES).unlink()
    path = raw / f"{IMAGES}.gz"
    path.write_bytes(spoil(gzip.compress(files[IMAGES])))
    with pytest.raises(ValueError) as caught:
        mnist.load_mnist()
    assert str(caught.value).startswith(f"{path} cannot be decompressed (")
    assert "): expected a whole gzip file; mend it" in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_named(name, raw):
    (raw / name).unlink()
    with pytest.raises(FileNotFoundError) as caught:
        mnist.load_mnist()
    assert str(caught.value) == (
        f"{raw} lacks {name}: expected the four files of MNIST, plain or as .gz; "
        "mend it, or unset MINIGRAD_DATA to use the cache"
    )


def test_a_place_that_was_asked_for_and_is_empty_is_an_error(
    monkeypatch, tmp_path, files, torchvision
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINIGRAD_DATA", "elsewhere")
    with pytest.raises(FileNotFoundError) as caught:
        mnist.load_mnist()
    raw = tmp_path / "elsewhere" / "MNIST" / "raw"
    assert str(caught.value).startswith(f"{raw} lacks {', '.join(NAMES)}: ")
    assert torchvision.roots == []


def test_the_cache_comes_before_a_download(
    monkeypatch, files, torchvision, cache, capsys
):
    monkeypatch.setenv("MINIGRAD_DATA", "")  # counts as unset
    put(cache, files)
    assert mnist.load_mnist().source == "MNIST"
    assert torchvision.roots == []
    assert capsys.readouterr() == ("", "")


def test_a_broken_cache_is_an_error_that_says_how_to_mend_it(files, torchvision, cache):
    raw = put(cache, files | {IMAGES: files[IMAGES][:-5]})
    with pytest.raises(ValueError, match="cut short") as caught:
        mnist.load_mnist()
    assert str(caught.value).endswith(f"; delete {raw} to have it downloaded afresh")
    (raw / IMAGES).unlink()
    with pytest.raises(FileNotFoundError, match=f"lacks {IMAGES}:") as caught:
        mnist.load_mnist()
    assert str(caught.value).endswith(f"; delete {raw} to have it downloaded afresh")
    assert torchvision.roots == []


@pytest.mark.parametrize("empty_before", [False, True])
def test_a_download_lands_whole_in_the_cache(
    empty_before, files, torchvision, cache, capsys
):
    raw = cache / "MNIST" / "raw"
    if empty_before:
        raw.mkdir(parents=True)
    seen = []

    def download(root):
        put(root, files)
        seen.extend(everything_below(raw))

    torchvision.act = download
    assert mnist.load_mnist().source == "MNIST"
    assert seen == [], "nothing is written where others read"
    assert everything_below(raw) == sorted(NAMES)
    assert [p.name for p in cache.iterdir()] == ["MNIST"]
    assert torchvision.timeouts == [mnist.TIMEOUT]
    assert socket.getdefaulttimeout() is None
    assert mnist.load_mnist().source == "MNIST"
    assert len(torchvision.roots) == 1
    assert capsys.readouterr() == ("", "")


def test_an_interrupted_download_leaves_nothing(files, torchvision, cache):
    def interrupted(root):
        put(root, {IMAGES: files[IMAGES], LABELS: files[LABELS][:7]})
        raise KeyboardInterrupt

    torchvision.act = interrupted
    with pytest.raises(KeyboardInterrupt):
        mnist.load_mnist()
    assert everything_below(cache) == []
    assert socket.getdefaulttimeout() is None
    torchvision.act = lambda root: put(root, files)
    assert mnist.load_mnist().source == "MNIST"


def test_what_a_killed_download_left_goes_a_day_later(files, torchvision, cache):
    for name, age in (("download-old", 25 * 3600), ("download-new", 60)):
        put(cache / name, {IMAGES: b"half of it"})
        os.utime(cache / name, times=(time.time() - age,) * 2)
    torchvision.act = lambda root: put(root, files)
    assert mnist.load_mnist().source == "MNIST"
    assert sorted(p.name for p in cache.iterdir()) == ["MNIST", "download-new"]


def test_two_processes_may_download_at_once(files, torchvision, cache):
    def beaten(root):
        put(root, files)
        (put(cache, files) / "mine.txt").write_text("of the other process or the user")

    torchvision.act = beaten
    assert mnist.load_mnist().source == "MNIST"
    assert everything_below(cache / "MNIST" / "raw") == sorted([*NAMES, "mine.txt"])
    assert [p.name for p in cache.iterdir()] == ["MNIST"]


def test_a_download_that_is_not_mnist_is_discarded(files, torchvision, cache, capsys):
    torchvision.act = lambda root: put(root, files | {LABELS: files[LABELS][:-1]})
    assert mnist.load_mnist().source == "digits"
    assert everything_below(cache) == []
    assert f"{LABELS} has 37 bytes (cut short)" in capsys.readouterr().out


FAILURES = [
    RuntimeError("Error downloading"),
    ConnectionResetError("reset by peer"),
    TimeoutError("timed out"),
    http.client.IncompleteRead(b"half"),
]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_every_failure_of_the_network_ends_in_the_stand_in(error, torchvision, capsys):
    def fail(root):
        raise error

    torchvision.act = fail
    assert mnist.load_mnist().source == "digits"
    assert f"({type(error).__name__}: " in capsys.readouterr().out


def test_without_torchvision_the_digits_stand_in(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    assert mnist.load_mnist().source == "digits"
    assert "(ModuleNotFoundError: " in capsys.readouterr().out


def test_a_cache_that_cannot_be_made_is_no_obstacle(cache, torchvision, capsys):
    cache.parent.write_text("a file where a folder should be")
    assert mnist.load_mnist().source == "digits"
    assert torchvision.roots == []
    assert "could not be downloaded (" in capsys.readouterr().out


def test_the_stand_in_says_so_on_stdout_and_asks_once(torchvision, cache, capsys):
    torchvision.act = no_network
    mnist.load_mnist()
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "MNIST could not be downloaded (RuntimeError: Error downloading "
        "train-images-idx3-ubyte.gz: Tried a, got b).",
        "In its place: scikit-learn's 8x8 digits, enlarged to 28x28.",
        "For MNIST itself, restart with a network, or set MINIGRAD_DATA to",
        "the folder in which torchvision has put MNIST/raw.",
    ]
    assert err == ""
    mnist.load_mnist()
    assert capsys.readouterr().out == out, "the notice comes each time"
    assert len(torchvision.roots) == 1, "the question to the network does not"
    assert everything_below(cache) == []


def test_the_stand_in_looks_like_mnist(torchvision):
    from scipy import ndimage
    from sklearn.datasets import load_digits

    torchvision.act = no_network
    got, again = mnist.load_mnist(), mnist.load_mnist()
    assert got.train_images.shape == (1497, 1, 28, 28)
    assert got.test_images.shape == (300, 1, 28, 28)
    assert got.train_images.dtype == np.float32 and got.train_labels.dtype == np.int64
    for a, b in zip(got[:4], again[:4], strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.shares_memory(a, b)
    images = np.concatenate([got.train_images, got.test_images])[:, 0]
    assert images.min() == 0 and images.max() == 1
    frame = images.copy()
    frame[:, 4:24, 4:24] = 0
    assert not frame.any(), "20x20 in the middle, as MNIST's digits are"
    assert 0.10 < images.mean() < 0.20, "MNIST: 0.13"
    for labels in (got.train_labels, got.test_labels):
        share = np.bincount(labels, minlength=10) / len(labels)
        assert share.min() > 0.06 and share.max() < 0.14
    # SciPy's bilinear zoom of the originals, matched one to one, labels included.
    source = load_digits()
    grown = ndimage.zoom(
        source.images / 16, (1, 2.5, 2.5), order=1, mode="nearest", grid_mode=True
    ).reshape(1797, 400)
    ours = images[:, 4:24, 4:24].reshape(1797, 400)
    distance = (ours**2).sum(1)[:, None] + (grown**2).sum(1) - 2 * ours @ grown.T
    match = distance.argmin(1)
    np.testing.assert_allclose(ours, grown[match], atol=1e-6)
    assert sorted(match) == list(range(1797)), "each digit once: none in both parts"
    labels = np.concatenate([got.train_labels, got.test_labels])
    np.testing.assert_array_equal(labels, source.target[match])


def test_the_cache_folder_is_where_the_system_keeps_caches(monkeypatch, tmp_path):
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    assert mnist._cache_folder() == home / ".cache" / "minigrad"
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert mnist._cache_folder() == tmp_path / "local" / "minigrad"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert mnist._cache_folder() == tmp_path / "xdg" / "minigrad"


def test_torchvision_lays_out_the_files_that_are_looked_for():
    """Read, not imported: importing it takes seconds."""
    spec = PathFinder.find_spec("torchvision")
    if spec is None:
        pytest.skip("torchvision is not installed")
    text = Path(spec.origin).with_name("datasets").joinpath("mnist.py").read_text()
    kind = next(n for n in ast.parse(text).body if getattr(n, "name", "") == "MNIST")
    given = {n.targets[0].id: n.value for n in kind.body if isinstance(n, ast.Assign)}
    names = [name for name, md5 in ast.literal_eval(given["resources"])]
    assert sorted(names) == sorted(f"{name}.gz" for name in NAMES)
    assert 'os.path.join(self.root, self.__class__.__name__, "raw")' in text


def test_importing_the_loader_imports_nothing_heavy():
    code = (
        "import runpy, sys; runpy.run_path(sys.argv[1]); "
        "print(sorted({'torch', 'torchvision', 'sklearn'} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, mnist.__file__], capture_output=True, text=True
    )
    assert said.stdout == "[]\n", said.stderr


@pytest.mark.skipif(REAL is None, reason="no MNIST: set MINIGRAD_DATA to have it read")
def test_the_real_files(monkeypatch, torchvision):
    monkeypatch.setenv("MINIGRAD_DATA", str(REAL))
    got = mnist.load_mnist()
    assert got.source == "MNIST" and torchvision.roots == []
    assert got.train_images.shape == (60000, 1, 28, 28)
    assert got.test_images.shape == (10000, 1, 28, 28)
    train = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    test = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(got.train_labels).tolist() == train
    assert np.bincount(got.test_labels).tolist() == test
    assert got.train_images.mean(dtype=np.float64) == pytest.approx(0.1307, abs=5e-5)
    assert got.train_images.std(dtype=np.float64) == pytest.approx(0.3081, abs=5e-5)
