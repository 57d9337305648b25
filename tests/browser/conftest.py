"""The site of an invented district in a real browser that has no network.

Belongs here: the district, its two releases, and how a page is opened. Does not belong here:
expected values.
"""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orchestration.publish import engine
from orchestration.publish.build import build_candidate
from orchestration.publish.durable import remove_tree
from orchestration.settings import Settings, load_settings
from orchestration.steps.door import NO_REASON, execute
from orchestration.steps.workplace import Workplace
from tests.pipeline.steps import one_by_one
from tests.support import GOOD_ROW, deliver, drop, judging_here, make_project, profile

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

INSTALL = "apt-get install -y chromium fonts-noto-cjk"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Five years of one figure make a series, with a bound and a year that is missing.
SERIES = (
    "地区生产总值,云溪区,2019年,年度,380.5,,亿元,水平值,一、综合,yunxi-bulletin,,,",
    "地区生产总值,云溪区,2020年,年度,400,超,亿元,水平值,一、综合,yunxi-bulletin,,,",
    "地区生产总值,云溪区,2022年,年度,450.2,,亿元,水平值,一、综合,yunxi-bulletin,,,",
    "地区生产总值,云山区,2024年,年度,300.25,,亿元,水平值,一、综合,yunxi-bulletin,,,",
    GOOD_ROW,
)
REVISED = "地区生产总值,云溪区,2024年,年度,515.0,,亿元,水平值,一、综合,yunxi-bulletin,,,"
BREAKS = """indicator_codes,region_codes,since,kind,note_zh,note_en
gdp,,2023,census,经济普查修订了以前年份,The economic census revised the years before
gdp,,2031,census,尚无数字,No figure yet
"""
SIMULATED = "学校数,云溪区,2025年,年度,43,,所,个数,三、教育,yunxi-bulletin,,,是"


def chromium() -> str:
    """The path of a browser of this machine; a test that needs one is skipped without."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no Chromium on this machine: {INSTALL}")
    return found


@pytest.fixture(scope="session")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The district with its marts made, and nothing published."""
    settings = make_project(tmp_path_factory.mktemp("site") / "district")
    with (settings.raw / "district.yml").open("a", encoding="utf-8") as file:
        file.write("scorecard: [gdp, gdp_growth, residents, schools]\n")
    (settings.raw / "codelists" / "breaks.csv").write_text(BREAKS, encoding="utf-8")
    for name, row in (("公报2024最终核实.csv", REVISED), ("公报2025.csv", SIMULATED)):
        drop(settings, "yunxi-profile", name, profile(row))
    deliver(settings, "yunxi-profile", "2025-03-06", "公报历年.csv", profile(*SERIES))
    settings = load_settings(settings.project)
    with judging_here():
        report = execute(Workplace(settings), functools.partial(one_by_one, end="quality"))
    # It was not to publish, and no step failed.
    assert (report.error, report.blocking) == (NO_REASON, [])
    return settings


@pytest.fixture(scope="session")
def site(marts: Settings) -> Iterator[Path]:
    """The pages of a release that revises, adds and simulates against the one before it.

    The release before is the same marts without what is new.
    """
    folder = marts.project.parent
    before = _release(marts, folder, BEFORE, WITHOUT_NEWS)
    after = _release(marts, folder, AFTER, "", before)
    yield after / "site"
    for path in (before, after):
        remove_tree(path)


@pytest.fixture(scope="session")
def asked(marts: Settings) -> Iterator[Path]:
    """The pages of a release that has the engine of the browser."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(engine.SETTING)
        if engine.installed() is None:
            pytest.skip("the engine of the page was not fetched: make web")
        path = _release(marts, marts.project.parent, "2026-03-02.1", "")
    yield path / "site"
    remove_tree(path)


BEFORE, AFTER = "2026-02-01.1", "2026-03-01.1"
WITHOUT_NEWS = """
update core.observation set value = 512.3, estimate_stage = 'not_stated'
    where indicator_code = 'gdp' and period = '2024' and region_code = '990101'
        and known_to is null and is_headline;
delete from core.observation where indicator_code = 'schools' and period = '2025';
"""


def _release(
    settings: Settings, folder: Path, release_id: str, sql: str, before: Path | None = None
) -> Path:
    """Build a release from the marts of the run, changed a little."""
    import duckdb

    work = folder / f"{release_id}.duckdb"
    shutil.copyfile(settings.database, work)
    with duckdb.connect(str(work)) as connection:
        connection.execute(f"update meta.release set release_id = '{release_id}'; {sql}")
        (found,) = connection.execute("select release_time, policy from meta.release").fetchall()
    root = folder / release_id
    macros = settings.dbt_project / "release"
    return build_candidate(
        work,
        root,
        release_id,
        found[0],
        [],
        {},
        found[1],
        previous=before,
        macros_dir=macros,
        synonyms={"gdp": ("GDP", "国内生产总值")},
    )


@pytest.fixture
def before(site: Path) -> Path:
    """The pages of the release before."""
    return site.parents[2] / BEFORE / f".building-{BEFORE}" / "site"


@pytest.fixture
def copied(site: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the whole release that a test may damage; its pages."""
    target = tmp_path / "release"
    shutil.copytree(site.parent, target)
    for path in (target, *target.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)
    yield target / "site"
    remove_tree(target)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser that is never downloaded: the one of the system."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@dataclass
class Opened:
    """A page with what went wrong on it.

    Attributes:
        requests: Everything it asked for that is no file of the release.
    """

    page: Page
    root: Path
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def go(self, name: str) -> Page:
        """Open a page of the site from disk."""
        found = re.fullmatch(r"([^?#]*)(.*)", name)
        assert found
        self.page.goto((self.root / found[1]).as_uri() + found[2])
        return self.page


Opener = Callable[..., Opened]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opener]:
    """Opens a context without a network for a folder of pages."""
    contexts: list[BrowserContext] = []

    def start(root: Path, width: int = 1280, **options: Any) -> Opened:
        context = browser.new_context(
            offline=True, viewport={"width": width, "height": 900}, **options
        )
        contexts.append(context)
        found = Opened(context.new_page(), root)
        found.page.on("console", lambda message: found.messages.append(message.text))
        found.page.on("pageerror", lambda error: found.messages.append(str(error)))
        inside = root.parent.as_uri()

        def note(request: Any) -> None:
            if not request.url.startswith(inside):
                found.requests.append(request.url)

        found.page.on("request", note)
        return found

    yield start
    for context in contexts:
        context.close()
