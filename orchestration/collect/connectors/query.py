"""Queries: what every database has in common, whatever it is asked through.

A declared query is one statement that reads. Its parameters are bound, never pasted; where a
watermark is declared, the query asks only for what came since, with an overlap. Names and types of
the columns are held against those that were declared or came last. What comes is laid down in
batches as ``table`` says, and the receipt keeps query, parameters, snapshot and columns.

Belongs here: the declaration of a query, its parameters, watermarks, drift of columns, and the way
of a pull. Does not belong here: any one database (a module each), storing rows (``table``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Protocol, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from orchestration.collect.connectors.attempts import Known
from orchestration.collect.connectors.source import (
    Asked,
    Pulled,
    SourceError,
    by_period,
    is_of_period,
    tried,
)
from orchestration.collect.connectors.table import Column, Table
from orchestration.spec import Model, SecretName, SourceSection

if TYPE_CHECKING:
    import pyarrow as pa

Value: TypeAlias = bool | int | Decimal | datetime | date | str
Mark: TypeAlias = int | datetime | date
Tls = Literal["verify-full", "verify-ca", "unverified", "off"]

_NUMBERS: Final = ("{yyyy}", "{m}", "{q}")
BUILT_IN: Final = ("now", "today", "watermark")
_OVERLAP = re.compile(r"(\d+) (day|hour|minute)s?")
_FUTURE: Final = timedelta(days=1)
"""So far a clock may be ahead of ours; zones of the earth are within it."""


# --- the statement ------------------------------------------------------------------------------

_LEXEMES: Final = r"""
    (?P<remark>  {remark} | /\*(?!!).*?\*/ )
  | (?P<text>    [eE]'(?:[^'\\]|''|\\.)*' | {text} | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ )
  | (?P<quoted>  "(?:[^"]|"")*" | `(?:[^`]|``)*` )
  | (?P<cast>    :: | := )
  | (?P<named>   :[A-Za-z_][A-Za-z0-9_]* )
  | (?P<end>     ; )
  | (?P<word>    [^\W\d]\w* )
  | (?P<blank>   \s+ )
  | (?P<other>   [\w.]+ | . )
"""
_STANDARD = re.compile(
    _LEXEMES.format(remark=r"--[^\n]*", text=r"'(?:[^']|'')*'"), re.VERBOSE | re.DOTALL
)
_MYSQL = re.compile(
    _LEXEMES.format(
        remark=r"--(?=\s|$)[^\n]* | \#[^\n]*",
        text=r"""'(?:[^'\\]|''|\\.)*' | "(?:[^"\\]|""|\\.)*" """,
    ),
    re.VERBOSE | re.DOTALL,
)
_UNREAD: Final = ("blank", "remark", "text", "quoted")
_READS: Final = ("select", "with", "values", "table")
_WRITES = re.compile(
    r"\b(into|delete from|update (?:\S+ ){0,4}set|for (?:no key )?update|for (?:key )?share"
    r"|lock in share mode)\b"
)


@dataclass(frozen=True)
class Statement:
    """One statement that reads, cut at its parameters.

    Attributes:
        parts: Text as it is sent, and between two of them the name of a parameter.
    """

    parts: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """Of its parameters."""
        return frozenset(self.parts[1::2])

    def sent(self, place: Callable[[str], str], text: Callable[[str], str] = str) -> str:
        """As a database takes it, with the places of its parameters written its way."""
        return "".join(
            place(part) if number % 2 else text(part) for number, part in enumerate(self.parts)
        )


