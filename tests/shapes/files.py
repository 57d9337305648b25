"""The files: invented, labelled so, and as untidy as the real ones.

Belongs here: writing them, byte for byte the same each time. Does not belong here: declarations
(``*.yml`` beside this) and answers (``tests/unit/test_shapes.py``).
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

INVENTED = "虚构数据，仅供测试"


def _workbook() -> tuple[io.BytesIO, Any]:
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": datetime(2026, 12, 8)})
    return buffer, book


def month_table() -> bytes:
    """§8.1 A month table: period in title and header, unit in a corner, two header rows merged,
    indents of the workbook, 其中, a footnote, a provisional mark, thousands separators."""
    buffer, book = _workbook()
    sheet = book.add_worksheet("工业")
    title = book.add_format({"bold": True, "align": "center"})
    head = book.add_format({"align": "center", "border": 1, "text_wrap": True})
    number = book.add_format({"num_format": "#,##0"})
    one = book.add_format({"num_format": "0.0"})
    signed = book.add_format({"num_format": "0.0;-0.0"})
    indents = [book.add_format({"indent": n}) for n in range(4)]
    sheet.merge_range("A1:E1", "2026年11月云溪区规模以上工业主要指标", title)
    sheet.write("E2", "单位：万元")
    sheet.merge_range("A3:A4", "指　标", head)
    sheet.merge_range("B3:C3", "11月", head)
    sheet.merge_range("D3:E3", "1－11月", head)
    for col, text in enumerate(("绝对量", "同比±%", "绝对量", "同比±%"), start=1):
        sheet.write(3, col, text, head)
    rows: list[tuple[str, int, list[Any]]] = [
        ("工业总产值", 0, [1234567, 5.8, 12345678, 6.2]),
        ("其中：国有控股", 1, [234567, -3.4, 2345678, -1.25]),
        ("#高新技术产业", 1, [734567, 12.0, 7345678, 11.5]),
        ("工业增加值①", 0, [None, 6.1, None, 5.9]),
        ("营业收入", 0, [1300000, "持平", 13000000, 4.4]),
        ("利润总额", 0, [-1250, "…", 88000, "增长1倍"]),
    ]
    for row, (name, indent, values) in enumerate(rows, start=4):
        sheet.write_string(row, 0, name, indents[indent])
        for col, value in enumerate(values, start=1):
            if isinstance(value, str):
                sheet.write_string(row, col, value)
            elif value is not None:
                sheet.write_number(row, col, value, number if col in (1, 3) else signed)
    sheet.write_string(10, 0, "注：1. 规模以上工业指年主营业务收入2000万元及以上的工业企业。")
    sheet.write_string(11, 0, "① 增加值只公布增速，按可比价格计算。")
    sheet.write_string(12, 0, f"资料来源：云溪区统计局（{INVENTED}）")
    del one
    book.close()
    return buffer.getvalue()


def month_in_one_header() -> bytes:
    """§8.1 again, the other order: one header row, growth beside the period that it belongs to."""
    text = (
        f"云溪区社会消费品零售情况（2026年11月，{INVENTED}）,,,,\n"
        ",,,,单位：亿元\n"
        "项目,1-11月,同比±%,11月,同比±%\n"
        "社会消费品零售总额,449.7,9.5,41.2,－2.0\n"
        "　限额以上,210.36,7.1,20.05,0.0\n"
        "　　#汽车类,88.1,提高,8.2,１２．３\n"
        "注：增速按可比口径计算。,,,,\n"
    )
    return text.encode("gb18030")


def units_by_row() -> bytes:
    """§8.2 Units that mix by row, numbering, rows that only open a cut, a structure column."""
    buffer, book = _workbook()
    sheet = book.add_worksheet("Sheet1")
    sheet.write_string(0, 0, "云溪区固定资产投资完成情况（2026年1－3月）")
    for col, text in enumerate(
        ("项目名称", "计算单位", "3月", "1－3月累计", "累计增长(%)", "结构(%)")
    ):
        sheet.write_string(1, col, text)
    rows: list[tuple[Any, ...]] = [
        ("一、固定资产投资", "亿元", 30.15, 80.84, 6.5, 100),
        ("在总额中：",),
        ("1、工业投资", "亿元", 4.2, 10.38, 12.1, 12.84),
        ("2、房地产开发投资", "亿元", 15, 41.03, -8.7, 50.75),
        ("二、房屋施工面积", "万平方米", None, 612.4, -2.9, None),
        ("/1、住宅", "万平方米", None, 401.2, -3.3, None),
        ("三、商品房销售额", "万元", 35000, 91250, "-", None),
        ("四、新开工项目", "个", 3, 14, None, None),
    ]
    for row, values in enumerate(rows, start=2):
        for col, value in enumerate(values):
            if isinstance(value, str):
                sheet.write_string(row, col, value)
            elif value is not None:
                sheet.write_number(row, col, value)
    sheet.write_string(10, 0, f"说明：{INVENTED}。")
    book.close()
    return buffer.getvalue()


def spaced_names() -> bytes:
    """§8.3 Inner spaces, full-width indents and digits, #regions, blanks as thousands separators,
    growth in words, GB18030."""
    text = (
        "云溪区分镇街主要经济指标\t\t\t\n"
        f"2026年上半年（{INVENTED}）\t\t\t\n"
        "地　区\t地区生产总值(万元)\t同比增长\t比重变化\n"
        "云 溪 区\t1 234 567.8\t５．８％\t\n"
        "　#城东街道\t401 234\t增长1倍\t提高13.4个百分点\n"
        "　#城西街道\t3 078.1\t持平\t下降0.2个百分点\n"
        "　#溪口镇\t…\t下降3.5%\t持平\n"
    )
    return text.encode("gb18030")


def blocks() -> bytes:
    """§8.4 Several blocks on one sheet, each with header, unit, period and notes (old .xls)."""
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("财政金融")
    lines: list[tuple[Any, ...]] = [
        ("一、财政收支（2026年1-10月）",),
        ("", "", "单位：万元"),
        ("指标", "累计", "同比增长(%)"),
        ("一般公共预算收入", 812345, 3.2),
        ("  税收收入", 700001, -0.4),
        ("一般公共预算支出", 901234, 8.0),
        ("注：财政数据按新口径。",),
        (),
        ("二、金融（2026年10月末）",),
        ("", "", "单位：亿元"),
        ("指标", "余额", "比年初增减"),
        ("本外币存款", 2345.67, 123.4),
        ("本外币贷款", 3012.5, -12.3),
        (f"注：{INVENTED}。",),
    ]
    for row, values in enumerate(lines):
        for col, value in enumerate(values):
            if value != "":
                sheet.write(row, col, value)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def page() -> bytes:
    """§8.5 An HTML page in GBK: colspan, rowspan, years in the header, a raised footnote mark."""
    html = f"""<html><head><meta charset="gbk"><title>年鉴</title></head><body>
