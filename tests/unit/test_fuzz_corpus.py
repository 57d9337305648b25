"""The corpus of the fuzzer in the suite: each seed, and seeds that are changed a little.

``python -m tests.fuzz`` looks for inputs that nobody thought of; what it once found lies in
``tests/fuzz/corpus`` and must stay mended. This needs no fuzzer and runs everywhere.

Belongs here: replaying. Does not belong here: what must hold of an answer (``tests.fuzz.targets``).
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import targets
from tests.fuzz.targets import CORPUS, TARGETS, DefectError, Target

LONGEST = 5
"""Seconds for one input; every seed takes a few hundredths."""

MOST_BYTES = 300_000

SEEDS = sorted(path for path in CORPUS.rglob("*") if path.is_file())

COSTLY = {"draft", "pdf", "layout", "declaration", "xlsx"}
"""Targets of which fewer changed seeds are tried."""


@contextmanager
def limited() -> Iterator[None]:
    """Turn a hang into a failure."""

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise TimeoutError(f"not done after {LONGEST} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_seed_shows_no_defect(seed: object) -> None:
    from pathlib import Path

    assert isinstance(seed, Path)
    with limited():
        TARGETS[seed.parent.name](seed.read_bytes())


def slow(content: bytes) -> None:
    import time

    end = time.process_time() + len(content)
    while time.process_time() < end:
        pass


def large(content: bytes) -> None:
    bytearray(len(content) << 20)


@pytest.mark.parametrize(("target", "seconds", "megabytes"), [(slow, 0, 512), (large, 5, 100)])
def test_what_takes_too_much_is_a_defect(
    monkeypatch: pytest.MonkeyPatch, target: Target, seconds: int, megabytes: int
) -> None:
    monkeypatch.setattr(targets, "MOST_SECONDS", seconds)
    monkeypatch.setattr(targets, "MOST_MEGABYTES", megabytes)
    size = 1 if target is slow else targets._peak() + 200
    with pytest.raises(DefectError, match="^takes over"):
        targets.costed(target)(bytes(size))


def test_every_target_has_seeds_and_they_are_small() -> None:
    assert {seed.parent.name for seed in SEEDS} == set(TARGETS)
    assert sum(seed.stat().st_size for seed in SEEDS) < MOST_BYTES


Change = tuple[str, float, bytes]
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["cut", "drop", "insert", "replace", "repeat"]),
        st.floats(0, 1),
        st.one_of(
            st.binary(min_size=1, max_size=6),
            st.text(
                "0123456789.,-+%‰年月季末日—至本上同期比合计其中：:（）()①*#<>\"'&/\\\t\n 　",
                max_size=4,
            ).map(str.encode),
        ),
    ),
    min_size=1,
    max_size=4,
)


def changed(content: bytes, changes: list[Change]) -> bytes:
    """The seed with some bytes lost, added, replaced or said again."""
    for kind, where, text in changes:
        at = int(where * len(content))
        until = min(len(content), at + max(1, len(text)))
        match kind:
            case "cut":
                content = content[:at]
            case "drop":
                content = content[:at] + content[until:]
            case "insert":
                content = content[:at] + text + content[at:]
            case "replace":
                content = content[:at] + text + content[until:]
            case _:
                content = content[:until] + content[at:until] * 8 + content[until:]
    return content


@pytest.mark.parametrize("target", TARGETS)
def test_a_changed_seed_shows_no_defect(target: str) -> None:
    seeds = [seed.read_bytes() for seed in SEEDS if seed.parent.name == target]

    @settings(
        max_examples=15 if target in COSTLY else 40,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(seeds), CHANGES)
    def replay(seed: bytes, changes: list[Change]) -> None:
        with limited():
            TARGETS[target](changed(seed, changes))

    replay()