def statement(query: str, *, is_mysql: bool = False) -> Statement:
    """Read a query; the session that it is sent to can only read as well.

    Raises:
        ValueError: it is none, more than one, or writes.
    """
    lexemes = [
        (match.lastgroup or "", match.group())
        for match in (_MYSQL if is_mysql else _STANDARD).finditer(query)
    ]
    while lexemes and lexemes[-1][0] in ("end", "blank", "remark"):
        lexemes.pop()
    if any(kind == "end" for kind, _ in lexemes):
        raise ValueError("is more than one statement; a source is asked one / 只能有一条语句")
    words = [text.lower() for kind, text in lexemes if kind not in _UNREAD]
    first = next((word for word in words if word != "("), "")
    if first not in _READS:
        raise ValueError(
            f"begins with {first!r}; it can only read: SELECT, WITH, VALUES / 查询只能读取"
        )
    if writes := _WRITES.search(" ".join(words)):
        raise ValueError(f"would write or lock: {writes[0]!r} / 查询只能读取, 不得写入或加锁")
    parts = [""]
    for kind, text in lexemes:
        if kind == "named":
            parts += [text[1:].lower(), ""]
        else:
            parts[-1] += text
    return Statement(tuple(parts))


# --- the declaration ----------------------------------------------------------------------------


def _moment(value: Any) -> Any:
    """A whole number, a day or a moment; a text is a day or a moment."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{value!r} is no number, no YYYY-MM-DD and no moment") from None
    return value


def _overlap(value: int | str) -> int | str:
    if isinstance(value, str) and not _OVERLAP.fullmatch(value):
        raise ValueError(f"{value!r} is no number and not of the form '3 days' or '12 hours'")
    return value


class Watermark(Model):
    """A table that grows is asked for what came since; the query has ``:watermark`` for it."""

    column: str = Field(description="Of the result: its largest value is the next watermark.")
    overlap: Annotated[int | str, AfterValidator(_overlap)] = Field(
        description="It is asked again from so far before: a number, '3 days', '12 hours'."
    )
    first: Annotated[int | datetime | date, BeforeValidator(_moment)] = Field(
        description="From where the first pull reads: a number, a day or a moment."
    )

    @model_validator(mode="after")
    def _suits(self) -> Watermark:
        if isinstance(self.first, int) != isinstance(self.overlap, int):
            raise ValueError("overlap is a number where first is one, else days or hours")
        return self

    def before(self, mark: Mark) -> Mark:
        """From where is asked again, once a mark was reached."""
        if isinstance(mark, int):
            assert isinstance(self.overlap, int) and isinstance(self.first, int)
            return max(self.first, mark - self.overlap)
        match = _OVERLAP.fullmatch(str(self.overlap))
        assert match is not None
        asked = mark - timedelta(**{f"{match[2]}s": int(match[1])})
        if isinstance(asked, datetime) != isinstance(self.first, datetime):
            return asked
        return max(like(self.first, asked), asked)

    def read(self, text: str) -> Mark:
        """A mark as a receipt has it, or as a database keeps it in a column of texts.

        Raises:
            ValueError: it is none of the kind of ``first``.
        """
        if isinstance(self.first, int):
            return int(text)
        return datetime.fromisoformat(text) if len(text) > 10 else date.fromisoformat(text)


def like(value: Mark, other: Mark) -> Mark:
    """The first moment so that it can be held against the second: with a zone, or without."""
    if isinstance(value, datetime) and isinstance(other, datetime):
        from datetime import UTC

        if value.tzinfo is None and other.tzinfo is not None:
            return value.replace(tzinfo=UTC)
        if value.tzinfo is not None and other.tzinfo is None:
            return value.astimezone(UTC).replace(tzinfo=None)
    return value


def _is_after(one: Mark, other: Mark) -> bool:
    return one > other  # type: ignore[operator]  # marks of one column are of one kind


class QuerySection(SourceSection):
    """What ``delivery.source`` says of any database."""

    query: str = Field(description="One statement that reads; :name stands for a parameter.")
    parameters: dict[str, Value] = Field(
        default={},
        description="Bound, never pasted. There are besides: now, today, watermark. In texts "
        "{yyyy}, {mm}, {m} and {q} stand for the period that is awaited; alone, {yyyy}, {m} and "
        "{q} are numbers.",
    )
    name: str | None = Field(
        default=None, pattern=r"^[^/\\]+\.parquet$", description="As what file it is delivered."
    )
    watermark: Watermark | None = None
    columns: dict[str, str] = Field(
        default={},
        description="Name and type of every column of the result; without them, those of the "
        "last pull are held to.",
    )
    user: SecretName | None = None
    password: SecretName | None = None
    tls: Tls = Field(
        default="verify-full", description="Whatever is weaker has to be declared: off, unverified."
    )
    authority: Path | None = Field(
        default=None, description="File with the certificate of the authority of the source."
    )
    connect_seconds: int = Field(default=15, ge=1, le=600)
    lock_seconds: float = Field(default=30, gt=0, description="So long a lock is waited for.")
    batch_rows: int = Field(default=10_000, ge=1, description="So many rows are held in memory.")

    @model_validator(mode="after")
    def _query(self) -> QuerySection:
        if is_of_period(self.query):
            raise ValueError(
                "a period is bound, never pasted: write :month in the query, and parameters: "
                "{month: '{yyyy}-{mm}'} / 年月不得写入查询语句, 请用参数"
            )
        asked = self.statement.names
        for name in sorted(asked - self.parameters.keys() - set(BUILT_IN)):
            raise ValueError(f"the query asks for :{name}, which parameters does not have")
        for name in sorted(self.parameters.keys() & set(BUILT_IN)):
            raise ValueError(f"the parameter {name} is built in; give yours another name")
        for name in sorted(self.parameters.keys() - asked):
            raise ValueError(f"the query does not ask for the parameter :{name}")
        if ("watermark" in asked) != (self.watermark is not None):
            raise ValueError("`watermark` and :watermark in the query need each other")
        return self

    @cached_property
    def statement(self) -> Statement:
        """The query, read."""
        return statement(self.query, is_mysql=self.lexes_as_mysql)

    @property
    def lexes_as_mysql(self) -> bool:
        """Whether a backslash in a text hides what follows, and # begins a remark."""
        return False

    @property
    def identity(self) -> str:
        """What another query or another beginning is told apart by."""
        first = self.watermark.first if self.watermark else ""
        told = f"{self.query}\0{sorted(self.parameters.items())}\0{first}"
        return hashlib.sha256(told.encode()).hexdigest()[:12]


