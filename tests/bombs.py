"""Files that were made to keep a reader busy for ever or to eat the machine, each with its end.

Belongs here: writing them, and the literal outcome of each. Does not belong here: reading them
(``tests/unit/test_bombs.py``, ``tests/pipeline/test_bombs.py``, ``tests/benchmarks``).

Every figure is invented.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from orchestration.settings import Settings
from tests.fuzz.targets import DOCUMENT, WORKBOOK
from tests.rejects import tables

Make = Callable[[], bytes]


@dataclass(frozen=True)
class Bomb:
    """One hostile file.

    Attributes:
        format: As a declaration names it.
        make: Writes it.
        layout: ``records`` or ``table``: the layout that it is read with.
        source: What the declaration says besides.
    """

    name: str
    format: str
    make: Make
    layout: str = "table"
    source: dict[str, Any] = field(default_factory=dict)


MANY = 200_000
HEAD = ("指标", "期间", "数值", "单位")


def utf8(text: str) -> bytes:
    """A text file."""
    return text.encode()


# --- workbooks ---------------------------------------------------------------------------------

_SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
_GOOD = (
    '<row r="1"><c r="A1" t="str"><v>2022年云溪区主要指标（虚构）</v></c></row>'
    '<row r="2"><c r="A2" t="str"><v>指标</v></c><c r="B2" t="str"><v>单位</v></c>'
    '<c r="C2" t="str"><v>数量</v></c></row>'
    '<row r="3"><c r="A3" t="str"><v>地区生产总值</v></c><c r="B3" t="str"><v>亿元</v></c>'
    '<c r="C3"><v>450.2</v></c></row>'
)


def packed(parts: dict[str, bytes], *, level: int = 9) -> bytes:
    """A zip archive of parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as package:
        for name, content in parts.items():
            package.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def workbook(sheet: str = "", strings: str = "", **parts: str) -> bytes:
    """A workbook around the XML of a sheet; other parts by their name without folder."""
    if not sheet:
        sheet = f"{_SHEET}<sheetData>{_GOOD}</sheetData></worksheet>"
    shared = strings or ('<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>')
    told = {f"xl/{name}.xml": text.encode() for name, text in parts.items()}
    own = {"xl/worksheets/sheet1.xml": sheet.encode(), "xl/sharedStrings.xml": shared.encode()}
    return packed(WORKBOOK | own | told)


def rows(more: str, *, before: str = "", after: str = "") -> bytes:
    """A workbook with a good table and more rows below it, or more XML around the data."""
    return workbook(f"{_SHEET}{before}<sheetData>{_GOOD}{more}</sheetData>{after}</worksheet>")


def styles(inside: str) -> bytes:
    """A workbook with other styles."""
    head = '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    return workbook(styles=f"{head}{inside}</styleSheet>")


_PLAIN_STYLES = (
    "<fonts><font/></fonts><fills><fill><patternFill/></fill></fills><borders><border/></borders>"
    "<cellStyleXfs><xf/></cellStyleXfs>"
)


def _many_formats() -> bytes:
    formats = "".join(
        f'<numFmt numFmtId="{n}" formatCode="0.{n}&quot;{"x" * 20}&quot;"/>'
        for n in range(164, 164 + 40_000)
    )
    xfs = "".join(f'<xf numFmtId="{n}"/>' for n in range(164, 164 + 40_000))
    return styles(f"<numFmts>{formats}</numFmts>{_PLAIN_STYLES}<cellXfs><xf/>{xfs}</cellXfs>")


def _named_styles() -> bytes:
    names = "".join(f'<cellStyle name="s{n}" xfId="{n}" builtinId="{n}"/>' for n in range(50_000))
    return styles(
        "<fonts><font/></fonts><fills><fill><patternFill/></fill></fills><borders><border/></borders>"
        f"<cellStyleXfs>{'<xf/>' * 50_000}</cellStyleXfs><cellXfs><xf/></cellXfs>"
        f"<cellStyles>{names}</cellStyles>"
    )


def _formats_of_sections() -> bytes:
    """Cells of a format with a very long code."""
    code = "#,##0.00_ ;[Red]" * 60_000
    cells = "".join(f'<row r="{n}"><c r="C{n}" s="1"><v>{n}.5</v></c></row>' for n in range(4, 400))
    return workbook(
        f"{_SHEET}<sheetData>{_GOOD}{cells}</sheetData></worksheet>",
        styles='<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<numFmts><numFmt numFmtId="164" formatCode="{code}"/></numFmts>{_PLAIN_STYLES}'
        '<cellXfs><xf/><xf numFmtId="164"/></cellXfs></styleSheet>',
    )


def _many_merged(count: int, *, is_wide: bool) -> bytes:
    ranges = "".join(
        f'<mergeCell ref="A{n}:XFD{n}"/>' if is_wide else f'<mergeCell ref="E{n}:F{n}"/>'
        for n in range(10, 10 + count)
    )
    return rows("", after=f"<mergeCells>{ranges}</mergeCells>")


_RELATED_STYLES = (
    '<Relationship Id="styles" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/styles" Target="styles.xml"/>'
)


def _many_sheets() -> bytes:
    sheets = "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="rId{n}"/>' for n in range(1, 5001))
    related = "".join(
        f'<Relationship Id="rId{n}" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        f'relationships/worksheet" Target="worksheets/sheet1.xml"/>'
        for n in range(1, 5001)
    )
    book = (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http:'
        f'//schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>{sheets}</sheets>'
        "</workbook>"
    )
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f"{related}{_RELATED_STYLES}</Relationships>"
    )
    sheet = f"{_SHEET}<sheetData>{_GOOD}</sheetData></worksheet>"
    return packed(
        WORKBOOK
        | {
            "xl/workbook.xml": book.encode(),
            "xl/_rels/workbook.xml.rels": rels.encode(),
            "xl/worksheets/sheet1.xml": sheet.encode(),
            "xl/sharedStrings.xml": b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/'
            b'2006/main"/>',
        }
    )


