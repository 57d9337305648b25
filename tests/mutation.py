"""``python -m tests.mutation FILE TEST…``: which small mistakes in a module would no test notice?

Each mutant is the module with one thing changed: a comparison, a condition, a number, a text, an
operator of SQL, a statement left out. Tests run in a forked child for each, where the functions
that are loaded get the code of the mutant, so that imports are paid once: a mutant costs what the
tests cost that reach its line, fastest first. What is changed outside functions, or ran while the
module was imported, is tried in a new process.

A survivor is a hole in the tests, code that nobody needs, or a mutant that means the same. By
default fixtures are set up anew under each mutant; ``--warm`` keeps those of the whole session
from before (stages of a run, cached releases), which never ran under it.

Belongs here: making mutants and running tests on them. Does not belong here: expectations of what
survives; the suite does not run this.
"""

from __future__ import annotations

import argparse
import ast
import copy
import gc
import os
import pickle
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any, Literal, cast

import pytest
from _pytest.runner import runtestprotocol

Fate = Literal["killed", "survived", "not reached"]

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.BitXor: ast.BitOr,
}
NAMES = {"any": "all", "all": "any", "min": "max", "max": "min"}
SQL = re.compile(r"\b(select|delete from|update|case when|when|from|where|order by)\b")
IN_SQL = (
    (r"(?<![<>=!])=(?![=>])", "<>"),
    (r"<>", "="),
    (r">=", ">"),
    (r"<=", "<"),
    (r"(?<![<>-])>(?![=>])", ">="),
    (r"(?<![<>])<(?![=>])", "<="),
    (r"\band\b", "or"),
    (r"\bor\b(?! replace)", "and"),
    (r"\bnot (?!null|exists)", ""),
    (r"\bis not null\b", "is null"),
    (r"\bis distinct from\b", "="),
    (r"\bdistinct\b", ""),
    (r"\bleft join\b", "inner join"),
    (r"\bunion all\b", "union"),
    (r"\border by [\w., ]+", ""),
    (r"\bdesc\b", ""),
    (r"\bmin(?=_by\b|\()", "max"),
    (r"\bmax(?=_by\b|\()", "min"),
    (r"\bbool_or\b", "bool_and"),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r"\b[0-9]+\b", "7"),
)