<table><tr><td><table>
<tr><td colspan="5">3-2 云溪区各级各类学校情况（{INVENTED}）</td></tr>
<tr><td colspan="5" align="right">单位：所</td></tr>
<tr><th rowspan="2">学校类别</th><th colspan="2">学校数</th><th colspan="2">在校学生数(人)</th></tr>
<tr><th>2024年</th><th>2025年</th><th>2024年</th><th>2025年</th></tr>
<tr><td>普通高中</td><td>4</td><td>4</td><td>6&nbsp;120</td><td>6 301</td></tr>
<tr><td>初中<sup>1</sup></td><td>11</td><td>12</td><td>15,002</td><td>15,230</td></tr>
<tr><td>小学</td><td>22</td><td>23</td><td>31,440</td><td>…</td></tr>
</table></td></tr></table>
<p>注1：含九年一贯制学校。</p></body></html>"""
    return html.encode("gbk")


def answers() -> bytes:
    """§8.5 A JSON answer with records deep inside, and 0.0 where there is no figure."""
    nodes = [
        ("A0201", "固定资产投资", "202610", 95.1, True),
        ("A0201", "固定资产投资", "202611", 0.0, False),
        ("A0301", "网上零售额", "202611", 41.2, True),
    ]
    answer = {
        "returncode": 200,
        "remark": INVENTED,
        "returndata": {
            "datanodes": [
                {
                    "code": f"zb.{code}_sj.{month}",
                    "data": {"data": value, "hasdata": has, "strdata": str(value) if has else ""},
                    "zb": {"name": name, "unit": "亿元"},
                    "sj": month,
                }
                for code, name, month, value, has in nodes
            ]
        },
    }
    return json.dumps(answer, ensure_ascii=False).encode()


def bureau_old() -> bytes:
    """The national bureau's old shape: codes beside each number, their names in another list; 0.0
    where there is none, and more digits in ``data`` than the site shows."""
    numbers = (
        ("A0401", "990101", "202610", "1520.43", "1520.43", True),
        ("A0402", "990101", "202610", "103.71505336", "103.7", True),
        ("A0401", "990101", "202611", "0.0", "", False),
        ("A0401", "990102", "202611", "9007199254740993.01", "9007199254740993.01", True),
    )
    nodes = [
        f'{{"code": "zb.{zb}_reg.{reg}_sj.{sj}", "data": {{"data": {exact}, "dotcount": '
        f'{2 if zb == "A0401" else 1}, "hasdata": {str(has).lower()}, "strdata": "{shown}"}}, '
        f'"wds": [{{"wdcode": "zb", "valuecode": "{zb}"}}, {{"wdcode": "reg", "valuecode": '
        f'"{reg}"}}, {{"wdcode": "sj", "valuecode": "{sj}"}}]}}'
        for zb, reg, sj, exact, shown, has in numbers
    ]
    names = (
        '{"wdcode": "zb", "nodes": ['
        '{"code": "A0401", "cname": "用电量", "name": "当期值", "unit": "万千瓦时"}, '
        '{"code": "A0402", "cname": "出厂价格指数", "name": "指数", "unit": "%"}]}'
    )
    return (
        f'{{"returncode": 200, "remark": "{INVENTED}", "returndata": {{"datanodes": '
        f'[{", ".join(nodes)}], "wdnodes": [{names}]}}}}'
    ).encode()


def bureau_new() -> bytes:
    """Its new shape: values by time, regions in twelve digits, "" where there is no number."""

    def value(indicator: str, name: str, unit: str, region: str, text: str) -> dict[str, Any]:
        told = {"_id": indicator, "i_showname": name, "du_name": unit, "value": text}
        return told | {"da": region, "order": 1, "num_accuracy_value": "1"}

    wages, steel = ("5c1", "工资总额 (亿元) ", "亿元"), ("9e4", "钢材产量 (万吨) ", "万吨")
    times = {
        "202509MM": [value(*wages, "990101000000", "61.2"), value(*steel, "990101000000", "")],
        "202404SS": [value(*wages, "990101000000", "180.05")],
        "2025YY": [value(*wages, "990101001000", "3.4"), value(*steel, "000000000000", "99.5")],
    }
    data = [{"code": code, "name": INVENTED, "values": values} for code, values in times.items()]
    answer = {"success": True, "state": 20000, "message": "成功", "data": data}
    return json.dumps(answer, ensure_ascii=False).encode()


def json_stat() -> bytes:
    """A cube of JSON-stat 2, sparse, as PxWeb 2 answers: roles, units, statuses, positions."""
    cube = {
        "version": "2.0",
        "class": "dataset",
        "label": "云溪区人口与户数（虚构数据，仅供测试）",
        "id": ["Region", "ContentsCode", "Tid"],
        "size": [2, 2, 2],
        "role": {"geo": ["Region"], "metric": ["ContentsCode"], "time": ["Tid"]},
        "dimension": {
            "Region": {
                "category": {
                    "index": {"990102": 1, "990101": 0},
                    "label": {"990101": "云溪区", "990102": "云山区"},
                }
            },
            "ContentsCode": {
                "category": {
                    "index": ["BEF", "HUS"],
                    "label": {"BEF": "户籍人口", "HUS": "户籍户数"},
                    "unit": {
                        "BEF": {"base": "万人", "decimals": 2},
                        "HUS": {"base": "户", "decimals": 0},
                    },
                }
            },
            "Tid": {"category": {"index": ["2024", "2025M06"]}},
        },
        "value": {"0": 41.1, "1": 41.25, "2": 150300, "4": 28.05, "6": 99100, "7": None},
        "status": {"1": "P", "7": "M"},
    }
    return json.dumps(cube, ensure_ascii=False).encode()


def sdmx_csv() -> bytes:
    """SDMX-CSV 2.0: powers of ten, statuses, a suppressed figure, ranges of time."""
    head = (
        "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,INDICATOR,TIME_PERIOD,OBS_VALUE,"
        "UNIT_MEASURE,UNIT_MULT,DECIMALS,OBS_STATUS,CONF_STATUS"
    )
    rows = (
        "A,990101,EXP,2024,123456789012345678.25,元,0,2,A,F",
        "M,990101,EXP,2025-09,41.1,元,6,2,P,F",
        "S,990101,EXP,2025-S1,250,元,6,0,E,F",
        "A,990102,EXP,2024-01/P30M,7.5,元,8,1,A,F",
        "A,990102,EXP,2025,NaN,元,6,1,Q,C",
    )
    flow = "dataflow,YX:DF_TRADE(1.0),I"
    return "".join(f"{line}\n" for line in (head, *(f"{flow},{row}" for row in rows))).encode()


_SDMX = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"


def sdmx_ml() -> bytes:
    """SDMX-ML 2.1, structure-specific: attributes of the set, of a group, series, observation."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<mes:StructureSpecificData xmlns:mes="{_SDMX}/message" xmlns:com="{_SDMX}/common"
 xmlns:ss="{_SDMX}/data/structurespecific" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <mes:Header><mes:ID>YX1</mes:ID><mes:Test>true</mes:Test>
  <mes:Prepared>2026-12-08T00:00:00</mes:Prepared><mes:Sender id="YX"/>
  <mes:Structure structureID="S" namespace="urn:yx" dimensionAtObservation="TIME_PERIOD">
   <com:Structure><Ref agencyID="YX" id="DSD_JOBS" version="1.0"/></com:Structure></mes:Structure>
 </mes:Header>
 <mes:DataSet ss:structureRef="S" ss:dataScope="DataStructure" ss:action="Replace"
  UNIT_MEASURE="人">
  <Group xsi:type="ns1:Sibling" REF_AREA="990101" INDICATOR="JOBS" TITLE="{INVENTED}"/>
  <Series FREQ="Q" REF_AREA="990101" INDICATOR="JOBS" UNIT_MULT="4">
   <Obs TIME_PERIOD="2025-Q3" OBS_VALUE="21.5" OBS_STATUS="A"/>
   <Obs TIME_PERIOD="2025-Q4" OBS_VALUE="NaN" OBS_STATUS="L"/>
  </Series>
  <Series FREQ="Q" REF_AREA="990102" INDICATOR="JOBS" UNIT_MULT="0">
   <Obs TIME_PERIOD="2025-Q3" OBS_VALUE="90071992" OBS_STATUS="U"/>
  </Series>
 </mes:DataSet>
