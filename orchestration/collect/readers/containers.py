"""What kind of file the bytes are, and whether the archive or container they form is safe.

Belongs here: magic numbers, zip archives, OLE containers, checks on XML before a parser sees it.
Does not belong here: cells.
"""

from __future__ import annotations

import io
import re
import zipfile

from orchestration.collect.grid import RefusedError

MAX_UNPACKED = 512 << 20
MAX_RATIO = 200
MAX_ENTRIES = 20_000

NAMES = {
    "csv": ("文本文件 (CSV)", "a text file (CSV)"),
    "xlsx": ("Excel 工作簿 (.xlsx)", "an Excel workbook (.xlsx)"),
    "xls": ("旧版 Excel 工作簿 (.xls)", "an old Excel workbook (.xls)"),
    "xlsb": ("二进制 Excel 工作簿 (.xlsb)", "a binary Excel workbook (.xlsb)"),
    "ods": ("OpenDocument 电子表格 (.ods)", "an OpenDocument spreadsheet (.ods)"),
    "odt": ("OpenDocument 文档", "another OpenDocument file"),
    "html": ("网页 (HTML)", "a web page (HTML)"),
    "docx": ("Word 文档 (.docx)", "a Word document (.docx)"),
    "doc": ("旧版 Word 文档 (.doc)", "an old Word document (.doc)"),
    "pptx": ("PowerPoint 文件", "a PowerPoint file"),
    "pdf": ("PDF 文件", "a PDF"),
    "json": ("JSON 文件", "a JSON file"),
    "parquet": ("Parquet 文件", "a Parquet file"),
    "xml": ("XML 文件", "an XML file"),
    "rtf": ("RTF 文档", "an RTF document"),
    "zip": ("压缩包 (zip)", "a zip archive"),
    "archive": ("压缩包", "a compressed archive"),
    "image": ("图片", "an image"),
    "ole": ("OLE 复合文件", "an OLE container"),
    "json-stat": ("JSON-stat 数据", "JSON-stat"),
    "nbs": ("国家统计局数据接口的返回", "an answer of the national bureau"),
    "px": ("PX 文件 (PC-Axis)", "PX (PC-Axis)"),
    "sdmx-csv": ("SDMX-CSV 文件", "SDMX-CSV"),
    "sdmx-ml": ("SDMX-ML 文件", "SDMX-ML"),
    "sdmx-json": ("SDMX-JSON 文件", "SDMX-JSON"),
    "eurostat-tsv": ("Eurostat 批量表 (TSV)", "a bulk table of Eurostat (TSV)"),
}
"""Kinds of files as people call them, in both languages."""

WRITTEN_IN = {
    **{"json-stat": "json", "nbs": "json", "sdmx-json": "json"},
    **{"px": "csv", "sdmx-csv": "csv", "eurostat-tsv": "csv", "sdmx-ml": "xml"},
}
"""Formats of services by the kind of file that they are written in."""

_MAGIC = (
    (b"%PDF-", "pdf"),
    (b"PAR1", "parquet"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG\r\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"\x1f\x8b", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!\x1a\x07", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ\x00", "archive"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]*>|<!--.*?-->|\s)*<(?:!doctype\s+html|html|head|body|table|div|meta|style)"
    rb"[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_XML = re.compile(rb"\s*<(?:\?xml|!DOCTYPE|[A-Za-z][\w.:-]*[\s/>])")


def looks_like(content: bytes) -> str:
    """The kind of file by its first bytes and, in archives and containers, by its parts.

    Returns:
        A key of ``NAMES``; ``csv`` stands for any text.
    """
    if content[:4] == b"PK\x03\x04":
        return _kind_of_archive(content)
    if content[:4] == _OLE[:4]:
        return _kind_of_container(content)
    # A stray line or a byte order mark may stand before the mark of a PDF.
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            return kind
    if b"%PDF-" in content[:1024]:
        return "pdf"
    return looks_like_text(content)


def looks_like_text(content: bytes) -> str:
    """The kind of a text file: html, xml, json, or csv for any other."""
    start = content[:4096]
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        start = start.decode("utf-16", "ignore").encode()
    start = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _PAGE.match(start):
        return "html"
    if _XML.match(start):
        return "xml"
    if start[:1] in (b"{", b"[") and _is_json(content):
        return "json"
    return "csv"


def _is_json(content: bytes) -> bool:
    import json

    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def _kind_of_archive(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = set(package.namelist())
            if "xl/workbook.bin" in names:
                return "xlsb"
            for folder, kind in (("xl/", "xlsx"), ("word/", "docx"), ("ppt/", "pptx")):
                if "[Content_Types].xml" in names and any(n.startswith(folder) for n in names):
                    return kind
            if "mimetype" in names and package.getinfo("mimetype").file_size < 200:
                mime = package.read("mimetype")
                if mime.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
                    return "ods"
                if mime.startswith(b"application/vnd.oasis.opendocument"):
                    return "odt"
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, EOFError):
        # A way of packing that the library does not know is a RuntimeError too.
        return "zip"
    return "zip"


def streams(content: bytes) -> set[str]:
    """The names in the directory of an OLE container; empty where it cannot be read."""
    from xlrd.compdoc import CompDoc

    try:
        directory = CompDoc(content, logfile=io.StringIO()).dirlist
    except MemoryError:
        raise
    except Exception:  # a damaged container raises whatever its parser stumbles over
        return set()
    return {str(entry.name) for entry in directory}


