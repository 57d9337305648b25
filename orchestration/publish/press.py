"""Makes the products of a release: links what did not change, builds the rest, knows every file.

Belongs here: the loop over products, and what decides between linking and building. Does not belong
here: any one product, the processes it takes (``helpers``), and the database of the release.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

from orchestration.errors import ReleaseError
from orchestration.publish.durable import sha256_of
from orchestration.publish.edition import Edition, FileFact
from orchestration.publish.helpers import Helpers
from orchestration.publish.layout import MANIFEST_FILE
from orchestration.publish.product import DATABASE, EVERYTHING, Files, Product

LINKED_SINCE = 3
"""The first version of the manifest that says what each part was made from."""

# What writes bytes besides our own code.
_LIBRARIES = (
    "duckdb", "jinja2", "polars", "pyarrow", "pypinyin", "python-docx", "vl-convert-python",
    "xlsxwriter",
)  # fmt: skip
# Where a hard link is impossible a copy does: other disk, no right, too many links, no such thing.
_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP})
_HERE = Path(__file__).parent
_CODE = _HERE.parent

Work = list[tuple[Product, list[str] | None]]
"""Products with those of their parts that must be built; None is all they have."""
Built = tuple[Mapping[str, str], Mapping[str, Files]]
"""What a build found out of the inputs of parts (part to hash), and the files it made of each."""


@dataclass(frozen=True)
class Made:
    """A part of a product as the manifest lists it.

    Attributes:
        input_hash: Hash of what it was made from.
        built_in: The release it was built for; another than this one where it was linked.
        files: Its files.
    """

    part: str
    input_hash: str
    built_in: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Previous:
    """The parts of the release in force that may be linked."""

    path: Path
    parts: Mapping[tuple[str, str], Made] = field(default_factory=dict)
    files: Mapping[str, FileFact] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path | None) -> Previous | None:
        """Read what a release says of its parts; none where it is too old to say so, or damaged."""
        if path is None:
            return None
        with suppress(OSError, ValueError, KeyError, TypeError):
            manifest = json.loads((path / MANIFEST_FILE).read_text(encoding="utf-8"))
            if int(manifest["manifest_version"]) < LINKED_SINCE:
                return None
            return cls(
                path,
                {
                    (product["name"], part["name"]): Made(
                        part["name"], part["input_hash"], part["built_in"], tuple(part["files"])
                    )
                    for product in manifest["products"]
                    for part in product["parts"]
                },
                {
                    entry["path"]: FileFact(
                        entry["sha256"], entry["size_bytes"], entry.get("row_count")
                    )
                    for entry in manifest["files"]
                },
            )
        return None

    def link(self, name: str, target: Path) -> bool | None:
        """Give the new release this file too: True as a link, False as a copy, None not at all.

        A file whose bytes are not those its manifest states is never taken over.
        """
        source, fact = self.path / name, self.files.get(name)
        if fact is None or not source.is_file() or source.is_symlink():
            return None
        if source.stat().st_size != fact.size_bytes or sha256_of(source) != fact.sha256:
            return None
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            shutil.copyfile(source, target)
            return False
        return True


class Press:
    """Makes all products of an edition."""

    def __init__(
        self,
        edition: Edition,
        products: Sequence[Product],
        previous: Previous | None,
        helpers: Helpers,
    ) -> None:
        """Prepare.

        Args:
            edition: What products are made from.
            products: Those to make, in the order of the registry.
            previous: The release whose files may be linked.
            helpers: Processes to build in beside this one.
        """
        _check_order(products)
        self.edition, self.products, self.previous = edition, products, previous
        self.helpers = helpers
        self.made: dict[str, dict[str, Made]] = {product.name: {} for product in products}
        self.written: set[str] = set()
        self.running: list[tuple[Work, Future[dict[str, Built]]]] = []
        self.own: Work = []
        self.hashes: dict[tuple[str, str], str] = {}

    def start(self) -> None:
        """Link what can be linked; let other processes begin with their lanes.

        Products with a lane come first: what the others state is read while lanes are built.
        """
        mine = [product for product in self.products if not product.after]
        lanes = self._lanes([product for product in mine if product.lane])
        for lane in lanes.values():
            future = self.helpers.take(_build, self.edition, lane)
            if future is None:
                # No process to be had: this one does all there is to do.
                self.own += lane
            else:
                self.running.append((lane, future))
        self.own += [(product, self._stale(product)) for product in mine if not product.lane]

    def _lanes(self, products: Sequence[Product]) -> dict[str, Work]:
        """What is to be built by lane; there are helpers for it where it is much."""
        lanes: dict[str, Work] = {}
        if self.previous is None:
            # With nothing to link from, whoever builds a lane finds out himself what is in it.
            for product in products:
                lanes.setdefault(product.lane, []).append((product, None))
            return lanes
        parts = 0
        for product in products:
            stale = self._stale(product)
            parts += len(stale)
            if stale:
                lanes.setdefault(product.lane, []).append((product, stale))
        self.helpers.start(parts)
        return lanes

    def build(self, say: Callable[[str], None]) -> None:
        """Build the rest here, and wait for the others."""
        for product, stale in self.own:
            say(product.name)
            self._take(_build(self.edition, [(product, stale)]))
        for lane, future in self.running:
            try:
                done = future.result()
            except BrokenProcessPool:
                # It was killed, or never came to life; what it left half done is written over.
                done = _build(self.edition, lane)
            self._take(done)

    def describe(self, say: Callable[[str], None]) -> None:
        """Make the products that need the files of others; the database is there by now."""
        self._make([p for p in self.products if p.after and DATABASE not in p.after], say)

    def finish(self, say: Callable[[str], None]) -> None:
        """Make the products that need the database as readers get it; it is closed by now."""
        self._make([product for product in self.products if DATABASE in product.after], say)

    def _make(self, products: Sequence[Product], say: Callable[[str], None]) -> None:
        for product in products:
            say(product.name)
            self._take(_build(self.edition, [(product, self._stale(product))]))

    def manifest(self) -> list[dict[str, Any]]:
        """All products with their parts, for the manifest."""
        return [
            {
                "name": product.name,
                "parts": [
                    {
                        "name": part.part,
                        "input_hash": part.input_hash,
                        "built_in": part.built_in,
                        "files": sorted(part.files),
                    }
                    for _, part in sorted(self.made[product.name].items())
                ],
            }
            for product in self.products
        ]

    # --- one product -----------------------------------------------------------------------------

    def _stale(self, product: Product) -> list[str]:
        """The parts of a product that must be built; the others are linked at once."""
        stale = []
        for part, found in _input_hashes(self.edition, product).items():
            self.hashes[product.name, part] = found
            if not self._linked(product, part, found):
                stale.append(part)
        return stale

    def _linked(self, product: Product, part: str, input_hash: str) -> bool:
        """Link a part of the release in force that was made from the same; all of it or nothing."""
        known = self.previous.parts.get((product.name, part)) if self.previous else None
        if self.previous is None or known is None or known.input_hash != input_hash:
            return False
        taken: list[str] = []
        for name in known.files:
            target = self.edition.directory / name
            how = None if target.exists() else self.previous.link(name, target)
            if how is None:
                for done in taken:
                    (self.edition.directory / done).unlink()
                    self.written.discard(done)
                return False
            taken.append(name)
            if not how:
                self.written.add(name)
        self.made[product.name][part] = known
        self.edition.files |= {name: self.previous.files[name] for name in known.files}
        return True

    def _take(self, built: Mapping[str, Built]) -> None:
        """Enter what was built, each file with its hash."""
        for product, (hashes, parts) in built.items():
            for part, files in parts.items():
                for name, rows in files.items():
                    self._enter(name, rows)
                found = hashes.get(part) or self.hashes[product, part]
                self.made[product][part] = Made(part, found, self.edition.release_id, tuple(files))

    def _enter(self, name: str, rows: int | None) -> None:
        file = self.edition.directory / name
        if name in self.edition.files:
            raise ReleaseError(
                f"two products write the same file: {name}",
                file=file,
                remedy="give the product a folder of its own",
            )
        fact = FileFact(sha256_of(file), file.stat().st_size, rows)
        self.edition.files[name] = fact
        self.written.add(name)
        before = self.previous.files.get(name) if self.previous else None
        if self.previous is None or before is None or before.sha256 != fact.sha256:
            return
        # Built anew and the same: one copy on the disk is enough.
        aside = file.with_name(f".{file.name}.link")
        if self.previous.link(name, aside):
            aside.replace(file)
            self.written.discard(name)
        else:
            aside.unlink(missing_ok=True)


def _build(edition: Edition, work: Work) -> dict[str, Built]:
    """Build parts of products, in whatever process this is."""
    done: dict[str, Built] = {}
    for product, stale in work:
        hashes = {} if stale is not None else _input_hashes(edition, product)
        parts = list(hashes) if stale is None else stale
        files = product.build(edition, parts) if parts else {}
        missing = set(parts) ^ set(files)
        if missing:
            raise ReleaseError(
                f"product {product.name} did not build {', '.join(sorted(missing))}",
                remedy="its build returns the files of exactly the parts it was asked for",
            )
        done[product.name] = hashes, files
    return done


def _check_order(products: Sequence[Product]) -> None:
    """Every product has its own name, and stands after those it needs."""
    known: set[str] = set()
    for product in products:
        missing = [name for name in product.after if name not in {*known, EVERYTHING, DATABASE}]
        if product.name in known or missing:
            raise ReleaseError(
                f"product {product.name}: "
                + (f"{', '.join(missing)} not before it" if missing else "the name is taken"),
                place="orchestration.publish.registry",
                remedy="name each product once, after those it needs",
            )
        known.add(product.name)


# --- what decides --------------------------------------------------------------------------------


def _input_hashes(edition: Edition, product: Product) -> dict[str, str]:
    """All parts of a product with the hash of what each is made from."""
    return {
        part: _input_hash(product, part, stated) for part, stated in product.inputs(edition).items()
    }


def _input_hash(product: Product, part: str, stated: Any) -> str:
    """Hash of everything a part is made from: what the product states, and the code."""
    content = [_code(), _module(product.build.__module__), product.name, part, stated]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _code() -> str:
    """Digest of all code and templates that publish, and of the libraries that write bytes."""
    digest = sha256()
    for file in (*_sources(), *_BESIDE):
        digest.update(f"{file.relative_to(_CODE).as_posix()} {sha256_of(file)}\n".encode())
    for name in _LIBRARIES:
        with suppress(metadata.PackageNotFoundError):
            digest.update(f"{name} {metadata.version(name)}\n".encode())
    return digest.hexdigest()


_BESIDE = tuple(_CODE / name for name in ("bounds.csv", "bounds.py", "catalog.py"))
"""What decides words, signs and columns, and stands outside this package."""


def _sources() -> Iterator[Path]:
    for file in sorted(_HERE.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file


@cache
def _module(name: str) -> str:
    """Digest of the module of a product that lies elsewhere."""
    file = getattr(sys.modules.get(name), "__file__", None)
    return sha256_of(Path(file)) if file else ""