# --- mutants ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """One change of a module; ``apply`` makes it in the tree that it was found in.

    Attributes:
        lines: Those of its statement, one of which runs where it does.
        is_outside: Whether it stands in no function.
    """

    line: int
    told: str
    apply: Callable[[], None]
    lines: range
    is_outside: bool


def mutants_of(tree: ast.Module) -> list[Mutant]:
    """All mutants of a module, in the order of its lines."""
    return sorted(_below(tree, range(0), True), key=lambda mutant: mutant.line)


def _below(node: ast.AST, lines: range, is_outside: bool) -> Iterator[Mutant]:
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_params", "decorator_list"):
            continue
        children = value if isinstance(value, list) else [value]
        for place, child in enumerate(children):
            if not isinstance(child, ast.AST) or _is_of_no_meaning(child):
                continue
            own = _lines_of(child) if isinstance(child, ast.stmt) else lines
            for other in _instead_of(child, name):
                told, line = _told(child, other), getattr(child, "lineno", own.start)
                where = place if isinstance(value, list) else None
                apply = _replacing(node, name, where, child, other)
                yield Mutant(line, told, apply, own, is_outside)
            in_function = isinstance(child, ast.FunctionDef | ast.Lambda)
            yield from _below(child, own, is_outside and not in_function)


def _lines_of(statement: ast.stmt) -> range:
    """Those of a simple statement, or of the head of a compound one."""
    body: list[ast.stmt] = getattr(statement, "body", [])
    end = body[0].lineno if body else (statement.end_lineno or statement.lineno) + 1
    return range(statement.lineno, max(end, statement.lineno + 1))


def _replacing(
    parent: ast.AST, name: str, place: int | None, old: ast.AST, new: ast.AST
) -> Callable[[], None]:
    def apply() -> None:
        ast.fix_missing_locations(ast.copy_location(new, old))
        if place is None:
            setattr(parent, name, new)
        else:
            getattr(parent, name)[place] = new

    return apply


def _told(old: ast.AST, new: ast.AST) -> str:
    """Before and after, where they differ."""
    before, after = (" ".join(ast.unparse(node).split()) for node in (old, new))
    pairs = enumerate(zip(before, after, strict=False))
    same = next((place for place, (a, b) in pairs if a != b), 0)
    start = max(same - 60, 0)
    return f"{before[start : same + 60]}  →  {after[start : same + 60]}"


def _is_of_no_meaning(node: ast.AST) -> bool:
    """What a run does not read: docstrings, types, encodings, imports for types alone."""
    match node:
        case ast.Expr(ast.Constant(str())) | ast.keyword("encoding"):
            return True
        case ast.Subscript(ast.Name("Literal")) | ast.If(ast.Name("TYPE_CHECKING")):
            return True
    return False


def _instead_of(node: ast.AST, name: str) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left, [operator], right):
            for other in COMPARED[type(operator)]:
                yield ast.Compare(left, [other()], right)
        case ast.BoolOp(operator, values):
            yield ast.BoolOp(ast.And() if isinstance(operator, ast.Or) else ast.Or(), values)
            for place in range(len(values)):
                yield ast.BoolOp(operator, values[:place] + values[place + 1 :])
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.BinOp(left, operator, right) if type(operator) in COMPUTED:
            yield ast.BinOp(left, COMPUTED[type(operator)](), right)
        case ast.Constant():
            yield from _instead_of_constant(node, name)
        case ast.Call(ast.Name(called), arguments, keywords) if called in NAMES:
            yield ast.Call(ast.Name(NAMES[called], ast.Load()), arguments, keywords)
        case ast.Call(ast.Name("sorted"), [first], []):
            yield ast.Call(ast.Name("list", ast.Load()), [first], [])
        case ast.Return(ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.Raise() | ast.AugAssign():
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
    if name in ("test", "ifs") and not isinstance(node, ast.Compare | ast.UnaryOp):
        yield ast.UnaryOp(ast.Not(), cast("ast.expr", copy.copy(node)))


def _instead_of_constant(node: ast.Constant, name: str) -> Iterator[ast.AST]:
    match node.value:
        case bool():
            yield ast.Constant(not node.value)
        case int():
            yield ast.Constant(node.value + 1)
        case str() as text if SQL.search(text):
            for pattern, other in IN_SQL:
                for found in re.finditer(pattern, text):
                    if found.group() != other:
                        yield ast.Constant(text[: found.start()] + other + text[found.end() :])
        case str() as text if text.strip():
            yield ast.Constant(f"{text}X")
        case _:
            return


# --- their code ------------------------------------------------------------------------------


def compiled(file: Path, number: int | None) -> CodeType:
    """The module as a mutant, or as it is."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    if number is not None:
        mutants_of(tree)[number].apply()
    return compile(tree, str(file), "exec")


def functions_of(code: CodeType) -> dict[tuple[str, int, int], CodeType]:
    """The code of functions that are there after the import, by name and place."""
    found: dict[tuple[str, int, int], CodeType] = {}
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            if inner.co_flags & 0x2:  # CO_NEWLOCALS and optimised: a function, not a class body
                found[_key(inner)] = inner
            found |= functions_of(inner)
    return found


def _key(code: CodeType) -> tuple[str, int, int]:
    column = next((c for _, _, c, _ in code.co_positions() if c), 0) or 0
    return code.co_qualname, code.co_firstlineno, column if code.co_name == "<lambda>" else 0


def put_in_force(file: Path, number: int) -> None:
    """Give the functions that are loaded the code of the mutant."""
    codes = functions_of(compiled(file, number))
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__code__.co_filename == str(file):
            code = codes.get(_key(thing.__code__))
            if code is not None:
                thing.__code__ = code


# --- tests on them ---------------------------------------------------------------------------


