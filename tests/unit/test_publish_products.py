"""Products as plug-ins: what is built, what is linked, and what a new product has to do.

Belongs here: two releases one after the other, and products that only a test has. Does not belong
here: what a product holds.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orchestration.errors import ReleaseError
from orchestration.publish.build import ReleaseInput, build_candidate
from orchestration.publish.durable import remove_tree
from orchestration.publish.product import EVERYTHING, Files, Problem, Product
from orchestration.publish.registry import PRODUCTS
from orchestration.publish.verify import verify_release
from tests.unit.test_publish_verify import rehash, rewrite
from tests.unit.test_publish_world import MACRO, SHA, TIME, build, make_work_db, unsealed

if TYPE_CHECKING:
    from orchestration.publish.edition import Edition
    from orchestration.publish.package import Package

# A figure of the district, whose mart is not touched.
REVISED = "update core.observation set value = 103.5 where observation_id = 'aaaaaa02ffff'"
# Of every release anew: they bear its id or time, list its files, or tell what it changes.
ALWAYS = {
    "CITATION.cff",
    "csv/meta/release.csv",
    "csv/meta/release_file.csv",
    "datapackage.json",
    "manifest.json",
    "mart.duckdb",
    "parquet/meta/release.parquet",
    "parquet/meta/release_file.parquet",
    "quality/report.html",
    "quality/report.json",
    "site/calendar.html",
    "site/calendar.ics",
    "site/changes.html",
    "site/data/release.js",
    "site/feed.atom",
    "site/index.html",
}
WITH_THE_FIGURE = {
    "csv/core/observation.csv",
    "parquet/core/observation.parquet",
    "sdmx/2.1/investment.xml",
    "sdmx/3.0/investment.xml",
    "sdmx/csv/investment.csv",
    "site/data/chunks.js",
    "site/data/found.js",
    "site/data/single/investment.js",
    "site/region/990101.html",
    "site/theme/investment.html",
}


def following(
    root: Path,
    before: Path | None,
    extra_sql: str = "",
    products: Sequence[Product] = PRODUCTS,
    release_id: str = "r2",
    workers: int | None = 0,
) -> Path:
    """A candidate while ``before`` is in force."""
    work = make_work_db(root / f"work-{release_id}.duckdb", release_id, extra_sql)
    macros = root / "macros"
    macros.mkdir(exist_ok=True)
    (macros / "as_of.sql").write_text(MACRO, encoding="utf-8")
    return build_candidate(
        work,
        root / "releases",
        release_id,
        TIME,
        [ReleaseInput("fai_year", "fai.xlsx", SHA)],
        {},
        "demo",
        verdicts={"delivery": "passed", "marts": "passed"},
        licence="CC-BY-4.0",
        macros_dir=macros,
        previous=before,
        products=products,
        workers=workers,
    )


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """The release in force: its candidate under the name it gets when it is published."""
    return build(tmp_path).rename(tmp_path / "releases" / "r1")


def rewritten(before: Path, after: Path) -> set[str]:
    """The files of a release that are not one with those of the release before."""
    return {
        path.relative_to(after).as_posix()
        for path in after.rglob("*")
        if path.is_file()
        and not (
            (before / path.relative_to(after)).is_file()
            and path.samefile(before / path.relative_to(after))
        )
    }


def manifest_of(release: Path) -> Any:
    return json.loads((release / "manifest.json").read_text(encoding="utf-8"))


def parts_of(release: Path) -> dict[str, str]:
    """Each part of a product, and the release it was built for."""
    return {
        f"{product['name']}/{part['name']}": part["built_in"]
        for product in manifest_of(release)["products"]
        for part in product["parts"]
    }


def hashes_of(release: Path) -> dict[str, str]:
    return {
        path.relative_to(release).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in release.rglob("*")
        if path.is_file() and path.name != "mart.duckdb"
    }


# --- what is linked ------------------------------------------------------------------------------


def test_a_release_that_changes_nothing_writes_only_what_names_it(
    first: Path, tmp_path: Path
) -> None:
    after = following(tmp_path, first)

    assert rewritten(first, after) == ALWAYS
    assert verify_release(after, tmp_path / "work-r2.duckdb") == []
    assert verify_release(after, is_thorough=True) == []
    assert len(list(after.rglob("*.*"))) > 60


def test_one_changed_figure_writes_what_shows_it(first: Path, tmp_path: Path) -> None:
    after = following(tmp_path, first, REVISED)

    assert rewritten(first, after) == ALWAYS | WITH_THE_FIGURE
    assert verify_release(after, tmp_path / "work-r2.duckdb") == []
    assert verify_release(after, is_thorough=True) == []
    parts = parts_of(after)
    assert parts["tables/core.observation"] == "r2"
    assert parts["tables/core.region"] == "r1"
    assert parts["pages/theme investment"] == "r2"
    assert parts["figures/indicator fai_growth"] == "r1"
    # It has one figure: it is a row of its theme.
    assert "figures/indicator fai_total" not in parts
    assert parts["workbooks/core"] == "r1"


@pytest.mark.parametrize(
    ("sql", "file"),
    [
        ("update core.region set region_name_en = 'District Z' where region_code = '990102'",
         "site/region/990102.html"),
        ("update core.indicator set name_en = 'Investment' where indicator_code = 'fai_total'",
         "site/region/990101.html"),
        ("update core.source_document set title_en = 'Yearbook'",
         "site/indicator/fai_growth.html"),
        ("update core.observation set value_printed = '7' where observation_id = 'aaaaaa02ffff'",
         "csv/core/observation.csv"),
        ("update meta.column_dictionary set description_en = 'Other.' "
         "where table_name = 'project_pipeline' and column_name = 'projects'",
         "xlsx/investment.xlsx"),
        ("update quality.finding set severity = 'soft'", "site/quality.html"),
        ("delete from quality.finding", "xlsx/core.xlsx"),
    ],
)  # fmt: skip
def test_what_a_file_shows_is_what_it_follows_from(
    first: Path, tmp_path: Path, sql: str, file: str
) -> None:
    """Linked or built: a release holds the same bytes as one that had nothing to link from."""
    after = following(tmp_path, first, sql)
    (tmp_path / "alone").mkdir()
    alone = following(tmp_path / "alone", None, sql)

    assert file in rewritten(first, after)
    issued = ("xlsx/", "brief/", "sdmx/")
    listing = {"manifest.json", "datapackage.json", "csv/meta/release_file.csv",
               "parquet/meta/release_file.parquet", "site/data/release.js", "site/index.html",
               "site/changes.html", "site/downloads.html", "site/calendar.html",
               "site/calendar.ics", "site/feed.atom"}  # fmt: skip
    one, other = hashes_of(after), hashes_of(alone)
    assert {name for name in one if one[name] != other[name] and not name.startswith(issued)} <= (
        listing
    )


def test_papers_say_which_release_their_figures_were_first_issued_in(
    first: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    after = unsealed(following(tmp_path, first, REVISED))
    other = following(tmp_path / "elsewhere", None, release_id="r3")

    stale = {
        "xlsx/investment.xlsx": "r1",
        "sdmx/2.1/structures.xml": "r1",
        "sdmx/3.0/structures.xml": "r1",
        "sdmx/3.0/investment.xml": "r2",
    }
    for name in stale:
        (after / name).unlink()
        shutil.copyfile(other / name, after / name)
        rehash(after, name)
    found = {
        problem.file: problem.detail_en
        for problem in verify_release(after)
        if problem.rule_id == "release.package-incomplete" and problem.file in stale
    }
    assert found == {
        name: f"says it was issued in r3, the manifest says {built}"
        for name, built in stale.items()
    }


def test_a_link_leads_over_many_releases(first: Path, tmp_path: Path) -> None:
    second = following(tmp_path, first).rename(tmp_path / "releases" / "r2")
    third = following(tmp_path, second, REVISED, release_id="r3")

    assert (third / "csv/core/region.csv").samefile(first / "csv/core/region.csv")
    assert parts_of(third)["tables/core.region"] == "r1"
    remove_tree(second)
    assert stat.S_IMODE((third / "csv/core/region.csv").stat().st_mode) == 0o444
    assert verify_release(third, tmp_path / "work-r3.duckdb") == []
    assert verify_release(first) == []


def test_a_file_that_was_changed_since_is_built_anew(first: Path, tmp_path: Path) -> None:
    file = first / "csv/core/region.csv"
    file.chmod(0o644)
    file.write_bytes(file.read_bytes().replace(b"District B", b"District X"))
    page = first / "site/region/990102.html"
    page.chmod(0o644)
    page.unlink()

    after = following(tmp_path, first)

    assert b"District X" not in (after / "csv/core/region.csv").read_bytes()
    assert {"csv/core/region.csv", "parquet/core/region.parquet", "site/region/990102.html"} >= (
        rewritten(first, after) - ALWAYS
    )
    assert parts_of(after)["tables/core.region"] == "r2"
    assert verify_release(after, tmp_path / "work-r2.duckdb") == []


def test_a_linked_file_that_is_changed_later_is_found(first: Path, tmp_path: Path) -> None:
    after = following(tmp_path, first)
    file = first / "csv/core/region.csv"
    file.chmod(0o644)
    file.write_bytes(file.read_bytes().replace(b"District B", b"District X"))

    for release in (first, after):
        found = [problem.file for problem in verify_release(release)]
        assert "csv/core/region.csv" in found


@pytest.mark.parametrize(
    "damage", ["no json", '{"manifest_version": 3}', '{"manifest_version": 2}']
)
def test_a_manifest_that_cannot_be_used_gives_nothing_to_link(
    first: Path, tmp_path: Path, damage: str
) -> None:
    (first / "manifest.json").chmod(0o644)
    (first / "manifest.json").write_text(damage, encoding="utf-8")

    after = following(tmp_path, first)

    assert set(parts_of(after).values()) == {"r2"}
    assert verify_release(after, tmp_path / "work-r2.duckdb") == []


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM, errno.EMLINK])
def test_where_no_link_can_be_made_a_copy_is(
    first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refuse)
    after = following(tmp_path, first)

    assert not (after / "csv/core/region.csv").samefile(first / "csv/core/region.csv")
    assert stat.S_IMODE((after / "csv/core/region.csv").stat().st_mode) == 0o444
    assert parts_of(after)["tables/core.region"] == "r1"
    assert verify_release(after, tmp_path / "work-r2.duckdb") == []


def test_other_processes_build_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    alone = following(tmp_path / "one", None, REVISED, workers=0)
    helped = following(tmp_path / "two", None, REVISED, workers=2)

    assert hashes_of(alone) == hashes_of(helped)


HASHED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.unit.test_publish_products import following

following(Path(sys.argv[1]), None)
"""