# --- what a database has to offer ---------------------------------------------------------------


class Session(Protocol):
    """A session with one database, that cannot write, in one snapshot of it."""

    def snapshot(self) -> Mapping[str, str]:
        """The moment that the result is of, as the database calls it."""
        ...

    def select(
        self, statement: Statement, values: Mapping[str, Value]
    ) -> tuple[list[Column], Iterable[pa.RecordBatch]]:
        """The columns of a result, and its rows as they come."""
        ...


@dataclass(frozen=True)
class Failure:
    """Why a database gave nothing: one of ``CAUSES``, its own code, its own words."""

    cause: str
    status: str
    words: str


class Database(Protocol):
    """What a connector knows of its database."""

    def opened(self, asked: Asked) -> AbstractContextManager[Session]:
        """A session that can only read."""
        ...

    def failure(self, error: Exception) -> Failure | None:
        """What an error of its library means; None where it is not one of them."""
        ...


_AGAIN = "it is tried again with the next run"
CAUSES: Final[Mapping[str, tuple[str, str, str, bool]]] = {
    "login": ("用户名或密码不被接受", "does not accept user and password",
              "check the secrets of user and password", False),
    "database": ("没有这个数据库", "has no such database", "mend the name of the database", False),
    "down": ("连接不上", "cannot be reached", f"check host, port and network; {_AGAIN}", True),
    "many": ("连接数已满", "has too many connections",
             f"{_AGAIN}; else ask for a connection of your own", True),
    "tls": ("不提供加密连接", "offers no encryption",
            "ask for it; only within a network of your own, declare tls: off", False),
    "certificate": ("证书不可信", "has a certificate that is not trusted",
                    "ask the source for its authority, and declare it", False),
    "table": ("查询的表不存在", "has no such table", "mend the query, or ask for the new name",
              False),
    "column": ("查询的列不存在", "has no such column", "mend the query, or ask for the new name",
               False),
    "rights": ("没有读取权限", "does not let this user read it", "ask for the right to read it",
               False),
    "writes": ("查询试图写入", "was asked to write, and only reading is allowed",
               "mend the query: it may only read", False),
    "query": ("查询无法执行", "cannot carry out the query", "mend the query", False),
    "dropped": ("连接中断", "dropped the connection", _AGAIN, True),
    "timeout": ("查询超时", "did not answer in time",
                f"{_AGAIN}; else ask for less, or raise delivery.source.seconds", False),
    "lock": ("表被锁定", "keeps it locked", f"{_AGAIN}; else choose other hours (window)", True),
    "encoding": ("文字编码有误", "has text that is not in its encoding",
                 "convert the column in the query (PostgreSQL: convert_from(convert(column::bytea, "
                 "'GB18030', 'UTF8'), 'UTF8')), or have the source mended", False),
    "busy": ("数据库正忙", "is busy", _AGAIN, True),
    "damaged": ("文件损坏", "is damaged, or is no database", "ask for it again", False),
}  # fmt: skip