class Lines:
    """The lines of a file that run, in all threads."""

    def __init__(self, file: Path) -> None:
        self.file, self.found = str(file), set[int]()

    def taken(self) -> set[int]:
        """The lines since it was asked last."""
        found, self.found = self.found, set()
        return found

    def __enter__(self) -> Lines:
        threading.settrace(self._call)
        sys.settrace(self._call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]  # as sys.settrace, None ends it

    def _call(self, frame: FrameType, _: str, __: object) -> Any:
        return self._line if frame.f_code.co_filename == self.file else None

    def _line(self, frame: FrameType, _: str, __: object) -> Any:
        self.found.add(frame.f_lineno)
        return self._line


@dataclass
class Reached:
    """Which lines each test reaches by itself and through its shared fixtures, and how long it
    takes."""

    by_test: dict[str, set[int]] = field(default_factory=dict)
    by_fixture: dict[str, set[int]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


class Session:
    """A plugin that instead of the tests runs them once for every mutant."""

    def __init__(self, file: Path, numbers: Sequence[int], *, is_warm: bool, at_import: set[int]):
        self.file, self.numbers, self.is_warm = file, numbers, is_warm
        self.at_import = at_import
        self.lines = Lines(file)
        self.reached = Reached()
        self.fates: dict[int, Fate] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any]
    ) -> Generator[None, object, object]:
        if fixturedef.scope == "function":
            return (yield)
        before = self.lines.taken()
        result = yield
        during = self.lines.taken()
        self.lines.found = before
        if not (self.is_warm and fixturedef.scope == "session"):
            self.reached.by_fixture.setdefault(fixturedef.argname, set()).update(during)
        return result

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if self.is_warm:
            self._trace(session)
        else:
            self.reached = self._traced_apart(session)
        if self.reached.failed:
            raise pytest.UsageError(f"without a mutant there fail: {self.reached.failed}")
        mutants = mutants_of(ast.parse(self.file.read_text(encoding="utf-8")))
        for done, number in enumerate(self.numbers, start=1):
            fate = self.fates[number] = self._fate(session, number, mutants[number])
            if fate != "killed":
                print(f"\n{number:5} {fate}: line {mutants[number].line}: {mutants[number].told}")
            print(f"\r{done} of {len(self.numbers)}", end="", file=sys.stderr, flush=True)
        return True

    def _trace(self, session: pytest.Session) -> None:
        with self.lines:
            for item in session.items:
                begin = time.perf_counter()
                reports = _run(session, item)
                self.reached.seconds[item.nodeid] = time.perf_counter() - begin
                self.reached.by_test[item.nodeid] = self.lines.taken()
                if any(report.failed for report in reports):
                    self.reached.failed.append(item.nodeid)

    def _traced_apart(self, session: pytest.Session) -> Reached:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            self._trace(session)
            with os.fdopen(writing, "wb") as stream:
                pickle.dump(self.reached, stream)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as stream:
            found: Reached = pickle.load(stream)  # noqa: S301  # our own child wrote it
        os.waitpid(child, 0)
        return found

    def _fate(self, session: pytest.Session, number: int, mutant: Mutant) -> Fate:
        items = self._reaching(session.items, set(mutant.lines))
        if items and self._is_killed(session, items, number):
            return "killed"
        if not self.is_warm and (mutant.is_outside or self.at_import & set(mutant.lines)):
            return "killed" if self._is_killed_anew(session, number) else "survived"
        return "survived" if items else "not reached"

    def _reaching(self, items: Iterable[pytest.Item], lines: set[int]) -> list[pytest.Item]:
        """The tests of a line: files with the fastest of them first, then the fastest."""
        found = [
            item
            for item in items
            if lines & self.reached.by_test[item.nodeid]
            or any(
                lines & self.reached.by_fixture.get(name, set())
                for name in getattr(item, "fixturenames", ())
            )
        ]
        seconds = self.reached.seconds
        fastest: dict[Path, float] = {}
        for item in found:
            fastest[item.path] = min(
                seconds[item.nodeid], fastest.get(item.path, seconds[item.nodeid])
            )
        return sorted(
            found, key=lambda item: (fastest[item.path], str(item.path), seconds[item.nodeid])
        )

    def _is_killed(
        self, session: pytest.Session, items: Sequence[pytest.Item], number: int
    ) -> bool:
        child = os.fork()
        if child == 0:
            # A mutant may never end; its death by the alarm is death.
            signal.alarm(60 + 10 * int(sum(self.reached.seconds[item.nodeid] for item in items)))
            status = 1
            try:
                put_in_force(self.file, number)
                status = int(any(_fails(session, item) for item in items))
            finally:
                os._exit(status)
        return os.waitpid(child, 0)[1] != 0

    def _is_killed_anew(self, session: pytest.Session, number: int) -> bool:
        tests = sorted({str(item.path) for item in session.items})
        command = [sys.executable, "-m", "tests.mutation", str(self.file), *tests]
        done = subprocess.run(
            [*command, "--alone", str(number)], capture_output=True, check=False, timeout=1800
        )
        return done.returncode != 0