</mes:StructureSpecificData>
""".encode()


def keyed_by_period() -> bytes:
    """Figures that are keyed by their period, under objects keyed by their region."""
    numbers = {"990101": {"2023": 31, "2024": None}, "990102": {"2023": 12}}
    answer = {"remark": INVENTED, "values": {"软件业企业数": numbers}}
    return json.dumps(answer, ensure_ascii=False).encode()


def parquet() -> bytes:
    """§8.5 A table of a database, exported."""
    import polars as pl

    buffer = io.BytesIO()
    pl.DataFrame(
        {
            "指标": ["在校学生数", "在校学生数"],
            "地区代码": ["990101", "990101"],
            "年度": [2024, 2025],
            "数值": [52562, 53041],
            "单位": ["人", "人"],
            "备注": [INVENTED, INVENTED],
        }
    ).write_parquet(buffer)
    return buffer.getvalue()


def document() -> bytes:
    """A Word report with a table in the text: cells merged down, title and unit as paragraphs."""
    import docx

    book = docx.Document()
    book.add_paragraph(f"2026年三季度云溪区养老服务情况报告（{INVENTED}）")
    book.add_paragraph("全区养老服务平稳运行，现将有关数据报告如下。")
    book.add_paragraph("表1 养老服务设施（2026年三季度末）")
    book.add_paragraph("单位：张")
    rows = [
        ("类别", "机构床位", "机构床位", "社区床位"),
        ("类别", "数量", "同比增长(%)", "数量"),
        ("城东街道", "320", "4.9", "85"),
        ("城西街道", "210", "-", "60"),
        ("合计", "530", "3.1", "145"),
    ]
    table = book.add_table(rows=len(rows), cols=4)
    for r, values in enumerate(rows):
        for c, value in enumerate(values):
            table.cell(r, c).text = value
    for first, last in (((0, 0), (1, 0)), ((0, 1), (0, 2))):
        text = table.cell(*first).text
        merged = table.cell(*first).merge(table.cell(*last))
        merged.text = text
    book.add_paragraph("注：床位数为期末数。")
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def printed_page() -> bytes:
    """A PDF with a three-line table: no vertical rules, numbers lined up at the right."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=True)
    canvas.setFont("STSong-Light", 11)
    canvas.drawString(180, 780, "2025年云溪区文化旅游主要指标")
    canvas.drawRightString(520, 760, "计量单位：万人次")
    rows = [
        ("指标", "2025年", "比上年增长(%)"),
        ("接待游客", "1 205.6", "12.5"),
        ("过夜游客", "302.1", "8.0"),
        ("图书馆到馆读者", "88.4", "-1.5"),
    ]
    canvas.line(60, 750, 530, 750)
    for number, (name, value, growth) in enumerate(rows):
        y = 735 - number * 20
        canvas.drawString(70, y, name)
        canvas.drawRightString(340, y, value)
        canvas.drawRightString(500, y, growth)
        if number == 0:
            canvas.line(60, y - 6, 530, y - 6)
    canvas.line(60, 735 - 3 * 20 - 6, 530, 735 - 3 * 20 - 6)
    canvas.drawString(60, 650, f"注：{INVENTED}。")
    canvas.save()
    return buffer.getvalue()