def _many_names() -> bytes:
    names = "".join(f'<definedName name="n{n}">表1!$A${n}</definedName>' for n in range(1, 100_001))
    return workbook(
        workbook='<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
        f'<sheet name="表1" sheetId="1" r:id="rId1"/></sheets><definedNames>{names}</definedNames>'
        "</workbook>"
    )


def _bomb_in_a_zip() -> bytes:
    """A sheet of blanks: a thousandth of what it unpacks to."""
    return workbook(f"{_SHEET}<sheetData>{_GOOD}</sheetData>{' ' * 60_000_000}</worksheet>")


def _zip_that_lies() -> bytes:
    """The directory says that a part has ten bytes; it has a hundred million."""
    content = bytearray(workbook(f"{_SHEET}{' ' * 100_000_000}</worksheet>"))
    at = content.rfind(b"xl/worksheets/sheet1.xml") - 46
    content[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(content)


_ENTITIES = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)


def _shared_runs() -> bytes:
    runs = '<r><rPr><vertAlign val="superscript"/></rPr><t>1</t></r>' * 100_000
    shared = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<si>{runs}</si></sst>"
    )
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(4, 3004))
    return workbook(f"{_SHEET}<sheetData>{_GOOD}{cells}</sheetData></worksheet>", shared)


def _one_text_in_many_cells() -> bytes:
    """A text of a megabyte that many cells refer to."""
    shared = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<si><t>{'文' * 300_000}</t></si></sst>"
    )
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(4, 20_004))
    return workbook(f"{_SHEET}<sheetData>{_GOOD}{cells}</sheetData></worksheet>", shared)


def _stray_cells() -> bytes:
    return rows('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


# --- pages -------------------------------------------------------------------------------------


def page(table: str, *, before: str = "", head: str = "", after: str = "") -> bytes:
    """A page with a good table, more rows in it and more around it."""
    return (
        f"<html><head><meta charset='utf-8'>{head}</head><body>{before}<p>2022年云溪区主要指标"
        "（虚构）</p><table><tr><td>指标</td><td>单位</td><td>数量</td></tr><tr><td>地区生产总值"
        f"</td><td>亿元</td><td>450.2</td></tr>{table}</table>{after}</body></html>"
    ).encode()


# --- JSON --------------------------------------------------------------------------------------


def _record(**more: Any) -> dict[str, Any]:
    return {"指标": "地区生产总值", "期间": "2022年", "数值": 450.2, "单位": "亿元", **more}


def _json(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _doubled_keys() -> bytes:
    pairs = ",".join(f'"k{n}":1' for n in range(100_000))
    return f'[{{{pairs},"k99999":2}}]'.encode()


def _many_keys() -> bytes:
    return _json([_record(**{f"k{n}": 1}) for n in range(6_000)])


def _many_keys_nested() -> bytes:
    return _json([_record(a={f"k{n}": {f"m{n}": 1}}) for n in range(5_000)])


# --- text files --------------------------------------------------------------------------------


def lines(*texts: str) -> bytes:
    """A delivery of records."""
    return "\n".join((",".join(HEAD), *texts, "")).encode()


def one(indicator: str = "地区生产总值", period: str = "2022年", value: str = "450.2",
        unit: str = "亿元") -> bytes:  # fmt: skip
    """A delivery of one record."""
    return lines(",".join((indicator, period, value, unit)))


# --- PDF ---------------------------------------------------------------------------------------


def pdf(objects: dict[int, bytes], *, trailer: bytes = b"") -> bytes:
    """A PDF of numbered objects; 1 is its catalogue."""
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places = {}
    for number, body in objects.items():
        places[number] = out.tell()
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    size = max(objects) + 1
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % size)
    for number in range(1, size):
        out.write(b"%010d 00000 n \n" % places.get(number, 0))
    out.write(b"trailer\n<< /Size %d /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF\n"
              % (size, trailer, start))  # fmt: skip
    return out.getvalue()


def stream(content: bytes, about: bytes = b"", *, filters: bytes = b"/FlateDecode") -> bytes:
    """A stream object, compressed where its filter says so."""
    packed_ = zlib.compress(content, 9) if filters == b"/FlateDecode" else content
    named = b"/Filter " + filters if filters else b""
    return b"<< /Length %d %s %s >>\nstream\n%s\nendstream" % (
        len(packed_),
        named,
        about,
        packed_,
    )


def one_page(content: bytes, resources: bytes = b"", **more: bytes) -> bytes:
    """A PDF of one page; objects from 5 on by ``o5``, ``o6`` …"""
    font = b"/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
    return pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
            b"/Resources << " + font + resources + b" >> >>",
            4: content,
            **{int(name[1:]): body for name, body in more.items()},
        }
    )


_TEXT = b"BT /F1 10 Tf 50 700 Td (450.2) Tj ET\n"


def _forms_in_circles() -> bytes:
    """Each form draws the next one ten times, the last the first."""
    forms = {}
    for number in range(5, 15):
        other = 5 + (number - 4) % 10
        names = b"/XObject << /X %d 0 R >>" % other
        forms[f"o{number}"] = stream(
            _TEXT + b"/X Do " * 10,
            b"/Type /XObject /Subtype /Form /BBox [0 0 600 800] /Resources << %s >>" % names,
        )
    return one_page(stream(_TEXT + b"/X Do"), b"/XObject << /X 5 0 R >>", **forms)