def _run(session: pytest.Session, item: pytest.Item) -> list[pytest.TestReport]:
    # All that stands below the session ends with the test: of what comes next, pytest asks only
    # which collectors it shares with this one.
    return runtestprotocol(item, nextitem=cast("pytest.Item", session), log=False)


def _fails(session: pytest.Session, item: pytest.Item) -> bool:
    return any(report.failed for report in _run(session, item))


class Mutating:
    """A finder that gives one module the code of a mutant."""

    def __init__(self, file: Path, number: int) -> None:
        self.file, self.number = file, number

    def find_spec(self, name: str, path: Sequence[str] | None, target: object = None) -> Any:
        from importlib.machinery import PathFinder, SourceFileLoader

        spec = PathFinder.find_spec(name, path)
        if spec is None or spec.origin != str(self.file):
            return None
        loader = SourceFileLoader(name, str(self.file))
        loader.get_code = lambda _: compiled(self.file, self.number)  # type: ignore[assignment, method-assign]  # one loader, one module
        spec.loader = loader
        return spec


OPTIONS = ("-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "-s")


def lines_at_import(file: Path) -> set[int]:
    """The lines of a module that run while it is imported."""
    import importlib

    name = ".".join(file.relative_to(Path.cwd()).with_suffix("").parts)
    lines = Lines(file)
    with lines:
        importlib.import_module(name)
    return lines.taken()


def main() -> int:
    """Try mutants; say what became of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("tests", nargs="+")
    parser.add_argument("--warm", action="store_true", help="keep fixtures of the session")
    parser.add_argument("--sample", type=int, help="this many, drawn with a fixed seed")
    parser.add_argument("--only", type=int, nargs="+", help="numbers of mutants")
    parser.add_argument("--lines", type=int, nargs=2, help="mutants between two lines")
    parser.add_argument("--alone", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    file: Path = arguments.file.resolve()
    if arguments.alone is not None:
        sys.meta_path.insert(0, Mutating(file, arguments.alone))
        return int(pytest.main([*OPTIONS, *arguments.tests]))
    mutants = mutants_of(ast.parse(file.read_text(encoding="utf-8")))
    low, high = arguments.lines or (0, sys.maxsize)
    numbers = [n for n, mutant in enumerate(mutants) if low <= mutant.line <= high]
    if arguments.only:
        numbers = arguments.only
    if arguments.sample and arguments.sample < len(numbers):
        numbers = sorted(random.Random(10).sample(numbers, arguments.sample))
    plugin = Session(file, numbers, is_warm=arguments.warm, at_import=lines_at_import(file))
    status = pytest.main([*OPTIONS, *arguments.tests], plugins=[plugin])
    fates = list(plugin.fates.values())
    counts = ", ".join(f"{fates.count(fate)} {fate}" for fate in sorted(set(fates)))
    print(f"\n{file.name}: {len(fates)} of {len(mutants)} mutants: {counts}")
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
