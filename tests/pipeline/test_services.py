"""Files of statistical services through the whole pipeline: from bytes to the released figure.

Belongs here: one run with a data set of each kind. Does not belong here: how each file is read
(``tests/unit/test_readers_services``).
"""

from __future__ import annotations

import shutil

import pytest

from tests.pipeline.released import Released, copy_of, qutong
from tests.shapes.files import FILES, TOWNS
from tests.support import HERE, deliver

SERVICES = (
    "yunxi-bureau",
    "yunxi-bureau-new",
    "yunxi-population-cube",
    "yunxi-exports-sdmx",
    "yunxi-jobs-sdmx",
    "yunxi-software",
)
DAY = "2026-02-10"


@pytest.fixture(scope="module")
def served(first: Released, tmp_path_factory: pytest.TempPathFactory) -> Released:
    """The district with a release, and one more with all files of services in it."""
    settings = copy_of(first, tmp_path_factory.mktemp("served") / "district")
    with (settings.raw / "codelists" / "regions.csv").open("a", encoding="utf-8") as regions:
        regions.write(TOWNS)
    for data_set in SERVICES:
        declaration = HERE / "shapes" / f"{data_set}.yml"
        shutil.copyfile(declaration, settings.raw / "datasets" / "profile" / declaration.name)
        name, content = FILES[data_set]
        deliver(settings, data_set, DAY, name, content())
    done = qutong(settings, "run")
    assert done.exit_code == 0, done.output
    return Released(settings, done)


def test_every_cell_is_accounted_for(served: Released) -> None:
    told = served.lines(
        "select data_set_id, cells_read, cells_accepted, cells_quarantined, cells_non_data "
        "from quality.conservation where delivery_id is not null "
        f"and data_set_id in {SERVICES} order by 1"
    )
    assert told == [
        "yunxi-bureau | 5 | 4 | 0 | 1",
        "yunxi-bureau-new | 6 | 5 | 0 | 1",
        "yunxi-exports-sdmx | 6 | 5 | 0 | 1",
        "yunxi-jobs-sdmx | 4 | 3 | 0 | 1",
        "yunxi-population-cube | 9 | 8 | 0 | 1",
        "yunxi-software | 4 | 3 | 0 | 1",
    ]


def test_the_released_figure_knows_its_status_and_its_place(served: Released) -> None:
    told = served.lines(
        "select region_code, period, value, unit, unit_printed, obs_status, conf_status, "
        "delivery_place from core.observation "
        "where data_set_id in ('yunxi-exports-sdmx', 'yunxi-jobs-sdmx') order by data_set_id, "
        "region_code, period"
    )
    at = "/StructureSpecificData/DataSet"
    assert told == [
        "990101 | 2024 | 123456789012345678.25 | 元 | 元 | A | F | R2C8",
        "990101 | 2025-01/2025-06 | 250000000 | 元 | 元 ×10^6 | E | F | R4C8",
        "990101 | 2025-09 | 41100000 | 元 | 元 ×10^6 | P | F | R3C8",
        "990102 | 2024-01/2026-06 | 750000000 | 元 | 元 ×10^8 | A | F | R5C8",
        "990102 | 2025 | – | 元 | 元 ×10^6 | Q | F | R6C8",
        f"990101 | 2025-Q3 | 215000 | 人 | 人 ×10^4 | A | F | {at}/Series[1]/Obs[1]",
        f"990101 | 2025-Q4 | – | 人 | 人 ×10^4 | L | F | {at}/Series[1]/Obs[2]",
        f"990102 | 2025-Q3 | 90071992 | 人 | 人 | U | F | {at}/Series[2]/Obs[1]",
    ]


def test_a_figure_is_traced_to_its_path(served: Released) -> None:
    ids = served.rows(
        "select observation_id from core.observation where data_set_id = 'yunxi-bureau-new' "
        "and period = '2024-Q4'"
    )
    done = qutong(served.settings, "trace", str(ids[0][0]))
    assert done.exit_code == 0, done.output
    assert "$.data[1].values[0].value" in done.stdout
    assert "180.05" in done.stdout


def test_the_release_holds_together(served: Released) -> None:
    assert qutong(served.settings, "release", "verify").exit_code == 0


@pytest.fixture(scope="module")
def changed(served: Released, tmp_path_factory: pytest.TempPathFactory) -> Released:
    """The next day of two services: one dropped a region, the other renamed a code."""
    settings = copy_of(served, tmp_path_factory.mktemp("changed") / "district")
    file = settings.raw / "datasets" / "profile" / "yunxi-population-cube.yml"
    text = file.read_text("utf-8")
    expected = (
        "completeness:\n  expected:\n"
        "  - {indicators: [hu_ji_ren_kou], regions: [云溪区, 云山区]}\nsymbols:\n"
    )
    file.write_text(text.replace("symbols:\n", expected), "utf-8")
    name, content = FILES["yunxi-population-cube"]
    fewer = content().decode().replace('"size": [2, 2, 2]', '"size": [1, 2, 2]')
    fewer = fewer.replace('{"990102": 1, "990101": 0}', '{"990101": 0}')
    fewer = fewer.replace(', "4": 28.05, "6": 99100, "7": null', "").replace(', "7": "M"', "")
    deliver(settings, "yunxi-population-cube", "2026-02-20", name, fewer.encode())
    name, content = FILES["yunxi-bureau-new"]
    renamed = content().decode().replace("9e4", "9e4b")
    assert renamed != content().decode()
    deliver(settings, "yunxi-bureau-new", "2026-02-20", name, renamed.encode())
    return Released(settings, qutong(settings, "run"))


def test_a_region_that_no_longer_comes_is_seen(changed: Released) -> None:
    assert "delivery.incomplete" in changed.done.output
    assert "hu_ji_ren_kou 990102" in changed.done.output


def test_a_code_that_was_renamed_is_seen_and_what_it_said_stays(
    served: Released, changed: Released
) -> None:
    assert changed.lines(
        "select rule_id, delivery_place from quality.quarantine "
        "where data_set_id = 'yunxi-bureau-new' order by all"
    ) == [
        "indicator.unknown | $.data[0].values[1].value",
        "indicator.unknown | $.data[2].values[1].value",
    ]
    steel = (
        "select period, value from core.observation where data_set_id = 'yunxi-bureau-new' "
        "and indicator_code = 'gang_cai_chan_liang_wan_dun' order by 1"
    )
    assert len(served.rows(steel)) == 2
    assert changed.rows(steel) == served.rows(steel)