def failed(asked: Asked, failure: Failure) -> SourceError:
    """What went wrong, for a person; no secret stands in it."""
    zh, en, remedy, may_pass = CAUSES[failure.cause]
    words = asked.secrets.scrub(" ".join(failure.words.split()))[:500]
    told = f": {words}" if words else ""
    return SourceError(
        f"数据库{zh}（{failure.status}）", f"{en}{told}", remedy=remedy, status=failure.status,
        may_pass=may_pass,
    )  # fmt: skip


# --- a pull -------------------------------------------------------------------------------------


def pulled(asked: Asked, database: Database, origin: str) -> Iterator[Pulled]:
    """The result of the declared query, in a file; none where there is no news.

    Raises:
        SourceError: see ``Source``.
    """
    section = asked.section
    assert isinstance(section, QuerySection)
    numbers = {name for name, said in section.parameters.items() if said in _NUMBERS}
    for one in by_period(asked, "parameters", "name"):
        assert isinstance(one.section, QuerySection)
        parameters = {
            name: int(str(said)) if name in numbers else said
            for name, said in one.section.parameters.items()
        }
        asks = one.section.model_copy(update={"parameters": parameters})
        key = f"{origin} {asks.identity}"
        yield tried(one, _Pull(one, asks, database, key, one.known.get(key)).once)


