"""The declaration of a data set as Pydantic models: one YAML file says all there is to say.

Belongs here: the shape of a declaration and the checks that need nothing but the declaration.
Does not belong here: reading files, code lists, and anything that imports another of our modules.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

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
    "rank",
    "yoy_growth_pct",
    "cagr_pct",
    "target_level",
    "target_growth_pct",
]
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
    "target",
    "target_growth",
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
PriceBasis = Literal["current", "comparable", "constant", "not_applicable", "not_stated"]
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

    @model_validator(mode="after")
    def _unique_documents(self) -> Origin:
        _refuse_duplicates([doc.id for doc in self.documents], "document id")
        return self


class Delivery(Model):
    """How deliveries arrive."""

    connector: Literal["folder"] = "folder"
    pattern: tuple[str, ...] = Field(min_length=1, description="File names, with * and ?.")
    cadence: Literal["once", "monthly", "quarterly", "annual", "irregular"]
    due_days: int | None = Field(
        default=None, ge=0, description="Days after the end of the period when it is due."
    )


class RecordColumns(Model):
    """Header texts of the columns; a column that is not declared is an unexpected cell."""

    indicator: str | None = None
    region: str | None = None
    region_code: str | None = None
    period: str | None = None
    period_kind: str | None = None
    value: str
    unit: str | None = None
    measure: str | None = None
    qualifier: str | None = None
    scope: str | None = None
    breakdown: str | None = None
    source_place: str | None = None
    document: str | None = None
    published: str | None = None
    stage: str | None = None
    inferred: str | None = None
    simulated: str | None = None
    ignored: tuple[str, ...] = Field(default=(), description="Columns that carry no data.")


class Constants(Model):
    """What holds for every figure of the delivery and is not printed beside it."""

    indicator: str | None = None
    region: str | None = None
    period: str | None = None
    period_kind: PeriodKind | None = None
    unit: str | None = None
    document: str | None = None
    source_place: str | None = None
    stage: Stage | None = None


class RecordsLayout(Model):
    """One row a figure, one header row, columns found by their header text."""

    kind: Literal["records"]
    format: Literal["csv", "xlsx"] = "csv"
    encoding: Literal["utf-8", "gb18030", "utf-16"] = "utf-8"
    delimiter: Literal[",", "\t", ";"] = ","
    sheet: str = "*"
    columns: RecordColumns
    constants: Constants = Constants()


class TableColumn(Model):
    """One column of a printed table, found by the texts of its header rows."""

    header: tuple[str, ...] = Field(
        min_length=1, description="Header texts from the top row down; * matches anything."
    )
    carries: Literal["value", "unit", "qualifier", "source_place", "simulated", "inferred", "none"]
    key: str = Field(
        default="value", description="Which indicators stand here: those with this `column`."
    )
    period: str | None = Field(
        default=None, description="A period, or `title`, or a regular expression on the header."
    )
    period_kind: PeriodKind | None = None
    measure: Measure | None = None
    unit: str | None = Field(default=None, description="A unit; otherwise row, corner, base unit.")

    @field_validator("period")
    @classmethod
    def _period_compiles(cls, value: str | None) -> str | None:
        if value is not None and "(?P<period>" in value:
            try:
                re.compile(value)
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from None
        return value

    of: str | None = Field(
        default=None, description="For a companion column: the key of the values it stands beside."
    )


class TableLayout(Model):
    """A printed table: title with the period, unit in a corner, header rows, stub, notes."""

    kind: Literal["table"]
    format: Literal["xlsx"] = "xlsx"
    sheet: str = "*"
    title: str = Field(
        default=r"\((?P<period>\d{4}[^()]*)\)",
        description="Regular expression for the title; its group `period` is the period.",
    )
    title_rows: int = Field(default=3, ge=1, description="The title stands in these first rows.")
    unit: str = Field(
        default=r"^单位[:：]\s*(?P<unit>.+)$",
        description="Regular expression for the unit in the corner; its group `unit` is the unit.",
    )
    header_rows: int = Field(default=2, ge=1, le=4)
    stub: str = Field(description="Header text over the stub; its row is the first header row.")
    stub_is: Literal["indicator", "region"] = "indicator"
    stub_prefix: str = Field(
        default=r"^(其中[:：]?|#|在总计中[:：]?)",
        description="What opens a cut of the row above and is no part of the name.",
    )
    cut_rows: tuple[str, ...] = Field(
        default=("其中", "其中:", "其中：", "在总计中:", "在总计中："),
        description="Rows that only open a cut and carry no figures.",
    )
    columns: tuple[TableColumn, ...] = Field(min_length=1)
    notes: str = Field(
        default=r"^(注|说明|资料来源|备注)[:：]", description="Rows under the table."
    )
    constants: Constants = Constants()

    @field_validator("title", "unit", "stub_prefix", "notes")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return value

    @field_validator("unit")
    @classmethod
    def _unit_has_group(cls, value: str) -> str:
        if "(?P<unit>" not in value:
            raise ValueError("the expression needs a group (?P<unit>…)")
        return value

    @field_validator("title")
    @classmethod
    def _title_has_period(cls, value: str) -> str:
        if "(?P<period>" not in value:
            raise ValueError("the expression needs a group (?P<period>…)")
        return value

    @model_validator(mode="after")
    def _has_values(self) -> TableLayout:
        keys = [column.key for column in self.columns if column.carries == "value"]
        if not keys:
            raise ValueError("no column carries values: give one `carries: value`")
        for column in self.columns:
            if column.carries in ("qualifier", "inferred") and column.of not in keys:
                raise ValueError(
                    f"column {list(column.header)} carries {column.carries}: "
                    f"`of` must name a key of a value column, one of {keys}"
                )
        return self


Layout = Annotated[RecordsLayout | TableLayout, Field(discriminator="kind")]


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

    @model_validator(mode="after")
    def _base_comes_first(self) -> PlanIndicator:
        if last_day(self.base_period) >= last_day(self.target_period):
            raise ValueError(f"the base {self.base_period} does not lie before the target")
        return self


class Indicator(Model):
    """An indicator; without a name it refers to the definition in another data set."""

    code: str = Field(pattern=CODE)
    name: Text | None = None
    definition: Text | None = None
    labels: tuple[str, ...] = Field(
        default=(), description="What deliveries call it; the Chinese name when empty."
    )
    column: str = Field(default="value", description="Key of the table column it stands in.")
    measure: Measure | None = None
    basis: Basis | None = Field(default=None, description="Follows from measure and period.")
    scope: str | None = None
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
    role: str | None = Field(
        default=None, description="The column of the mart it stands in (code list role)."
    )
    stage: str | None = Field(default=None, description="Stage or kind within the item.")
    topic: str | None = None
    ranked_among: RankedAmong | None = Field(default=None, description="Of a rank: among whom.")
    plan: PlanIndicator | None = Field(
        default=None, description="Of an indicator of a five-year plan: its place in the table."
    )
    over_regions: Literal["sum", "at_most"] | None = Field(
        default=None,
        description="Figures of the regions inside a region: they add up to its own, or stay "
        "below it because some of it belongs to none of them.",
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
        else:
            place = ("mart", "item", "item_name", "role", "stage", "topic")
            fixed = ("definition", "base_unit", *place, "ranked_among", "over_regions")
            given = [f for f in (*fixed, *RELATION_KINDS) if getattr(self, f)]
            if given:
                raise ValueError(
                    f"{self.code} has no name, so it refers to a definition elsewhere; "
                    f"{', '.join(given)} belongs to that definition"
                )
        if self.mart in ("plan.plan_indicator", "plan.plan_progress"):
            raise ValueError(f"{self.mart} follows from `plan`: {self.code} needs no `mart` for it")
        if self.item_name is not None and self.item is None:
            raise ValueError(f"{self.code} has an item_name and no item")
        if self.mart is not None and (self.item is None or self.role is None):
            raise ValueError(f"{self.code} goes to {self.mart}: it needs `item` and `role`")
        return self

    def relations(self) -> list[tuple[str, Relation]]:
        """The declared relations as (kind, relation)."""
        return [(kind, r) for kind in RELATION_KINDS for r in getattr(self, kind)]


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
    expected: tuple[Expected, ...] = ()


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


class DataSet(Model):
    """One data set: everything that is known about it before a delivery comes."""

    id: str = Field(pattern=IDENTIFIER)
    title: Text
    theme: Theme
    owner: str = Field(min_length=1, description="Who answers for it in the bureau.")
    origin: Origin
    delivery: Delivery
    layout: Layout
    indicators: tuple[Indicator, ...] = Field(min_length=1)
    symbols: dict[str, str] = Field(
        default={}, description="Cell text to SDMX observation status (M, O, …) or `none`."
    )
    completeness: Completeness = Completeness()
    vintages: tuple[Vintage, ...] = ()
    disclosure: Disclosure = Disclosure()
    simulated: bool = Field(default=False, description="Every figure of it is simulated.")

    @model_validator(mode="after")
    def _consistent(self) -> DataSet:
        _refuse_duplicates([i.code for i in self.indicators], "indicator code")
        codes = {indicator.code for indicator in self.indicators}
        for entry in self.completeness.expected:
            for code in entry.indicators:
                if code not in codes and code != "*":
                    raise ValueError(f"completeness expects {code}, which is not declared here")
        needs_key = isinstance(self.layout, TableLayout)
        taken: dict[tuple[str, str], str] = {}
        for indicator in self.indicators:
            for label in self.labels_of(indicator):
                key = (label, indicator.column if needs_key else "")
                if key in taken:
                    raise ValueError(
                        f"{indicator.code} and {taken[key]} answer to the same name {label!r}"
                    )
                taken[key] = indicator.code
        documents = {doc.id for doc in self.origin.documents}
        constant = self.layout.constants.document
        if constant is not None and constant not in documents:
            raise ValueError(f"constants.document {constant!r} is not among origin.documents")
        has_column = isinstance(self.layout, RecordsLayout) and self.layout.columns.document
        by_vintage = all(vintage.document for vintage in self.vintages) and bool(self.vintages)
        for vintage in self.vintages:
            if vintage.document is not None and vintage.document not in documents:
                raise ValueError(f"vintages: document {vintage.document!r} is not in origin")
        if constant is None and not has_column and not by_vintage and len(documents) > 1:
            raise ValueError("several documents: the layout must say which one a figure is from")
        return self

    @model_validator(mode="after")
    def _one_indicator_a_column(self) -> DataSet:
        if isinstance(self.layout, TableLayout) and self.layout.stub_is == "region":
            _refuse_duplicates([i.column for i in self.indicators], "the column of an indicator")
        return self

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
            raise ValueError(f"{what} {value!r} is declared twice")
        seen.add(value)


class District(Model):
    """The district that this project directory serves, and how it publishes."""

    code: str = Field(min_length=1, description="Region code; must stand in codelists/regions.csv.")
    name: Text
    policy: Literal["demo", "bureau"] = "demo"
    licence: str = Field(default="", description="Under which terms releases may be used.")
    time_zone: str = "Asia/Shanghai"
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

    @field_validator("code", mode="before")
    @classmethod
    def _code_is_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value
