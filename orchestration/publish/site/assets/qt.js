// The script of every page: language, unit, and the check that all files belong
// together. No request leaves the page: data comes in script files that call QT.put.
"use strict";
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  var loaded = {};
  var query = new URLSearchParams(location.search);

  // Storage may be forbidden on file://; then language and unit travel in the address.
  var canStore = true;
  function remembered(key) {
    try { return localStorage.getItem("qt-" + key); } catch (e) { canStore = false; return null; }
  }
  function remember(key, value) {
    try { localStorage.setItem("qt-" + key, value); } catch (e) { canStore = false; }
    state[key] = value;
  }
  var state = {
    lang: query.get("lang") || remembered("lang") || "zh",
    scale: query.get("unit") || remembered("scale") || ""
  };
  if (state.lang !== "en") { state.lang = "zh"; }
  if (["wan", "yi", "own"].indexOf(state.scale) < 0) { state.scale = ""; }
  root.dataset.lang = state.lang;
  root.lang = state.lang === "en" ? "en" : "zh-CN";

  // --- data files ------------------------------------------------------------------------------

  var CRC = new Uint32Array(256);
  for (var n = 0; n < 256; n++) {
    var c = n;
    for (var k = 0; k < 8; k++) { c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1; }
    CRC[n] = c >>> 0;
  }
  function crcOf(bytes) {
    var crc = 0xffffffff;
    for (var i = 0; i < bytes.length; i++) { crc = CRC[(crc ^ bytes[i]) & 255] ^ (crc >>> 8); }
    return (crc ^ 0xffffffff) >>> 0;
  }
  function crc32(text) {
    return ("0000000" + crcOf(new TextEncoder().encode(text)).toString(16)).slice(-8);
  }
  window.QT = {
    put: function (name, count, crc, payload) {
      loaded[name] = { count: count, crc: crc, payload: payload };
    }
  };

  function meta(name) {
    var found = document.querySelector('meta[name="' + name + '"]');
    return found ? found.content : "";
  }
  function say(zh, en) { return state.lang === "en" ? en : zh; }

  // What a page asks for must be there, of this release, whole: else it says so. Which release this
  // is, and which pages and scripts belong to it, stands in data/release.js alone.
  function isWhole(own) { return own && crc32(own.payload) === own.crc; }
  function script(name) { return "data/" + name + ".js "; }
  function faults() {
    var found = [], own = loaded.release;
    facts = isWhole(own) ? JSON.parse(own.payload) : null;
    if (!facts) {
      found.push(["release", script("release") + say("缺失或不完整", "is missing or cut off")]);
    } else {
      var page = document.querySelector('meta[name="qt-page"]');
      if (facts.pages[page.dataset.path] !== page.content) {
        found.push(["*", page.dataset.path +
          say(" 不属于版本 ", " does not belong to release ") + facts.release]);
      }
    }
    document.querySelectorAll('meta[name="qt-data"]').forEach(function (item) {
      var name = item.content, own = loaded[name];
      var known = item.dataset.crc ? [Number(item.dataset.count), item.dataset.crc]
        : facts && facts.scripts[name];
      if (!own) {
        found.push([name, script(name) + say("缺失或不完整", "is missing or cut off")]);
      } else if (!known || own.count !== known[0] || own.crc !== known[1] || !isWhole(own)) {
        found.push([name, script(name) + say("内容与本页不符", "does not match this page")]);
      }
    });
    return found;
  }
  function data(name) {
    return loaded[name] && !broken[name] && !broken["*"] ? loaded[name].payload : null;
  }
  var broken = {}, facts = null;
  function check() {
    var found = faults(), place = document.getElementById("qt-warning");
    broken = {};
    found.forEach(function (fault) { broken[fault[0]] = true; });
    root.classList.toggle("broken", found.length > 0);
    place.hidden = found.length === 0;
    place.textContent = found.length === 0 ? "" : say(
      "这份版本不完整：", "This copy of the release is incomplete: "
    ) + found.map(function (fault) { return fault[1]; }).join("；") +
      say("。请重新复制整个版本目录；由数据文件生成的内容未显示。",
          ". Copy the whole folder again; what is made from data files is not shown.");
  }

  // --- language --------------------------------------------------------------------------------

  var titles = {};
  function translate() {
    root.dataset.lang = state.lang;
    root.lang = state.lang === "en" ? "en" : "zh-CN";
    titles.zh = titles.zh || document.title;
    document.title = (state.lang === "en" ? meta("qt-title") : titles.zh) +
      (facts ? " " + facts.release : "");
    document.querySelectorAll("[data-zh]").forEach(function (item) {
      var text = item.getAttribute("data-" + state.lang);
      if (item.tagName === "INPUT") { item.placeholder = text; }
      if (item.tagName === "OPTION") { item.textContent = text; item.hidden = !text; }
    });
    var button = document.getElementById("qt-lang");
    button.textContent = state.lang === "en" ? "中文" : "English";
    button.lang = state.lang === "en" ? "zh" : "en";
  }
  // The foot of the page, and how to cite it.
  function tell() {
    if (!facts || broken["*"]) { return; }
    document.getElementById("qt-edition").textContent =
      say("版本 ", "Release ") + facts.release + say(" · 发布时间 ", " · released ") + facts.time +
      (facts.clock ? " " + facts.clock[state.lang === "en" ? 1 : 0] : "");
    document.getElementById("qt-statement").textContent = facts.statement[state.lang === "en" ? 1 : 0];
    document.querySelectorAll(".qt-cite").forEach(function (item) {
      item.textContent = say("，版本 ", ", release ") + facts.release + say("。", ".");
    });
  }
  function carry() {
    if (canStore) { return; }
    document.querySelectorAll("a[href$='.html'], a[href*='.html#'], a[href*='.html?']").forEach(function (a) {
      var url = new URL(a.href);
      url.searchParams.set("lang", state.lang);
      url.searchParams.set("unit", state.scale);
      a.href = url.href;
    });
  }

  // --- 万 and 亿: the decimal point moves as text, no digit passes through a float --------------

  function shift(text, places) {
    var sign = text[0] === "-" ? "-" : "", body = sign ? text.slice(1) : text;
    var parts = body.split("."), whole = parts[0], rest = parts[1] || "";
    if (places > 0) {
      while (rest.length < places) { rest += "0"; }
      whole += rest.slice(0, places); rest = rest.slice(places);
    } else if (places < 0) {
      while (whole.length <= -places) { whole = "0" + whole; }
      rest = whole.slice(places) + rest; whole = whole.slice(0, places);
    }
    whole = whole.replace(/^0+(?=\d)/, ""); rest = rest.replace(/0+$/, "");
    return sign + whole + (rest ? "." + rest : "");
  }
  function grouped(text) {
    var sign = text[0] === "-" ? "−" : "", parts = text.replace("-", "").split(".");
    return sign + parts[0].replace(/\B(?=(\d{3})+$)/g, ",") + (parts[1] ? "." + parts[1] : "");
  }
  // So small that nobody would write it so: 4.8 万元 stays, and does not become 0.00048 亿元.
  function readable(text) {
    var found = text.replace("-", "").match(/^0\.(0*)/);
    return /^-?0(\.0*)?$/.test(text) || !found || found[1].length < 2;
  }
  function english(unit) { return (facts && facts.units[unit]) || unit; }

  // As English is written: 1000 亿元 is 100.0 billion yuan. All of the numbers take the same power.
  var LARGE = [[12, "trillion "], [9, "billion "], [6, "million "], [0, ""]];
  function inWords(plain, texts) {
    var full = texts.map(function (text) { return shift(text, plain[2]); });
    var digits = Math.max.apply(null, full.map(function (text) {
      var whole = text.replace("-", "").split(".")[0];
      return whole === "0" ? 0 : whole.length;
    }));
    var found = LARGE.map(function (power) {
      return [power, full.map(function (text) { return shift(text, -power[0]); })];
    }).filter(function (one) {
      return one[0][0] === 0 || (digits > one[0][0] && one[1].every(readable));
    })[0];
    // Alone it is written as in a sentence; beside others it has the digits that it has.
    var isAlone = found[0][0] > 0 && texts.length === 1;
    return [found[1].map(function (text) {
      return grouped(text) + (isAlone && text.indexOf(".") < 0 ? ".0" : "");
    }), found[0][1] + plain[1]];
  }
  // Numbers of one unit as the reader wants them, and what their unit is called then.
  function written(unit, texts) {
    var scales = facts && facts.scales[unit], isEnglish = state.lang === "en";
    if (scales && !state.scale && isEnglish && texts.length) { return inWords(scales[2], texts); }
    var to = scales && state.scale && state.scale !== "own" ? scales[state.scale === "wan" ? 0 : 1] : null;
    var moved = to ? texts.map(function (text) { return shift(text, to[2]); }) : [];
    var use = to && moved.every(readable);
    return [(use ? moved : texts).map(grouped), use ? to[isEnglish ? 1 : 0] : isEnglish ? english(unit) : unit];
  }

  function rescale() {
    // What stands beside each other to be compared has one unit: a ranking, a chart, the columns of
    // a table that bear it in their heads. All of its numbers change, or none.
    var groups = [], known = new Map();
    function group(holder, unit) {
      var own = holder && known.get(holder);
      if (holder && !own) { known.set(holder, own = {}); }
      if (own && own[unit]) { return own[unit]; }
      var made = { unit: unit, numbers: [], names: [] };
      groups.push(made);
      if (own) { own[unit] = made; }
      return made;
    }
    document.querySelectorAll(".fig[data-u]").forEach(function (item) {
      var own = group(item.closest("table.ranks, figure svg"), item.dataset.u);
      own.numbers.push(item.querySelector(".n"));
      own.names.push(item.querySelector(".u"));
    });
    document.querySelectorAll("th[data-u]").forEach(function (head) {
      var table = head.closest("table"), own = group(table, head.dataset.u);
      own.names.push(head.querySelector(".u"));
      Array.prototype.forEach.call(table.tBodies[0].rows, function (row) {
        var cell = row.cells[head.cellIndex];
        own.numbers.push(cell ? cell.querySelector(".n") : null);
      });
    });
    groups.forEach(function (one) {
      var numbers = one.numbers.filter(Boolean);
      var told = written(one.unit, numbers.map(function (number) { return number.dataset.v; }));
      numbers.forEach(function (number, i) { number.textContent = told[0][i]; });
      one.names.filter(Boolean).forEach(function (name) { name.textContent = told[1]; });
    });
  }

  function fold(text) {
    return text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
  }

  // --- for the scripts of single pages ---------------------------------------------------------

  var parts = [];
  function load(name, known, then) {
    if (loaded[name]) { then(whole()); return; }
    var item = document.createElement("script");
    item.src = meta("qt-base") + "data/" + name + ".js";
    item.onload = item.onerror = function () { then(whole()); };
    document.head.append(item);
    // Nothing that is cut off, or of another release, is shown.
    function whole() {
      var own = loaded[name];
      return own && known && own.count === known[0] && own.crc === known[1] && isWhole(own)
        ? own.payload : null;
    }
  }
  Object.assign(window.QT, {
    onRefresh: function (draw) { parts.push(draw); },
    refresh: refresh, say: say, data: data, load: load, english: english, grouped: grouped, written: written,
    crc32: function (bytes) { return crcOf(bytes); }, fold: fold, carry: carry,
    base: function () { return meta("qt-base"); },
    facts: function () { return facts; },
    isEnglish: function () { return state.lang === "en"; }
  });

  // --- start -----------------------------------------------------------------------------------

  function refresh() {
    check();
    translate();
    tell();
    rescale();
    parts.forEach(function (draw) { draw(); });
    carry();
  }

  // On a phone each row of a printed table becomes a card: periods stand before its figures.
  function label() {
    document.querySelectorAll("table.printed-table").forEach(function (table) {
      if (!table.tHead || table.tHead.rows.length !== 1) { return; }
      var heads = Array.prototype.map.call(table.tHead.rows[0].cells, function (head) {
        var zh = head.querySelector(":scope > [lang=zh]"), en = head.querySelector(":scope > [lang=en]");
        return [(zh || head).textContent, (en || head).textContent];
      });
      Array.prototype.forEach.call(table.querySelectorAll("tbody td"), function (cell) {
        cell.dataset.lz = heads[cell.cellIndex][0];
        cell.dataset.le = heads[cell.cellIndex][1];
      });
      table.classList.add("stack");
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    label();
    var lang = document.getElementById("qt-lang"), scale = document.getElementById("qt-scale");
    var menu = document.getElementById("qt-menu");
    lang.hidden = false; menu.hidden = false; scale.closest("label").hidden = false;
    scale.value = state.scale;
    lang.addEventListener("click", function () {
      remember("lang", state.lang === "en" ? "zh" : "en");
      refresh();
    });
    scale.addEventListener("change", function () { remember("scale", scale.value); refresh(); });
    menu.addEventListener("click", function () {
      var open = menu.getAttribute("aria-expanded") !== "true";
      menu.setAttribute("aria-expanded", String(open));
      root.classList.toggle("menu-open", open);
    });
    window.addEventListener("beforeprint", function () {
      document.querySelectorAll("details.foot").forEach(function (item) { item.dataset.open = item.open ? "1" : ""; item.open = true; });
    });
    window.addEventListener("afterprint", function () {
      document.querySelectorAll("details.foot").forEach(function (item) { item.open = item.dataset.open === "1"; });
    });
    refresh();
  });
})();
