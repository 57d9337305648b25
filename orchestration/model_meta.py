"""What the YAML of a dbt model may say about its table and its columns beyond name and type.

Belongs here: the shape of ``config.meta``, checked. Does not belong here: whether the columns that
it names are there (``catalog``), and what readers make of it. Import this module inside a function:
Pydantic costs a reader command time that it does not have.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

Role = Literal[
    "id",  # for joining tables, not for reading
    "region",  # code of the region that the row is about
    "code",  # a code that is read through the words of its list
    "status",  # an SDMX status
    "name",  # what something is called
    "text",
    "note",  # a sentence of its own: remark, reason
    "printed",  # as a source prints it
    "period",  # of the row
    "time",  # another period that the row names
    "period_kind",  # what a period's own name does not say: cumulative, a point in time
    "period_bound",  # first and last day of the period beside it
    "date",
    "value",  # a figure
    "ordinal",  # rank, position, year: a number without thousands separators
    "sort",  # order of the rows
    "unit",
    "qualifier",
    "observation",  # id of the observation behind the row
    "observations",  # ids of several, with commas between them
    "evidence",  # ids of what a finding is about
    "flag",
    "tool",  # what columns beside it say already, for programs: the year, the ends of a bound
    "simulated",  # whether anything behind the row is simulated
]
ROLES: frozenset[str] = frozenset(get_args(Role))

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Reference = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TableMeta(_Model):
    """A model: whether it is published, and what a reader calls it and one of its rows."""

    publish: Literal[True]
    title_zh: Text
    title_en: Text
    grain_zh: Text
    grain_en: Text


class ColumnMeta(_Model):
    """A column, with what its kind says already merged in.

    Attributes:
        label_zh, label_en: What stands above it; its whole description where not given.
        heading_zh, heading_en: What stands above it on a page, where words stand in its cells and
            both languages in one; its label where not given.
        unit: ``中文 | English``, or one text for both. Beside ``unit_column`` that column's name
            stands in it in place of what the column holds.
        unit_column: Holds the unit of each row.
        qualifier_column: Says what the number is: exact, a bound, …
        observation: Holds the id of the observation that the column repeats or describes.
        code_list: List in ``raw/codelists/codes.csv``.
        codes_of: The column of the same table whose codes it holds, and whose names it is read by.
        name_of: The column whose code it names.
        language, pair: Language of its text, and the column with the same in the other one.
        references: ``schema.table`` whose key it holds, under the key's own name.
        confidentiality: What is not ``public`` may not stand in a published model.
    """

    role: Role
    label_zh: Text | None = None
    label_en: Text | None = None
    heading_zh: Text | None = None
    heading_en: Text | None = None
    unit: Text | None = None
    unit_column: Name | None = None
    qualifier_column: Name | None = None
    observation: Name | None = None
    code_list: Name | None = None
    codes_of: Name | None = None
    name_of: Name | None = None
    language: Literal["zh", "en"] | None = None
    pair: Name | None = None
    references: Reference | None = None
    confidentiality: Literal["public", "restricted"] = "public"

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.unit and self.unit_column and self.unit_column not in self.unit:
            raise ValueError(f"unit: beside unit_column it has to name {self.unit_column}")
        if self.pair and not self.language:
            raise ValueError("pair: say the language of this column too")
        if self.name_of and self.role not in ("name", "text", "note"):
            raise ValueError(f"name_of: a column of role {self.role} names nothing")
        if self.codes_of and self.role != "code":
            raise ValueError("codes_of: a column with codes has the role code")
        if self.role == "qualifier" and not self.code_list:
            raise ValueError("code_list: a qualifier is a code of a list")
        return self
