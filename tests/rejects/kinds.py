"""What a case is: a bad delivery, or a tampering, and what has to come of it.

Belongs here: the kinds of cases. Does not belong here: any one case (``cases``, ``file_cases``,
``table_cases``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILES = Path(__file__).parent / "files"
BULLETIN, MONTHLY, FIGURES = "yunxi-profile", "yunxi-investment", "yunxi-figures"


@dataclass(frozen=True)
class Good:
    """A delivery of the same data set that came before and stays in force.

    Attributes:
        figures: How many it has.
    """

    name: str
    content: Callable[[], bytes]
    figures: int


@dataclass(frozen=True)
class DeliveryCase:
    """A delivery that trips a rule of the delivery gate; its data set is a copy of ``like``.

    Attributes:
        place: Where the mistake is.
        said: What the person reads about it, in English.
        content: Builds the file; without it the file lies in ``files/<rule>/<name>``.
        refused_by: Rules that keep the delivery out; empty where it is admitted all the same.
        hidden: A text of the file that nobody may read outside ``var/``.
        declared: Laid over the copied declaration; ``indicators`` are added to it.
        tamper: SQL on the work database before the gate, where no file can trip the rule;
            ``{data_set}`` stands for the data set.
        variant: Tells apart several cases of one rule.
        corrections: What ``raw/corrections`` holds for the data set.
        good: What was delivered before, where the layout is the case's own (in ``declared``);
            without it that of ``like``.
    """

    rule: str
    place: str
    said: str
    name: str = "公报2023.csv"
    like: str = BULLETIN
    content: Callable[[], bytes] | None = None
    refused_by: str = ""
    hidden: str = ""
    declared: Mapping[str, Any] = field(default_factory=dict)
    tamper: str = ""
    variant: str = ""
    corrections: tuple[Mapping[str, Any], ...] = ()
    good: Good | None = None

    @property
    def id(self) -> str:
        return f"{self.rule}-{self.variant}" if self.variant else self.rule

    @property
    def data_set(self) -> str:
        return "reject-" + self.id.replace(".", "-")

    def read(self) -> bytes:
        """The file as it is delivered."""
        if self.content is not None:
            return self.content()
        return (FILES / self.rule / self.name).read_bytes()


@dataclass(frozen=True)
class FindingCase:
    """Deliveries that are admitted and make a rule of the marts gate find something.

    Attributes:
        arithmetic: What the finding shows.
        places: Where the figures stand that do not agree.
    """

    rule: str
    data_set: str
    name: str
    content: Callable[[], bytes]
    arithmetic: str
    places: tuple[str | None, str | None]

    @property
    def id(self) -> str:
        return self.rule


@dataclass(frozen=True)
class MartsCase:
    """A change of the work database between dbt and the marts gate, as a wrong model makes it.

    Attributes:
        published: What the release in force says, as a query of these marts; where it is not given
            nothing was published yet.
    """

    rule: str
    tamper: str
    said: str
    published: str = ""

    @property
    def id(self) -> str:
        return self.rule


@dataclass(frozen=True)
class NoticeCase:
    """A state of the work database that is told, and keeps nobody from anything."""

    rule: str
    tamper: str
    said: str

    @property
    def id(self) -> str:
        return self.rule


@dataclass(frozen=True)
class DbtCase:
    """A change that makes a build fail: of what dbt reads, or of a model.

    Attributes:
        select: Models to build; the others have nothing to do with it.
        failing: Name of the model or test that fails.
        tamper: SQL on the work database before the build.
        model: A file of the dbt project, with a text in it and what it is replaced by.
    """

    rule: str
    select: tuple[str, ...]
    failing: str
    tamper: str = ""
    model: tuple[str, str, str] | None = None

    @property
    def id(self) -> str:
        return self.rule


@dataclass(frozen=True)
class Edit:
    """A change of one file of a release candidate.

    Attributes:
        told_of: Where the gate tells of it, if it is not that file: the page that a script is for.
    """

    file: str
    change: Callable[[Path], None]
    told_of: str = ""

    def __call__(self, candidate: Path) -> None:
        self.change(candidate / self.file)

    def is_told(self, problem: str) -> bool:
        """Whether a problem of the gate is about this change."""
        files = {self.file, self.told_of or self.file}
        return problem.partition(": ")[0] in files


@dataclass(frozen=True)
class ReleaseCase:
    """A change of a release candidate, or of what it is made from or judged by.

    Attributes:
        rules: All rules that the change trips, sorted.
        said: Part of the problem that the rule of the case reports.
        candidate: Changes the built candidate.
        tamper: SQL on the work database before the candidate is built.
        policy: Policy that the run believes to be under.
        verdict: What becomes of the recorded verdict: it is kept, lost, edited, or the
            candidate changes after it was given (stale).
    """

    rule: str
    rules: tuple[str, ...]
    said: str
    candidate: Callable[[Path], None] | None = None
    tamper: str = ""
    policy: str = "demo"
    verdict: str = "kept"
    variant: str = ""

    @property
    def id(self) -> str:
        return f"{self.rule}-{self.variant}" if self.variant else self.rule


Case = DeliveryCase | FindingCase | MartsCase | NoticeCase | DbtCase | ReleaseCase


def cell(rule: str, place: str, said: str, hidden: str) -> DeliveryCase:
    """A cell that goes to quarantine, in a data set that allows none."""
    return DeliveryCase(rule, place, said, refused_by="delivery.quarantined-cells", hidden=hidden)


def refused(rule: str, place: str, said: str, *, also: str = "", **more: Any) -> DeliveryCase:
    """A delivery that a hard rule refuses as a whole, alone or with another one."""
    by = ",".join(sorted(filter(None, (rule, also))))
    return DeliveryCase(rule, place, said, refused_by=by, **more)