def enterprise_return() -> bytes:
    """§8.6 A return as a form: codes, columns 本年 and 上年同期, a row that numbers the columns."""
    buffer, book = _workbook()
    sheet = book.add_worksheet("B204-1")
    lines: list[tuple[Any, ...]] = [
        ("财务状况（模拟样表）",),
        ("表号：Ｂ２０４－１表", None, None, None, "2026年1－11月"),
        ("制定机关：国家统计局", None, None, None, "计量单位：千元"),
        ("有效期至：2027年1月", None, None, None, f"（{INVENTED}）"),
        ("指标名称", "计量单位", "代码", "本年", "上年同期"),
        ("甲", "乙", "丙", 1, 2),
        ("流动资产合计", "千元", "201", 1234567, 1200000),
        ("　其中：应收账款", "千元", "202", 234567, 230001),
        ("　　　　存货", "千元", "205", 98765, 101234),
        ("营业收入", "千元", "301", 5432100, 5000000),
        ("平均用工人数", "人", "401", 356, 360),
        ("单位负责人：张三", None, "填表人：李四", None, "报出日期：2026年12月8日"),
    ]
    for row, values in enumerate(lines):
        for col, value in enumerate(values):
            if isinstance(value, str):
                sheet.write_string(row, col, value)
            elif value is not None:
                sheet.write_number(row, col, value)
    book.close()
    return buffer.getvalue()


