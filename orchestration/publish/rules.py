"""The rules of the release gate that the checks of a release apply.

Belongs here: their ids, and problems that several checks word alike. Does not belong here: checks.
"""

from __future__ import annotations

from orchestration.publish.product import Problem

HASH_MISMATCH = "release.hash-mismatch"
CONTRACT_BROKEN = "release.contract-broken"
ROW_COUNT_DIFFERS = "release.row-count-differs"
ROW_HASH_DIFFERS = "release.row-hash-differs"
DICTIONARY_INCOMPLETE = "release.dictionary-incomplete"
UNSAFE_CELL = "release.unsafe-cell"
UNLABELLED_SIMULATED = "release.unlabelled-simulated"
SDMX_DIFFERS = "release.sdmx-differs"
PACKAGE_INCOMPLETE = "release.package-incomplete"
SITE_INCOMPLETE = "release.site-incomplete"
SITE_FIGURE_DIFFERS = "release.site-figure-differs"
PRINTED_FIGURE_DIFFERS = "release.printed-figure-differs"
WORDS_DIFFER = "release.words-differ"
BROWSER_CANNOT_OPEN = "release.browser-cannot-open"
PAPER_UNREADABLE = "release.paper-unreadable"

RULES = (
    HASH_MISMATCH,
    CONTRACT_BROKEN,
    ROW_COUNT_DIFFERS,
    ROW_HASH_DIFFERS,
    DICTIONARY_INCOMPLETE,
    UNSAFE_CELL,
    UNLABELLED_SIMULATED,
    SDMX_DIFFERS,
    PACKAGE_INCOMPLETE,
    SITE_INCOMPLETE,
    SITE_FIGURE_DIFFERS,
    PRINTED_FIGURE_DIFFERS,
    WORDS_DIFFER,
    BROWSER_CANNOT_OPEN,
    PAPER_UNREADABLE,
)


def contract(file: str, found: str, expected: str) -> Problem:
    """Something is not as the dictionary says."""
    return Problem(
        CONTRACT_BROKEN,
        file,
        f"实际为 {found}，应为 {expected}",
        f"found {found}, expected {expected}",
    )


def unlabelled(file: str) -> Problem:
    """A product hides that figures are simulated."""
    return Problem(
        UNLABELLED_SIMULATED,
        file,
        "版本含模拟数据而此文件没有标明",
        "the release holds simulated rows and this file does not say so",
    )


def incomplete(file: str, zh: str, en: str) -> Problem:
    """A description leaves something out, or speaks of another release."""
    return Problem(PACKAGE_INCOMPLETE, file, zh, en)


def rows_differ(
    file: str, found: tuple[int, str], expected: tuple[int, str], with_zh: str, with_en: str
) -> list[Problem]:
    """The problem with two relations, each given as number and hash of its rows; or none."""
    if found[0] != expected[0]:
        return [
            Problem(
                ROW_COUNT_DIFFERS,
                file,
                f"{found[0]} 行，{with_zh}为 {expected[0]} 行",
                f"{found[0]} rows where {with_en} has {expected[0]}",
            )
        ]
    if found[1] != expected[1]:
        return [
            Problem(
                ROW_HASH_DIFFERS,
                file,
                f"行内容与{with_zh}不同",
                f"the rows differ from those of {with_en}",
            )
        ]
    return []
