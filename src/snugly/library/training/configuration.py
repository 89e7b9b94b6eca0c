"""``click``, ``fire``, ``omegaconf``, ``hydra``: a program is followed with the defaults of its options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.interpreter.values import SETTING, Mapping, Native, Number, Text, Unknown, Value
from snugly.library.records import NAMESPACE, record
from snugly.library.registry import Model, constant, function, model, quiet

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine

quiet("click", "fire", "omegaconf", "hydra", "typer", "easydict", "ml_collections", "dotenv")

_KINDS: dict[str, Value] = {"int": Number("int"), "float": Number("float"), "str": Text(), "bool": Number("bool")}
for _name, _kind in {"INT": "int", "FLOAT": "float", "STRING": "str", "BOOL": "bool"}.items():
    constant(f"click.{_name}", _KINDS[_kind])


class Command(Model):
    """A function whose arguments come from the command line."""

    def __init__(self, function: Value, options: tuple[tuple[str, Value], ...] = ()) -> None:
        self._function, self._options = function, options

    def call(self, machine: Machine, *args: Value, **given: Value) -> Value:
        return machine.call(self._function, **{**dict(self._options), **given})


def _dest(flags: tuple[Value, ...]) -> str:
    names = [flag for flag in flags if isinstance(flag, str)]
    plain = [name for name in names if not name.startswith("-")]
    longest = max(plain or [name for name in names if name.startswith("--")] or names, key=len, default="")
    return longest.lstrip("-").partition("/")[0].replace("-", "_").lower()


@function("click.option", "click.argument")
def option(
    *param_decls: Value, default: Value = None, type: Value = None, is_flag: Value = False, **settings: Value
) -> Value:
    """``@click.option("--name", default=...)``."""
    value = default
    if default is None and is_flag is True:
        value = False
    elif default is None:
        value = _KINDS.get(getattr(type, "path", "").rpartition(".")[2], Text()) if settings.get("required") else None

    def decorate(function: Value) -> Value:
        earlier = (function._function, function._options) if isinstance(function, Command) else (function, ())
        return Command(earlier[0], ((_dest(param_decls), value), *earlier[1]))

    return Native(decorate, "click.option")


@function("click.command", "click.group")
def command(name: Value = None, **settings: Value) -> Value:
    """``@click.command()``."""
    if name is None or isinstance(name, str):
        return Native(
            lambda function: function if isinstance(function, Command) else Command(function), "click.command"
        )
    return name if isinstance(name, Command) else Command(name)


@function("click.echo", "click.secho")
def echo(*args: Value, **options: Value) -> None:
    """``echo(message)``."""


@function("fire.Fire", "typer.run")
def fire(machine: Machine, component: Value = None, *args: Value, **options: Value) -> Value:
    """``Fire(function)``: called with its defaults."""
    return Unknown("fire.Fire") if component is None else machine.call(component)


@function("hydra.main")
def hydra_main(*args: Value, **options: Value) -> Value:
    """``@hydra.main(...)``: what the configuration holds, its files say."""

    def decorate(function: Value) -> Value:
        return Command(function, (("cfg", SETTING),))

    return Native(decorate, "hydra.main")


@model("omegaconf.OmegaConf")
class OmegaConf(Model):
    """Configurations as objects."""


def _attributes(value: Value) -> Value:
    if isinstance(value, Mapping) and not value.open:
        return record(NAMESPACE, {str(name): _attributes(part) for name, part in value.entries.items()})
    return value


@function("omegaconf.OmegaConf.create", "easydict.EasyDict", "ml_collections.ConfigDict")
def create(obj: Value = None, **entries: Value) -> Value:
    """``OmegaConf.create(dict)``: a namespace of namespaces."""
    if obj is None:
        return record(NAMESPACE, entries)
    return _attributes(obj) if isinstance(obj, Mapping) and not obj.open else SETTING


@function("omegaconf.OmegaConf.load", "omegaconf.OmegaConf.from_cli")
def load(*args: Value) -> Value:
    """``OmegaConf.load(file)``."""
    return SETTING


@function("dotenv.load_dotenv")
def load_dotenv(*args: Value, **options: Value) -> Value:
    """``load_dotenv()``."""
    return Number("bool")