def test_what_decides_does_not_depend_on_the_process(tmp_path: Path) -> None:
    """Sets have another order in every process; a part must not be built anew for that."""
    (tmp_path / "run.py").write_text(HASHED)
    found = []
    for seed in ("1", "2"):
        root = tmp_path / seed
        root.mkdir()
        subprocess.run(
            [sys.executable, str(tmp_path / "run.py"), str(root), str(Path(__file__).parents[2])],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        found.append(manifest_of(root / "releases" / ".building-r2")["products"])

    assert found[0] == found[1]


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.unit.test_publish_products import OUTLIVES, PRODUCTS, following

if __name__ == "__main__":
    products = (*PRODUCTS[:-3], OUTLIVES, *PRODUCTS[-3:])
    following(Path(sys.argv[1]), None, products=products, workers=1)
"""


def _outlives_inputs(edition: Edition) -> Mapping[str, Any]:
    return {"part": ""}


def _kill_the_run(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    """In a worker: the run dies, and whoever goes on would write into what it left."""
    run = os.getppid()
    (edition.work_db.parent / "worker").write_text(str(os.getpid()))
    os.kill(run, signal.SIGKILL)
    signal.pause()
    return {}


OUTLIVES = Product("outlives", _outlives_inputs, _kill_the_run, lane="alone")


def test_a_worker_ends_with_the_run_it_works_for(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(KILLED)
    root = str(Path(__file__).parents[2])

    # The worker shares the pipes of the run: this returns when it has ended too, or not at all.
    ended = subprocess.run(
        [sys.executable, str(script), str(tmp_path), root],
        check=False,
        capture_output=True,
        timeout=100,
    )

    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert (tmp_path / "worker").read_text().isdigit()


# --- releases of earlier versions ----------------------------------------------------------------

BEFORE_3 = Path(__file__).parents[1] / "fixtures" / "manifest-2.tar.xz"
"""The small district as it was released when every page bore the id of its release."""


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """A release with a manifest of version 2."""
    with tarfile.open(BEFORE_3) as packed:
        packed.extractall(tmp_path / "earlier")  # noqa: S202 - our own fixture; 3.11.2 knows no filter
    return tmp_path / "earlier" / "r1"


def test_a_release_from_before_products_still_verifies(earlier: Path) -> None:
    assert verify_release(earlier) == []
    assert verify_release(earlier, is_thorough=True) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "rule", "said"),
    [
        ("site/plan.html", b'content="r1"', b'content="r0"', "release.site-incomplete",
         "the page is of another release"),
        ("site/data/names.js", b'"names", "r1"', b'"names", "r0"', "release.site-incomplete",
         "the data file is not what"),
        ("csv/core/region.csv", b"District B", b"District C", "release.row-hash-differs",
         "the rows differ"),
    ],
)  # fmt: skip
def test_a_release_from_before_products_is_still_read_closely(
    earlier: Path, name: str, old: bytes, new: bytes, rule: str, said: str
) -> None:
    rewrite(unsealed(earlier), name, old, new)

    found = [problem.detail_en for problem in verify_release(earlier) if problem.rule_id == rule]
    assert found
    assert said in found[0]


def test_nothing_is_linked_from_a_release_from_before_products(
    earlier: Path, tmp_path: Path
) -> None:
    after = following(tmp_path, earlier)

    assert set(parts_of(after).values()) == {"r2"}
    assert "added 0, revised 0, removed 0" in (after / "site/changes.html").read_text("utf-8")
    assert verify_release(after, tmp_path / "work-r2.duckdb") == []


# --- the id of a release -------------------------------------------------------------------------


def test_the_id_and_time_of_a_release_stand_in_one_script_of_its_site(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    release = following(tmp_path / "a", None, release_id="release-with-a-name")

    named = {
        path.relative_to(release).as_posix()
        for path in (release / "site").rglob("*")
        if path.is_file() and "release-with-a-name" in path.read_text("utf-8")
    }

    assert named == {"site/data/release.js", "site/calendar.ics", "site/feed.atom"}
    for page in ("index.html", "indicator/fai_growth.html", "region/990101.html"):
        text = (release / "site" / page).read_text("utf-8")
        assert 'manifest.json">manifest.json</a>' in text
        assert "2026-04-01" not in text


def test_a_page_of_another_release_is_found(first: Path, tmp_path: Path) -> None:
    after = unsealed(following(tmp_path, first, REVISED))
    for name in ("site/region/990101.html", "site/data/release.js"):
        copy = unsealed(shutil.copytree(after, tmp_path / name.replace("/", "-") / "r2"))
        (copy / name).unlink()
        shutil.copyfile(first / name, copy / name)
        rehash(copy, name)
        found = {
            (problem.file, problem.detail_en)
            for problem in verify_release(copy)
            if problem.rule_id == "release.site-incomplete"
        }
        said = "it is of another release" if "data" in name else "the page is of another release"
        assert (name, said) in found


# --- a new product -------------------------------------------------------------------------------


def _notice_inputs(edition: Edition) -> Mapping[str, Any]:
    return {code: [edition.row_hash("core.region"), code] for code in ("zh", "en")}


def _build_notice(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    rows = edition.con.execute(f"select count(*) from {edition.catalog}.core.region").fetchone()
    (edition.directory / "notice").mkdir(exist_ok=True)
    for part in parts:
        (edition.directory / f"notice/{part}.txt").write_text(f"{part}: {rows}", encoding="utf-8")
    return {part: {f"notice/{part}.txt": 1} for part in parts}


def _check_notice(package: Package) -> Iterator[Problem]:
    for name in ("notice/en.txt", "notice/zh.txt"):
        if package.is_carried(name):
            continue
        text = (package.path / name).read_text(encoding="utf-8")
        if not text.endswith(": (2,)"):
            yield Problem("release.contract-broken", name, "数目不对", f"says {text}")


NOTICE = Product("notice", _notice_inputs, _build_notice, _check_notice)
# Before what lists all files.
WITH_NOTICE = (*PRODUCTS[:-3], NOTICE, *PRODUCTS[-3:])


def test_a_new_product_is_built_listed_checked_and_linked(tmp_path: Path) -> None:
    before = following(tmp_path, None, products=WITH_NOTICE, release_id="r1")
    before = before.rename(tmp_path / "releases" / "r1")
    assert verify_release(before, tmp_path / "work-r1.duckdb", products=WITH_NOTICE) == []
    assert (before / "notice/zh.txt").read_text() == "zh: (2,)"
    assert "notice/zh.txt" in (before / "csv/meta/release_file.csv").read_text()
    assert "notice/zh.txt" in (before / "datapackage.json").read_text()
    assert "notice/zh.txt" in (before / "site/downloads.html").read_text()

    same = following(tmp_path, before, REVISED, products=WITH_NOTICE)
    assert (same / "notice/zh.txt").samefile(before / "notice/zh.txt")
    assert parts_of(same)["notice/zh"] == "r1"
    remove_tree(same)
    (tmp_path / "work-r2.duckdb").unlink()

    more = "insert into core.region values ('990103', '丙区', 'District C')"
    other = following(tmp_path, before, more, products=WITH_NOTICE)
    assert (other / "notice/zh.txt").read_text() == "zh: (3,)"
    found = verify_release(other, tmp_path / "work-r2.duckdb", products=WITH_NOTICE)
    assert [(problem.file, problem.detail_en) for problem in found] == [
        ("notice/en.txt", "says en: (3,)"),
        ("notice/zh.txt", "says zh: (3,)"),
    ]


def test_a_candidate_without_a_registered_product_is_not_good(tmp_path: Path) -> None:
    candidate = following(tmp_path, None)

    found = verify_release(candidate, tmp_path / "work-r2.duckdb", products=WITH_NOTICE)
    assert [(problem.rule_id, problem.file) for problem in found] == [
        ("release.hash-mismatch", "notice/en.txt")
    ]
    # A release of a time before that product is.
    assert verify_release(candidate, products=WITH_NOTICE) == []


def _build_half(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    return {}


def _build_double(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    return {part: {"csv/core/region.csv": None} for part in parts}


@pytest.mark.parametrize(
    ("product", "message"),
    [
        (Product("half", _notice_inputs, _build_half), "half did not build en, zh"),
        (Product("double", _notice_inputs, _build_double), "two products write the same file"),
        (Product("tables", _notice_inputs, _build_notice), "the name is taken"),
        (Product("n", _notice_inputs, _build_notice, after=("later",)), "later not before it"),
    ],
)
def test_a_product_that_breaks_the_contract_is_refused(
    tmp_path: Path, product: Product, message: str
) -> None:
    with pytest.raises(ReleaseError, match=message):
        following(tmp_path, None, products=(*PRODUCTS, product))
    assert list((tmp_path / "releases").iterdir()) == []


def test_the_fingerprint_of_the_inputs_stands_in_the_manifest(tmp_path: Path) -> None:
    work = make_work_db(tmp_path / "work-r1.duckdb")
    candidate = build_candidate(
        work, tmp_path / "releases", "r1", TIME, [], {}, "demo", inputs_fingerprint="abc"
    )

    assert manifest_of(candidate)["inputs_fingerprint"] == "abc"
    assert manifest_of(candidate)["manifest_version"] == 8


def test_products_have_their_own_names_and_come_after_what_they_need() -> None:
    assert [product.name for product in PRODUCTS] == [
        "tables",
        "report",
        "citation",
        "sdmx",
        "semantics",
        "workbooks",
        "pages",
        "yearbook",
        "monthly",
        "briefs",
        "search",
        "figures",
        "calendar",
        "engine",
        "site",
        "inventory",
        "datapackage",
        "engine database",
    ]
    assert [product.name for product in PRODUCTS if EVERYTHING in product.after] == [
        "site",
        "inventory",
        "datapackage",
    ]
