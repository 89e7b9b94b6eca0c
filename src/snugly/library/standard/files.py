"""``os``, ``pathlib``, ``glob``, ``io``, ``shutil``: paths are texts; what the disk holds is not known."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from snugly.interpreter.values import Mapping, Number, Sequence, Text, Unknown, Value
from snugly.library.plain import compute
from snugly.library.registry import Model, alias, constant, function, model

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.interpreter.machine import Machine


_TEXTS = Sequence("list", None, Text(), None)

constant("os.sep", "/")
constant("os.linesep", "\n")
constant("os.name", "posix")
constant("os.environ", Mapping({}, Text(), open=True, rest_key=Text()))
alias("posixpath", "os.path")


def _of_path(name: str) -> Callable[..., Value]:
    real = getattr(posixpath, name)

    def apply(*parts: Value) -> Value:
        return compute(real, *map(as_text, parts), otherwise=Text())

    return apply


for _name in ("join", "basename", "dirname", "normpath"):
    function(f"os.path.{_name}")(_of_path(_name))


@function("os.path.splitext", "os.path.split")
def splitext(path: Value) -> Value:
    """``splitext(path)``."""
    return compute(posixpath.splitext, as_text(path), otherwise=(Text(), Text()))


@function(
    "os.path.abspath",
    "os.path.realpath",
    "os.path.expanduser",
    "os.path.relpath",
    "os.path.expandvars",
    "os.getcwd",
    "os.path.commonpath",
    "os.readlink",
    "tempfile.mkdtemp",
    "tempfile.gettempdir",
    "shutil.copy",
    "shutil.which",
    "shutil.make_archive",
    "os.getlogin",
)
def some_text(*args: Value, **options: Value) -> Value:
    """A path that depends on the machine."""
    return Text()


@function("os.path.exists", "os.path.isfile", "os.path.isdir", "os.path.islink", "os.access", "fnmatch.fnmatch")
def some_truth(*args: Value, **options: Value) -> Value:
    """A question about the disk."""
    return Number("bool")


@function(
    "os.makedirs",
    "os.mkdir",
    "os.remove",
    "os.unlink",
    "os.rename",
    "os.chdir",
    "os.removedirs",
    "os.rmdir",
    "os.replace",
    "shutil.rmtree",
    "shutil.copyfile",
    "shutil.move",
    "os.system",
    "os.putenv",
    "os.symlink",
)
def nothing(*args: Value, **options: Value) -> None:
    """Changes to the disk, which are not followed."""


@function("os.listdir", "glob.glob", "os.scandir", "glob.iglob")
def listdir(*args: Value, **options: Value) -> Value:
    """Names of files, it is not known how many."""
    return Sequence("list", None, Text(), None)


@function("os.walk")
def walk(*args: Value, **options: Value) -> Value:
    """``walk(top)``."""
    return Sequence("iterator", None, (Text(), _TEXTS, _TEXTS), None)


@function("os.getenv")
def getenv(key: Value, default: Value = None) -> Value:
    """``getenv(key)``."""
    return Text()


@function("os.cpu_count", "os.getpid", "os.path.getsize", "os.process_cpu_count")
def some_count(*args: Value) -> Value:
    """A number that depends on the machine."""
    return Number("int", 0)


@function("os.path.getmtime", "os.path.getctime")
def some_time(path: Value) -> Value:
    """When a file was changed."""
    return Number("float", 0)


def as_text(path: Value) -> Value:
    """Return a path as text, known or not."""
    return path._text if isinstance(path, Path) else path


@model("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath")
class Path(Model):
    """A path; its text is known where its parts are."""

    def __init__(self, *parts: Value) -> None:
        self._text = compute(posixpath.join, *map(as_text, parts), otherwise=Text()) if parts else "."

    @property
    def name(self) -> Value:
        return compute(posixpath.basename, self._text, otherwise=Text())

    @property
    def stem(self) -> Value:
        return compute(lambda text: posixpath.splitext(posixpath.basename(text))[0], self._text, otherwise=Text())

    @property
    def suffix(self) -> Value:
        return compute(lambda text: posixpath.splitext(text)[1], self._text, otherwise=Text())

    @property
    def parent(self) -> Value:
        return Path(compute(posixpath.dirname, self._text, otherwise=Text()))

    @property
    def parents(self) -> Value:
        return Sequence("tuple", None, Path(Text()), None)

    @property
    def parts(self) -> Value:
        return Sequence("tuple", None, Text(), None)

    def operate_truediv(self, other: Value) -> Value:
        return Path(self, other)

    def operate_rtruediv(self, other: Value) -> Value:
        return Path(other, self)

    def joinpath(self, *parts: Value) -> Value:
        return Path(self, *parts)

    def with_suffix(self, suffix: Value) -> Value:
        return Path(Text())

    def with_name(self, name: Value) -> Value:
        return Path(self.parent, name)

    def resolve(self, strict: Value = False) -> Value:
        return Path(Text())

    def expanduser(self) -> Value:
        return Path(Text())

    def absolute(self) -> Value:
        return Path(Text())

    def relative_to(self, *other: Value) -> Value:
        return Path(Text())

    def exists(self) -> Value:
        return Number("bool")

    def is_file(self) -> Value:
        return Number("bool")

    def is_dir(self) -> Value:
        return Number("bool")

    def glob(self, pattern: Value) -> Value:
        return Sequence("iterator", None, Path(Text()), None)

    def rglob(self, pattern: Value) -> Value:
        return Sequence("iterator", None, Path(Text()), None)

    def iterdir(self) -> Value:
        return Sequence("iterator", None, Path(Text()), None)

    def as_posix(self) -> Value:
        return self._text

    def read_text(self, *args: Value, **options: Value) -> Value:
        return Text()

    def read_bytes(self) -> Value:
        return Unknown("what a file holds")

    def write_text(self, *args: Value, **options: Value) -> Value:
        return Number("int", 0)

    def write_bytes(self, data: Value) -> Value:
        return Number("int", 0)

    def mkdir(self, *args: Value, **options: Value) -> None:
        """``mkdir()``."""

    def unlink(self, *args: Value, **options: Value) -> None:
        """``unlink()``."""

    def touch(self, *args: Value, **options: Value) -> None:
        """``touch()``."""

    def stat(self) -> Value:
        return Unknown("the size of a file")

    def open(self, machine: Machine, *args: Value, **options: Value) -> Value:
        return Unknown("a file")


@function("pathlib.Path.cwd", "pathlib.Path.home")
def place_of_machine() -> Value:
    """``Path.cwd()``."""
    return Path(Text())


@model("io.StringIO")
class StringIO(Model):
    """A file in memory."""

    def __init__(self, initial_value: Value = "", newline: Value = "\n") -> None:
        self._text = initial_value

    def read(self, size: Value = -1) -> Value:
        return self._text

    def getvalue(self) -> Value:
        return self._text

    def readlines(self) -> Value:
        return compute(lambda text: text.splitlines(keepends=True), self._text, otherwise=_TEXTS)

    def iterate(self) -> Value:
        return compute(lambda text: text.splitlines(keepends=True), self._text, otherwise=_TEXTS)

    def write(self, text: Value) -> Value:
        self._text = Text()
        return Number("int", 0)

    def seek(self, offset: Value, whence: Value = 0) -> Value:
        return 0

    def close(self) -> None:
        """``close()``."""

    def enter(self) -> Value:
        return self


@function(
    "io.BytesIO",
    "io.open",
    "gzip.open",
    "zipfile.ZipFile",
    "tarfile.open",
    "tempfile.TemporaryDirectory",
    "tempfile.NamedTemporaryFile",
    "tempfile.TemporaryFile",
)
def some_file(*args: Value, **options: Value) -> Value:
    """A file or a folder."""
    return Unknown("a file")
