"""Real Alembic on one script folder: order, graph commands and the offline SQL of each revision, as JSON.

Reads {"root", "script_location", "version_locations", "dialect", "naming_convention"} from standard input. env.py does not run.
A module that is not installed is fabricated; whoever needs to know more of it than that it is there gets `Missing`, and that
revision gives no evidence.
"""

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import json
import os
import signal
import sys
import types

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import pyfiles

SECONDS = 20


class Missing(BaseException):
    """Something of a module that is not installed was asked for its value."""


class Empty:
    """Stands where a class of a missing module is inherited from."""

    def __init__(self, *args, **kwargs):
        raise Missing(type(self).__name__)


class Stub:
    """Anything of a missing module: it can be imported, called, inherited from and passed on, not looked into."""

    def __init__(self, name):
        self.__dict__["name"] = name

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Stub(f"{self.name}.{name}")

    def __call__(self, *args, **kwargs):
        return Stub(f"{self.name}()")

    def __or__(self, other):
        return Stub(f"{self.name} | …")

    __ror__ = __or__

    def __mro_entries__(self, bases):
        return (Empty,)

    def __getitem__(self, key):
        return Stub(f"{self.name}[]")

    def refuse(self, *args, **kwargs):
        raise Missing(self.name)

    __bool__ = __str__ = __repr__ = __iter__ = __len__ = __int__ = __index__ = __float__ = __format__ = refuse
    __enter__ = __contains__ = __lt__ = __gt__ = __add__ = __radd__ = __clause_element__ = refuse


class StubModule(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Stub(f"{self.__name__}.{name}")


class Fabricate(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Makes the modules that nobody else finds, and those whose import has failed."""

    def __init__(self):
        self.failed = set()

    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return StubModule(spec.name)

    def exec_module(self, module):
        module.__path__ = []


class Failed(importlib.abc.MetaPathFinder):
    def __init__(self, fabricate):
        self.fabricate = fabricate

    def find_spec(self, name, path=None, target=None):
        return self.fabricate.find_spec(name) if name in self.fabricate.failed else None


def late(*_):
    raise Missing("time")


@contextlib.contextmanager
def quiet():
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        signal.alarm(SECONDS)
        try:
            yield
        finally:
            signal.alarm(0)


def importing(run, fabricate, versions):
    """Runs what imports modules of the project, again and again, fabricating each whose own import fails.

    Revisions, which stand in the folders `versions`, are never fabricated.
    """
    for _ in range(60):
        before = set(sys.modules)
        try:
            with quiet():
                return run()
        except BaseException as error:
            trace, culprit = error.__traceback__, None
            while trace:
                name = trace.tb_frame.f_globals.get("__name__", "")
                library = name.startswith(("importlib", "alembic.", "sqlalchemy"))
                revision = os.path.dirname(trace.tb_frame.f_code.co_filename) in versions
                if name not in ("", "__main__") and not library and not revision:
                    culprit = culprit or name
                trace = trace.tb_next
            for name in set(sys.modules) - before:
                if not name.startswith(("sqlalchemy", "alembic")):
                    sys.modules.pop(name, None)
            if culprit is None or culprit in fabricate.failed:
                raise
            fabricate.failed.add(culprit)
    raise Missing("imports")


def load(path, module_id="revision_under_test", partly=None):
    """A revision's module, imported anew; `partly` gets it before it runs."""
    spec = importlib.util.spec_from_file_location(module_id, path)
    module = importlib.util.module_from_spec(spec)
    if partly is not None:
        partly.append(module)
    spec.loader.exec_module(module)
    return module


def patient(fabricate, versions):
    """As Alembic loads a revision for its graph, but one that breaks off after its identifiers still counts."""

    def load_module_py(module_id, path):
        partly = []
        try:
            return importing(lambda: load(path, module_id, partly), fabricate, versions)
        except BaseException:
            if not partly or not hasattr(partly[-1], "down_revision"):
                raise
            for direction in ("upgrade", "downgrade"):
                vars(partly[-1]).setdefault(direction, None)
            return partly[-1]

    return load_module_py


def ordered(config):
    """The script folder and the order of an upgrade."""
    script = ScriptDirectory.from_config(config)
    return script, [step.revision.revision for step in script._upgrade_revs("heads", None)]


class Recorder:
    """The offline context that all revisions of one direction run in."""

    def __init__(self, config, script, asked):
        self.environment = EnvironmentContext(config, script, as_sql=True)
        self.chunks = []
        metadata = sqlalchemy.MetaData(naming_convention=asked["naming_convention"] or None)
        self.environment.configure(
            dialect_name=asked["dialect"],
            literal_binds=True,
            dialect_opts={"paramstyle": "named"},
            target_metadata=metadata,
            output_buffer=io.StringIO(),
        )
        self.context = self.environment.get_context()
        self.context.impl.static_output = self.chunks.append
        self.context.impl.emit_begin = self.context.impl.emit_commit = lambda: None

    def run(self, function):
        self.chunks.clear()
        with self.environment, Operations.context(self.context), quiet():
            function()
        return {"sql": list(self.chunks)}


def attempt(recorder, module, name):
    function = getattr(module, name, None)
    if function is None:
        return {"absent": True}
    try:
        return recorder.run(function)
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {str(error)[:300]}"}


def said(config, run):
    """What a command of Alembic's prints, or nothing where it fails."""
    out = io.StringIO()
    config.stdout = out
    try:
        with quiet():
            run(config)
        return out.getvalue()
    except BaseException:
        return None


def revision_files(asked):
    for location in asked["version_locations"]:
        for folder, _, names in os.walk(os.path.join(asked["root"], location)):
            yield from (os.path.join(folder, name) for name in names if name.endswith(".py"))


def main():
    asked = json.load(sys.stdin)
    signal.signal(signal.SIGALRM, late)
    os.chdir(asked["root"])
    fabricate = Fabricate()
    sys.meta_path.insert(0, Failed(fabricate))
    sys.meta_path.append(fabricate)
    for folder in (asked["script_location"], "lib", "src", "."):
        sys.path.insert(0, os.path.join(asked["root"], folder))
    versions = {os.path.dirname(path) for path in revision_files(asked)}
    config = Config()
    config.set_main_option("script_location", asked["script_location"])
    if asked["version_locations"]:
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", "\n".join(asked["version_locations"]))
    if asked["recursive"]:
        config.set_main_option("recursive_version_locations", "true")
    pyfiles.load_module_py = patient(fabricate, versions)
    script, order = ordered(config)
    answer = {"order": order, "up": {}, "down": {}, "said": {}}
    graph = {
        "heads": lambda config: command.heads(config, verbose=False),
        "branches": lambda config: command.branches(config, verbose=False),
        "history": lambda config: command.history(config, verbose=False),
    }
    for name, run in graph.items():
        answer["said"][name] = said(config, run)
    up = Recorder(config, script, asked)
    for at in order:
        try:
            module = importing(lambda: load(script.get_revision(at).path), fabricate, versions)
        except BaseException as error:
            answer["up"][at] = answer["down"][at] = {"error": f"import: {type(error).__name__}: {str(error)[:300]}"}
            continue
        answer["up"][at] = attempt(up, module, "upgrade")
        answer["down"][at] = attempt(Recorder(config, script, asked), module, "downgrade")
    sys.__stdout__.write(json.dumps(answer))


main()