def _forms_in_a_tower() -> bytes:
    """Each form draws the next one ten times; nine of them make a milliard."""
    forms = {}
    for number in range(5, 15):
        names = b"/XObject << /X %d 0 R >>" % (number + 1) if number < 14 else b""
        drawn = b"/X Do " * 10 if number < 14 else _TEXT
        forms[f"o{number}"] = stream(
            drawn,
            b"/Type /XObject /Subtype /Form /BBox [0 0 600 800] /Resources << %s >>" % names,
        )
    return one_page(stream(b"/X Do"), b"/XObject << /X 5 0 R >>", **forms)


def _windows_of_references() -> bytes:
    """A tree of pages in which every node has the next one ten times."""
    nodes = {1: b"<< /Type /Catalog /Pages 2 0 R >>"}
    for number in range(2, 12):
        kids = b"%d 0 R " % (number + 1) * 10
        nodes[number] = b"<< /Type /Pages /Count 10 /Kids [%s] >>" % kids
    nodes[12] = b"<< /Type /Page /Parent 11 0 R /MediaBox [0 0 600 800] /Contents 13 0 R >>"
    nodes[13] = stream(_TEXT)
    return pdf(nodes)


def _references_in_references() -> bytes:
    """Arrays of references to the next array: what resolves them all never ends."""
    objects = {}
    for number in range(5, 25):
        objects[f"o{number}"] = b"[%s]" % (b"%d 0 R " % (number + 1) * 20)
    objects["o25"] = b"(x)"
    return one_page(stream(_TEXT), b"/ColorSpace 5 0 R /ExtGState 5 0 R /Pattern 5 0 R", **objects)


def _hex_stream() -> bytes:
    return one_page(
        stream(_TEXT.hex().encode() + b"20" * 3_000_000 + b">", filters=b"/ASCIIHexDecode")
    )


def _hex_around_flate() -> bytes:
    inner = zlib.compress(_TEXT + b" " * 400_000_000, 9)
    return one_page(stream(inner.hex().encode() + b">", filters=b"[/ASCIIHexDecode /FlateDecode]"))


def _run_lengths() -> bytes:
    """Hex that unpacks to runs that unpack to runs."""
    inner = b"\x81 " * 200_000
    return one_page(stream(inner + b"\x80", filters=b"/RunLengthDecode"))


def _lzw() -> bytes:
    return one_page(
        stream(b"\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01" * 100_000, filters=b"/LZWDecode")
    )


def _long_map() -> bytes:
    """A font whose map of characters covers four milliards of them."""
    ranges = b"<00000000> <ffffffff> <0000>\n" * 10
    cmap = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        b"10 beginbfrange\n" + ranges + b"endbfrange\n10 begincidrange\n"
        b"<00000000> <ffffffff> 0\n" * 10 + b"endcidrange endcmap end end"
    )
    return pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources "
            b"<< /Font << /F1 5 0 R >> >> >>",
            4: stream(_TEXT),
            5: b"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding 6 0 R /ToUnicode 6 0 R "
            b"/DescendantFonts [7 0 R] >>",
            6: stream(cmap, b"/Type /CMap /CMapName /X"),
            7: b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /CIDSystemInfo << /Registry "
            b"(Adobe) /Ordering (Identity) >> /W [0 4294967295 500] >>",
        }
    )


