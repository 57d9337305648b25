"""The structure message: agency, flows, code lists, concepts and a data structure per theme.

Belongs here: the SDMX-ML of structures, versions 2.1 and 3.0. Does not belong here: which codes
there are (``lists``) and the figures (``data``).
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.publish.sdmx.components import COMPONENTS, VALUE, Component
from orchestration.publish.sdmx.ids import artefact
from orchestration.publish.sdmx.lists import CodeList, Lists, Theme
from orchestration.publish.sdmx.message import (
    Artefact,
    Origin,
    Text,
    Version,
    escaped,
    header,
    opening,
    texts,
)

STRUCTURE_VERSION = "2.0"
"""Of data structures and flows: 1.0 took its units from the list 1.0, which had other ids."""
_CONCEPTS_NAME = Text("统计概念", "Concepts")
_PARTIAL = Text(
    "代码取自SDMX跨领域代码表，只列本版本所用；中文名称为本局所加。",
    "Codes of the SDMX cross-domain list, only those in use here; Chinese names are ours.",
)


def flow_of(agency: str, theme: Theme) -> Artefact:
    """The dataflow of a theme."""
    return Artefact("Dataflow", agency, artefact("DF", theme.code), STRUCTURE_VERSION)


def structure_of(agency: str, theme: Theme) -> Artefact:
    """The data structure definition of a theme."""
    return Artefact("DataStructure", agency, artefact("DSD", theme.code), STRUCTURE_VERSION)


def render_structures(version: Version, origin: Origin, lists: Lists) -> str:
    """The structure message of a release."""
    agency = origin.agency
    shared = sorted(lists.code_lists.values(), key=lambda item: str(item.artefact))
    own = [lists.indicators[theme.code] for theme in lists.themes]
    blocks = (
        _agencies(version, origin),
        _block("Dataflows", (_flow(version, agency, theme) for theme in lists.themes)),
        _block("Codelists", (_code_list(version, item) for item in (*shared, *own))),
        _block("Concepts" if version == "2.1" else "ConceptSchemes", [_concepts(version, agency)]),
        _block(
            "DataStructures",
            (_data_structure(version, agency, theme, lists) for theme in lists.themes),
        ),
    )
    return (
        opening("Structure", version)
        + header(origin, "structures")
        + "<mes:Structures>\n"
        + "".join(blocks)
        + "</mes:Structures>\n</mes:Structure>\n"
    )


def _block(tag: str, items: Iterable[str]) -> str:
    """Items under one element; the schema allows no empty one."""
    inner = "".join(items)
    return f"<str:{tag}>\n{inner}</str:{tag}>\n" if inner else ""


def _maintained(version: Version, item: Artefact, more: str = "") -> str:
    """The attributes of a maintainable artefact; its contents grow from release to release."""
    final = ' isFinal="false"' if version == "2.1" else ""
    return (
        f'id="{item.id}" urn="{escaped(item.urn)}" agencyID="{item.agency}" '
        f'version="{item.version}"{final}{more}'
    )


def _agencies(version: Version, origin: Origin) -> str:
    scheme = Artefact("AgencyScheme", "SDMX", "AGENCIES", "1.0")
    agency = (
        f'<str:Agency id="{origin.agency}" urn="{scheme.item("Agency", origin.agency)}">'
        f"{texts('Name', origin.name)}</str:Agency>"
    )
    # Version 3.0 fixes what an agency scheme is called and lets nobody say it.
    attributes = (
        f'id="AGENCIES" urn="{scheme.urn}" agencyID="SDMX" version="1.0" isFinal="false" '
        'isPartial="true"'
        if version == "2.1"
        else f'id="AGENCIES" urn="{scheme.urn}" agencyID="SDMX" isPartial="true"'
    )
    element = (
        f"<str:AgencyScheme {attributes}>{texts('Name', Text('机构', 'Agencies'))}{agency}"
        "</str:AgencyScheme>\n"
    )
    return _block("OrganisationSchemes" if version == "2.1" else "AgencySchemes", [element])


def _flow(version: Version, agency: str, theme: Theme) -> str:
    flow = flow_of(agency, theme)
    return (
        f"<str:Dataflow {_maintained(version, flow)}>{texts('Name', theme.name)}"
        f"{structure_of(agency, theme).reference(version, 'str:Structure')}</str:Dataflow>\n"
    )


def _code_list(version: Version, item: CodeList) -> str:
    partial = ' isPartial="true"' if item.is_partial else ""
    description = texts("Description", _PARTIAL) if item.is_partial else ""
    rows = []
    for code in item.codes:
        parent = ""
        # Parents in version 3.0 must begin with a letter, although codes need not.
        if code.parent and (version == "2.1" or code.parent[0].isalpha()):
            parent = (
                f"<str:Parent>{code.parent}</str:Parent>"
                if version == "3.0"
                else f'<str:Parent><Ref id="{code.parent}"/></str:Parent>'
            )
        rows.append(
            f'<str:Code id="{code.id}" urn="{escaped(item.artefact.item("Code", code.id))}">'
            f"{texts('Name', code.name)}{texts('Description', code.description)}{parent}"
            "</str:Code>\n"
        )
    return (
        f"<str:Codelist {_maintained(version, item.artefact, partial)}>"
        f"{texts('Name', item.name)}{description}\n{''.join(rows)}</str:Codelist>\n"
    )


def _concept_scheme(agency: str) -> Artefact:
    return Artefact("ConceptScheme", agency, "CONCEPTS")


def _concepts(version: Version, agency: str) -> str:
    scheme = _concept_scheme(agency)
    concepts = "".join(
        f'<str:Concept id="{item.id}" urn="{escaped(scheme.item("Concept", item.id))}">'
        f"{texts('Name', item.name)}</str:Concept>\n"
        for item in COMPONENTS
    )
    return (
        f"<str:ConceptScheme {_maintained(version, scheme)}>{texts('Name', _CONCEPTS_NAME)}\n"
        f"{concepts}</str:ConceptScheme>\n"
    )


def _data_structure(version: Version, agency: str, theme: Theme, lists: Lists) -> str:
    structure = structure_of(agency, theme)
    dimensions, attributes, measure = [], [], ""
    for position, item in enumerate(COMPONENTS, start=1):
        inner = _concept_scheme(agency).item_reference(
            version, "str:ConceptIdentity", "Concept", item.id
        ) + _representation(version, item, theme, lists)
        if item.role == "dimension":
            dimensions.append(
                f'<str:Dimension id="{item.id}" position="{position}">{inner}</str:Dimension>\n'
            )
        elif item.role == "time":
            place = f' position="{position}"' if version == "2.1" else ""
            dimensions.append(
                f'<str:TimeDimension id="{item.id}"{place}>{inner}</str:TimeDimension>\n'
            )
        elif item.role == "attribute":
            attributes.append(_attribute(version, item, inner))
        else:
            measure = (
                f'<str:PrimaryMeasure id="{item.id}">{inner}</str:PrimaryMeasure>\n'
                if version == "2.1"
                else f'<str:Measure id="{item.id}" usage="optional">{inner}</str:Measure>\n'
            )
    return (
        f"<str:DataStructure {_maintained(version, structure)}>{texts('Name', theme.name)}\n"
        "<str:DataStructureComponents>\n"
        f'<str:DimensionList id="DimensionDescriptor">\n{"".join(dimensions)}</str:DimensionList>\n'
        f'<str:AttributeList id="AttributeDescriptor">\n{"".join(attributes)}</str:AttributeList>\n'
        f'<str:MeasureList id="MeasureDescriptor">\n{measure}</str:MeasureList>\n'
        "</str:DataStructureComponents>\n</str:DataStructure>\n"
    )


def _attribute(version: Version, item: Component, inner: str) -> str:
    if version == "3.0":
        usage = "mandatory" if item.is_required else "optional"
        relation = "<str:AttributeRelationship><str:Observation/></str:AttributeRelationship>"
        return f'<str:Attribute id="{item.id}" usage="{usage}">{inner}{relation}</str:Attribute>\n'
    status = "Mandatory" if item.is_required else "Conditional"
    return (
        f'<str:Attribute id="{item.id}" assignmentStatus="{status}">{inner}'
        f'<str:AttributeRelationship><str:PrimaryMeasure><Ref id="{VALUE}"/>'
        "</str:PrimaryMeasure></str:AttributeRelationship></str:Attribute>\n"
    )


def _representation(version: Version, item: Component, theme: Theme, lists: Lists) -> str:
    if item.codes:
        code_list = lists.of(item, theme).artefact
        inner = code_list.reference(version, "str:Enumeration")
    else:
        inner = f'<str:TextFormat textType="{item.text_type}"/>'
    return f"<str:LocalRepresentation>{inner}</str:LocalRepresentation>"
