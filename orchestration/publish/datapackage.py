"""The release described for other tools: a Data Package (version 2) that lists every file.

Tables in CSV and Parquet come with their schema; what else lies in the release with its media type.

Belongs here: the descriptor. Does not belong here: the manifest, which is what we check against.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.publish.keys import ForeignKeys
from orchestration.publish.layout import (
    CITATION_FILE,
    MANIFEST_FILE,
    MART_FILE,
    REPORT_HTML,
    REPORT_JSON,
    SEMANTICS_FILE,
    csv_path,
    parquet_path,
)
from orchestration.publish.report import SIMULATED_LABEL
from orchestration.publish.rowhash import value_kind
from orchestration.publish.sdmx.components import COMPONENTS
from orchestration.publish.tables import Column, Table

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_FIELD_TYPES = {
    "text": "string",
    "integer": "integer",
    "decimal": "number",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "datetime",
}
# Said here and not asked of the machine, whose own table of types may be another one.
_MEDIA_TYPES = {
    "cff": "application/yaml",
    "css": "text/css",
    "csv": "text/csv",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "duckdb": "application/octet-stream",
    "html": "text/html",
    "js": "text/javascript",
    "json": "application/json",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "webmanifest": "application/manifest+json",
    "woff2": "font/woff2",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "application/xml",
}
_SDMX_TYPES = {
    ("2.1", True): "application/vnd.sdmx.structure+xml;version=2.1",
    ("2.1", False): "application/vnd.sdmx.structurespecificdata+xml;version=2.1",
    ("3.0", True): "application/vnd.sdmx.structure+xml;version=3.0.0",
    ("3.0", False): "application/vnd.sdmx.data+xml;version=3.0.0",
    ("csv", False): "application/vnd.sdmx.data+csv;version=2.0.0",
}
# Validators read what they know the format of as a plain table, or as a report of their own: a
# printed workbook is none, and empty cells of Parquet come to them as NaN. The profile's only type
# is "table", so that the format says it; path and media type are what they are, and bytes and hash
# are compared.
_NO_PLAIN_TABLE = {
    "parquet": "apache-parquet",
    "xlsx": "office-open-xml",
    "json": "json-document",
}
_DIALECT = {
    "delimiter": ",",
    "lineTerminator": "\n",
    "quoteChar": '"',
    "doubleQuote": True,
    "header": True,
}
_SDMX_FIELD_TYPES = {"Boolean": "boolean", "Decimal": "number", "Integer": "integer"}
_SDMX = {
    "fields": [
        *({"name": name, "type": "string"} for name in ("STRUCTURE", "STRUCTURE_ID", "ACTION")),
        *(
            {
                "name": item.id,
                "type": _SDMX_FIELD_TYPES.get(item.text_type, "string"),
                "title": f"{item.name.zh} / {item.name.en}",
                "title_zh": item.name.zh,
                "title_en": item.name.en,
            }
            for item in COMPONENTS
        ),
    ]
}
_TITLES = {
    MART_FILE: ("数据库（DuckDB）", "Database (DuckDB)"),
    MANIFEST_FILE: ("版本清单", "Manifest of the release"),
    REPORT_HTML: ("质量报告", "Quality report"),
    REPORT_JSON: ("质量报告", "Quality report"),
    CITATION_FILE: ("引用方式", "How to cite"),
    SEMANTICS_FILE: ("语义约定（Apache Ossie）", "Semantic contract (Apache Ossie)"),
}
_FOLDERS = {
    "xlsx": ("工作簿", "Workbook"),
    "sdmx": ("SDMX", "SDMX"),
    "site": ("网页", "Web page"),
}
_LICENCE_NAME = re.compile(r"[-A-Za-z0-9._]+")


def describe_package(
    release: Mapping[str, Any],
    tables: Sequence[Table],
    files: Mapping[str, tuple[str, int]],
    sources: Sequence[Mapping[str, Any]],
    keys: ForeignKeys,
    *,
    is_simulated: bool,
    licence: str,
) -> dict[str, Any]:
    """The descriptor of a release.

    Args:
        release: The row of ``meta.release``, as in the quality report.
        tables: The published tables.
        files: Path of each file in the release to its SHA-256 and size.
        sources: Rows of ``core.source_document``.
        keys: Columns that refer to another table.
        is_simulated: Whether any row is simulated.
        licence: An SPDX or Open Definition name, or a sentence.
    """
    label_zh, label_en = ("（含模拟数据）", " (with simulated data)") if is_simulated else ("", "")
    title_zh = f"{release['district_name_zh'] or ''}统计数据{label_zh}"
    title_en = f"Statistics of {release['district_name_en'] or 'the district'}{label_en}"
    package: dict[str, Any] = {
        "$schema": PROFILE,
        "name": re.sub(r"[^a-z0-9._-]", "-", f"release-{release['release_id']}".lower()),
        "title": f"{title_zh} / {title_en}",
        "title_zh": title_zh,
        "title_en": title_en,
        "version": release["release_id"],
        "created": _created(release),
        "policy": release["policy"],
        "is_simulated": is_simulated,
    }
    if is_simulated:
        package["label"] = SIMULATED_LABEL
    package["licenses"] = [_licence(licence)]
    package["sources"] = [_source(source) for source in sources]
    exports = [
        (path(table.schema, table.name), table)
        for table in tables
        for path in (csv_path, parquet_path)
    ]
    others = sorted({*files, MART_FILE, MANIFEST_FILE} - {path for path, _ in exports})
    package["resources"] = [
        *(_resource(table, path, files, keys.get(table.qualified, {})) for path, table in exports),
        *(_other(path, files.get(path)) for path in others),
    ]
    return package


def _other(path: str, known: tuple[str, int] | None) -> dict[str, Any]:
    """A file that is no export of one table.

    The bytes of the database are not stable and the manifest is written last: neither has a hash
    here.
    """
    folder, _, rest = path.partition("/")
    suffix = path.rsplit(".", 1)[-1].lower()
    zh, en = _TITLES.get(path) or _FOLDERS.get(folder) or (path, path)
    if path not in _TITLES and folder in _FOLDERS:
        zh, en = f"{zh} {rest}", f"{en} {rest}"
    media_type = _MEDIA_TYPES.get(suffix, "application/octet-stream")
    if folder == "sdmx":
        kind, _, name = rest.partition("/")
        media_type = _SDMX_TYPES.get((kind, name == "structures.xml"), media_type)
    resource: dict[str, Any] = {
        "name": re.sub(r"[^a-z0-9._-]", "-", path.lower()),
        "path": path,
        "title": zh if zh == en else f"{zh} / {en}",
        "title_zh": zh,
        "title_en": en,
        "format": _NO_PLAIN_TABLE.get(suffix, suffix),
        "mediatype": media_type,
    }
    if folder == "sdmx" and suffix == "csv":
        resource |= {"type": "table", "encoding": "utf-8", "dialect": _DIALECT, "schema": _SDMX}
    if known is not None:
        digest, size = known
        resource |= {"bytes": size, "hash": f"sha256:{digest}"}
    return resource


def _created(release: Mapping[str, Any]) -> str:
    """The time of the release where the district is, with its distance from UTC."""
    local = datetime.fromisoformat(release["release_time_local"])
    return local.replace(tzinfo=ZoneInfo(release["time_zone"])).isoformat()


def _licence(licence: str) -> dict[str, str]:
    if _LICENCE_NAME.fullmatch(licence):
        return {"name": licence}
    return {"name": "notspecified", "title": licence or "see the sources / 见各来源"}


def _source(source: Mapping[str, Any]) -> dict[str, Any]:
    entry = {
        "title": " / ".join(part for part in (source["title_zh"], source["title_en"]) if part)
        or source["source_document"],
        "title_zh": source["title_zh"],
        "title_en": source["title_en"],
        "source_document": source["source_document"],
        "issuer": source["issuer"],
        "published": source["published"],
        "licence": source["licence"],
    }
    if source["address"]:
        entry["path"] = source["address"]
    return {key: value for key, value in entry.items() if value}


def _resource(
    table: Table,
    path: str,
    files: Mapping[str, tuple[str, int]],
    keys: Mapping[str, Table],
) -> dict[str, Any]:
    file_format = path.rsplit(".", 1)[-1]
    digest, size = files[path]
    resource: dict[str, Any] = {
        "name": f"{table.schema}.{table.name}.{file_format}",
        "path": path,
        "title": f"{table.title_zh} / {table.title_en}",
        "title_zh": table.title_zh,
        "title_en": table.title_en,
        "description": f"{table.grain_zh} / {table.grain_en}",
        "format": _NO_PLAIN_TABLE.get(file_format, file_format),
        "bytes": size,
        "hash": f"sha256:{digest}",
    }
    if file_format == "csv":
        resource["type"] = "table"
        resource["mediatype"] = "text/csv"
        resource["encoding"] = "utf-8"
        resource["dialect"] = _DIALECT
        resource["note"] = (
            "文本若以 = + - @ 或控制字符开头，前面加一个单引号，以免被当作公式。"
            "Text that begins with = + - @ or a control character has an apostrophe before it, "
            "so that no program takes it for a formula."
        )
    else:
        resource["mediatype"] = "application/vnd.apache.parquet"
    schema: dict[str, Any] = {
        "fields": [_field(column, column.name in table.primary_key) for column in table.columns]
    }
    if table.primary_key:
        schema["primaryKey"] = list(table.primary_key)
    if keys:
        schema["foreignKeys"] = [
            {
                "fields": [name],
                "reference": {
                    "resource": f"{target.qualified}.{file_format}",
                    "fields": [name],
                },
            }
            for name, target in sorted(keys.items())
        ]
    resource["schema"] = schema
    return resource


def _field(column: Column, is_key: bool) -> dict[str, Any]:
    kind = value_kind(column.data_type)
    # In CSV most programs cannot tell an empty text from none: do not promise a text is there.
    is_required = not column.is_nullable and (is_key or kind != "text")
    field: dict[str, Any] = {
        "name": column.name,
        "type": _FIELD_TYPES[kind],
        "title": f"{column.label_zh} / {column.label_en}",
        "title_zh": column.label_zh,
        "title_en": column.label_en,
        "description": f"{column.description_zh} / {column.description_en}",
        "description_zh": column.description_zh,
        "description_en": column.description_en,
        "duckdb_type": column.data_type,
        "constraints": {"required": is_required},
    }
    if column.unit:
        field["unit"] = column.unit
    if column.code_list:
        field["code_list"] = column.code_list
    return field