def open_document() -> bytes:
    """An .ods with months in the rows: the stub names the period, the columns the indicators."""
    from odfdo import Cell, Document, Row, Table

    document = Document("spreadsheet")
    document.body.clear()
    table = Table("零售")
    lines: list[tuple[Any, ...]] = [
        (f"云溪区2026年消费分月情况（{INVENTED}）",),
        ("月份", "社会消费品零售总额(亿元)", "网络零售额(亿元)"),
        ("1－2月", "80.1", "12.5"),
        ("3月", "41.0", "6.6"),
        ("4月", "40.2", "X"),
        ("上半年", "245.3", "39.9"),
    ]
    for values in lines:
        row = Row()
        for value in values:
            number = value.replace(".", "", 1).isdigit()
            row.append_cell(
                Cell(float(value), text=value, cell_type="float") if number else Cell(value)
            )
        table.append_row(row)
    document.body.append(table)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def side_by_side() -> bytes:
    """Two halves of one table beside each other, years to the right, a total that is no item."""
    text = (
        f"云溪区各镇街常住人口（2025年末，{INVENTED}）,,,\n"
        "单位：人,,,\n"
        "镇街,常住人口,镇街,常住人口\n"
        "城东街道,123456,溪口镇,45678\n"
        "城西街道,98765,合计,267899\n"
    )
    return b"\xef\xbb\xbf" + text.encode()


