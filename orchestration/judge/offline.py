"""A page of a library made safe to open: nothing in it is loaded from elsewhere or executed.

Belongs here: taking out of HTML whatever reaches outside, and one stylesheet instead. Does not
belong here: what the page says (``data_docs``).
"""

from __future__ import annotations

import functools
import html
import posixpath
import re
from collections.abc import Collection

# What may stay: text, tables and lists, and nothing that loads or runs.
_TAGS = frozenset(
    "a abbr article aside b blockquote br caption code col colgroup dd details div dl dt em "
    "figcaption figure h1 h2 h3 h4 h5 h6 header hr i label li main nav ol p pre s section small "
    "span strong sub summary sup table tbody td tfoot th thead time tr u ul".split()
)
# Of other elements the text stays, but of these goes everything in them.
_DROPPED = frozenset(
    "applet audio button canvas embed footer form frame frameset iframe image img input link math "
    "meta noscript object option picture portal script select source style svg template textarea "
    "title track video".split()
)
# What may stay on an element; addresses are looked at one by one.
_KEPT = frozenset("id class lang title scope colspan rowspan role hidden".split())

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
:root { --ink: #1d2430; --quiet: #545e6c; --line: #d5dae1; --wash: #f4f6f8; --bad: #a3161f; --good: #1c6b3a; --warn: #7d5200; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem; color: var(--ink); background: #fff; font: 15px/1.55 "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif; }
h1, h4 { margin: .6rem 0 .2rem; font-size: 1.5rem; }
h5 { margin: 1.6rem 0 .4rem; padding-bottom: .25rem; border-bottom: 2px solid var(--ink); font-size: 1.1rem; }
h6, .h6 { margin: .6rem 0 .2rem; font-size: .95rem; font-weight: 600; }
p { margin: .4rem 0; }
a { color: inherit; }
.lead, .note { color: var(--quiet); }
.ge-breadcrumbs { margin: 0; padding: 0; list-style: none; }
.ge-breadcrumbs li { display: inline; }
.ge-breadcrumbs li + li::before { content: " / "; color: var(--quiet); }
.sticky, thead[hidden], p.m-0 { display: none; }
table { width: 100%; margin: .4rem 0; border-collapse: collapse; font-size: .92rem; }
th, td { padding: .35rem .5rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: var(--wash); font-weight: 600; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
code, .code { color: var(--quiet); font-family: "Noto Sans Mono CJK SC", Consolas, monospace; font-size: .86em; }
.quiet { color: var(--quiet); }
td .code, td .quiet { display: block; }
td:last-child { min-width: 8rem; }
.collapse { margin-top: .6rem; color: var(--quiet); font-size: .92rem; }
i.fas { font-style: normal; font-weight: 600; white-space: nowrap; }
i.fa-check-circle { color: var(--good); }
i.fa-check-circle::before { content: "✓"; }
td i.fa-check-circle::before { content: "✓ 通过 passed"; }
i.fa-times { color: var(--bad); }
i.fa-times::before { content: "✗"; }
td i.fa-times::before { content: "✗ 未通过 failed"; }
i.fa-exclamation-triangle { color: var(--warn); }
i.fa-exclamation-triangle::before { content: "! 未能运行 could not be run"; }
@page { size: A4; margin: 15mm; }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } tr { break-inside: avoid; } thead { display: table-header-group; } }
"""  # noqa: E501 - one rule of the stylesheet per line


def offline_page(page: str, title: str, pages: Collection[str] = ()) -> str:
    """The body of a page under a head of our own, with nothing left that reaches outside.

    Args:
        page: HTML of any origin; broken HTML is taken as a browser would, or left out.
        title: The title it gets.
        pages: Names of files beside it; links to them and within the page stay links.
    """
    import nh3

    body = nh3.clean(
        page,
        tags=_TAGS,
        clean_content_tags=_DROPPED,
        attributes={"*": _KEPT, "a": {"href"}},
        attribute_filter=functools.partial(_attribute, frozenset(pages)),
        url_schemes=frozenset(),
        link_rel=None,
    )
    return (
        '<!DOCTYPE html>\n<html lang="zh">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{_without_blank_lines(body)}\n</body>\n</html>\n"
    )


def _without_blank_lines(text: str) -> str:
    return re.sub(r"\s*\n\s*", "\n", text).strip()


def _attribute(pages: Collection[str], tag: str, name: str, value: str) -> str | None:
    return _address(pages, value) if name == "href" else value


def _address(pages: Collection[str], value: str) -> str | None:
    """A place in the page or a page beside it; None for everything else."""
    target, mark, place = value.strip().partition("#")
    fragment = mark + place if re.fullmatch(r"[\w-]*", place) else ""
    if not target:
        return fragment or None
    name = posixpath.basename(target)
    is_relative = re.fullmatch(r"[\w./-]+", target) and not target.startswith("/")
    return f"{name}{fragment}" if is_relative and name in pages else None