def _kind_of_container(content: bytes) -> str:
    names = streams(content)
    if "EncryptedPackage" in names:
        return "ole"
    if names & {"Workbook", "Book"}:
        return "xls"
    return "doc" if "WordDocument" in names else "ole"


def refuse_other_format(content: bytes, declared: str) -> None:
    """Refuse content that is plainly another kind of file than the declaration says.

    Raises:
        RefusedError: it is; or it is encrypted, which hides what it is.
    """
    written = WRITTEN_IN.get(declared, declared)
    if written == "json" and content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return  # it is parsed once, by its reader
    found = looks_like(content)
    if found == written:
        return
    if found == "ole" and declared in ("xlsx", "docx", "xls"):
        names = streams(content)
        if "EncryptedPackage" in names:
            raise RefusedError(
                "delivery.unsafe-file",
                "file",
                "文件已加密 (设有打开密码)",
                "the file is encrypted (it needs a password to open)",
            )
        raise RefusedError(
            "delivery.unsafe-file",
            "file",
            "文件加密或已损坏: 是 OLE 复合文件, 其中没有可读的工作簿",
            "the file is encrypted or damaged: an OLE container without a readable workbook",
        )
    if found == "zip" and declared in ("xlsx", "docx", "ods"):
        return  # perhaps one that was cut off: `open_archive` tells
    if declared == "html" and found in ("xml", "csv"):
        return  # a page may begin with text; the reader looks for its tables
    if written == "json" and found == "csv":
        return  # the reader says where the JSON breaks off
    raise wrong_format(declared, found)


def wrong_format(declared: str, found: str) -> RefusedError:
    """The refusal of a file of another kind."""
    declared_zh, declared_en = NAMES[declared]
    found_zh, found_en = NAMES[found]
    return RefusedError(
        "delivery.wrong-format",
        "file",
        f"声明为{declared_zh}, 实际看起来是{found_zh}",
        f"declared as {declared_en}, but it looks like {found_en}",
    )


def open_archive(content: bytes) -> zipfile.ZipFile:
    """Open a document that is a zip archive, having checked that it is safe to unpack.

    Raises:
        RefusedError: cut off, a zip bomb, encrypted entries, or macros inside.
    """
    try:
        package = zipfile.ZipFile(io.BytesIO(content))
        entries = package.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError):
        # NotImplementedError: what the library says of a version of the format it does not know.
        raise cut_off(content) from None
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(len(content), 1 << 16):
        raise unsafe(f"解压后有 {unpacked} 字节, 过大", f"it unpacks to {unpacked} bytes")
    if len(entries) > MAX_ENTRIES:
        raise unsafe(f"压缩包内有 {len(entries)} 个文件", f"{len(entries)} files inside")
    if len({entry.filename for entry in entries}) < len(entries):
        # Two parsers may each take another one of the two.
        raise unsafe("压缩包内有同名文件", "two files inside have the same name")
    if any(entry.flag_bits & 1 for entry in entries):
        raise unsafe("压缩包已加密", "the archive is encrypted")
    if any(_is_macro(entry.filename) for entry in entries):
        raise unsafe("文件含有宏", "the file carries macros")
    return package


def _is_macro(name: str) -> bool:
    return name.lower().endswith("vbaproject.bin") or name.startswith(("Basic/", "Scripts/"))


def part(package: zipfile.ZipFile, name: str) -> bytes:
    """One XML part of an archive, checked for what no document needs: a document type.

    Raises:
        RefusedError: it declares entities or its bytes are damaged.
    """
    try:
        xml = package.read(name)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError):
        # NotImplementedError: what the library says of a way of packing that it does not know.
        raise cut_off(b"PK", name) from None
    except MemoryError:
        raise
    except Exception as error:  # zlib.error has no common ancestor with the others
        raise cut_off(b"PK", f"{name} ({type(error).__name__})") from None
    refuse_document_type(xml, name)
    return xml


def refuse_document_type(xml: bytes, name: str) -> None:
    """Refuse XML with a document type: entity bombs and external entities need one.

    Raises:
        RefusedError: it has one, or an encoding that would hide one.
    """
    head = xml[:1024]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = xml = xml.decode("utf-16", "ignore").encode()
    elif b"\x00" in head[:8]:
        raise unsafe(f"{name} 的编码不常见", f"{name} is in an unusual encoding")
    # A document type stands before the first element: what it says further on is text.
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise unsafe(
            f"{name} 声明了 XML 实体或文档类型", f"{name} declares XML entities or a document type"
        )


def unsafe(detail_zh: str, detail_en: str, place: str = "file") -> RefusedError:
    """The refusal of content that nobody should open."""
    return RefusedError("delivery.unsafe-file", place, detail_zh, detail_en)


def cut_off(content: bytes, name: str = "") -> RefusedError:
    """The refusal of an archive that ends early, or is none."""
    if content[:2] != b"PK":
        return RefusedError(
            "delivery.unreadable-file", "file", "不是工作簿或文档文件", "no workbook or document"
        )
    return RefusedError(
        "delivery.truncated-workbook",
        name or f"byte {len(content)}",
        "工作簿不完整 (传输中断?)",
        "the workbook ends early (a broken transfer?)",
    )
