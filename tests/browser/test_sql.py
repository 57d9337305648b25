"""The page "Ask in SQL" queries the database of a release, from disk and without a network.

Belongs here: what a person asks and is told. Does not belong here: packing the engine
(tests/unit/test_publish_engine).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Opener
from tests.browser.test_site import RULES

DONE = "#sql-answer:not([hidden]), #sql-fault:not([hidden])"


def ask(page: Page, query: str) -> None:
    page.locator("#sql-text").fill(query)
    page.locator("#sql-run").click()
    page.wait_for_selector(DONE, timeout=60_000)


def cells(page: Page) -> list[str]:
    return page.locator("#sql-table tbody td").all_inner_texts()


def test_the_released_database_answers_in_the_page(asked: Path, opened: Opener) -> None:
    browser = opened(asked)
    page = browser.go("sql.html")

    ask(
        page,
        "select indicator_code, value, unit from core.observation "
        "where indicator_code = 'gdp' and period = '2024' and region_code = '990101' "
        "and known_to is null and is_headline",
    )

    assert cells(page) == ["gdp", "515", "亿元"]
    heads = page.locator("#sql-table thead th").all_inner_texts()
    assert [head.split("\n") for head in heads] == [
        ["指标代码", "indicator_code"],
        ["数值，以基本单位计", "value", "见 unit 列"],
        ["基本单位", "unit"],
    ]
    assert browser.messages == []
    assert [url for url in browser.requests if not url.startswith("blob:")] == []


def test_it_answers_for_any_day(asked: Path, opened: Opener) -> None:
    page = opened(asked).go("sql.html")
    which = (
        "where indicator_code = 'gdp' and period = '2024' and region_code = '990101' "
        "and is_headline"
    )

    ask(page, f"select value, known_to from core.as_of(date '2025-03-10') {which}")
    assert cells(page) == ["512.3", "空"]
    ask(page, f"select value, known_to from core.as_of(date '2020-01-01') {which}")
    assert cells(page) == []
    assert page.locator("#sql-count").inner_text().startswith("0 行")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("selec 1", "语法错误"),
        ("select * from nothing", "没有这张表"),
        ("select nothing from core.region", "列名不对"),
        ("drop table core.region", "本页只读"),
        ("from read_csv('/etc/hostname')", "不读别的文件"),
        ("set threads = 4", "不改设置"),
        ("select 1; select 2", "一次只问一个查询"),
        ("", "请先写一个查询"),
    ],
)
def test_what_it_refuses_it_says_in_words(
    asked: Path, opened: Opener, query: str, words: str
) -> None:
    page = opened(asked).go("sql.html")

    ask(page, query)

    assert words in page.locator("#sql-fault").inner_text()
    assert page.locator("#sql-answer").is_hidden()


def test_a_query_that_takes_too_long_is_stopped_and_the_next_one_answered(
    asked: Path, opened: Opener
) -> None:
    page = opened(asked).go("sql.html")
    page.locator("#sql-limit").select_option("10")
    long = (
        "select sum(a.range * b.range + c.range) from range(100000) a, range(100000) b, range(9) c"
    )

    ask(page, long)
    assert "超过 10 秒，已停止" in page.locator("#sql-fault").inner_text()

    page.locator("#sql-limit").select_option("120")
    page.locator("#sql-text").fill(long)
    page.locator("#sql-run").click()
    page.locator("#sql-stop").click()
    assert "查询已停止" in page.locator("#sql-fault").inner_text()
    ask(page, "select cast(-12.50 as decimal(9, 2)) as number, date '2024-02-29' as day")
    assert cells(page) == ["-12.5", "2024-02-29"]


def test_the_answer_is_downloaded_as_csv(asked: Path, opened: Opener) -> None:
    page = opened(asked, accept_downloads=True).go("sql.html")
    ask(page, "select '=1+1' as formula, 'a \"b\", c' as text, -1 as number, null as nothing")

    with page.expect_download() as waiting:
        page.locator("#sql-csv").click()

    content = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    assert content == 'formula,text,number,nothing\r\n\'=1+1,"a ""b"", c",-1,\r\n'


def test_a_long_answer_says_how_much_of_it_is_shown(asked: Path, opened: Opener) -> None:
    page = opened(asked).go("sql.html")

    ask(page, "select range from range(200000)")

    told = page.locator("#sql-count").inner_text()
    assert "100000 行（其后的行没有取出），表中列前 500 行" in told
    assert page.locator("#sql-table tbody tr").count() == 500


def test_examples_and_tables_are_asked_with_one_click_and_the_address_keeps_them(
    asked: Path, opened: Opener
) -> None:
    browser = opened(asked)
    page = browser.go("sql.html")
    page.locator(".tables summary", has_text="core").first.click()
    page.locator('[data-table="core.region"]').click()
    page.wait_for_selector(DONE)
    assert "云溪区" in page.locator("#sql-table").inner_text()
    kept = page.url.partition("#")[2]
    assert kept == "q=select%20*%20from%20core.region%20limit%20100"

    page = browser.go("sql.html#q=select%207%20as%20seven")
    page.reload()
    assert page.locator("#sql-text").input_value() == "select 7 as seven"
    page.locator(".ask-this").first.click()
    page.wait_for_selector(DONE, timeout=60_000)
    assert page.locator("#sql-fault").is_hidden()


def test_a_browser_without_wasm_or_a_missing_file_is_told(
    asked: Path, opened: Opener, tmp_path: Path
) -> None:
    browser = opened(asked)
    browser.page.add_init_script("delete window.WebAssembly")
    page = browser.go("sql.html")
    assert "不能在页面里查询（没有 WebAssembly）" in page.locator("#sql-fault").inner_text()
    assert page.locator("#sql-ask").is_hidden()


def test_without_scripts_the_examples_are_read(asked: Path, opened: Opener) -> None:
    page = opened(asked, java_script_enabled=False).go("sql.html")
    page.locator(".examples summary").first.click()

    assert "查询需要脚本" in page.locator("main").inner_text()
    assert "select" in page.locator(".examples code").first.inner_text()


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
def test_axe_finds_nothing_on_it(asked: Path, opened: Opener, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(asked, width, bypass_csp=True).go("sql.html")
    ask(page, "select region_code, region_name_zh from core.region order by 1")

    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})

    assert [item["id"] for item in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
