"""The declaration of a data set as Pydantic models: one YAML file says all there is to say.

Belongs here: the shape of a declaration and the checks that need nothing but the declaration.
Does not belong here: reading files, code lists, and anything that imports another of our modules.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

Measure = Literal[
    "level",
    "count",
    "share_pct",
    "ratio",
    "index",
    "rank",
    "yoy_growth_pct",
    "mom_growth_pct",
    "cagr_pct",
    "target_level",
    "target_growth_pct",
    "duration",
]
GROWTH_MEASURES: frozenset[Measure] = frozenset({"yoy_growth_pct", "cagr_pct", "target_growth_pct"})
"""What stands in the growth column of a mart, whatever its role, as in ``int_mart_cell``."""

FigureKind = Literal["outturn", "target", "forecast", "proposal", "standard", "action", "record"]
"""What a figure is: what came about, what is aimed at, what somebody expects or proposes, what has
to hold, what was done where plans stand, and a number that is no statistic. Not SDMX OBS_STATUS,
an attribute that cannot tell two figures of one key apart; nor a scenario, which standards and
records are none of."""

Basis = Literal[
    "current",
    "cumulative",
    "point_in_time",
    "yoy",
    "mom",
    "cagr",
    "share",
    "rank",
    "ratio",
    "index",
    "target",
    "target_growth",
    "standard",
]
PeriodKind = Literal[
    "annual",
    "quarterly",
    "monthly",
    "point",
    "cumulative_range",
    "growth_over_range",
    "target",
]
Theme = Literal[
    "investment",
    "industry_clusters",
    "consumption",
    "public_services",
    "plan",
    "peers",
    "profile",
]
Stage = Literal[
    "not_stated",
    "forecast",
    "flash",
    "preliminary",
    "final",
    "survey_estimate",
    "census",
    "census_revised",
]
PriceBasis = Annotated[
    str,
    Field(
        pattern=r"^(current|comparable|constant|not_applicable|not_stated|previous_period"
        r"|same_period_last_year|base_\d{4})$",
        description="Code of the list price_basis. Of an index: what is 100 (base_2020).",
    ),
]
Direction = Literal["higher_is_better", "lower_is_better", "neutral"]

RankedAmong = Literal["district", "city", "province", "nation", "group"]

CODE = r"^[a-z][A-Za-z0-9_]*$"
IDENTIFIER = r"^[a-z0-9][a-z0-9-]*$"


class Model(BaseModel):
    """Strict and immutable: an unknown key is a mistake, not an extension."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Text(Model):
    """A text that a user reads, in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


def last_day(text: str) -> date:
    """The last day of ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``: nobody knew for sure any earlier.

    Raises:
        ValueError: the text is no such date.
    """
    match = re.fullmatch(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", text)
    if match is None:
        raise ValueError(f"{text!r} is not a date of the form YYYY, YYYY-MM or YYYY-MM-DD")
    year = int(match[1])
    month, day = (int(part) if part else None for part in match.groups()[1:])
    if month is None:
        return date(year, 12, 31)
    if day is None:
        following = date(year + 1, 1, 1) if month == 12 else date(year, month + 1, 1)
        return date.fromordinal(following.toordinal() - 1)
    return date(year, month, day)


def first_day(text: str) -> date:
    """The first day of ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``.

    Raises:
        ValueError: the text is no such date.
    """
    last = last_day(text)
    year_or_month = {4: date(last.year, 1, 1), 7: date(last.year, last.month, 1)}
    return year_or_month.get(len(text), last)


def _date_as_text(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, int) else value


def _date_exists(value: str) -> str:
    last_day(value)
    return value


PublishedOn = Annotated[str, BeforeValidator(_date_as_text), AfterValidator(_date_exists)]


def _year_or_month(value: str) -> str:
    last_day(value)
    if len(value) > len("2023-06"):
        raise ValueError(f"{value!r} is neither a year (2025) nor a month (2023-06)")
    return value


SecretName = Annotated[
    str,
    Field(
        pattern="^[A-Z][A-Z0-9_]*$",
        description="Name of a secret; what it is says the environment, or the file of secrets.",
    ),
]


PlanPeriod = Annotated[str, BeforeValidator(_date_as_text), AfterValidator(_year_or_month)]


class Document(Model):
    """A source document: what a figure is quoted from."""

    id: str = Field(pattern=IDENTIFIER)
    title: str = Field(min_length=1, description="As printed, in the language of the document.")
    title_en: str | None = None
    issuer: str | None = None
    published: PublishedOn | None = Field(
        default=None, description="When the public knew: YYYY, YYYY-MM or YYYY-MM-DD."
    )
    grade: str = Field(description="Code of the list source_grade: official, research, secondary.")
    citation: str | None = None
    licence: str | None = None
    address: str | None = None


class Origin(Model):
    """Where the figures come from."""

    producer: str = Field(description="Who made or transcribed the delivery.")
    documents: tuple[Document, ...] = Field(min_length=1)
    precedence: int = Field(
        default=100, description="Among equal grades the lower number is the headline."
    )
    filled_in_by: Literal["bureau", "department", "respondent"] = Field(
        default="department",
        description="Whose figures they are: what a respondent filled in, nobody here may correct.",
    )

    @model_validator(mode="after")
    def _unique_documents(self) -> Origin:
        _refuse_duplicates([doc.id for doc in self.documents], "document id")
        return self


_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d"


class SourceSection(Model):
    """What every source that is pulled from may declare; a connector adds keys of its own."""

    seconds: int = Field(
        default=600, ge=1, le=86400, description="A pull that takes longer is given up."
    )
    megabytes: int = Field(
        default=512, ge=1, description="A file that is larger is refused while it comes."
    )
    tries: int = Field(
        default=4, ge=1, le=20, description="How often what may pass is tried, further and further."
    )
    window: str | None = Field(
        default=None,
        pattern=rf"^{_CLOCK}-{_CLOCK}$",
        description="The source is asked within these hours of the district's day: 22:00-06:00.",
    )
    every_minutes: int = Field(
        default=0, ge=0, description="The source is not asked again sooner than this."
    )


def _time_as_text(value: Any) -> Any:
    # Unquoted, YAML reads 17:00 as 17 * 60.
    return f"{value // 60:02}:{value % 60:02}" if isinstance(value, int) else value


class Due(Model):
    """When a period is due; exactly one of ``day``, ``working_day`` and ``days_after`` says so."""

    day: int | None = Field(
        default=None,
        ge=1,
        le=31,
        description="Day of the month after the period; where that has fewer days, its last.",
    )
    month: int = Field(
        default=1, ge=1, le=24, description="With `day`: the how manieth month after the period."
    )
    working_day: int | None = Field(
        default=None, ge=1, le=250, description="The n-th working day after the period."
    )
    days_after: int | None = Field(
        default=None, ge=1, le=730, description="So many days after the end of the period."
    )
    at: Annotated[str, BeforeValidator(_time_as_text)] = Field(
        default="17:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="Time of day, where the district is.",
    )
    shift: Literal["next", "previous", "none"] = Field(
        default="next",
        description="Where a date goes that is no working day by the district's calendar.",
    )

    @model_validator(mode="after")
    def _says_one_date(self) -> Due:
        given = [n for n in ("day", "working_day", "days_after") if getattr(self, n) is not None]
        if len(given) != 1:
            raise ValueError("a due date is said by `day`, `working_day` or `days_after`: give one")
        if self.month != 1 and self.day is None:
            raise ValueError("`month` belongs to `day`")
        return self


def _period_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) else value


AwaitedPeriod = Annotated[str, BeforeValidator(_period_as_text)]


class CalendarYear(Model):
    """One year of a calendar, with the notice that its days are from."""

    year: int = Field(ge=1950, le=2100)
    source: str = Field(min_length=1)
    issued: date | None = None
    address: str | None = None


class CalendarYears(Model):
    """The file ``raw/calendars/<id>.yml``: which years the days beside it cover."""

    title: Text
    years: tuple[CalendarYear, ...] = Field(min_length=1)

    @field_validator("years")
    @classmethod
    def _once_each(cls, value: tuple[CalendarYear, ...]) -> tuple[CalendarYear, ...]:
        _refuse_duplicates([str(entry.year) for entry in value], "year")
        return value


class Delivery(Model):
    """How deliveries arrive."""

    connector: str = Field(
        default="folder",
        pattern="^[a-z][a-z0-9_-]*$",
        description="Where its files come from: folder, http, s3, sftp, postgresql, sql, or the "
        "connector of a package that was installed beside this one.",
    )
    source: dict[str, Any] = Field(
        default={},
        description="What the connector needs to know; `qutong source schema CONNECTOR` prints it.",
    )
    pattern: tuple[str, ...] = Field(min_length=1, description="File names, with * and ?.")
    cadence: Literal["once", "monthly", "quarterly", "annual", "irregular"]
    due: Due | None = Field(
        default=None, description="When each period is due; without it nothing is awaited."
    )
    awaited_from: AwaitedPeriod | None = Field(
        default=None, description="The first period that is awaited: 2025-01, 2025-Q1 or 2025."
    )
    together: tuple[tuple[int, int], ...] = Field(
        default=(),
        description="First and last month of periods that come in one table: [[1, 2]] where "
        "there is no table of January.",
    )

    @model_validator(mode="after")
    def _awaits_what_it_can(self) -> Delivery:
        if (self.due is None) != (self.awaited_from is None):
            raise ValueError("`due` says when and `awaited_from` from which period on: give both")
        if self.due is None:
            if self.together:
                raise ValueError("`together` is about awaited months: it needs `due`")
            return self
        written = _AWAITED.get(self.cadence)
        if written is None:
            raise ValueError(f"nothing is awaited of what comes {self.cadence}: remove `due`")
        if not re.fullmatch(written, self.awaited_from or ""):
            raise ValueError(f"awaited_from {self.awaited_from!r} is no period of {self.cadence}")
        self._demand_months()
        return self

    def _demand_months(self) -> None:
        if self.together and self.cadence != "monthly":
            raise ValueError(f"`together` joins months, and this comes {self.cadence}")
        taken: list[int] = []
        for first, last in self.together:
            if not 1 <= first < last <= 12:
                raise ValueError(f"together [{first}, {last}] is no span of months of one year")
            taken += range(first, last + 1)
        if len(taken) != len(set(taken)):
            raise ValueError("a month stands in two spans of `together`")


_AWAITED = {
    "monthly": r"\d{4}-(0[1-9]|1[0-2])",
    "quarterly": r"\d{4}-Q[1-4]",
    "annual": r"\d{4}",
}


class RecordColumns(Model):
    """Header texts of the columns; a column that is not declared is an unexpected cell."""

    indicator: str | tuple[str, ...] | None = Field(
        default=None,
        description="The column of the name; several where it stands in parts: [指标名称, 类型] "
        "makes 游客人次/本月 and 游客人次/累计.",
    )
    region: str | None = None
    region_code: str | None = None
    period: str | tuple[str, ...] | None = Field(
        default=None,
        description="The column of the period; several where it stands in parts: [年份, 月份].",
    )
    period_kind: str | None = Field(
        default=None, description="Kind of the period, or its frequency (A, Q, M, 月报)."
    )
    value: str
    unit: str | None = None
    measure: str | None = None
    qualifier: str | None = None
    scope: str | None = None
    price_basis: str | None = Field(
        default=None, description="At which prices, or what is 100: 现价, 上年同月=100, 2020年=100."
    )
    breakdown: str | None = None
    source_place: str | None = None
    document: str | None = None
    published: str | None = None
    stage: str | None = None
    inferred: str | None = None
    simulated: str | None = None
    figure_kind: str | None = Field(
        default=None,
        description="Outturn, target, forecast, … (code list figure_kind); where it says nothing, "
        "measure and stage do.",
    )
    subject: str | None = Field(
        default=None, description="Whose figure it is, where it is not the region's own: a firm."
    )
    locality: str | None = Field(
        default=None, description="The place below the region that it is about: a new town."
    )
    printed: str | None = Field(
        default=None, description="What is printed where it is not the digits: 三分之二, 居首."
    )
    note: str | None = Field(default=None, description="What the source leaves open about it.")
    present: str | None = Field(
        default=None,
        description="A column that says whether there is a figure at all (hasdata): where it says "
        "no, the value is blank, whatever stands there.",
    )
    status: str | tuple[str, ...] | None = Field(
        default=None,
        description="SDMX OBS_STATUS of the figure, or a mark that `symbols` gives one; several "
        "columns where marks stand in them: [STATUS, SYMBOL].",
    )
    confidentiality: str | None = Field(
        default=None,
        description="SDMX CONF_STATUS of the figure. What is not free stays out of a data set "
        "that is; without its number it is a suppressed figure.",
    )
    multiplier: str | None = Field(
        default=None,
        description="SDMX UNIT_MULT: the power of ten that the unit is multiplied by (3, "
        "thousands, 1000); 1 and 10 may be two of them and are asked for.",
    )
    decimals: str | None = Field(
        default=None,
        description="SDMX DECIMALS: how many decimals it was published with, where its digits "
        "end earlier (41.1 is 41.10).",
    )
    ignored: tuple[str, ...] = Field(default=(), description="Columns that carry no data.")


_TO = r"\s*[-–—−~～至到]\s*"
_MONTH = r"(?:\d{1,2}|十[一二]?|[一二三四五六七八九])"
_WITHIN = (
    rf"上半年|下半年|前[三3]季度|前{_MONTH}个月"
    rf"|第?[一二三四1-4](?:{_TO}第?[一二三四1-4])?季度末?|末|底|度"
)
_GOES_ON = (
    r"(?!\s*(?:第?[0-9一二三四五六七八九十]+(?:[-–—~～至到]|个?月|季)|元月|[上下]半|H[12]|Q[1-4]"
    r"|[首头]季|[前首头][0-9一二三四五六七八九十]+个?(?:月|季)|[上中下]旬|[0-9]+日))"
)
"""What follows a year or a month is no part of a period: else it would be taken for the whole."""
_LAST_DAY = r"(?:(?:0?[13578]|1[02])月31日|(?:0?[469]|11)月30日|0?2月2[89]日)"
PERIOD_WRITTEN = (
    rf"(?P<period>(?:(?<=截至)|(?<=截止)|(?<=截至到)|(?<=截止到)|(?<=截止至))\d{{4}}年{_LAST_DAY}"
    r"|(?!\d{4}\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?日)(?:"
    rf"\d{{4}}\s?年\s?{_MONTH}\s?月?{_TO}(?:\d{{4}}\s?年\s?)?{_MONTH}\s?月"
    rf"|\d{{4}}\s?年?{_TO}\d{{4}}\s?年"
    rf"|\d{{4}}\s?年(?!\s?[春夏秋冬]季)(?:\s?{_MONTH}\s?月(?:份|末|底)?|\s?(?:{_WITHIN}))?{_GOES_ON}"
    r"|(?<=[(])\d{4}[^()]*(?=[)])))"
)
"""A period that is written out in a title or a name; a full date is none, but for the last day of a
month up to which the figures are (截至2025年12月31日)."""


def _compile(value: str) -> None:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None


class Constants(Model):
    """What holds for every figure of the delivery and is not printed beside it."""

    indicator: str | None = None
    region: str | None = None
    period: str | None = None
    period_kind: PeriodKind | None = None
    measure: Measure | None = None
    scope: str | None = None
    price_basis: str | None = None
    breakdown: str | None = None
    unit: str | None = None
    document: str | None = None
    source_place: str | None = None
    stage: Stage | None = None
    figure_kind: FigureKind | None = None
    subject: str | None = None
    locality: str | None = None


Format = Literal[
    "csv",
    "xlsx",
    "xls",
    "ods",
    "html",
    "docx",
    "pdf",
    "json",
    "parquet",
    "json-stat",
    "nbs",
    "px",
    "sdmx-csv",
    "sdmx-ml",
    "sdmx-json",
    "eurostat-tsv",
]


class Source(Model):
    """How the bytes of a delivery become grids of cells."""

    format: Format = "csv"
    encoding: Literal["auto", "utf-8", "gb18030", "utf-16"] = Field(
        default="utf-8",
        description="Of text files and HTML pages. What is found must agree; auto takes what is.",
    )
    delimiter: Literal[",", "\t", ";", "|"] = ","
    sheet: str = Field(default="*", description="Sheets or tables to read, by name, with * and ?.")
    other_sheets: Literal["refuse", "ignore"] = Field(
        default="refuse", description="What to do with a filled sheet or table of another name."
    )
    hidden: Literal["refuse", "ignore", "read"] = Field(
        default="refuse", description="Hidden sheets, rows and columns that are not empty."
    )
    numbers: Literal["as_shown", "as_stored"] = Field(
        default="as_shown",
        description="Numbers of a workbook with the digits that it shows, or all it has stored.",
    )
    decimal: Literal["point", "comma"] = Field(
        default="point",
        description="What stands before the decimals of a text: with comma, 1.234,5 is 1234.5.",
    )
    records_at: str = Field(
        default="$[*]", description="JSONPath (RFC 9535) of the records of a JSON file."
    )
    parents: tuple[str, ...] = Field(
        default=(),
        description="Of JSON: fields of the objects around each record, as columns of their own. "
        "../code is that of the object that holds the record or its list, ../../code one further "
        "out.",
    )
    keys: tuple[str, ...] = Field(
        default=(),
        description="Of JSON: names for the last keys on the way to a record, as columns of their "
        "own; a record may then be a bare number, in the column `value`.",
    )
    period_from: Literal["title", "document", "sheet", "file"] = Field(
        default="title",
        description="Where the report's period stands: above the table, above it or the tables "
        "before it in the file (document), in the name of the sheet or of the file. Relative "
        "periods (本月, 1-11月, 上年同期) follow from it.",
    )
    period_written: str = Field(
        default=PERIOD_WRITTEN,
        description="Regular expression for it; its group `period` is the period.",
    )

    spans: dict[str, Literal["to_date", "point", "period", "year"]] = Field(
        default={},
        description="What words in the name of an indicator say of the period beside it: "
        "{累计: to_date} from January on, {期末: point} its end, {当季: period} the period itself, "
        "{全年目标: year} its whole year. "
        "The name keeps its words; the longest word holds.",
    )
    units: dict[str, str] = Field(
        default={},
        description="Unit by code of the indicator, where the file says none; `base` is the "
        "indicator's own, and `*` holds for all others.",
    )

    @field_validator("period_written")
    @classmethod
    def _period_written_compiles(cls, value: str) -> str:
        _compile(value)
        if "(?P<period>" not in value:
            raise ValueError("the expression needs a group (?P<period>…)")
        return value

    @model_validator(mode="after")
    def _only_texts_have_a_decimal_comma(self) -> Source:
        if self.decimal == "comma" and self.format not in ("csv", "html", "docx", "pdf"):
            raise ValueError(
                f"decimal: comma is for texts (csv, html, docx, pdf): {self.format} stores numbers"
            )
        return self

    @field_validator("parents")
    @classmethod
    def _parents_lead_outwards(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for field in value:
            if re.fullmatch(r"(\.\./)+[^/]+", field) is None:
                raise ValueError(f"{field!r} is no field of an object around a record: ../code")
        return value


Dimension = Literal[
    "indicator",
    "region",
    "region_code",
    "period",
    "period_kind",
    "measure",
    "unit",
    "qualifier",
    "scope",
    "price_basis",
    "breakdown",
    "source_place",
    "document",
    "published",
    "stage",
    "inferred",
    "simulated",
    "figure_kind",
    "subject",
    "locality",
    "printed",
    "note",
    "status",
    "confidentiality",
    "multiplier",
    "decimals",
]
"""What a text beside a figure can say about it."""


class RecordsLayout(Source):
    """One row a figure, one header row, columns found by their header text."""

    kind: Literal["records"]
    columns: RecordColumns
    breakdown_list: str | None = Field(
        default=None, description="Code list of the breakdowns, such as industry."
    )
    constants: Constants = Constants()


class Meaning(Model):
    """What the header of a column says, however it is worded and wherever it stands."""

    measure: Measure = "level"
    span: Literal["month", "to_date", "quarter", "year", "years", "point", "any"] = Field(
        default="any", description="The stretch of time that the header names."
    )
    last_year: bool = Field(default=False, description="上年同期, 上年同月: a year earlier.")


class TableColumn(Model):
    """One column of a printed table, found by the texts of its header or by what they mean."""

    header: tuple[str, ...] = Field(
        default=(),
        description="Header texts from the top row down; * matches any run of characters, "
        "| separates alternatives.",
    )
    means: Meaning | None = Field(
        default=None, description="Instead of texts: what they mean (periods, measures, units)."
    )
    after: str | None = Field(
        default=None,
        description="Where headers are equal: the header of the nearest other column to the left; "
        "* and | as above.",
    )
    carries: Literal["value", "none", "ignored"] | Dimension = Field(
        default="value",
        description="What stands here. none: nothing, and a number there is quarantined; ignored: "
        "numbers that are no data here (序号, 代码).",
    )
    key: str = Field(
        default="value", description="Which indicators stand here: those with this `column`."
    )
    every: bool = Field(
        default=False, description="Fits several columns, told apart by what their headers say."
    )
    indicator: str | None = Field(
        default=None, description="The name, or `header`: what * matched there."
    )
    region: str | None = Field(default=None, description="A region, or `header`.")
    breakdown: str | None = Field(default=None, description="A class, or `header`.")
    scope: str | None = None
    price_basis: str | None = Field(
        default=None, description="At which prices, or what is 100 there: 2020年=100."
    )
    period: str | None = Field(
        default=None,
        description="A period (relative to the report's, too), `title`, `header`, or a regular "
        "expression on the header with a group `period`.",
    )
    period_kind: PeriodKind | None = None
    measure: Measure | None = None
    stage: Stage | None = Field(
        default=None,
        description="The stage of all its estimates: flash (快报数), forecast (预计数).",
    )
    status: str | None = Field(
        default=None, description="SDMX OBS_STATUS of all its figures, or a mark of `symbols`."
    )
    unit: str | None = Field(
        default=None,
        description="A unit, or `header`: the one in brackets there; otherwise row, corner, base.",
    )
    last_year: bool = Field(
        default=False,
        description="Beside rows that say the period: figures of the year before (上年同期).",
    )
    of: str | None = Field(
        default=None, description="For a companion column: the key of the values it stands beside."
    )
    fill_down: bool = Field(
        default=False, description="A blank cell says what the cell above it says."
    )

    @field_validator("period")
    @classmethod
    def _period_compiles(cls, value: str | None) -> str | None:
        if value is not None and "(?P<period>" in value:
            _compile(value)
        return value

    @model_validator(mode="after")
    def _is_found_somehow(self) -> TableColumn:
        if bool(self.header) == (self.means is not None):
            raise ValueError("a column is found by `header` or by `means`: give one of them")
        if self.means is not None and self.carries != "value":
            raise ValueError("only a column of values is found by what it `means`")
        captured = [n for n in ("indicator", "region", "breakdown") if getattr(self, n) == "header"]
        if captured and sum("*" in text for text in self.header) < len(captured):
            raise ValueError(f"{', '.join(captured)}: header needs a * that matches it")
        return self

    @property
    def label(self) -> str:
        """How messages call the column."""
        if self.means is None:
            return "/".join(self.header)
        last = " 上年同期" if self.means.last_year else ""
        return f"{self.means.measure} {self.means.span}{last}"


OF_ONE_VALUE = ("qualifier", "inferred", "printed")
"""What a column of a table says of one of its columns of values alone."""

Clue = Literal["blank", "indent", "numbering", "bold", "mark", "cut"]


class Block(Model):
    """One printed table: title, unit in a corner, header rows, stub, figures, notes."""

    starts: str | None = Field(
        default=None,
        description="Regular expression for the row that opens the block, where a sheet has "
        "several; its groups name what it says: period, region, indicator, unit, scope, breakdown.",
    )
    nth: int | None = Field(
        default=None,
        ge=1,
        description="Where nothing opens it: the how manieth table of its sheet with this `stub`. "
        "A blank row, or the next header, ends a table.",
    )
    first_row: str | None = Field(
        default=None,
        description="Where nothing opens it: the name of the first row, which tells it from other "
        "tables of its sheet with this `stub`; * and | as in columns.",
    )
    every: bool = Field(
        default=False, description="The block occurs several times, each with another title."
    )
    optional: bool = Field(default=False, description="A delivery need not have it.")
    title: str = Field(
        default=PERIOD_WRITTEN,
        description="Regular expression for the rows above the header; groups as in `starts`.",
    )
    title_rows: int = Field(default=3, ge=1, description="The title stands in these first rows.")
    unit: str = Field(
        default=r"(?:(?<![报制送任管责总表查设工在属人布])单位|\b[Uu]nits?)\s*[:：]\s*"
        r"(?P<unit>[^()（）:：]+?)\s*(?:[(（][^()（）]*[)）])?\s*[)）]?$",
        description="Regular expression for the unit in the corner; its group `unit` is the unit. "
        "填报单位 names no unit, but who reports.",
    )
    header_rows: int = Field(default=2, ge=1, le=4)
    stub: str = Field(
        description="Header text over the stub; its row is the first header row. * and | as in "
        "columns. Blank ('') where the corner of the table is."
    )
    stub_is: tuple[Literal["indicator", "region", "breakdown", "period"], ...] = Field(
        default=("indicator",),
        description="What the stub names; several: of each depth of the hierarchy, from the top.",
        min_length=1,
    )
    stub_fill: bool = Field(
        default=False,
        description="A row of figures without a name has the name of the row above (merges were "
        "lost).",
    )
    hierarchy: tuple[Clue, ...] = Field(
        default=("numbering", "mark", "cut"),
        description="What puts a row under another, strongest first: blank (a row without a "
        "figure stands above those that follow), numbering (一、 (一) 1、), bold, indent, "
        "mark (# 其中:), cut (a row that only opens a cut).",
    )
    stub_prefix: str = Field(
        default=r"^(其中[:：]?|#+|在总[计额量]中[:：]?|[/／]+)",
        description="What opens a cut of the row above and is no part of the name.",
    )
    cut_rows: tuple[str, ...] = Field(
        default=("其中", "其中:", "在总*中", "在总*中:", "按*分", "按*分:", "按*分组", "按*分组:"),
        description="Rows that only open a cut and carry no figures; * matches anything.",
    )
    ignored_rows: tuple[str, ...] = Field(
        default=(), description="Rows whose figures are no data here, such as 合计; * as above."
    )
    region_rows: tuple[str, ...] = Field(
        default=(),
        description="Rows that name a region of the row above them (*区, *县), among rows that "
        "name indicators; * as above.",
    )
    period_in_name: str | None = Field(
        default=None,
        description="Regular expression for the period in a name, in its group `period`: "
        "^(?P<period>[0-9]+-[0-9]+月). What it matches is no part of the name.",
    )
    unit_in_name: bool = Field(
        default=False, description="A unit in brackets at the end of a name is that of the row."
    )
    header_fill: bool = Field(
        default=False,
        description="A header text holds for the empty cells to its right too (merges were lost).",
    )
    sheet: str = Field(default="*", description="Sheets that have the block, by name.")
    side_by_side: bool = Field(
        default=False, description="The columns, stub and all, are repeated to the right."
    )
    columns: tuple[TableColumn, ...] = Field(min_length=1)
    notes: str = Field(
        default=r"^(注|附注|说明|资料来源|数据来源|来源|备注|填表人|填报人|制表人?|审核人?"
        r"|单位负责人|统计负责人|负责人|联系电话|报出日期)\s*[0-9]*\s*[:：、.]"
        r"|^(注|说明)$|^[①-⑳*＊]|^\[[0-9]+\]|^[(（][0-9]+[)）].*[。；]$",
        description="Rows under the table.",
    )
    constants: Constants = Constants()

    @field_validator("stub_is", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("starts", "title", "unit", "stub_prefix", "notes")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            _compile(value)
        return value

    @field_validator("period_in_name")
    @classmethod
    def _name_has_period(cls, value: str | None) -> str | None:
        if value is not None:
            _compile(value)
            if "(?P<period>" not in value:
                raise ValueError("the expression needs a group (?P<period>…)")
        return value

    @field_validator("unit")
    @classmethod
    def _unit_has_group(cls, value: str) -> str:
        if "(?P<unit>" not in value:
            raise ValueError("the expression needs a group (?P<unit>…)")
        return value

    @model_validator(mode="after")
    def _has_values(self) -> Block:
        keys = [column.key for column in self.columns if column.carries == "value"]
        if not keys:
            raise ValueError("no column carries values: give one `carries: value`")
        for column in self.columns:
            if column.carries in OF_ONE_VALUE and column.of not in keys:
                raise ValueError(
                    f"column {list(column.header)} carries {column.carries}: "
                    f"`of` must name a key of a value column, one of {keys}"
                )
        if self.every and self.starts is None:
            raise ValueError("`every` needs `starts`: what opens each of the blocks")
        told = [n for n in ("starts", "nth", "first_row") if getattr(self, n) is not None]
        if len(told) > 1:
            raise ValueError(f"{' and '.join(told)} both say where the block begins: give one")
        if self.region_rows and self.stub_is != ("indicator",):
            raise ValueError("`region_rows` stand among indicators: `stub_is: indicator`")
        return self

    @property
    def is_told(self) -> bool:
        """Whether the block says which table of a sheet it is."""
        return any(text is not None for text in (self.starts, self.nth, self.first_row))

    @property
    def by_column(self) -> bool:
        """Whether a column, and not stub, title or constant, says which indicator it is."""
        by_title = "(?P<indicator>" in f"{self.starts or ''}{self.title}"
        return not (
            "indicator" in self.stub_is
            or self.constants.indicator
            or by_title
            or any(c.carries == "indicator" or c.indicator for c in self.columns)
        )


class Footnote(Model):
    """What a note of a table changes of the figures that it is about."""

    says: str = Field(
        description="Regular expression on the text of the note. Its group `period` is the period "
        "of the figures that carry its mark (with `moves`), or names the period whose figures it "
        "is about: ^(?P<period>[0-9]{4}年)为初步"
    )
    moves: bool = Field(
        default=False, description="The figures that carry its mark are of that period."
    )
    stage: Stage | None = Field(default=None, description="The stage of those figures.")
    status: str | None = Field(default=None, description="Their status, as a column carries it.")

    @model_validator(mode="after")
    def _changes_something(self) -> Footnote:
        _compile(self.says)
        if self.moves and (self.stage or self.status):
            raise ValueError("a note that `moves` the period says no stage or status: two entries")
        if not (self.moves or self.stage or self.status):
            raise ValueError("what does the note change? give `moves`, `stage` or `status`")
        if self.moves and "(?P<period>" not in self.says:
            raise ValueError("`moves` needs a group (?P<period>…)")
        return self


class TableLayout(Source):
    """Printed tables: one or several blocks to a sheet, each found by what it says."""

    kind: Literal["table"]
    format: Format = "xlsx"
    blocks: tuple[Block, ...] = Field(min_length=1)
    breakdown_list: str | None = Field(
        default=None, description="Code list of the breakdowns, such as industry."
    )
    negative_in_brackets: bool = Field(default=False, description="(12.3) is -12.3 here.")
    footnotes: tuple[Footnote, ...] = Field(
        default=(), description="Notes that say what a figure is: its period, stage or status."
    )
    constants: Constants = Constants()

    @model_validator(mode="after")
    def _blocks_are_told_apart(self) -> TableLayout:
        for position, block in enumerate(self.blocks, start=1):
            others = [b for b in self.blocks if b is not block and b.sheet == block.sheet]
            if any((b.starts is None) != (block.starts is None) for b in others if b.is_told):
                raise ValueError(
                    f"block {position}: tables of one sheet are all told by `starts`, or all by "
                    "`nth` or `first_row`"
                )
            if others and not block.is_told:
                raise ValueError(
                    f"block {position} of {len(self.blocks)} needs `starts`, the row that opens it "
                    "(or `nth`, `first_row`, or a `sheet` of its own)"
                )
        return self

    @property
    def value_columns(self) -> tuple[TableColumn, ...]:
        """The columns of values of all blocks."""
        return tuple(c for b in self.blocks for c in b.columns if c.carries == "value")


class FunctionLayout(Source):
    """A layout that no declaration can describe: one named function of ours finds the figures."""

    kind: Literal["function"]
    function: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$", description="A module of orchestration/collect/functions."
    )
    options: dict[str, Any] = Field(default={}, description="What the function needs to know.")
    breakdown_list: str | None = None
    negative_in_brackets: bool = False
    constants: Constants = Constants()


Layout = Annotated[RecordsLayout | TableLayout | FunctionLayout, Field(discriminator="kind")]


class Tolerance(Model):
    """How far printed figures may differ before it is a finding, and why."""

    kind: Literal["rounding", "absolute", "relative"] = "rounding"
    value: str = Field(default="0", pattern=r"^\d+(\.\d+)?$")
    reason: str = "printed figures are rounded"

    @field_validator("value", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int | float) else value


class Relation(Model):
    """A relation of this indicator to another one."""

    to: str = Field(pattern=CODE, description="Total, denominator, level or other indicator.")
    numerator: str | None = Field(default=None, pattern=CODE)
    exhaustive: bool = Field(default=False, description="Do the listed parts make up the total?")
    cut: str = Field(
        default="",
        pattern=r"^[a-z0-9_]*$",
        description="Of parts: by what the total is cut, where it is cut in several ways; only "
        "parts of one cut add up.",
    )
    tolerance: Tolerance = Tolerance()
    denominator: Literal["same_period", "mean_of_year_ends"] = Field(
        default="same_period",
        description="Of a ratio: the figure of the period, or the mean of two year ends.",
    )
    note: Text | None = None


RELATION_KINDS = (
    "part_of",
    "share_of",
    "ratio_of",
    "growth_of",
    "increment_of",
    "rank_of",
    "mean_of",
    "overlaps",
    "not_above",
    "apart_from",
)


class PlanIndicator(Model):
    """Its place in the table of indicators of a plan: base, target and outturns are figures."""

    id: str = Field(pattern=IDENTIFIER, description="The plan; evaluation rules name it.")
    number: int = Field(ge=1, description="Number in the plan's table.")
    nature: Literal["anticipatory", "binding"]
    group: Text
    target_kind: Literal[
        "level", "cumulative", "average_annual_growth", "decline", "maintain", "not_exceed"
    ]
    base_period: PlanPeriod = Field(description="Year or month the plan starts from: 2020.")
    target_period: PlanPeriod = Field(description="Year or month of the target: 2025.")
    figures: Literal["annual", "within_year"] = Field(
        default="annual",
        description="Do evaluations take the figure of a year, or that of their own month?",
    )
    accumulate: Literal["last", "sum", "chain"] = Field(
        default="last",
        description="Of what is counted from the base on, where no figure over all those years is "
        "published: only such a figure counts (last), those of the single years add up (sum), or "
        "are rates one upon the other (chain: 3.1 % and 3.0 % are 6.007 %).",
    )

    @model_validator(mode="after")
    def _accumulates_what_is_counted(self) -> PlanIndicator:
        allowed = {"cumulative": ("last", "sum"), "decline": ("last", "sum", "chain")}
        if self.accumulate not in allowed.get(self.target_kind, ("last",)):
            raise ValueError(
                f"accumulate: {self.accumulate} does not go with target_kind {self.target_kind}; "
                "cumulative ones add up (sum), declines add up or are chained (sum, chain)"
            )
        return self

    @model_validator(mode="after")
    def _base_comes_first(self) -> PlanIndicator:
        if last_day(self.base_period) >= last_day(self.target_period):
            raise ValueError(f"the base {self.base_period} does not lie before the target")
        return self


class Additivity(Model):
    """What figures of an indicator may be added over."""

    time: Literal["sum", "last", "mean", "none"] = Field(
        description="A year of its months: their sum, the last of them, their mean, or none of it."
    )
    regions: Literal["sum", "at_most", "none"]
    classes: Literal["sum", "at_most", "none"]


Span = tuple[float | None, float | None]
"""The lowest and the highest value; null where there is no such end."""
Behaviour = Literal["stock", "flow", "rate"]


def _within(inner: Span, outer: Span) -> bool:
    """Whether one span lies inside another."""
    low = outer[0] is None or (inner[0] is not None and inner[0] >= outer[0])
    return low and (outer[1] is None or (inner[1] is not None and inner[1] <= outer[1]))


class Envelope(Model):
    """What is usual, and what is possible at all, in the reference unit of the dimension."""

    usual: Span = Field(description="Outside, somebody has to say why.")
    possible: Span = Field(description="Outside, a figure is not true.")

    @model_validator(mode="after")
    def _nested(self) -> Envelope:
        for name in ("usual", "possible"):
            low, high = getattr(self, name)
            if low is not None and high is not None and low > high:
                raise ValueError(f"{name} [{low:g}, {high:g}] has its low end above its high one")
        if not _within(self.usual, self.possible):
            raise ValueError("what is usual must lie within what is possible")
        return self


class RangeClass(Model):
    """A class of plausible ranges that indicators share."""

    id: str = Field(pattern=IDENTIFIER)
    name: Text
    basis: Text = Field(description="What the numbers rest on.")
    measures: tuple[Measure, ...] = Field(
        default=(),
        description="Indicators of these measures have the class where they name none; the first "
        "class that fits. One without measures has to be named.",
    )
    dimensions: tuple[str, ...] = Field(
        default=(), description="Of units (raw/codelists/units.csv); any where empty."
    )
    stock: bool | None = Field(default=None, description="Only stocks, or only others.")
    behaviour: Behaviour = Field(
        description="A flow is divided by the years of its period; a rate is no amount."
    )
    sign: Literal["never_negative", "any"] = "never_negative"
    whole: bool = Field(default=False, description="Counted one by one: no fraction of one.")
    value: Envelope | None = Field(default=None, description="Of the figure itself.")
    residents: bool = Field(
        default=False, description="Its figures are how many residents a region has."
    )
    per_head: Envelope | None = Field(
        default=None,
        description="Per resident and, of a flow, per year; times the residents of a kind of "
        "region it is the range of the figure.",
    )
    around: Span | None = Field(
        default=None, description="Per head, as a multiple of that of the region around it."
    )
    share_moves: float | None = Field(
        default=None,
        gt=1,
        description="By which factor the share of the region around may change in a year.",
    )
    growth: str | None = Field(
        default=None, pattern=IDENTIFIER, description="Class of the growth of its indicators."
    )

    @model_validator(mode="after")
    def _of_one_kind(self) -> RangeClass:
        if self.value is not None and self.per_head is not None:
            raise ValueError(f"{self.id}: a range is of the figure itself or per head, not both")
        if self.per_head is not None and self.behaviour == "rate":
            raise ValueError(f"{self.id}: a rate is no amount, so it has no range per head")
        if self.per_head is None and (self.around or self.share_moves):
            raise ValueError(f"{self.id}: `around` and `share_moves` are for ranges per head")
        lows = [e.possible[0] for e in (self.value, self.per_head) if e is not None]
        if self.sign == "never_negative" and any(low is None or low < 0 for low in lows):
            raise ValueError(f"{self.id}: never negative, and its possible range is")
        return self


class Quotient(Model):
    """Two indicators of one region and period whose quotient has a range, in reference units."""

    id: str = Field(pattern=IDENTIFIER)
    name: Text
    basis: Text
    of: str = Field(pattern=CODE, description="What is divided.")
    times: str | None = Field(
        default=None, pattern=CODE, description="What it is multiplied by first: residents, say."
    )
    by: str = Field(pattern=CODE, description="What it is divided by.")
    usual: Span
    possible: Span

    @model_validator(mode="after")
    def _nested(self) -> Quotient:
        Envelope(usual=self.usual, possible=self.possible)
        return self


class Ranges(Model):
    """The file ``raw/catalogue/ranges.yml``: plausible ranges of figures."""

    lows_since: int = Field(description="First year that low ends hold in.")
    short_periods: float = Field(
        gt=1, description="By which factor a month or a quarter may differ from its part of a year."
    )
    residents: tuple[str, ...] = Field(
        default=(), description="Indicators of the residents, the best one first; others behind."
    )
    populations: dict[str, Envelope] = Field(description="Residents by kind of region.")
    populations_basis: Text
    classes: tuple[RangeClass, ...] = Field(min_length=1)
    quotients: tuple[Quotient, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> Ranges:
        ids = [entry.id for entry in self.classes]
        _refuse_duplicates(ids, "class")
        _refuse_duplicates([entry.id for entry in self.quotients], "quotient")
        for entry in self.classes:
            if entry.growth is not None and entry.growth not in ids:
                raise ValueError(f"{entry.id}: there is no class {entry.growth!r} of its growth")
        return self


class OwnRange(Model):
    """What a data set says of the range of an indicator in its deliveries.

    It may be narrower than the catalogue's. A wider one overrules it and says why and until when.
    """

    value: Envelope | None = None
    per_head: Envelope | None = None
    reason: Text | None = Field(default=None, description="Why the truth lies outside.")
    until: date | None = Field(
        default=None,
        description="The last day of delivery that it holds for; then the catalogue's holds again.",
    )

    @model_validator(mode="after")
    def _says_something(self) -> OwnRange:
        if (self.value is None) == (self.per_head is None):
            raise ValueError("give either `value` or `per_head`")
        return self

    def overrules(self, known: RangeClass) -> bool:
        """Whether it reaches outside what the catalogue says."""
        for name in ("value", "per_head"):
            own: Envelope | None = getattr(self, name)
            theirs: Envelope | None = getattr(known, name)
            if own is not None and theirs is not None:
                return not (
                    _within(own.usual, theirs.usual) and _within(own.possible, theirs.possible)
                )
        return False


class Concept(Model):
    """What an indicator is, whoever declares it: a data set, or the catalogue of standard ones."""

    definition: Text | None = None
    scope: str | None = None
    measure: Measure | None = None
    price_basis: PriceBasis | None = None
    base_unit: str | None = None
    decimals: int | None = Field(default=None, ge=0, le=8)
    direction: Direction | None = None
    theme: Theme | None = None
    mart: str | None = Field(default=None, pattern=r"^[a-z_]+\.[a-z_]+$")
    item: str | None = Field(default=None, description="What its mart row is about, as a code.")
    item_name: Text | None = Field(
        default=None, description="Names the item where the code list item does not."
    )
    stock: bool = Field(
        default=False,
        description="A number that exists at a date, as that of the role stock does: its figure "
        "of a year is that of the year's end.",
    )
    role: str | None = Field(
        default=None, description="The column of the mart it stands in (code list role)."
    )
    stage: str | None = Field(default=None, description="Stage or kind within the item.")
    topic: str | None = None
    field: str | None = Field(
        default=None,
        pattern=CODE,
        description="Field of statistics: a file of the catalogue, or a code of the list field. "
        "Where none is named, its file, that of what it is related to, or its theme.",
    )
    ranked_among: RankedAmong | None = Field(default=None, description="Of a rank: among whom.")
    range: str | None = Field(
        default=None,
        pattern=IDENTIFIER,
        description="Class of plausible ranges (raw/catalogue/ranges.yml); where none is named, "
        "that of its measure and unit.",
    )
    over_regions: Literal["sum", "at_most"] | None = Field(
        default=None,
        description="Figures of the regions inside a region: they add up to its own, or stay "
        "below it because some of it belongs to none of them.",
    )
    additive: Additivity | None = Field(
        default=None, description="What its figures may be added over; unknown where not said."
    )
    part_of: tuple[Relation, ...] = ()
    share_of: tuple[Relation, ...] = ()
    ratio_of: tuple[Relation, ...] = ()
    growth_of: tuple[Relation, ...] = ()
    increment_of: tuple[Relation, ...] = ()
    rank_of: tuple[Relation, ...] = ()
    mean_of: tuple[Relation, ...] = ()
    overlaps: tuple[Relation, ...] = ()
    not_above: tuple[Relation, ...] = ()
    apart_from: tuple[Relation, ...] = Field(
        default=(),
        description="Of things of one kind, this counts others than that one: finished ones and "
        "those under way.",
    )

    def relations(self) -> list[tuple[str, Relation]]:
        """The declared relations as (kind, relation)."""
        return [(kind, r) for kind in RELATION_KINDS for r in getattr(self, kind)]


CONCEPT_FIELDS = frozenset(Concept.model_fields) - {
    "measure",
    "scope",
    "price_basis",
    "decimals",
    "direction",
}
"""What is said once of an indicator, where it is defined: a data set that only refers to it may
differ in the rest."""


class Indicator(Concept):
    """An indicator; without a name it refers to the catalogue, or to another data set."""

    code: str = Field(pattern=CODE)
    name: Text | None = None
    labels: tuple[str, ...] = Field(
        default=(),
        description="What deliveries call it; where empty, its name and the catalogue's synonyms.",
    )
    column: str = Field(default="value", description="Key of the table column it stands in.")
    lag_months: int = Field(
        default=0,
        ge=0,
        le=12,
        description="错月: its figures end so many months before the report that brings them.",
    )
    basis: Basis | None = Field(default=None, description="Follows from measure and period.")
    plan: PlanIndicator | None = Field(
        default=None, description="Of an indicator of a five-year plan: its place in the table."
    )
    plausible: OwnRange | None = Field(
        default=None,
        description="Its plausible range in the deliveries of this data set, where it is another "
        "than that of the catalogue (`qutong catalogue show CODE`).",
    )

    @property
    def title(self) -> Text:
        """Its name, where it is resolved.

        Raises:
            ValueError: the entry only refers to a definition elsewhere.
        """
        if self.name is None:
            raise ValueError(f"{self.code} has no name here")
        return self.name

    @property
    def is_definition(self) -> bool:
        """Whether the entry defines the indicator or only refers to it."""
        return self.name is not None

    @model_validator(mode="after")
    def _complete(self) -> Indicator:
        needed = ("measure", "price_basis", "base_unit", "decimals", "direction")
        if self.is_definition:
            missing = [field for field in needed if getattr(self, field) is None]
            if missing:
                raise ValueError(f"{self.code} is defined here and lacks {', '.join(missing)}")
        if self.mart in ("plan.plan_indicator", "plan.plan_progress"):
            raise ValueError(f"{self.mart} follows from `plan`: {self.code} needs no `mart` for it")
        if self.item_name is not None and self.item is None:
            raise ValueError(f"{self.code} has an item_name and no item")
        if (
            self.is_definition
            and self.mart is not None
            and (self.item is None or self.role is None)
        ):
            raise ValueError(f"{self.code} goes to {self.mart}: it needs `item` and `role`")
        return self

    @property
    def said_once(self) -> list[str]:
        """The given keys that belong to the one place where an indicator is defined."""
        given = self.model_fields_set & (CONCEPT_FIELDS | set(RELATION_KINDS))
        return sorted(name for name in given if getattr(self, name))


Classing = Literal[
    "age",
    "commodity",
    "country",
    "industry",
    "institution",
    "level",
    "ownership",
    "purpose",
    "region",
    "registration",
    "sector",
    "sex",
    "size",
    "urban_rural",
]
"""By what an indicator is usually broken down."""


class Change(Model):
    """A day from which an indicator counts something else, so that a series breaks there."""

    since: PlanPeriod
    note: Text


class Standard(Concept):
    """A standard indicator: one entry of the catalogue."""

    code: str = Field(pattern=CODE)
    name: Text
    synonyms: tuple[str, ...] = Field(
        default=(), description="As it is printed too; a word of one indicator only."
    )
    definition: Text
    source: str = Field(description="Of the concept: an id of raw/catalogue/sources.yml.")
    measure: Measure
    price_basis: PriceBasis
    base_unit: str
    decimals: int = Field(ge=0, le=8)
    direction: Direction
    theme: Theme
    breakdowns: tuple[Classing, ...] = ()
    additive: Additivity
    frequency: Literal["monthly", "quarterly", "half_yearly", "annual", "census", "irregular"]
    lag_days: int = Field(ge=0, le=1100, description="Usual days from the period to its figure.")
    since: PlanPeriod | None = Field(default=None, description="First year or month it is of.")
    until: PlanPeriod | None = Field(default=None, description="Last year or month it is of.")
    changes: tuple[Change, ...] = ()
    growth: Literal["current", "comparable", "not_applicable"] | None = Field(
        default=None,
        description="Its year-on-year growth is published, at these prices: <code>_growth follows.",
    )
    overrules: bool = Field(
        default=False, description="It takes the place of the shipped entry of that code."
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Standard:
        folded = [self.name.zh, *self.synonyms]
        _refuse_duplicates(folded, f"{self.code}: the name")
        if self.stock and self.additive.time == "sum":
            raise ValueError(f"{self.code} is a stock: its figures do not add up over time")
        if self.mart is not None and self.role is None:
            raise ValueError(f"{self.code} goes to {self.mart}: it needs `role`")
        if self.since and self.until and last_day(self.since) > last_day(self.until):
            raise ValueError(f"{self.code} ends in {self.until} and begins in {self.since}")
        return self


class StandardSource(Model):
    """What a concept is from: a system of accounts, a statistical programme, a law."""

    id: str = Field(pattern=IDENTIFIER)
    name: Text


class StandardSources(Model):
    """The file ``raw/catalogue/sources.yml``."""

    sources: tuple[StandardSource, ...] = Field(min_length=1)

    @field_validator("sources")
    @classmethod
    def _once_each(cls, value: tuple[StandardSource, ...]) -> tuple[StandardSource, ...]:
        _refuse_duplicates([entry.id for entry in value], "source")
        return value


class Standards(Model):
    """A file ``raw/catalogue/<field>.yml``: the standard indicators of one field."""

    field: Text
    defaults: dict[str, Any] = Field(
        default={}, description="Keys that hold for all entries which do not say otherwise."
    )
    indicators: tuple[Standard, ...] = Field(min_length=1)


class Expected(Model):
    """Figures that every delivery must bring."""

    indicators: tuple[str, ...] = Field(min_length=1)
    regions: tuple[str, ...] = Field(default=(), description="Region names; any when empty.")
    severity: Literal["hard", "soft"] = "hard"


class Completeness(Model):
    """What a delivery must bring, and how much of it may be unreadable."""

    max_quarantined: int = Field(
        default=0, ge=0, description="More quarantined cells than this and it is refused."
    )
    figures_within_pct: int | None = Field(
        default=None,
        ge=0,
        le=100,
        description="How far the number of figures may lie from that of the last good delivery, in "
        "per cent of it; of another size it is refused.",
    )
    expected: tuple[Expected, ...] = ()


class ExpectedChange(Model):
    """By how much figures may move against the year before, whatever their history says."""

    indicators: tuple[str, ...] = Field(min_length=1)
    regions: tuple[str, ...] = Field(default=(), description="Region names; any when empty.")
    low: float = Field(
        ge=-100, description="The least change: of amounts in per cent, of rates in points."
    )
    high: float = Field(description="The greatest, likewise.")
    reason: Text
    until: date = Field(description="The last day on which this holds.")

    @model_validator(mode="after")
    def _ordered(self) -> ExpectedChange:
        if self.low >= self.high:
            raise ValueError("`low` is not below `high`: no change is expected between them")
        return self


class Vintage(Model):
    """When certain deliveries became known, and at what stage of the estimate."""

    files: str = Field(description="<delivery date>/<file name>, with * and ?.")
    published: PublishedOn | None = None
    stage: Stage | None = None
    document: str | None = Field(default=None, description="The document these deliveries copy.")


class Disclosure(Model):
    """Confidentiality of the whole data set (SDMX CL_CONF_STATUS) and its ground."""

    conf_status: Literal["F", "C", "N"] = "F"
    rule: str = "published by its issuer"


class Form(Model):
    """How deliveries looked until their layout changed."""

    until: date = Field(
        description="The day of the first delivery that has the next layout; those filed under an "
        "earlier day look like this."
    )
    layout: Layout


class DataSet(Model):
    """One data set: everything that is known about it before a delivery comes."""

    id: str = Field(pattern=IDENTIFIER)
    title: Text
    theme: Theme
    owner: str = Field(min_length=1, description="Who answers for it in the bureau.")
    origin: Origin
    delivery: Delivery
    layout: Layout
    earlier: tuple[Form, ...] = Field(
        default=(), description="Layouts of earlier days, oldest first: what came then is read so."
    )
    indicators: tuple[Indicator, ...] = Field(min_length=1)
    regions_inside: str | None = Field(
        default=None,
        description="A region by name or code: a name that several regions have (鼓楼区) means the "
        "one inside it.",
    )
    symbols: dict[str, str] = Field(
        default={}, description="Cell text to SDMX observation status (M, O, …) or `none`."
    )
    completeness: Completeness = Completeness()
    changes: tuple[ExpectedChange, ...] = Field(
        default=(),
        description="What overrules the history of a series where it is judged for outliers.",
    )
    vintages: tuple[Vintage, ...] = ()
    disclosure: Disclosure = Disclosure()
    simulated: bool = Field(default=False, description="Every figure of it is simulated.")

    def _layout_says_document(self, documents: set[str]) -> bool:
        """Whether a column, or every block, says which document a figure is from."""
        if isinstance(self.layout, RecordsLayout):
            return self.layout.columns.document is not None
        if isinstance(self.layout, FunctionLayout):
            return False
        for block in self.layout.blocks:
            named = block.constants.document
            if named is not None and named not in documents:
                raise ValueError(f"constants.document {named!r} is not among origin.documents")
        return all(
            block.constants.document or any(c.carries == "document" for c in block.columns)
            for block in self.layout.blocks
        )

    @model_validator(mode="after")
    def _consistent(self) -> DataSet:
        _refuse_duplicates([i.code for i in self.indicators], "indicator code")
        codes = {indicator.code for indicator in self.indicators}
        named = [("completeness", entry.indicators) for entry in self.completeness.expected]
        named += [("changes", change.indicators) for change in self.changes]
        for what, expected in named:
            for code in expected:
                if code not in codes and code != "*":
                    raise ValueError(f"{what} expects {code}, which is not declared here")
        needs_key = not isinstance(self.layout, RecordsLayout)
        taken: dict[tuple[str, str], str] = {}
        for indicator in self.indicators:
            for label in self.labels_of(indicator):
                key = (label, indicator.column if needs_key else "")
                if key in taken:
                    raise ValueError(
                        f"{indicator.code} and {taken[key]} answer to the same name {label!r}: "
                        "give one of them `labels` or a `column` of its own"
                    )
                taken[key] = indicator.code
        documents = {doc.id for doc in self.origin.documents}
        constant = self.layout.constants.document
        if constant is not None and constant not in documents:
            raise ValueError(f"constants.document {constant!r} is not among origin.documents")
        says = self._layout_says_document(documents)
        by_vintage = all(vintage.document for vintage in self.vintages) and bool(self.vintages)
        for vintage in self.vintages:
            if vintage.document is not None and vintage.document not in documents:
                raise ValueError(f"vintages: document {vintage.document!r} is not in origin")
        if constant is None and not says and not by_vintage and len(documents) > 1:
            raise ValueError("several documents: the layout must say which one a figure is from")
        return self

    @model_validator(mode="after")
    def _one_indicator_a_column(self) -> DataSet:
        """Where a column alone says the indicator, it says one."""
        for layout in self.layouts:
            if isinstance(layout, TableLayout):
                keys = {c.key for b in layout.blocks if b.by_column for c in b.columns}
                columns = [i.column for i in self.indicators if i.column in keys]
                _refuse_duplicates(columns, "the column of an indicator")
        return self

    @model_validator(mode="after")
    def _forms_follow_each_other(self) -> DataSet:
        days = [form.until for form in self.earlier]
        if days != sorted(set(days)):
            raise ValueError("earlier: the forms stand from the oldest on, each with its own day")
        is_records = isinstance(self.layout, RecordsLayout)
        if any(isinstance(form.layout, RecordsLayout) != is_records for form in self.earlier):
            raise ValueError(
                "earlier: tables and records name their indicators in different ways: give the "
                "new ones a data set of their own"
            )
        return self

    @property
    def layouts(self) -> tuple[Layout, ...]:
        """The layouts of all days, the present one last."""
        return (*(form.layout for form in self.earlier), self.layout)

    def on(self, day: date) -> DataSet:
        """The data set with the layout of deliveries that are filed under a day."""
        form = next((form for form in self.earlier if day < form.until), None)
        return self if form is None else self.model_copy(update={"layout": form.layout})

    @staticmethod
    def labels_of(indicator: Indicator) -> tuple[str, ...]:
        """What deliveries of this data set call the indicator."""
        if indicator.labels:
            return indicator.labels
        return (indicator.name.zh,) if indicator.name else (indicator.code,)


def _refuse_duplicates(values: list[str], what: str) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{what} {value!r} is declared twice: keep one of them")
        seen.add(value)


class _Channel(Model):
    """A way to tell somebody.

    Attributes:
        owners: Of these owners' data sets alone; of all where none is named.
    """

    id: str = Field(pattern=IDENTIFIER)
    owners: tuple[str, ...] = Field(
        default=(), description="Tells of data sets of these owners; of all where empty."
    )


class CommandChannel(_Channel):
    """A command of the machine, which gets the message as JSON on its standard input."""

    kind: Literal["command"]
    command: tuple[str, ...] = Field(min_length=1, description="Program and arguments, no shell.")
    seconds: int = Field(default=30, ge=1, le=600)


class WebhookChannel(_Channel):
    """An address that the message is posted to as JSON."""

    kind: Literal["webhook"]
    url: str | None = Field(default=None, pattern=r"^https?://")
    url_secret: SecretName | None = Field(
        default=None, description="Instead: the name of the secret that is the address."
    )
    token_secret: SecretName | None = Field(
        default=None, description="The name of the secret that is the bearer token."
    )
    body: Literal["message", "robot"] = Field(
        default="message",
        description="The message as it is, or as robots of chats (企业微信, 钉钉) take a text.",
    )
    seconds: int = Field(default=10, ge=1, le=120)

    @model_validator(mode="after")
    def _has_one_address(self) -> WebhookChannel:
        if (self.url is None) == (self.url_secret is None):
            raise ValueError("the address stands in `url`, or `url_secret` names it: give one")
        return self


class SmtpChannel(_Channel):
    """A mail server."""

    kind: Literal["smtp"]
    host: str = Field(min_length=1)
    port: int = Field(default=25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "starttls"
    sender: str = Field(min_length=3)
    to: tuple[str, ...] = Field(min_length=1)
    user: str | None = None
    password_secret: SecretName | None = Field(
        default=None, description="The name of the secret that is the password."
    )
    seconds: int = Field(default=20, ge=1, le=120)

    @model_validator(mode="after")
    def _logs_in_whole(self) -> SmtpChannel:
        if (self.user is None) != (self.password_secret is None):
            raise ValueError("to log in it needs `user` and `password_secret`: give both or none")
        if self.user is not None and self.security == "none":
            raise ValueError("a password is not sent in the clear: security starttls or tls")
        return self


Channel = Annotated[CommandChannel | WebhookChannel | SmtpChannel, Field(discriminator="kind")]


class District(Model):
    """The district that this project directory serves, and how it publishes."""

    code: str = Field(min_length=1, description="Region code; must stand in codelists/regions.csv.")
    name: Text
    bureau: Text | None = Field(
        default=None,
        description="Who publishes; without it products bear the district's name alone.",
    )
    contact: Text | None = Field(
        default=None,
        description="Whom readers ask, as one line: telephone, mail, hours; not shown without.",
    )
    address: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="Where the pages stand on the web; they are complete without it.",
    )
    policy: Literal["demo", "bureau"] = "demo"
    licence: str = Field(default="", description="Under which terms releases may be used.")
    time_zone: str = "Asia/Shanghai"
    calendar: str = Field(
        default="",
        pattern=r"^[a-z0-9-]*$",
        description="Holidays that due dates are shifted by: raw/calendars/<calendar>.csv.",
    )
    alerts: tuple[Channel, ...] = Field(
        default=(), description="Who is told of what is overdue, and by which way."
    )
    quiet_seconds: int = Field(
        default=3,
        ge=0,
        le=600,
        description="A file is taken when nothing was written to it for as long as this.",
    )
    source_wait_seconds: int = Field(
        default=120,
        ge=1,
        le=86400,
        description="A run that asks several sources goes on without those that take longer; "
        "alone, a source has as long as its declaration says.",
    )
    reading_seconds: int = Field(
        default=60,
        ge=1,
        le=3600,
        description="A delivery whose reading takes more processor time than this is refused; "
        "small files have less, by their size.",
    )
    reading_megabytes: int = Field(
        default=2048,
        ge=256,
        description="A delivery whose reading needs more memory than this is refused; "
        "small files have less, by their size.",
    )
    scorecard: tuple[str, ...] = Field(
        default=(), description="Indicators on the leaders' sheet, in their order."
    )
    complete_regions: tuple[str, ...] = Field(
        default=(), description="Regions all of whose parts stand in codelists/regions.csv."
    )
    grades: tuple[str, ...] = Field(
        default=("official", "research", "secondary"),
        description="Precedence of sources, best first: decides which figure is the headline.",
    )
    stages: tuple[Stage, ...] = Field(
        default=(
            "census_revised",
            "census",
            "final",
            "survey_estimate",
            "preliminary",
            "flash",
            "not_stated",
            "forecast",
        ),
        description="Precedence of estimate stages, best first.",
    )

    @field_validator("alerts")
    @classmethod
    def _channels_once_each(cls, value: tuple[Channel, ...]) -> tuple[Channel, ...]:
        _refuse_duplicates([channel.id for channel in value], "channel")
        return value

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"there is no time zone {value!r}: such as Asia/Shanghai") from None
        return value

    @field_validator("code", mode="before")
    @classmethod
    def _code_is_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value


def _text_as_printed(value: Any) -> Any:
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{value!r} is no text: put it in quotes, so that it stays as printed")
    return value


Printed = Annotated[str, BeforeValidator(_text_as_printed), Field(min_length=1)]
"""The text of a cell. Unquoted, YAML would read 12.80 as the number 12.8."""


class Correction(Model):
    """One cell that is known to be wrong, with what stands there and what should."""

    id: str = Field(pattern=IDENTIFIER)
    files: str = Field(default="*", description="<delivery date>/<file name>, with * and ?.")
    place: Printed | None = Field(
        default=None, description="The cell as deliveries are addressed: 表1!C5, R3C4."
    )
    where: dict[Printed, Printed] = Field(
        default={}, description="Instead, of records: header text to cell text of one row."
    )
    column: Printed | None = Field(
        default=None, description="With `where`: header text of the column to correct."
    )
    expect: Printed = Field(description="The text that stands there.")
    becomes: Printed = Field(description="The right text.")
    kind: Literal["transcription", "source"] = Field(
        description="Who erred: the person who copied the document, or the document itself."
    )
    reason: Text
    reported_by: str = Field(min_length=1)
    reported_on: date
    document: str | None = Field(
        default=None, description="The document that shows the right text, by its id or title."
    )

    @model_validator(mode="after")
    def _says_one_cell(self) -> Correction:
        if (self.place is None) == (not self.where):
            raise ValueError("a cell is named by `place`, or by `where` and `column`: give one")
        if bool(self.where) != (self.column is not None):
            raise ValueError("`where` finds the row and `column` the cell in it: give both")
        if self.expect == self.becomes:
            raise ValueError("`becomes` is what `expect` is: there is nothing to correct")
        return self

    @property
    def target(self) -> str:
        """The cell as a person reads it."""
        if self.place is not None:
            return self.place
        row = ", ".join(f"{header}={text}" for header, text in self.where.items())
        return f"{self.column} ({row})"


class Corrections(Model):
    """The file ``raw/corrections/<data set id>.yml``."""

    corrections: tuple[Correction, ...] = Field(min_length=1)

    @field_validator("corrections")
    @classmethod
    def _once_each(cls, value: tuple[Correction, ...]) -> tuple[Correction, ...]:
        _refuse_duplicates([entry.id for entry in value], "correction")
        return value
