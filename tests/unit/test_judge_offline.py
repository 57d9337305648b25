"""Pages of other people's making after stripping: nothing in them reaches outside or runs.

Belongs here: ``offline_page`` as a function of text. Does not belong here: which pages are made
(test_judge_data_docs).
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.judge.offline import offline_page

LOADS = ("script", "link", "img", "iframe", "object", "embed", "svg", "base", "form", "video")
ADDRESSES = st.sampled_from(
    [
        "https://cdn.example/x.js",
        "HTTP://example/x",
        "//example/x",
        " \t//example/x",
        "\\\\example\\x",
        "/etc/passwd",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "ht\ntps://example",
        "&#104;ttps://example",
        "../x.html",
        "../index.html",
        "index.html#part",
        "index.html?x=https://example",
        "#part",
        "x.css",
    ]
)
ATTRIBUTES = st.sampled_from(
    "src href srcset action formaction poster data background style onclick onload ping cite "
    "xlink:href manifest http-equiv content SRC HREF".split()
)
TAGS = st.sampled_from([*LOADS, *"a p div i style meta audio input table td SCRIPT A".split()])
ELEMENTS = st.builds(
    lambda tag, name, address, quote, text, close: (
        f"<{tag} {name}={quote}{address}{quote}>{text}{f'</{tag}>' if close else ''}"
    ),
    TAGS,
    ATTRIBUTES,
    ADDRESSES,
    st.sampled_from(['"', "'", ""]),
    st.sampled_from(["", "text", "@import url(https://example/x.css);", "</p>", "<b", "<!--"]),
    st.booleans(),
)


class _Reaches(HTMLParser):
    """What a browser would load, run or follow in a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.links: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in LOADS:
            self.found.append(tag)
        for name, value in attrs:
            if name == "href":
                self.links.append(value or "")
            elif name not in ("id", "class", "lang", "charset", "name", "content", "http-equiv"):
                self.found.append(name)


@given(st.lists(st.one_of(ELEMENTS, st.text(max_size=30)), max_size=8).map("".join))
def test_no_reference_to_the_outside_survives(page: str) -> None:
    stripped = offline_page(page, "标题", pages={"index.html"})

    reaches = _Reaches(stripped)
    assert reaches.found == []
    assert all(re.fullmatch(r"(index\.html)?(#[\w-]*)?", link) for link in reaches.links)
    head, _, body = stripped.partition("</head>")
    assert head.count("<meta") == 3 and "default-src 'none'" in head
    assert "url(" not in head and "@import" not in head
    assert not re.search(r"<[^>]*(https?:|//)", body, re.IGNORECASE)


@pytest.mark.parametrize(
    ("page", "body"),
    [
        ("<p>一 &amp; 二 &lt;三&gt;</p>", "<p>一 &amp; 二 &lt;三&gt;</p>"),
        ('<a href="https://x.y">GX</a>', "<a>GX</a>"),
        ('<a href="../index.html#top">Home</a>', '<a href="index.html#top">Home</a>'),
        ('<a href="other.html">x</a>', "<a>x</a>"),
        ("<script>if (a < b) { '</p>' }</script>after", "after"),
        ("<style>p { background: url(//x) }</style>after", "after"),
        ("<svg><svg><use href='#x'/></svg>in</svg>after", "after"),
        ('<img src="//x/logo.png" alt="logo">after', "after"),
        ('<p class="n" onclick="x()" style="color:red">1</p>', '<p class="n">1</p>'),
        (
            '<table><tr><td colspan="2" width="9">1<td>2</table>',
            '<table><tbody><tr><td colspan="2">1</td><td>2</td></tr></tbody></table>',
        ),
        ("<p>never <b>closed", "<p>never <b>closed</b></p>"),
        ("<blink>unknown</blink>", "unknown"),
        ('<p title="&quot;><script>">x</p>', '<p title="&quot;&gt;&lt;script&gt;">x</p>'),
        ("<!-- https://x --><p>x</p>", "<p>x</p>"),
        ("<!DOCTYPE html><html><head></head><body><p>x</p></body></html>", "<p>x</p>"),
        ("<script>never closed <p>x</p>", ""),
    ],
)
def test_what_stays(page: str, body: str) -> None:
    stripped = offline_page(page, "t", pages={"index.html"})
    assert stripped.partition("<body>\n")[2] == f"{body}\n</body>\n</html>\n"


def test_its_head_is_ours() -> None:
    page = offline_page("", "甲 < 乙")
    assert "<title>甲 &lt; 乙</title>" in page
    assert page.startswith('<!DOCTYPE html>\n<html lang="zh">')
