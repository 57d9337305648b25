"""What every SDMX-ML message has: namespaces, header, texts in two languages, references.

Belongs here: the envelope, for versions 2.1 and 3.0. Does not belong here: structures and data.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from orchestration.publish.sdmx.ids import encode

Version = Literal["2.1", "3.0"]
VERSIONS: tuple[Version, ...] = ("2.1", "3.0")

ARTEFACT_VERSION = "1.0"
NO_XML = "[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\x{FFFE}\\x{FFFF}]"
"""Characters that XML cannot hold, as DuckDB's regular expressions write them."""

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BASE = "http://www.sdmx.org/resources/sdmxml/schemas/"
_URN = "urn:sdmx:org.sdmx.infomodel."
_PACKAGES = {
    "AgencyScheme": "base",
    "Agency": "base",
    "Codelist": "codelist",
    "Code": "codelist",
    "ConceptScheme": "conceptscheme",
    "Concept": "conceptscheme",
    "DataStructure": "datastructure",
    "Dataflow": "datastructure",
}


@dataclass(frozen=True)
class Text:
    """A text in both languages."""

    zh: str
    en: str


NO_TEXT = Text("", "")


@dataclass(frozen=True)
class Origin:
    """Who says it, when, and under which name.

    Attributes:
        agency: Id of the agency.
        name: Its name.
        release_id: The release the message belongs to.
        prepared: The release's time, in UTC.
        title: What the message is called; says so where figures are simulated.
    """

    agency: str
    name: Text
    release_id: str
    prepared: datetime
    title: Text


@dataclass(frozen=True)
class Artefact:
    """A maintainable artefact: its class, agency, id and version."""

    kind: str
    agency: str
    id: str
    version: str = ARTEFACT_VERSION

    @property
    def urn(self) -> str:
        """Its full name."""
        return f"{_URN}{_PACKAGES[self.kind]}.{self.kind}={self}"

    def item(self, kind: str, identifier: str) -> str:
        """The full name of one of its items."""
        return f"{_URN}{_PACKAGES[kind]}.{kind}={self}.{identifier}"

    def __str__(self) -> str:
        return f"{self.agency}:{self.id}({self.version})"

    def reference(self, version: Version, tag: str) -> str:
        """An element that points to it."""
        if version == "3.0":
            return f"<{tag}>{escaped(self.urn)}</{tag}>"
        return (
            f'<{tag}><Ref id="{self.id}" version="{self.version}" agencyID="{self.agency}" '
            f'package="{_PACKAGES[self.kind]}" class="{self.kind}"/></{tag}>'
        )

    def item_reference(self, version: Version, tag: str, kind: str, identifier: str) -> str:
        """An element that points to one of its items."""
        if version == "3.0":
            return f"<{tag}>{escaped(self.item(kind, identifier))}</{tag}>"
        return (
            f'<{tag}><Ref id="{identifier}" maintainableParentID="{self.id}" '
            f'maintainableParentVersion="{self.version}" agencyID="{self.agency}" '
            f'package="{_PACKAGES[kind]}" class="{kind}"/></{tag}>'
        )


def escaped(text: str) -> str:
    """A text for an element or an attribute; what XML cannot hold becomes U+FFFD."""
    clean = html.escape(_NO_XML.sub("\ufffd", text))
    return clean.replace("\r", "&#13;").replace("\n", "&#10;").replace("\t", "&#9;")


def texts(tag: str, text: Text) -> str:
    """One element per language that has the text."""
    return "".join(
        f'<com:{tag} xml:lang="{language}">{escaped(value)}</com:{tag}>'
        for language, value in (("zh", text.zh), ("en", text.en))
        if value.strip()
    )


def opening(root: str, version: Version, extra: Mapping[str, str] | None = None) -> str:
    """The declaration and the root element's start."""
    base = f"{_BASE}v{version.replace('.', '_')}/"
    spaces = {
        "xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "mes": f"{base}message",
        "com": f"{base}common",
        "str": f"{base}structure",
        "ss": f"{base}data/structurespecific",
        **(extra or {}),
    }
    names = "".join(f' xmlns:{name}="{escaped(uri)}"' for name, uri in spaces.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<mes:{root}{names}>\n'


def header(origin: Origin, content: str, inner: str = "") -> str:
    """The header: the release's time, never that of writing."""
    message_id = f"{content}-{encode(origin.release_id)}"
    # The title stands as the source: sdmx1 2.28 cannot read a data message with a name.
    source = "".join(
        f'<mes:Source xml:lang="{language}">{escaped(text)}</mes:Source>'
        for language, text in (("zh", origin.title.zh), ("en", origin.title.en))
    )
    prepared = origin.prepared.strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        f"<mes:Header><mes:ID>{message_id}</mes:ID><mes:Test>false</mes:Test>"
        f"<mes:Prepared>{prepared}</mes:Prepared>"
        f'<mes:Sender id="{origin.agency}">{texts("Name", origin.name)}</mes:Sender>'
        f"{inner}{source}</mes:Header>\n"
    )
