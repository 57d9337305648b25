"""HTTP and HTTPS: a file at an address, one that a page links to, or an answer in several pages.

What comes is written down as it arrives, within limits of time and size; a transfer that breaks
off goes on where it stopped, where the server can. An answer that is a page of errors or a login
where a file was awaited is none. Nobody is led to another host than was declared, and certificates
are looked at before anything secret is said.

Belongs here: asking a server. Does not belong here: what an answer says (readers).
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from urllib.parse import unquote, urlencode, urljoin, urlsplit, urlunsplit

from pydantic import AfterValidator, Field

from orchestration.collect.connectors.attempts import Known
from orchestration.collect.connectors.source import (
    Asked,
    Proxy,
    Pulled,
    SourceError,
    by_period,
    filled,
    proxy_of,
    safe_name,
    tried,
)
from orchestration.spec import Model, SecretName, SourceSection

if TYPE_CHECKING:
    import ssl

    import httpx2 as httpx

_MOST_REDIRECTS: Final = 10
_CONNECT_SECONDS, _READ_SECONDS = 15.0, 60.0
_GONE_ON: Final = (429, 502, 503, 504)
_PAGE_START = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<!--.*?-->|<\?xml[^>]*>)*<(?:!doctype\s+html|html|head|body|script|meta)\b",
    re.IGNORECASE | re.DOTALL,
)
_DECODED: Final = ("", "identity", "gzip", "deflate")
_TOTAL = re.compile(r"bytes (\d+)-\d+/(\d+)")
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{value!r} is no address of the form https://host/path")
    if parts.username or parts.password:
        raise ValueError("names and passwords do not stand in an address: declare `basic`")
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return value


Address = Annotated[str, AfterValidator(_address)]
Pattern = Annotated[str, AfterValidator(_pattern)]


class Find(Model):
    """The address is that of a page, which links to the files."""

    link: Pattern = Field(
        default="", description="What the address of the link matches; {yyyy} … as in address."
    )
    text: Pattern = Field(default="", description="What the words of the link match.")
    take: Literal["first", "last", "newest", "all"] = Field(
        default="first",
        description="Of several links: newest is the one whose words or address sort last by "
        "the numbers in them.",
    )


class Pages(Model):
    """The answer comes in several pages."""

    by: Literal["number", "offset", "link"]
    parameter: str = Field(default="page", description="Of the address: number or offset.")
    first: int = 1
    step: int = Field(default=1, ge=1)
    path: str = Field(default="", description="By link: keys down to it in JSON, with dots.")
    most: int = Field(default=1000, ge=1, description="More pages than that are an error.")


class Basic(Model):
    """Name and password, as a server asks for them."""

    user: str
    secret: SecretName


class Form(Model):
    """A login form that is sent first."""

    address: Address
    fields: dict[str, str] = Field(description="{NAME} stands for a secret.")
    hidden: bool = Field(default=True, description="The form's own hidden fields are sent along.")
    shows: Pattern = Field(default="", description="What the page after a login shows.")


class Section(SourceSection):
    """What ``delivery.source`` says of an HTTP source."""

    address: Address = Field(
        description="{yyyy}, {mm}, {m} and {q} stand for the period that is awaited."
    )
    name: str | None = Field(
        default=None, pattern=r"^[^/\\]+$", description="As what file it is delivered."
    )
    parameters: dict[str, str] = Field(
        default={}, description="{NAME} stands for a secret, {yyyy} … as in address."
    )
    headers: dict[str, str] = Field(default={}, description="{NAME} stands for a secret.")
    body: dict[str, Any] | None = Field(default=None, description="Sent as JSON, by POST.")
    basic: Basic | None = None
    form: Form | None = None
    find: Find | None = None
    pages: Pages | None = None
    shows: Pattern = Field(default="", description="What the answer contains, else it is none.")
    hosts: tuple[str, ...] = Field(default=(), description="Other hosts that it may lead to.")
    user_agent: str = "qutong"
    pause_seconds: float = Field(default=0.0, ge=0, le=60, description="Between two requests.")
    proxy: Proxy | None = None
    authority: Path | None = Field(
        default=None, description="File with the certificate of the authority of the source."
    )
    certificate_sha256: str | None = Field(
        default=None, pattern="^[0-9a-f]{64}$", description="The one certificate it must have."
    )


def origin(section: SourceSection) -> str:
    """Its address; it has no secrets in it."""
    assert isinstance(section, Section)
    return section.address


def pull(asked: Asked) -> Iterator[Pulled]:
    """The file, the files that are linked to, or the pages of the answer.

    Raises:
        SourceError: see ``Source``.
    """
    section = asked.section
    assert isinstance(section, Section)
    questions = by_period(asked, "address", "parameters", "body", "find", "name")
    with _client(section, asked) as client:
        if section.form is not None:
            _Server(client, section, asked).log_in(section.form)
        for one in questions:
            assert isinstance(one.section, Section)
            yield from _asked_for(_Server(client, one.section, one), one.section)


def _asked_for(server: _Server, section: Section) -> Iterator[Pulled]:
    """What a server has for one period, or at all."""
    if section.find is not None:
        for address in server.linked(section.find):
            yield server.file(address)
    elif section.pages is not None:
        yield from server.pages(section.pages)
    else:
        yield server.file(section.address, section.parameters)


# --- a server -----------------------------------------------------------------------------------


@dataclass
class _Answer:
    """What came, in a file, with what the server said of it."""

    path: Path | None
    address: str
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200

    @property
    def tag(self) -> str:
        return self.headers.get("etag", "")

    @property
    def modified(self) -> str:
        return self.headers.get("last-modified", "")

    def start(self, size: int = 4096) -> bytes:
        assert self.path is not None
        with self.path.open("rb") as reader:
            return reader.read(size)


class _Server:
    """The server that is asked in one pull."""

    def __init__(self, client: httpx.Client, section: Section, asked: Asked) -> None:
        self.client, self.section, self.asked = client, section, asked
        self._last = 0.0
        self.own = _origin(section.address)
        self.auth = _auth(section, asked)
        self.headers = {
            name: filled(value, asked.secrets) for name, value in section.headers.items()
        }

    # --- what is asked for ---------------------------------------------------------------------

    def file(
        self, address: str, parameters: Mapping[str, str] | None = None, number: int | None = None
    ) -> Pulled:
        """A file at an address, unless it is the one that is known."""
        told = f"{'&' if '?' in address else '?'}{urlencode(parameters)}" if parameters else ""
        key = f"{address}{told}" if number is None else f"{address} [{number}]"
        # what a page leads to stands in it, so pages are fetched whole
        known = None if number else self.asked.known.get(self.asked.secrets.scrub(key))
        answer = tried(self.asked, lambda: self._get(address, parameters or {}, known))
        name = self._name(answer, number)
        if answer.path is not None:
            answer.path = answer.path.rename(answer.path.with_name(name))
            self._refuse_other(answer)
        return Pulled(
            key=key, name=name, path=answer.path, tag=answer.tag, modified=answer.modified,
            status=str(answer.status),
        )  # fmt: skip

    def pages(self, pages: Pages) -> Iterator[Pulled]:
        """The pages of an answer, until one has nothing."""
        address, parameters = self.section.address, dict(self.section.parameters)
        seen: set[bytes] = set()
        head = b""
        for number in range(pages.most):
            if pages.by != "link":
                parameters[pages.parameter] = str(pages.first + number * pages.step)
            try:
                page = self.file(address, parameters, number + 1)
            except SourceError as error:
                if number and error.status in ("404", "empty"):
                    return
                raise
            assert page.path is not None
            start = page.path.read_bytes()
            if not number and start.strip().count(b"\n"):
                head = start.strip().splitlines()[0].strip()
            if number and (_is_empty(start) or start.strip() == head):
                return
            if start in seen:
                raise SourceError(
                    f"第 {number + 1} 页与前面的一页相同",
                    f"page {number + 1} repeats an earlier one",
                    remedy="mend delivery.source.pages: parameter, first or step",
                )  # fmt: skip
            seen.add(start)
            yield page
            if pages.by == "link":
                following = _next_of(start, pages.path)
                if not following:
                    return
                address, parameters = self._allowed(urljoin(address, following)), {}
        raise SourceError(
            f"超过 {pages.most} 页", f"there are more than {pages.most} pages",
            remedy="raise delivery.source.pages.most, or mend how pages are counted",
        )  # fmt: skip

    def linked(self, find: Find) -> list[str]:
        """Addresses of the links of the page that are meant, in the order of the page."""
        page = tried(
            self.asked, lambda: self._get(self.section.address, self.section.parameters, None)
        )
        assert page.path is not None  # nothing was said of what is known
        links = _links(page.path.read_bytes(), page.address)
        found = [
            (address, text)
            for address, text in links
            if re.search(find.link, address) and re.search(find.text, text)
        ]
        if not found:
            raise SourceError(
                f"页面的 {len(links)} 个链接都不符合申报",
                f"none of the {len(links)} links of the page is as declared",
                remedy="open the address and mend delivery.source.find",
            )
        if find.take == "all":
            chosen = found
        elif find.take == "newest":
            chosen = [max(found, key=lambda link: (_numbers(link[1]), _numbers(link[0])))]
        else:
            chosen = [found[0] if find.take == "first" else found[-1]]
        return [self._allowed(address) for address in dict(chosen)]

    def log_in(self, form: Form) -> None:
        """Send the form; what comes back says whether it was believed."""
        fields = {name: self._filled(value) for name, value in form.fields.items()}
        if form.hidden:
            page = tried(self.asked, lambda: self._get(form.address, {}, None))
            assert page.path is not None
            fields = _hidden(page.path.read_bytes()) | fields
        answer = tried(self.asked, lambda: self._answer("POST", form.address, data=fields))
        assert answer.path is not None
        if form.shows and not re.search(form.shows, _text(answer.path.read_bytes())):
            raise SourceError(
                "登录未被接受", "the login was not accepted",
                remedy="check the secrets and delivery.source.form", status=str(answer.status),
            )  # fmt: skip

    # --- requests ------------------------------------------------------------------------------

    def _get(self, address: str, parameters: Mapping[str, str], known: Known | None) -> _Answer:
        headers = {}
        if known is not None and not self.section.body:
            if known.tag:
                headers["If-None-Match"] = known.tag
            if known.modified:
                headers["If-Modified-Since"] = known.modified
        filled = {name: self._filled(value) for name, value in parameters.items()}
        if filled:
            import httpx2 as httpx

            address = str(httpx.URL(address).copy_merge_params(filled))
        if self.section.body is not None:
            return self._answer("POST", address, json=self.section.body)
        return self._answer("GET", address, headers=headers)

    def _answer(self, method: str, address: str, **asked: Any) -> _Answer:
        """What a server answers, redirects followed as far as they are allowed."""
        for _ in range(_MOST_REDIRECTS):
            with _in_words(), self._sent(method, address, **asked) as (request, response):
                if not response.has_redirect_location:
                    return self._received(request, response)
                address = self._allowed(_joined(address, response.headers["location"]), address)
                code = response.status_code
            if code == 303 or (code in (301, 302) and method == "POST"):
                method, asked = "GET", {"headers": asked.get("headers")}
        raise SourceError(
            "转向没有尽头", "leads on without end",
            remedy="open the address in a browser, and declare where it ends",
            status="redirect loop",
        )  # fmt: skip

    @contextlib.contextmanager
    def _sent(
        self, method: str, address: str, headers: Mapping[str, str] | None = None, **asked: Any
    ) -> Iterator[tuple[httpx.Request, httpx.Response]]:
        """A request and the beginning of its answer; only the declared host hears secrets."""
        import httpx2 as httpx

        self._pause()
        left = self.asked.in_time()
        is_own = _origin(address) == self.own or _is_upgrade(self.own, _origin(address))
        request = self.client.build_request(
            method, address, headers={**(self.headers if is_own else {}), **(headers or {})},
            timeout=httpx.Timeout(min(_READ_SECONDS, left), connect=min(_CONNECT_SECONDS, left)),
            **asked,
        )  # fmt: skip
        response = self.client.send(request, stream=True, auth=self.auth if is_own else None)
        with contextlib.closing(response):
            yield request, response

    def _received(self, request: httpx.Request, response: httpx.Response) -> _Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        address = str(response.url)
        is_conditional = {"if-none-match", "if-modified-since"} & set(request.headers)
        if response.status_code == 304 and is_conditional:
            return _Answer(None, address, headers, 304)
        _refuse_status(response)
        coding = headers.get("content-encoding", "").lower()
        if coding not in _DECODED:
            raise SourceError(
                f"答复的压缩方式 {coding} 未要求", f"is coded as {coding}, which nobody asked for",
                remedy="ask the source for the file as it is", status="coding",
            )  # fmt: skip
        if (said := headers.get("content-length", "")).isdigit():
            self.asked.room(int(said))
        path = self.asked.file("answer")
        with _in_words():
            try:
                self.asked.write(response.iter_bytes(), path)
            except _transport_errors():
                self._go_on(request, response, headers, path)
        return _Answer(path, address, headers, response.status_code)

    def _go_on(
        self,
        request: httpx.Request,
        response: httpx.Response,
        headers: Mapping[str, str],
        path: Path,
    ) -> None:
        """Fetch the rest of what broke off; as often as it breaks off further on.

        Raises:
            httpx.TransportError: the server cannot, or nothing more comes.
        """
        tag = headers.get("etag") or headers.get("last-modified") or ""
        total = headers.get("content-length", "")
        can = (
            total.isdigit()
            and headers.get("accept-ranges") == "bytes"
            and "content-encoding" not in headers
        )
        while True:
            size = path.stat().st_size
            if not can or not tag or tag.startswith("W/") or not size or request.method != "GET":
                path.unlink()
                raise _broken_off(size)
            wanted = {"Range": f"bytes={size}-", "If-Range": tag}
            with self._sent("GET", str(request.url), headers=wanted) as (_, answer):
                if not _goes_on(answer, size, int(total), headers.get("etag")):
                    path.unlink()
                    raise _broken_off(size)
                try:
                    self.asked.write(answer.iter_bytes(), path, "ab")
                except _transport_errors():
                    if path.stat().st_size == size:
                        path.unlink()
                        raise _broken_off(size) from None
                    continue
            if path.stat().st_size != int(total):
                size = path.stat().st_size
                path.unlink()
                raise _broken_off(size)
            return

    def _pause(self) -> None:
        """Wait as long as is declared between two requests."""
        left = self._last + self.section.pause_seconds - time.monotonic()
        if left > 0:
            time.sleep(min(left, self.asked.in_time()))
        self.asked.in_time()
        self._last = time.monotonic()

    def _allowed(self, address: str, before: str = "") -> str:
        """An address that the source leads to, where it may lead there."""
        parts, origin = urlsplit(address), _origin(address)
        named = {parts.hostname, f"{parts.hostname}:{origin[2]}"} & set(self.section.hosts)
        is_own = origin[1:] == self.own[1:] or _is_upgrade(self.own, origin)
        if parts.scheme not in ("http", "https") or not (is_own or named):
            raise SourceError(
                f"转向了另一主机 {parts.netloc}", f"leads on to another host, {parts.netloc}",
                remedy="if that is right, name it in delivery.source.hosts", status="other host",
            )  # fmt: skip
        if "http" == parts.scheme != urlsplit(before or self.section.address).scheme:
            raise SourceError(
                "转向了不加密的地址", "leads on to an address without encryption",
                remedy="declare the address that it has now", status="no encryption",
            )  # fmt: skip
        return urlunsplit(parts._replace(fragment=""))

    def _filled(self, text: str) -> str:
        return filled(text, self.asked.secrets)

    # --- what came -----------------------------------------------------------------------------

    def _name(self, answer: _Answer, number: int | None) -> str:
        told = _told_name(answer.headers.get("content-disposition", ""))
        path = unquote(urlsplit(answer.address).path)
        name = self.section.name or safe_name(told or path, "answer")
        if number is None:
            return name
        stem, dot, ending = name.rpartition(".")
        return f"{stem}-{number:04}.{ending}" if dot else f"{name}-{number:04}"

    def _refuse_other(self, answer: _Answer) -> None:
        """An answer of another kind than was declared is none, whatever its status says."""
        start = answer.start()
        if not start:
            raise SourceError(
                "答复为空", "the answer is empty", status="empty",
                remedy="open the address; it is tried again with the next run", may_pass=True,
            )  # fmt: skip
        awaited = getattr(self.asked.data_set.layout, "format", "")
        if _PAGE_START.match(start) and awaited != "html":
            title = _TITLE.search(start)
            said = _text(title[1]).strip() if title else ""
            raise SourceError(
                f"得到的是网页“{said}”，不是所申报的 {awaited} 文件",
                f"answered with a page, {said!r}, where {awaited} was declared: error or login",
                remedy="open the address in a browser; declare the login, or the new address",
                status="page instead of file",
            )
        assert answer.path is not None
        if self.section.shows:
            text = _text(answer.path.read_bytes())
            if not re.search(self.section.shows, text):
                raise SourceError(
                    "答复中没有所申报的内容", "the answer does not show what was declared",
                    remedy="open the address and mend delivery.source.shows",
                    status="other content",
                )  # fmt: skip


# --- words for what went wrong ------------------------------------------------------------------


def _transport_errors() -> tuple[type[Exception], ...]:
    import httpx2 as httpx

    return (httpx.TransportError, httpx.StreamError)


def _broken_off(size: int) -> SourceError:
    return SourceError(
        f"传输在 {size} 字节处中断", f"broke off after {size} bytes",
        remedy="it is tried again with the next run", status="not whole", may_pass=True,
    )  # fmt: skip


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    """What the library raises, as a person understands it."""
    import ssl

    import httpx2 as httpx

    try:
        yield
    except httpx.TimeoutException as error:
        raise SourceError(
            "没有按时答复", f"did not answer in time ({type(error).__name__})",
            remedy="it is tried again with the next run", status="timeout", may_pass=True,
        ) from error  # fmt: skip
    except (httpx.ConnectError, ssl.SSLError) as error:
        if "CERTIFICATE" in str(error).upper() or isinstance(error, ssl.SSLError):
            raise SourceError(
                "证书不可信", f"its certificate is not trusted: {error}",
                remedy="ask the source; declare authority or certificate_sha256",
                status="certificate",
            ) from error  # fmt: skip
        raise SourceError(
            "连接不上", f"cannot be reached: {error}",
            remedy="check address and network; it is tried again with the next run",
            status="unreachable", may_pass=True,
        ) from error  # fmt: skip
    except httpx.DecodingError as error:
        raise SourceError(
            "压缩的答复已损坏", f"the compressed answer is damaged: {error}",
            remedy="it is tried again with the next run", status="not whole", may_pass=True,
        ) from error  # fmt: skip
    except httpx.TransportError as error:
        raise SourceError(
            "传输中断", f"broke off: {error}",
            remedy="it is tried again with the next run", status="not whole", may_pass=True,
        ) from error  # fmt: skip
    except (httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
        raise SourceError("地址或答复无法使用", f"cannot be used: {error}") from error


_STATUS: Mapping[int, tuple[str, str, str]] = {
    401: ("要求登录", "asks for a login", "declare headers, basic or form, and set the secrets"),
    403: ("拒绝访问", "refuses access", "ask the source; check the secrets and user_agent"),
    404: ("地址上没有文件", "has nothing at this address", "declare the address that it has now"),
    410: ("文件已撤下", "has withdrawn it", "ask the source; declare the new address"),
    429: ("请求过于频繁", "was asked too often", "declare every_minutes or pause_seconds"),
    503: ("暂停服务", "is out of service", "it is tried again with the next run"),
}  # fmt: skip


def _goes_on(answer: httpx.Response, size: int, total: int, tag: str | None) -> bool:
    """Whether an answer is the rest of what broke off, and of nothing else."""
    told = _TOTAL.fullmatch(answer.headers.get("content-range", ""))
    is_same = tag is None or answer.headers.get("etag", tag) == tag
    return (
        answer.status_code == 206
        and told is not None
        and (int(told[1]), int(told[2])) == (size, total)
        and is_same
    )


def _refuse_status(response: httpx.Response) -> None:
    code = response.status_code
    if code in (200, 203):
        return
    if code == 204:
        raise SourceError(
            "答复为空", "the answer is empty", status="empty",
            remedy="open the address; it is tried again with the next run",
        )  # fmt: skip
    zh, en, remedy = _STATUS.get(
        code, ("答复异常", "answered otherwise than it should", "open the address in a browser")
    )
    raise SourceError(
        f"{zh}（{code}）", f"{en} ({code})", remedy=remedy, status=str(code),
        may_pass=code in _GONE_ON or code >= 500,
        wait=_wait_of(response.headers.get("retry-after", "")),
    )  # fmt: skip


def _wait_of(told: str) -> float | None:
    """Seconds of a Retry-After, which is a number or a moment."""
    if told.strip().isdigit():
        return float(told)
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - time.time())


# --- reading pages ------------------------------------------------------------------------------


def _links(page: bytes, address: str) -> list[tuple[str, str]]:
    from lxml import etree, html

    try:
        tree = html.fromstring(_text(page))
    except (ValueError, etree.ParserError):
        return []
    base = _joined(address, next(iter(tree.xpath("//base/@href")), "")) or address
    found = [
        (_joined(base, link.get("href").strip()), " ".join(link.text_content().split()))
        for link in tree.xpath("//a[@href]")
        if not link.get("href").strip().startswith(("#", "javascript:", "mailto:"))
    ]
    return [(link, text) for link, text in found if link]


def _joined(base: str, link: str) -> str:
    """The address of a link; nothing where it is none."""
    try:
        address = urljoin(base, link)
        urlsplit(address)
    except ValueError:
        return ""
    return address


def _hidden(page: bytes) -> dict[str, str]:
    from lxml import etree, html

    try:
        tree = html.fromstring(_text(page))
    except (ValueError, etree.ParserError):
        return {}
    return {
        field.get("name"): field.get("value", "")
        for field in tree.xpath("//form//input[@type='hidden'][@name]")
    }


def _text(page: bytes) -> str:
    """The text of a page, in whatever encoding it is."""
    from orchestration.collect.grid import RefusedError
    from orchestration.collect.readers.delimited import decode

    try:
        text = decode(page, "auto").decode("utf-8")
    except RefusedError:
        text = page.decode("utf-8", "replace")
    # a text that names its encoding is no text to lxml
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", text)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text))


def _is_empty(body: bytes) -> bool:
    """Whether a page of JSON has no record: an empty list, or an object whose lists are empty."""
    if not body.strip():
        return True
    try:
        said = json.loads(body)
    except ValueError:
        return False
    lists = list(_lists(said))
    return bool(lists) and not any(lists)


def _lists(said: Any, depth: int = 3) -> Iterator[list[Any]]:
    if isinstance(said, list):
        yield said
    elif isinstance(said, dict) and depth:
        for value in said.values():
            yield from _lists(value, depth - 1)


def _next_of(body: bytes, path: str) -> str:
    """The address of the page that follows, where the answer says so."""
    try:
        said: Any = json.loads(body)
    except ValueError:
        return ""
    for key in path.split("."):
        said = said.get(key) if isinstance(said, dict) else None
    return str(said or "")


def _told_name(disposition: str) -> str:
    if not disposition:
        return ""
    message = Message()
    message["content-disposition"] = disposition
    name = message.get_filename() or ""
    with contextlib.suppress(UnicodeEncodeError):
        name = _text(name.encode("latin-1"))  # as it came: headers are read as Latin-1
    return unquote(name)


# --- the client ---------------------------------------------------------------------------------


def _client(section: Section, asked: Asked) -> httpx.Client:
    import httpx2 as httpx

    return httpx.Client(
        headers={"User-Agent": section.user_agent, "Accept-Encoding": "identity"},
        verify=_verified(section),
        proxy=proxy_of(section.proxy, asked.secrets),
        # neither a .netrc nor a proxy of the environment decides who is asked, and as whom
        trust_env=False,
    )


def _auth(section: Section, asked: Asked) -> httpx.Auth | None:
    import httpx2 as httpx

    if section.basic is None:
        return None
    return httpx.BasicAuth(section.basic.user, asked.secrets.get(section.basic.secret))


def _origin(address: str) -> tuple[str, str, int]:
    """Scheme, host and port; port 0 where it is none."""
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        return "", "", 0
    return parts.scheme, parts.hostname or "", port


def _is_upgrade(own: tuple[str, str, int], other: tuple[str, str, int]) -> bool:
    """The same host at the usual port of TLS instead of the usual one without."""
    return (own[0], own[2], other[0], other[2]) == ("http", 80, "https", 443) and own[1] == other[1]


def _verified(section: Section) -> ssl.SSLContext | bool:
    """Whom to believe: the system's authorities, a declared one, or one certificate alone."""
    import ssl

    if urlsplit(section.address).scheme != "https":
        return True
    if section.certificate_sha256 is not None:
        return _pinned(section)
    if section.authority is not None:
        try:
            return ssl.create_default_context(cafile=str(section.authority))
        except (OSError, ssl.SSLError) as error:
            raise SourceError(
                "证书机构文件无法使用", f"the file of the authority cannot be used: {error}",
                remedy="mend delivery.source.authority", status="certificate",
            ) from error  # fmt: skip
    return True


def _pinned(section: Section) -> ssl.SSLContext:
    """Believe one certificate; that the server has it is seen before anything is said."""
    import hashlib
    import ssl

    parts = urlsplit(section.address)
    try:
        text = ssl.get_server_certificate(
            (parts.hostname or "", parts.port or 443), timeout=_CONNECT_SECONDS
        )
    except OSError as error:
        raise SourceError(
            "连接不上", f"cannot be reached: {error}",
            remedy="check address and network", status="unreachable", may_pass=True,
        ) from error  # fmt: skip
    found = hashlib.sha256(ssl.PEM_cert_to_DER_cert(text)).hexdigest()
    if found != section.certificate_sha256:
        raise SourceError(
            "证书已更换", f"its certificate is another one: {found}",
            remedy="ask the source; if that is right, declare certificate_sha256 anew",
            status="certificate",
        )  # fmt: skip
    context = ssl.create_default_context(cadata=text)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.check_hostname = False
    return context