def _previous_in_circles() -> bytes:
    content = pdf({1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Kids [] /Count 0 >>"})
    at = content.rfind(b"xref\n0")
    return pdf(
        {1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Kids [] /Count 0 >>"},
        trailer=b"/Prev %d " % at,
    )


# --- other containers --------------------------------------------------------------------------


def _ods(body: str, styles_: str = "") -> bytes:
    names = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (("office", "office"), ("table", "table"), ("text", "text"),
                            ("style", "style"))
    )  # fmt: skip
    xml = (
        f"<office:document-content{names}>{styles_}<office:body><office:spreadsheet>"
        f'<table:table table:name="表1">{body}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    mime = b"application/vnd.oasis.opendocument.spreadsheet"
    return packed({"mimetype": mime, "content.xml": xml.encode()})


def _ods_row(*texts: str, times: str = "") -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        for text in texts
    )
    return f"<table:table-row{times}>{cells}</table:table-row>"


_ODS_GOOD = (
    _ods_row("2022年云溪区主要指标（虚构）")
    + _ods_row("指标", "单位", "数量")
    + _ods_row("地区生产总值", "亿元", "450.2")
)


def _docx(body: str) -> bytes:
    xml = (
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f"<w:body>{body}</w:body></w:document>"
    )
    return packed(DOCUMENT | {"word/document.xml": xml.encode()})


def _docx_row(*texts: str) -> str:
    cells = "".join(f"<w:tc><w:p><w:r><w:t>{t}</w:t></w:r></w:p></w:tc>" for t in texts)
    return f"<w:tr>{cells}</w:tr>"


_DOCX_GOOD = (
    "<w:p><w:r><w:t>2022年云溪区主要指标（虚构）</w:t></w:r></w:p><w:tbl>"
    + _docx_row("指标", "单位", "数量")
    + _docx_row("地区生产总值", "亿元", "450.2")
)


def _nested_tables(depth: int) -> bytes:
    inner = ""
    for _ in range(depth):
        inner = (
            f"<w:tbl><w:tr><w:tc>{inner}<w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
        )
    return _docx(f"{_DOCX_GOOD}</w:tbl>{inner}")


def _nested_boxes(depth: int) -> bytes:
    inner = "<w:p><w:r><w:t>1</w:t></w:r></w:p>"
    for _ in range(depth):
        inner = f"<w:p><w:r><w:txbxContent>{inner}</w:txbxContent></w:r></w:p>"
    return _docx(f"{inner}{_DOCX_GOOD}</w:tbl>")


def _parquet(*, rows_: int, text: str) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    values = pa.DictionaryArray.from_arrays(pa.array([0] * rows_, pa.int32()), pa.array([text]))
    columns = {"指标": values, "期间": values, "数值": values, "单位": values}
    buffer = io.BytesIO()
    parquet.write_table(pa.table(columns), buffer, compression="zstd", store_schema=False)
    return buffer.getvalue()


def _parquet_that_lies() -> bytes:
    """Its footer says that it has as many rows as fit into a number, where there is one."""
    import pyarrow as pa
    from pyarrow import parquet

    buffer = io.BytesIO()
    parquet.write_table(pa.table({"指标": ["x"] * 64}), buffer)
    content = bytearray(buffer.getvalue())
    size = struct.unpack("<I", content[-8:-4])[0]
    foot = content[-8 - size : -8]
    # 64 as a zigzag varint is 80 01; every count of the footer says another one of equal length.
    foot = foot.replace(b"\x80\x01", b"\xfe\x7f")
    content[-8 - size : -8] = foot
    return bytes(content)


def _xls(height: int, width: int) -> bytes:
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("表1")
    for row in range(height):
        for col in range(width):
            sheet.write(row, col, row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _xls_in_circles() -> bytes:
    """The chain of sectors leads back to its beginning."""
    content = bytearray(_xls(300, 20))
    table = struct.unpack("<I", content[0x4C:0x50])[0]
    at = 512 + table * 512
    for number in range(100):
        content[at + 4 * number : at + 4 * number + 4] = struct.pack("<I", (number + 1) % 3)
    return bytes(content)


_XLSX = [
    Bomb("200 000 styles", "xlsx", lambda: styles(
        f"{_PLAIN_STYLES}<cellXfs>{'<xf/>' * MANY}</cellXfs>")),
    Bomb("40 000 number formats", "xlsx", _many_formats),
    Bomb("50 000 named styles", "xlsx", _named_styles),
    Bomb("200 000 fonts", "xlsx", lambda: styles(
        f"<fonts>{'<font><b/></font>' * MANY}</fonts><fills><fill><patternFill/></fill></fills>"
        "<borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf/></cellXfs>")),
    Bomb("200 000 fills of gradients", "xlsx", lambda: styles(
        f"<fonts><font/></fonts><fills>{'<fill><patternFill/></fill>' * MANY}</fills><borders>"
        "<border/></borders><cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf/></cellXfs>")),
    Bomb("200 000 openings of cellXfs", "xlsx", lambda: styles("<cellXfs " * MANY)),
    Bomb("200 000 openings of numFmt", "xlsx", lambda: styles('<numFmt numFmtId="1" ' * MANY)),
    Bomb("200 000 openings of mergeCell", "xlsx", lambda: rows("", after="<mergeCell " * MANY)),
    Bomb("200 000 openings of row", "xlsx", lambda: rows("<row " * MANY)),
    Bomb("200 000 rows one in another", "xlsx", lambda: rows("<row>" * MANY)),
    Bomb("200 000 formulas that never end", "xlsx", lambda: rows("<f " * MANY)),
    Bomb("200 000 cells in one cell", "xlsx", lambda: rows('<row r="4">' + "<c>" * MANY)),
    Bomb("a very long number format", "xlsx", _formats_of_sections),
    Bomb("merged ranges: 100 000 of two cells", "xlsx", lambda: _many_merged(
        100_000, is_wide=False)),
    Bomb("merged ranges: 1 000 of a row", "xlsx", lambda: _many_merged(1000, is_wide=True)),
    Bomb("a dimension of all cells", "xlsx", lambda: rows(
        "", before='<dimension ref="A1:XFD1048576"/>')),
    Bomb("one cell in the last corner", "xlsx", _stray_cells),
    Bomb("200 000 hidden columns", "xlsx", lambda: rows("", before="<cols>" + "".join(
        f'<col min="{n % 16000 + 5}" max="16384" hidden="1"/>' for n in range(MANY)) + "</cols>")),
    Bomb("100 000 hidden rows", "xlsx", lambda: rows("".join(
        f'<row r="{n}" hidden="1"/>' for n in range(10, 100_010)))),
    Bomb("5 000 sheets that are one", "xlsx", _many_sheets),
    Bomb("100 000 names", "xlsx", _many_names),
    Bomb("3 million empty cells", "xlsx", lambda: rows("<row>" + "<c/>" * 3_000_000 + "</row>")),
    Bomb("a zip of blanks", "xlsx", _bomb_in_a_zip),
    Bomb("a zip that lies", "xlsx", _zip_that_lies),
    Bomb("entities", "xlsx", lambda: workbook(
        f"{_ENTITIES}]>{_SHEET}<sheetData><row><c t='str'><v>&j;</v></c></row></sheetData>"
        "</worksheet>")),
    Bomb("3 000 cells of one text with 100 000 runs", "xlsx", _shared_runs),
    Bomb("20 000 cells of one text of a megabyte", "xlsx", _one_text_in_many_cells),
    Bomb("2 million shared strings", "xlsx", lambda: workbook(strings=(
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"{'<si/>' * 2_000_000}</sst>"))),
    Bomb("a number of a million digits", "xlsx", lambda: rows(
        f'<row r="4"><c r="A4" t="str"><v>地区生产总值</v></c><c r="C4"><v>{"9" * 1_000_000}</v>'
        "</c></row>")),
    Bomb("an element of 50 000 attributes", "xlsx", lambda: rows(
        "<row " + " ".join(f'a{n}="1"' for n in range(50_000)) + "/>")),
    Bomb("200 000 validations", "xlsx", lambda: rows("", after=(
        '<dataValidations>' + '<dataValidation sqref="A1"/>' * MANY + "</dataValidations>"))),
    Bomb("10 000 conditional formats", "xlsx", lambda: rows("", after="".join(
        f'<conditionalFormatting sqref="A{n}"><cfRule type="expression" priority="1"/>'
        "</conditionalFormatting>" for n in range(1, 10_001)))),
    Bomb("elements nested 200 000 deep", "xlsx", lambda: rows(
        "", after="<a>" * MANY + "</a>" * MANY)),
]  # fmt: skip

_HTML = [
    Bomb("200 000 comments that never end", "html", lambda: page("", before="<!--" * MANY)),
    Bomb("a comment of 10 MB", "html", lambda: page("", before=f"<!--{'- ' * 5_000_000}-->")),
    Bomb("a style sheet of 1 MB without braces", "html", lambda: page(
        "", head=f"<style>{'a' * 1_000_000}</style>")),
    Bomb("comments of a style sheet that never end", "html", lambda: page(
        "", head=f"<style>{'/*' * MANY}</style>")),
    Bomb("openings of a style sheet", "html", lambda: page(
        "", head=f"<style>{'.a{' * MANY}</style>")),
    Bomb("a style attribute of 2 MB", "html", lambda: page(
        f"<tr><td style='{'a:b;' * 500_000}'>1</td></tr>")),
    Bomb("a style sheet of 20 000 classes for 20 000 cells", "html", lambda: page(
        "".join(f"<tr><td class='{' '.join(f'c{n}' for n in range(500))}'>1</td></tr>"
                for _ in range(500)),
        head="<style>" + "".join(f".c{n}{{display:block}}" for n in range(20_000)) + "</style>")),
    Bomb("a charset that never comes", "html", lambda: page("", head="<meta " * 100_000)),
    Bomb("bold in bold, 100 000 times", "html", lambda: page(
        f"<tr><td>{'<b>' * 100_000}1</td></tr>")),
    Bomb("tables in tables, 100 000 times", "html", lambda: page(
        f"<tr><td>{'<table><tr><td>' * 100_000}1</td></tr>")),
    Bomb("tables in tables, 80 times, each with many texts", "html", lambda: page(
        "<tr><td>" + ("<table><tr><td>1</td></tr><tr><td>" + "<i>x</i>" * 200) * 80
        + "</td></tr></table>" * 80 + "</td></tr>")),
    Bomb("spans over 65 534 rows", "html", lambda: page(
        "".join("<tr>" + "<td rowspan=65534>1" * 10 + "</tr>" for _ in range(2000)))),
    Bomb("spans over 1 000 columns", "html", lambda: page("<tr><td colspan=1000>1</tr>" * 20_000)),
    Bomb("100 000 attributes", "html", lambda: page(
        "<tr><td " + " ".join(f"a{n}=1" for n in range(100_000)) + ">1</td></tr>")),
    Bomb("columns by the million", "html", lambda: page("<col span=1000 class=a>" * 100_000)),
    Bomb("60 000 cells in a row", "html", lambda: page(f"<tr>{'<td>1' * 60_000}</tr>")),
    Bomb("50 000 lines above the table", "html", lambda: page("", before="<p>2021年" * 50_000)),
    Bomb("a title of 3 MB", "html", lambda: page("", before=f"<p>{'2021年1—' * 300_000}</p>")),
    Bomb("entities", "html", lambda: page("", before="<!ENTITY a 'b'>")),
    Bomb("half a character in GB18030", "html", lambda: page("").decode().replace(
        "utf-8", "gb18030").encode("gb18030").replace("亿元".encode("gb18030"), b"\xd2\xda\xd4"),
        source={"encoding": "gb18030"}),
]  # fmt: skip

_JSON = [
    Bomb("a key twice among 100 000", "json", _doubled_keys, "records"),
    Bomb("6 000 records with a key of their own", "json", _many_keys, "records"),
    Bomb("5 000 records with nested keys of their own", "json", _many_keys_nested, "records"),
    Bomb("one record of 200 000 keys", "json", lambda: _json(
        [_record(**{f"k{n}": n for n in range(MANY)})]), "records"),
    Bomb("a list of a million", "json", lambda: _json([_record(l=[1] * 1_000_000)]), "records"),
    Bomb("lists of 1 000 in 1 000 records", "json", lambda: _json(
        [_record(l=[1] * 1_000) for _ in range(1_000)]), "records"),
    Bomb("lists in lists", "json", lambda: _json(
        [_record(l=[[[1] * 60] * 60] * 60)]), "records"),
    Bomb("nested 100 000 deep", "json", lambda: b'[{"a":' * 100_000, "records"),
    Bomb("nested 900 deep", "json", lambda: _json([json.loads(
        '{"a":' * 900 + "1" + "}" * 900)]), "records"),
    Bomb("nested 400 deep, 400 records", "json", lambda: _json([json.loads(
        '{"a":' * 400 + "1" + "}" * 400)] * 400), "records"),
    Bomb("a number of 3 million digits", "json", lambda: _json(
        [_record()]).replace(b"450.2", b"9" * 3_000_000), "records"),
    Bomb("a text of 5 MB for a period", "json", lambda: _json(
        [_record() | {"期间": "2022年" * 700_000}]), "records"),
    Bomb("2 million empty records", "json", lambda: b"[" + b"{}," * 2_000_000 + b"{}]", "records"),
    Bomb("a key of 3 MB", "json", lambda: _json([_record(**{"k" * 3_000_000: 1})]), "records"),
    Bomb("200 000 openings", "json", lambda: b"[" * MANY, "records"),
    Bomb("200 000 texts that never end", "json", lambda: b'["\\' * MANY, "records"),
]  # fmt: skip

_CSV = [
    Bomb("a period of 3 MB", "csv", lambda: one(period="2022年" * 400_000), "records"),
    Bomb("a period of 1 MB of digits", "csv", lambda: one(period="2" * 1_000_000), "records"),
    Bomb("a period of 1 MB of blanks", "csv", lambda: one(period="2022" + " " * 1_000_000 + "年"),
         "records"),
    Bomb("a period of 500 KB of dashes", "csv", lambda: one(
        period="1-" * 250_000 + "月"), "records"),
    Bomb("a period of 500 KB in Chinese digits", "csv", lambda: one(period="二〇" * 80_000),
         "records"),
    Bomb("2 000 periods of 2 KB", "csv", lambda: lines(*(
        f"地区生产总值,{'2022年1月至' * 100}{n},450.2,亿元" for n in range(2_000))), "records"),
    Bomb("20 000 periods that are none", "csv", lambda: lines(*(
        f"地区生产总值,第{n}期,450.2,亿元" for n in range(20_000))), "records"),
    Bomb("a field of 10 MB", "csv", lambda: one(indicator="名" * 3_300_000), "records"),
    Bomb("a name of 1 MB of brackets", "csv", lambda: one(indicator="(" * 1_000_000), "records"),
    Bomb("50 000 names that are not known", "csv", lambda: lines(*(
        f"地区生产总值之{n},2022年,450.2,亿元" for n in range(50_000))), "records"),
    Bomb("300 names of 30 KB that are not known", "csv", lambda: lines(*(
        f"{'地区生产总值' * 1_600}{n},2022年,450.2,亿元" for n in range(300))), "records"),
    Bomb("quotes by the million", "csv", lambda: one(indicator='"' * 2_000_000), "records"),
    Bomb("a quote that never ends", "csv", lambda: one(
        indicator='"' + "名" * 1_000_000), "records"),
    Bomb("a quote and 500 000 line breaks", "csv", lambda: one(
        indicator='"' + "\n" * 500_000 + '"'), "records"),
    Bomb("a unit of 1 MB", "csv", lambda: one(unit="亿" * 330_000), "records"),
    Bomb("a unit of 1 MB of brackets", "csv", lambda: one(unit="(亿元" * 100_000), "records"),
    Bomb("5 000 units of 300 characters", "csv", lambda: lines(*(
        f"地区生产总值,2022年,450.2,{'亿元' * 150}{n}" for n in range(5_000))), "records"),
    Bomb("a number of a million digits", "csv", lambda: one(value="9" * 1_000_000), "records"),
    Bomb("a number of 500 000 groups", "csv", lambda: one(value='"' + "1," * 500_000 + '1"'),
         "records"),
    Bomb("a number of 500 000 signs", "csv", lambda: one(value="-" * 500_000 + "1"), "records"),
    Bomb("a number of 300 000 blanks", "csv", lambda: one(value="1" + " 1" * 300_000), "records"),
    Bomb("a number of 300 000 words", "csv", lambda: one(
        value="增长" * 150_000 + "5倍"), "records"),
    Bomb("a number of marks", "csv", lambda: one(value="450.2" + "[1]" * 200_000), "records"),
    Bomb("a power of ten", "csv", lambda: one(value="1e999999999"), "records"),
    Bomb("a million columns", "csv", lambda: b"a," * 1_000_000 + b"\n", "records"),
    Bomb("16 000 columns of 500 rows", "csv", lambda: (b"," * 16_000 + b"\n") * 500, "records"),
    Bomb("one line of 20 columns, then a million of 1", "csv", lambda: utf8(
        ",".join(HEAD) + "," * 16_000 + "\n" + "a\n" * 1_000_000), "records"),
    Bomb("half a character in GB18030", "csv", lambda: one().decode().encode("gb18030").replace(
        "亿元".encode("gb18030"), b"\xd2\xda\xd4"), "records", source={"encoding": "gb18030"}),
    Bomb("a million line breaks", "csv", lambda: ",".join(HEAD).encode() + b"\n" * 1_000_000,
         "records"),
    Bomb("a million carriage returns", "csv", lambda: ",".join(HEAD).encode() + b"\r" * 1_000_000
         + b"\n", "records"),
    Bomb("a title of 1 MB", "csv", lambda: utf8(
        f"{'2022年1—' * 100_000},,\n指标,单位,数量\n地区生产总值,亿元,450.2\n"), "table"),
    Bomb("1 000 header texts of 100 digits", "csv", lambda: utf8(
        "2022年" + "," * 1_000 + "\n指标," + ",".join("2022年" * 10 for _ in range(1_000)) + "\n"),
         "table"),
    Bomb("30 000 notes", "csv", lambda: utf8(
        "2022年,,\n指标,单位,数量\n地区生产总值,亿元,450.2\n" + "注：[1]见表,,\n" * 30_000),
         "table"),
    Bomb("30 000 rows of stub", "csv", lambda: utf8("2022年,,\n指标,单位,数量\n" + "".join(
        f"{'　' * (n % 50)}其中{n},亿元,1\n" for n in range(30_000))), "table"),
]  # fmt: skip

_PDF = [
    Bomb("forms in circles", "pdf", _forms_in_circles),
    Bomb("forms in a tower", "pdf", _forms_in_a_tower),
    Bomb("2 million operators", "pdf", lambda: one_page(stream(_TEXT + b"q Q " * 2_000_000))),
    Bomb("500 000 saved states", "pdf", lambda: one_page(stream(_TEXT + b"q " * 500_000))),
    Bomb("a million numbers before an operator", "pdf", lambda: one_page(
        stream(_TEXT + b"1 " * 3_000_000 + b"m"))),
    Bomb("19 000 lines that cross", "pdf", lambda: one_page(stream(_TEXT + b"".join(
        b"%d 0 m %d 800 l S 0 %d m 600 %d l S\n" % (n, n, n, n) for n in range(9_500))))),
    Bomb("600 lines that cross", "pdf", lambda: one_page(stream(_TEXT + b"".join(
        b"%d 0 m %d 800 l S 0 %d m 600 %d l S\n" % (n, n, n, n) for n in range(1, 600, 2))))),
    Bomb("a path of 500 000 points", "pdf", lambda: one_page(
        stream(_TEXT + b"0 0 m " + b"1 1 l " * 500_000 + b"S"))),
    Bomb("200 000 characters on one spot", "pdf", lambda: one_page(
        stream(b"BT /F1 10 Tf 50 700 Td (" + b"4" * MANY + b") Tj ET"))),
    Bomb("60 000 characters all over", "pdf", lambda: one_page(stream(b"BT /F1 1 Tf\n" + b"".join(
        b"1 0 0 1 %d %d Tm (4) Tj\n" % (n % 590, n // 100) for n in range(60_000)) + b"ET"))),
    Bomb("pages in windows of references", "pdf", _windows_of_references),
    Bomb("references in references", "pdf", _references_in_references),
    Bomb("a hex stream of 6 MB", "pdf", _hex_stream),
    Bomb("hex around 400 MB", "pdf", _hex_around_flate),
    Bomb("run lengths", "pdf", _run_lengths),
    Bomb("LZW", "pdf", _lzw),
    Bomb("a map of four milliard characters", "pdf", _long_map),
    Bomb("cross references in circles", "pdf", _previous_in_circles),
    Bomb("arrays nested 200 000 deep", "pdf", lambda: one_page(stream(_TEXT + b"[" * MANY))),
    Bomb("a dictionary nested 100 000 deep", "pdf", lambda: one_page(
        stream(_TEXT), b"/X " + b"<< /X " * 100_000)),
    Bomb("200 000 objects", "pdf", lambda: pdf(
        {1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Kids [] /Count 0 >>"}
        | {n: b"1" for n in range(3, MANY)})),
    Bomb("500 pages of one content", "pdf", lambda: pdf({
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Count 500 /Kids [" + b"3 0 R " * 500 + b"] >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << "
        b"/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        4: stream(b"".join(b"BT /F1 9 Tf %d %d Td (4) Tj ET\n" % (n % 60 * 10, n // 60 * 20)
                           for n in range(2_000)))})),
]  # fmt: skip

_OTHERS = [
    Bomb("columns repeated 16 384 times, rows a million", "ods", lambda: _ods(
        _ODS_GOOD + '<table:table-row table:number-rows-repeated="1048576"><table:table-cell '
        'table:number-columns-repeated="16384" office:value-type="string"><text:p>x</text:p>'
        "</table:table-cell></table:table-row>")),
    Bomb("a row repeated a million times", "ods", lambda: _ods(
        _ODS_GOOD + _ods_row("1", "2", "3", "4", "5", "6", "7", "8", "9", "0",
                             times=' table:number-rows-repeated="1048576"'))),
    Bomb("a text of a megabyte in 16 384 cells", "ods", lambda: _ods(
        _ODS_GOOD + '<table:table-row><table:table-cell table:number-columns-repeated="16384" '
        f'office:value-type="string"><text:p>{"x" * 1_000_000}</text:p></table:table-cell>'
        "</table:table-row>")),
    Bomb("a million blanks", "ods", lambda: _ods(
        _ODS_GOOD + _ods_row('<text:s text:c="1000000"/>x' * 20_000))),
    Bomb("spans nested 10 000 deep", "ods", lambda: _ods(
        _ODS_GOOD + _ods_row("<text:span>" * 10_000 + "1" + "</text:span>" * 10_000))),
    Bomb("spans nested 200 deep", "ods", lambda: _ods(
        _ODS_GOOD + _ods_row("<text:span>" * 200 + "1" + "</text:span>" * 200))),
    Bomb("merged ranges", "ods", lambda: _ods(
        _ODS_GOOD + "<table:table-row><table:table-cell table:number-columns-spanned='16384' "
        "table:number-rows-spanned='1048576'/></table:table-row>")),
    Bomb("a million rows one by one", "ods", lambda: _ods(
        _ODS_GOOD + "<table:table-row/>" * 1_000_000)),
    Bomb("a million hidden columns", "ods", lambda: _ods(
        '<table:table-column table:visibility="collapse"/>' * 100_000 + _ODS_GOOD)),
    Bomb("tables in tables, 5 000 deep", "docx", lambda: _nested_tables(5_000)),
    Bomb("tables in tables, 80 deep", "docx", lambda: _nested_tables(80)),
    Bomb("text boxes in text boxes, 40 deep", "docx", lambda: _nested_boxes(40)),
    Bomb("cells over 16 384 columns", "docx", lambda: _docx(_DOCX_GOOD + (
        "<w:tr><w:tc><w:tcPr><w:gridSpan w:val='16384'/></w:tcPr><w:p/></w:tc></w:tr>"
        * 20_000) + "</w:tbl>")),
    Bomb("60 000 runs", "docx", lambda: _docx(
        f"<w:p>{'<w:r><w:t>1</w:t></w:r>' * 60_000}</w:p>{_DOCX_GOOD}</w:tbl>")),
    Bomb("content controls 5 000 deep", "docx", lambda: _docx(
        f"{_DOCX_GOOD}</w:tbl>{'<w:sdt><w:sdtContent>' * 5_000}{'</w:sdtContent></w:sdt>' * 5_000}"
    )),
    Bomb("entities", "docx", lambda: packed(DOCUMENT | {
        "word/document.xml": f"{_ENTITIES}]><x>&j;</x>".encode()})),
    Bomb("20 000 files inside", "docx", lambda: packed(
        DOCUMENT | {f"word/{n}.xml": b"" for n in range(20_001)})),
    Bomb("2 million rows of one text of 10 KB", "parquet", lambda: _parquet(
        rows_=2_000_000, text="x" * 10_000), "records"),
    Bomb("10 million rows in a few bytes", "parquet", lambda: _parquet(
        rows_=10_000_000, text="x"), "records"),
    Bomb("a footer that lies", "parquet", _parquet_that_lies, "records"),
    Bomb("sectors in circles", "xls", _xls_in_circles),
    Bomb("8 000 rows", "xls", lambda: _xls(8_000, 20)),
    Bomb("a dimension of a milliard", "json-stat", lambda: _json({
        "version": "2.0", "class": "dataset", "id": ["a", "b"], "size": [50_000, 50_000],
        "dimension": {name: {"category": {"index": {f"k{n}": n for n in range(50_000)}}}
                      for name in "ab"}, "value": {"0": 1}}), "records"),
    Bomb("values by the milliard", "px", lambda: utf8(
        'CHARSET="ANSI";\nMATRIX="x";\nSTUB="a";\nHEADING="b";\nUNITS="x";\nVALUES("a")='
        + ",".join(f'"{n}"' for n in range(30_000)) + ';\nVALUES("b")='
        + ",".join(f'"{n}"' for n in range(30_000)) + ";\nDATA=\n1;\n"), "records"),
    Bomb("quotes that never end", "px", lambda: b'CHARSET="ANSI";\n' + b'A="' * MANY, "records"),
    Bomb("entities", "sdmx-ml", lambda: utf8(f"{_ENTITIES}]><x>&j;</x>"), "records"),
    Bomb("series nested 100 000 deep", "sdmx-ml", lambda: b"<?xml version='1.0'?>"
         + b"<Series>" * 100_000, "records"),
    Bomb("a million columns", "sdmx-csv", lambda: b"DATAFLOW," + b"a," * 1_000_000 + b"\n",
         "records"),
]  # fmt: skip

BOMBS = (*_XLSX, *_HTML, *_JSON, *_CSV, *_PDF, *_OTHERS)

BY_NAME = {f"{bomb.format}: {bomb.name}": bomb for bomb in BOMBS}
"""Bombs as they are called: by format and name."""

ENDING = {"json-stat": "json", "nbs": "json", "px": "px", "sdmx-csv": "csv", "sdmx-ml": "xml"}


def file_name(bomb: Bomb, number: int = 1) -> str:
    """A name that the declaration of its kind takes."""
    return f"bomb{number}.{ENDING.get(bomb.format, bomb.format)}"


def data_set_id(bomb: Bomb) -> str:
    """The data set that a bomb is delivered to."""
    more = "".join(f"-{value}" for value in bomb.source.values())
    return f"bomb-{bomb.format}-{bomb.layout}{more}"


def declaration(bomb: Bomb) -> dict[str, Any]:
    """What is declared of files of its kind: one indicator, in either layout."""
    shape: dict[str, Any]
    if bomb.layout == "records":
        columns = dict(zip(("indicator", "period", "value", "unit"), HEAD, strict=True))
        shape = {"kind": "records", "columns": columns}
    else:
        shape = {"kind": "table", "blocks": [tables.BLOCK]}
    identifier = data_set_id(bomb)
    return {
        "id": identifier,
        "title": {"zh": f"{identifier}（虚构）", "en": f"{identifier} (invented)"},
        "theme": "profile",
        "owner": "综合科 / General section",
        "origin": {
            "producer": "云溪区统计局（虚构） / Yunxi statistics bureau (invented)",
            "documents": [{"id": identifier, "title": f"{identifier}（虚构）",
                           "title_en": f"{identifier} (invented)", "grade": "official"}],
        },
        "delivery": {"connector": "folder", "pattern": ["bomb*"], "cadence": "irregular"},
        "layout": {
            "format": bomb.format,
            "constants": {"region": "云溪区", "document": identifier, "source_place": "表1"},
            **shape,
            **bomb.source,
        },
        "indicators": [{"code": "gdp"}],
    }  # fmt: skip


def declare(settings: Settings, bombs: tuple[Bomb, ...] = BOMBS) -> None:
    """Declare the data sets that bombs are delivered to."""
    folder: Path = settings.raw / "datasets" / "profile"
    for identifier, bomb in {data_set_id(bomb): bomb for bomb in bombs}.items():
        text = yaml.safe_dump(declaration(bomb), allow_unicode=True, sort_keys=False)
        (folder / f"{identifier}.yml").write_text(text, encoding="utf-8")
