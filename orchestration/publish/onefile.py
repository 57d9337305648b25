"""A release's pages as one HTML file, to mail or to carry.

The same pages with the same words: what is shown follows from the address (``#indicator-gdp``), by
style alone, so that links work without scripts. Files of the release that are no pages stay
outside: their names are there, and lead nowhere.

Belongs here: reading the pages of a release and joining them. Does not belong here: writing pages.
"""

from __future__ import annotations

import base64
import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from html import escape, unescape
from pathlib import Path
from urllib.parse import unquote

from orchestration.errors import ReleaseError
from orchestration.publish.clock import zone_words
from orchestration.publish.layout import MANIFEST_FILE
from orchestration.publish.site.markup import both
from orchestration.publish.site.pages import FIXED_PAGES, SITE

MOST_BYTES = 15_000_000
"""What most mail servers still take."""

_ASSETS = Path(__file__).parent / "site" / "assets"
_STYLES, _SCRIPT = ("qt.css", "one.css"), "one.js"
# Pages that are of no use in a file of its own: they need other files.
_LEFT_OUT = frozenset({"sql.html", "compare.html"})
_MAIN = re.compile(r"<main\b[^>]*>(.*)</main>", re.DOTALL)
_HEADER = re.compile(r"<header\b.*?</header>(?:\s*<aside\b.*?</aside>)?", re.DOTALL)
_FOOTER = re.compile(r"<footer\b.*?</footer>", re.DOTALL)
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_TITLE_EN = re.compile(r'<meta name="qt-title" content="([^"]*)"')
_SCALE = re.compile(r'<label class="scale".*?</label>', re.DOTALL)
_EDITION = re.compile(r'<p id="qt-edition">.*?</p>', re.DOTALL)
_TAG = re.compile(r"<[a-zA-Z][^<>]*>")
_ATTRIBUTE = re.compile(r'\s([a-zA-Z][\w:-]*)(?:="([^"]*)")?')
_REFERENCES = frozenset(
    {"for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "list", "headers"}
)
# By these the release gate reads a page again, and scripts move points: a reader needs neither.
_DROPPED = frozenset({"data-o", "data-of", "data-says", "data-v", "data-u", "download"})
_URL = re.compile(r"url\(#([^)]+)\)")
_BLANKS = re.compile(r"\n\s*")


@dataclass(frozen=True)
class _Page:
    """A page of the site: its path in it, what it is called, and what it shows."""

    path: str
    title: tuple[str, str]
    content: str

    @property
    def key(self) -> str:
        return _key(self.path)


def _key(path: str) -> str:
    return path.removesuffix(".html").replace("/", "-")


def onefile(release: Path) -> str:
    """All pages of a release as one HTML text; the same release gives the same text.

    Raises:
        ReleaseError: The folder has no pages.
    """
    site = release / SITE
    pages = list(_pages(site))
    if not pages:
        raise ReleaseError(
            "the release has no pages / 版本没有网页",
            file=site,
            remedy="choose another: qutong release list",
        )
    known = {page.path: page.key for page in pages}
    manifest = json.loads((release / MANIFEST_FILE).read_text(encoding="utf-8"))
    first = (site / pages[0].path).read_text(encoding="utf-8")
    header, footer = (_found(pattern, first) for pattern in (_HEADER, _FOOTER))
    told = f"<p>{_edition(manifest)}</p>"
    style = "\n".join((_ASSETS / name).read_text(encoding="utf-8") for name in _STYLES)
    script = (_ASSETS / _SCRIPT).read_text(encoding="utf-8")
    return "".join(
        [
            _head(pages[0], manifest, style, script),
            _rewritten(_SCALE.sub("", header), "", "", known),
            '<main id="main" tabindex="-1">\n',
            *(_section(page, known, is_first=page is pages[0]) for page in pages),
            "</main>\n",
            _rewritten(_EDITION.sub(lambda found: told, footer), "", "foot--", known),
            "\n</body>\n</html>\n",
        ]
    )


def _pages(site: Path) -> Iterator[_Page]:
    """The fixed pages in the order of the menu, then themes, then the rest by name."""
    names = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    fixed = [f"{name}.html" for name in FIXED_PAGES]
    ordered = [name for name in fixed if name in names - _LEFT_OUT]
    for name in [*ordered, *sorted(names - set(ordered) - _LEFT_OUT, key=_place)]:
        text = (site / name).read_text(encoding="utf-8")
        title = unescape(_found(_TITLE, text)), unescape(_found(_TITLE_EN, text))
        yield _Page(name, title, _found(_MAIN, text))


def _place(name: str) -> tuple[int, str]:
    folders = ("", "theme", "indicator", "region")
    folder = posixpath.dirname(name)
    return folders.index(folder) if folder in folders else len(folders), name


def _found(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    if found is None:
        return ""
    return found[1] if pattern.groups else found[0]


def _head(first: _Page, manifest: dict[str, str], style: str, script: str) -> str:
    allowed = [
        base64.b64encode(sha256(text.encode("utf-8")).digest()).decode("ascii")
        for text in (script, style)
    ]
    policy = (
        f"default-src 'none'; script-src 'sha256-{allowed[0]}'; style-src 'sha256-{allowed[1]}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN" data-lang="zh">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(first.title[0])} {escape(manifest['release_id'])}</title>\n"
        f"<style>{style}</style>\n<script>{script}</script>\n</head>\n<body>\n"
        f'<a class="skip" href="#main">{both("跳到正文", "Skip to the content")}</a>\n'
    )


def _edition(manifest: dict[str, str]) -> str:
    time = manifest.get("release_time_local") or manifest["release_time"]
    moment = time[:16].replace("T", " ")
    clock_zh, clock_en = (
        f" {words}" if words else "" for words in zone_words(manifest.get("time_zone") or "")
    )
    name = manifest["release_id"]
    return both(
        f"版本 {name} · 发布时间 {moment}{clock_zh} · "
        "全部网页合为一个文件；数据文件不在其中，见版本目录。",
        f"Release {name} · released {moment}{clock_en} · all pages in one file; "
        "data files are not in it, they lie in the folder of the release.",
    )


def _section(page: _Page, known: dict[str, str], *, is_first: bool) -> str:
    zh, en = (title.rpartition(" · ")[0] or title for title in page.title)
    css = "page first" if is_first else "page"
    folder = posixpath.dirname(page.path)
    content = _rewritten(page.content, folder, f"{page.key}--", known)
    return (
        f'<div class="{css}" id="{page.key}" data-zh="{escape(zh)}" data-en="{escape(en)}">'
        f"{_BLANKS.sub(chr(10), content)}</div>\n"
    )


def _rewritten(html: str, folder: str, prefix: str, known: dict[str, str]) -> str:
    """A piece of a page with its ids under a name of its own, and links that stay in the file."""

    def attribute(found: re.Match[str]) -> str:
        name, value = found[1], found[2]
        if name in _DROPPED:
            return ""
        if value is None:
            return found[0]
        if name == "id" and prefix:
            return f' id="{prefix}{value}"'
        if name in _REFERENCES:
            return f' {name}="{" ".join(prefix + one for one in value.split())}"'
        if name in ("href", "src", "action"):
            target = _target(value, folder, prefix, known)
            return f' {name}="{target}"' if target else ""
        return _URL.sub(rf"url(#{prefix}\1)", found[0])

    return _TAG.sub(lambda tag: _ATTRIBUTE.sub(attribute, tag[0]), html)


def _target(link: str, folder: str, prefix: str, known: dict[str, str]) -> str:
    """Where a link leads within the file; empty for what lies outside of it."""
    path, _, fragment = link.partition("#")
    if not path:
        return f"#{prefix}{fragment}" if prefix else link
    page = posixpath.normpath(posixpath.join(folder, unquote(path.partition("?")[0])))
    if page not in known:
        return ""
    return f"#{known[page]}--{fragment}" if fragment else f"#{known[page]}"


def write(release: Path, target: Path) -> int:
    """Write the file; returns its size in bytes.

    Raises:
        ReleaseError: The release has no pages, or the file cannot be written.
    """
    content = onefile(release).encode("utf-8")
    try:
        target.write_bytes(content)
    except OSError as error:
        raise ReleaseError(
            f"the file cannot be written / 无法写入文件: {error.strerror}",
            file=target,
            remedy="name another place: --output FILE",
        ) from error
    return len(content)