@dataclass
class _Pull:
    asked: Asked
    section: QuerySection
    database: Database
    key: str
    known: Known | None

    @property
    def name(self) -> str:
        return self.section.name or f"{self.asked.data_set.id}.parquet"

    @cached_property
    def mark(self) -> Mark | None:
        """How far it was read."""
        if self.section.watermark is None or self.known is None or not self.known.mark:
            return None
        return self.section.watermark.read(self.known.mark)

    @cached_property
    def values(self) -> dict[str, Value]:
        """What is bound, by the names in the query."""
        now: dict[str, Value] = {"now": self.asked.now, "today": self.asked.now.date()}
        if (watermark := self.section.watermark) is not None:
            since = watermark.first if self.mark is None else watermark.before(self.mark)
            now["watermark"] = since
        all_values = now | self.section.parameters
        return {name: all_values[name] for name in sorted(self.section.statement.names)}

    def once(self) -> Pulled:
        """Ask once.

        Raises:
            SourceError: it did not give what was declared.
        """
        path = self.asked.file(self.name)
        laid_down = path.with_suffix(".rows")
        try:
            table, details = self._asked_for(laid_down)
            self._refuse_drift(table)
            return self._pulled(table, path, details)
        finally:
            laid_down.unlink(missing_ok=True)

    def _asked_for(self, laid_down: Path) -> tuple[Table, dict[str, Any]]:
        """The rows, laid down, and what is known of their snapshot."""
        try:
            with self.database.opened(self.asked) as session:
                details: dict[str, Any] = {"snapshot": dict(session.snapshot())}
                columns, batches = session.select(self.section.statement, self.values)
                _refuse_twice(columns)
                table = Table(columns, laid_down, self.asked)
                self._refuse_drift(table)
                table.add_all(batches)
        except SourceError:
            raise
        except Exception as error:
            if (failure := self.database.failure(error)) is None:
                raise
            raise failed(self.asked, failure) from None
        return table, details

    def _pulled(self, table: Table, path: Path, details: dict[str, Any]) -> Pulled:
        details |= {
            "query": self.section.query,
            "parameters": {name: spelled(value) for name, value in self.values.items()},
            "columns": self._learnt(table.kinds()),
            "rows": table.rows,
        }
        mark = self._mark(table)
        if not table.rows:
            self._refuse_emptied()
            return self._nothing()
        sha256 = table.write(path)
        if mark:
            details["again"] = self._again(table, mark)
        if self._is_known(sha256, table):
            return self._nothing()
        return Pulled(key=self.key, name=self.name, path=path, mark=mark, details=details)

    def _is_known(self, sha256: str, table: Table) -> bool:
        """Whether it is what came last, or no more than the overlap had to bring again."""
        if self.known is None:
            return False
        if sha256 == self.known.sha256:
            return True
        again = [(rows, digest) for rows, digest in self.known.details.get("again", ())]
        return any(rows == table.rows for rows, _ in again) and table.told() in again

    def _nothing(self) -> Pulled:
        mark = self.known.mark if self.known else ""
        return Pulled(key=self.key, name=self.name, path=None, mark=mark)

    # --- watermark -----------------------------------------------------------------------------

    def _refuse_emptied(self) -> None:
        """A table that had rows and has none is being filled anew, or was cut: no delivery."""
        if self.section.watermark is None and self.known is not None:
            rows = self.known.details.get("rows")
            raise SourceError(
                f"结果为空，上次有 {rows} 行", f"gave no row; there were {rows} the last time",
                remedy="it is tried again with the next run; else ask the source",
                status="empty",
            )  # fmt: skip

    def _mark(self, table: Table) -> str:
        """How far it is read now; empty where it is no growing source, or gave nothing.

        Raises:
            SourceError: that cannot be read, went backwards or is ahead of the day.
        """
        if (watermark := self.section.watermark) is None:
            return ""
        said = table.largest(watermark.column)
        reached = None if said is None else _reached(said, watermark)
        if reached is not None:
            self._refuse_future(reached, watermark)
        self._refuse_backwards(reached, watermark)
        if reached is None:
            return self.known.mark if self.known else ""
        return spelled(reached)

    def _refuse_future(self, reached: Mark, watermark: Watermark) -> None:
        if isinstance(reached, int):
            return
        latest = self.asked.now + _FUTURE
        limit = like(latest, reached) if isinstance(reached, datetime) else latest.date()
        if _is_after(reached, limit):
            raise SourceError(
                f"水位列 {watermark.column} 的最大值 {spelled(reached)} 在未来",
                f"{watermark.column} is ahead of the day: {spelled(reached)}; a clock is wrong",
                remedy="have the source mend the row: once taken, all that comes with a right "
                "clock would be passed over",
                status="watermark",
            )

    def _refuse_backwards(self, reached: Mark | None, watermark: Watermark) -> None:
        """The last rows that came are asked for again by the overlap: they have to be there."""
        before = self.mark
        if before is None or (reached is None and not _any_overlap(watermark)):
            return
        if reached is not None and not _is_after(like(before, reached), reached):
            return
        now = "nothing" if reached is None else spelled(reached)
        raise SourceError(
            f"水位倒退：上次读到 {spelled(before)}，现在 {'没有数据' if reached is None else now}；"
            "数据库可能被恢复或截断",
            f"the watermark went backwards: {spelled(before)} had been reached, now it is {now}; "
            "the database was restored or cut",
            remedy="ask the source what happened; then declare another watermark.first, from "
            "which all is read anew",
            status="watermark",
        )

    def _again(self, table: Table, mark: str) -> list[tuple[int, str]]:
        """Number and hash of what the next pull brings where nothing changes.

        Whether the query asks for what is later, or for what is not earlier, only the query knows.
        """
        watermark = self.section.watermark
        assert watermark is not None
        since = watermark.before(watermark.read(mark))
        return [table.tail(watermark.column, since, is_open=way) for way in (True, False)]

    # --- columns -------------------------------------------------------------------------------

    def _before(self) -> Mapping[str, str]:
        """The columns that are awaited: those declared, else those of the last pull."""
        if self.section.columns:
            return self.section.columns
        return self.known.details.get("columns", {}) if self.known else {}

    def _learnt(self, now: Mapping[str, str]) -> dict[str, str]:
        before = self.known.details.get("columns", {}) if self.known else {}
        return {name: kind or before.get(name, "") for name, kind in now.items()}

    def _refuse_drift(self, table: Table) -> None:
        before = self._before()
        told = list(drift(before, table.kinds())) if before else []
        if not told:
            return
        raise SourceError(
            "表结构变化：" + "；".join(zh for zh, _ in told),
            "its columns changed: " + "; ".join(en for _, en in told),
            remedy="ask the source; if that is right, mend layout and query, and declare "
            f"delivery.source.columns: {_flow(table.kinds())}",
            status="schema",
        )


