"""``python -m tests.fuzz TARGET [--seconds N]``: fuzz one target with atheris (Linux, x86-64).

The corpus of a run begins with the seeds in ``corpus/TARGET/`` and grows in a folder of its own,
so that what ships stays small. An input that shows a defect is written to ``--found``: mend what
it shows, and lay it into ``corpus/TARGET/``, where the test suite replays it from then on.

Belongs here: running. Does not belong here: targets (``targets``).
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path

MAX_LENGTH = {"draft": 600, "number": 60, "period": 120, "layout": 1500, "declaration": 3000}
"""Bytes of an input; files may be longer."""

PARSERS = {
    "xls": ("xlrd",),
    "xlsx": ("openpyxl",),
    "docx": ("docx",),
    "pdf": ("pdfplumber", "pdfminer"),
    "declaration": ("yaml",),
}
"""Libraries in Python that are instrumented with our code."""


def main() -> int:
    """Fuzz until the time is over or a defect is found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--found", type=Path, default=Path("var/fuzz"))
    arguments = parser.parse_args()
    try:
        import atheris
    except ImportError:
        print(
            "atheris is not installed: it has wheels for Linux on x86-64 only. There, install the "
            "extra dev. The seeds are replayed everywhere: pytest tests/unit/test_fuzz_corpus.py",
            file=sys.stderr,
        )
        return 2
    import orchestration.collect

    with atheris.instrument_imports(include=["orchestration", *PARSERS.get(arguments.target, ())]):
        from tests.fuzz.targets import CORPUS, TARGETS

        # Readers are imported when they are needed, which is too late for instrumentation.
        for module in pkgutil.walk_packages(
            orchestration.collect.__path__, "orchestration.collect."
        ):
            importlib.import_module(module.name)
        for name in PARSERS.get(arguments.target, ()):
            importlib.import_module(name)
    if arguments.target not in TARGETS:
        parser.error(f"no such target; there are {', '.join(TARGETS)}")
    found = arguments.found / arguments.target
    grown = found / "corpus"
    grown.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={arguments.seconds}",
        f"-max_len={MAX_LENGTH.get(arguments.target, 20_000)}",
        f"-artifact_prefix={found}/",
        "-timeout=10",
        "-rss_limit_mb=3000",
        str(grown),
        str(CORPUS / arguments.target),
    ]
    atheris.Setup([sys.argv[0], *options], TARGETS[arguments.target])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