def by_industry() -> bytes:
    """Industries in the stub, a unit in each header, bold totals, a percent stored as one."""
    buffer, book = _workbook()
    sheet = book.add_worksheet("2025")
    bold = book.add_format({"bold": True})
    percent = book.add_format({"num_format": "0.0%"})
    lines: list[tuple[Any, ...]] = [
        (f"分行业增加值（{INVENTED}）",),
        ("行业", "增加值(万元)", "占比(%)"),
        ("农、林、牧、渔业", 12345, 0.0123),
        ("制造业", 456789, 0.4552),
        ("批发和零售业", 98765, 0.0984),
        ("金融业", 45678, 0.0455),
    ]
    for row, values in enumerate(lines):
        for col, value in enumerate(values):
            if isinstance(value, str):
                sheet.write_string(row, col, value, bold if row < 2 else None)
            else:
                sheet.write_number(row, col, value, percent if col == 2 else None)
    book.close()
    return buffer.getvalue()


FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "yunxi-industry-month": ("云溪区工业202611.xlsx", month_table),
    "yunxi-retail-month": ("云溪区零售202611.csv", month_in_one_header),
    "yunxi-investment-quarter": ("云溪区投资2026年3月.xlsx", units_by_row),
    "yunxi-towns": ("云溪区分镇街2026上半年.tsv", spaced_names),
    "yunxi-finance": ("云溪区财政金融202610.xls", blocks),
    "yunxi-schools": ("云溪区学校.html", page),
    "yunxi-answers": ("云溪区查询.json", answers),
    "yunxi-pupils": ("云溪区学生.parquet", parquet),
    "yunxi-care": ("云溪区养老2026三季度.docx", document),
    "yunxi-tourism": ("云溪区文旅2025.pdf", printed_page),
    "yunxi-return": ("云溪区B204-1.xlsx", enterprise_return),
    "yunxi-retail-rows": ("云溪区消费分月2026.ods", open_document),
    "yunxi-population": ("云溪区人口2025.csv", side_by_side),
    "yunxi-by-industry": ("云溪区分行业.xlsx", by_industry),
    "yunxi-bureau": ("国家数据202611.json", bureau_old),
    "yunxi-bureau-new": ("国家数据新版202611.json", bureau_new),
    "yunxi-population-cube": ("人口立方体.json", json_stat),
    "yunxi-exports-sdmx": ("出口2025.csv", sdmx_csv),
    "yunxi-jobs-sdmx": ("就业2025.xml", sdmx_ml),
    "yunxi-software": ("软件业.json", keyed_by_period),
}
"""Data set, file name, content."""

TOWNS = """\
990101001,云州市云溪区城东街道,"Chengdong Subdistrict, Yunxi",town,990101,1981-01-01,,,城东街道
990101002,云州市云溪区城西街道,"Chengxi Subdistrict, Yunxi",town,990101,1981-01-01,,,城西街道
990101100,云州市云溪区溪口镇,"Xikou Town, Yunxi",town,990101,1981-01-01,,,溪口镇
"""
"""Rows for ``regions.csv``: towns of the invented district."""