def _reached(said: Any, watermark: Watermark) -> Mark:
    """The largest value of the watermark column, as a mark.

    Raises:
        SourceError: it is none.
    """
    try:
        if isinstance(said, Decimal) and said == said.to_integral_value():
            said = int(said)
        if isinstance(said, str) and "T" in said:
            raise ValueError("of another form than this")
        reached = watermark.read(said) if isinstance(said, str) else said
        if not isinstance(reached, int | date) or (
            isinstance(reached, int) != isinstance(watermark.first, int)
        ):
            raise ValueError("of another kind than `first`")
    except ValueError as error:
        raise SourceError(
            f"水位列 {watermark.column} 的值 {said} 无法使用",
            f"the watermark column {watermark.column} holds {said}: {error}",
            remedy="declare `first` as the column is: a number, a day, or a moment "
            "(in a column of texts: YYYY-MM-DD HH:MM:SS)",
            status="watermark",
        ) from None
    return reached


def _any_overlap(watermark: Watermark) -> bool:
    return not str(watermark.overlap).startswith("0")


def _flow(kinds: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {kind or 'text'}" for name, kind in kinds.items()) + "}"


def _refuse_twice(columns: list[Column]) -> None:
    names = [column.name for column in columns]
    for name in names:
        if names.count(name) > 1:
            raise SourceError(
                f"结果有两列同名：{name}", f"two columns of the result are called {name!r}",
                remedy="name them in the query: AS …", status="schema",
            )  # fmt: skip


_OTHER_WORDS: Final = {
    "int2": "smallint", "int": "integer", "int4": "integer", "int8": "bigint",
    "decimal": "numeric", "float4": "real", "float8": "double", "double precision": "double",
    "bool": "boolean", "character varying": "varchar", "char": "bpchar", "character": "bpchar",
    "timestamp with time zone": "timestamptz", "timestamp without time zone": "timestamp",
    "time without time zone": "time",
}  # fmt: skip


def kind_of(word: str) -> str:
    """A type by the one word that we have for it: ``INT8`` is bigint."""
    base, bracket, rest = word.lower().partition("(")
    base = " ".join(base.split())
    return _OTHER_WORDS.get(base, base) + bracket + "".join(rest.split())


def drift(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is no longer as it was, column by column, in both languages.

    A type that nobody knows is none that changed; one that is declared without its precision is
    as it was with any.
    """
    for name, kind in before.items():
        if name not in now:
            yield f"缺少列 {name}", f"{name} vanished"
        elif kind and now[name] and not _is_kind(kind_of(kind), kind_of(now[name])):
            yield (
                f"列 {name} 的类型由 {kind} 变为 {now[name]}",
                f"{name} was {kind}, is {now[name]}",
            )
    for name, kind in now.items():
        if name not in before:
            yield f"新增列 {name}（{kind}）", f"{name} appeared ({kind})"


def _is_kind(before: str, now: str) -> bool:
    return before == now or ("(" not in before and before == now.partition("(")[0])


def spelled(value: Value) -> str:
    """A value as a receipt has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)
