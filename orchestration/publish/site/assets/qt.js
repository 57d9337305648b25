// The pages' only script: language, unit, search, series, and the check that all files belong
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
  if (state.scale !== "wan" && state.scale !== "yi") { state.scale = ""; }
  root.dataset.lang = state.lang;
  root.lang = state.lang === "en" ? "en" : "zh-CN";

  // --- data files ------------------------------------------------------------------------------

  var CRC = new Uint32Array(256);
  for (var n = 0; n < 256; n++) {
    var c = n;
    for (var k = 0; k < 8; k++) { c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1; }
    CRC[n] = c >>> 0;
  }
  function crc32(text) {
    var bytes = new TextEncoder().encode(text);
    var crc = 0xffffffff;
    for (var i = 0; i < bytes.length; i++) { crc = CRC[(crc ^ bytes[i]) & 255] ^ (crc >>> 8); }
    return ("0000000" + ((crc ^ 0xffffffff) >>> 0).toString(16)).slice(-8);
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
      if (item.tagName === "OPTION") { item.textContent = text; }
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
      (facts.zone ? " " + facts.zone : "");
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
  function target(unit) {
    var scales = facts && facts.scales[unit];
    if (!scales || !state.scale) { return null; }
    return scales[state.scale === "wan" ? 0 : 1];
  }
  function unitNode(place, zh, en) {
    if (!place) { return; }
    place.textContent = state.lang === "en" ? en || zh : zh;
  }
  function english(unit) { return (facts && facts.units[unit]) || unit; }

  function rescale() {
    document.querySelectorAll(".fig[data-u]").forEach(function (item) {
      var number = item.querySelector(".n"), unit = item.dataset.u, to = target(unit);
      var moved = to ? shift(number.dataset.v, to[2]) : number.dataset.v;
      var use = to && readable(moved);
      number.textContent = grouped(use ? moved : number.dataset.v);
      unitNode(item.querySelector(".u"), use ? to[0] : unit, use ? to[1] : english(unit));
    });
    // A column has one unit in its head: all of its numbers change, or none.
    document.querySelectorAll("th[data-u]").forEach(function (head) {
      var place = head.cellIndex, unit = head.dataset.u, to = target(unit);
      var numbers = Array.prototype.map.call(head.closest("table").tBodies[0].rows, function (row) {
        var cell = row.cells[place];
        return cell ? cell.querySelector(".n") : null;
      }).filter(Boolean);
      var moved = numbers.map(function (one) { return to ? shift(one.dataset.v, to[2]) : ""; });
      var use = to && moved.every(readable);
      numbers.forEach(function (one, i) {
        one.textContent = grouped(use ? moved[i] : one.dataset.v);
      });
      unitNode(head.querySelector(".u"), use ? to[0] : unit, use ? to[1] : english(unit));
    });
  }

  // --- search ----------------------------------------------------------------------------------

  function fold(text) {
    return text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
  }
  function score(entry, words) {
    // entry: kind, code, zh, en, theme, initials, pinyin, page
    var zh = fold(entry[2]), en = fold(entry[3]), sum = 0;
    for (var i = 0; i < words.length; i++) {
      var w = words[i], best = 0;
      if (zh === w || entry[1] === w || en === w) { best = 100; }
      else if (zh.indexOf(w) === 0) { best = 80; }
      else if (zh.indexOf(w) > 0) { best = 60; }
      else if (en.indexOf(w) >= 0) { best = new RegExp("(^|[^a-z0-9])" + w.replace(/[^a-z0-9]/g, ".")).test(en) ? 55 : 30; }
      else if (entry[5].indexOf(w) === 0) { best = 50; }
      else if (entry[6].indexOf(w.replace(/ /g, "")) === 0) { best = 45; }
      else if (entry[1].indexOf(w) >= 0) { best = 40; }
      else if (entry[5].indexOf(w) > 0 && w.length > 1) { best = 25; }
      else if (entry[6].indexOf(w) > 0 && w.length > 2) { best = 20; }
      if (!best) { return 0; }
      sum += best;
    }
    return sum - Math.min(zh.length, 40) / 10;
  }
  function find(text) {
    var payload = data("search"), list = document.getElementById("qt-results");
    var said = document.getElementById("qt-found"), all = document.getElementById("qt-all");
    var words = fold(text).split(" ").filter(Boolean);
    list.textContent = "";
    all.hidden = words.length > 0 && payload !== null;
    if (!words.length || payload === null) { said.textContent = ""; return; }
    var index = find.index || (find.index = JSON.parse(payload));
    var found = index.entries.map(function (entry, i) {
      return [score(entry, words), i, entry];
    }).filter(function (one) { return one[0] > 0; });
    found.sort(function (a, b) { return b[0] - a[0] || a[1] - b[1]; });
    said.textContent = say("找到 " + found.length + " 项", found.length + " found") +
      (found.length > 100 ? say("，列出前 100 项", ", the first 100 are listed") : "");
    found.slice(0, 100).forEach(function (one) {
      var entry = one[2], item = document.createElement("li"), link = document.createElement("a");
      link.href = meta("qt-base") + entry[7];
      link.textContent = state.lang === "en" ? entry[3] : entry[2];
      var note = document.createElement("span");
      var theme = index.themes[entry[4]];
      note.textContent = entry[0] === "region" ? say("地区 ", "Region ") + entry[1]
        : (theme ? theme[state.lang === "en" ? 1 : 0] : "") + " · " + entry[1];
      item.append(link, note);
      list.append(item);
    });
    carry();
  }

  // --- the series of an indicator --------------------------------------------------------------

  var SVG = "http://www.w3.org/2000/svg";
  function make(name, attributes, text) {
    var node = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    if (text !== undefined) { node.textContent = text; }
    return node;
  }
  // By qualifier its two signs, and the side on which the true figure lies: 1 above, -1 below.
  var BOUND = "@bounds@";
  var GAP = { Q: ["隐", "suppressed"], L: ["未采", "not collected"] };
  var MARK = { P: ["初", "p"], E: ["估", "e"], I: ["估", "e"], F: ["预", "f"] };

  var RANK = ["位", "位次", "名次"];

  // What figures have in common first, a blank line, then a line for each figure.
  function parse(payload, periods) {
    if (!payload) { return []; }
    var cut = payload.indexOf("\n\n"), common = payload.slice(0, cut).split("\n");
    return payload.slice(cut + 2).split("\n").map(function (line) {
      var f = line.split("\t"), group = common[f[7]], c = group.split("\t");
      return {
        region: f[0], period: f[1], value: f[2], qualifier: f[3], status: f[4], conf: f[5],
        flags: f[6], unit: c[0], kind: c[1], scope: c[2], basis: c[3], breakdown: c[4],
        what: c[5] || "", subject: c[6] || "", locality: c[7] || "",
        group: group, end: (periods[f[1]] || [])[2] || f[1]
      };
    });
  }
  function series(place) {
    var payload = data(place.dataset.source), named = data("names");
    place.textContent = "";
    if (payload === null || named === null) { return; }
    var names = JSON.parse(named), rows = parse(payload, names.periods);
    var lang = state.lang === "en" ? 1 : 0;
    function name(list, code) { return (names[list] && names[list][code] || [code, code])[lang]; }
    function word(list, code) {
      return names.words[list] && names.words[list][code] ? names.words[list][code][lang] : code;
    }
    var regions = [], seen = {};
    rows.forEach(function (row) {
      if (!seen[row.region]) { seen[row.region] = 0; regions.push(row.region); }
      seen[row.region] += 1;
    });
    if (rows.length < 2) { return; }
    if (regions.length > 1 || rows.length > 60) {
      var label = document.createElement("label"), select = document.createElement("select");
      label.textContent = say("地区 ", "Region ");
      select.id = "qt-region";
      regions.forEach(function (code) {
        var option = document.createElement("option");
        option.value = code;
        option.textContent = name("regions", code) + "（" + seen[code] + "）";
        select.append(option);
      });
      if (series.region && seen[series.region]) { select.value = series.region; }
      select.addEventListener("change", function () { series.region = select.value; show(select.value); });
      label.append(select);
      place.append(label);
    }
    var output = document.createElement("div");
    place.append(output);
    show(series.region && seen[series.region] ? series.region : regions[0]);

    function show(region) {
      output.textContent = "";
      var own = rows.filter(function (row) { return row.region === region; });
      var groups = {};
      own.forEach(function (row) { (groups[row.group] = groups[row.group] || []).push(row); });
      Object.keys(groups).map(function (key) { return groups[key]; })
        .sort(function (a, b) { return b.length - a.length; }).slice(0, 3)
        .forEach(function (group) { if (group.length > 1) { output.append(draw(group, region)); } });
      if (own.length > 60 || regions.length > 1 && region !== names.district) { output.append(table(own)); }
    }
    function shown(row) {
      if (row.conf === "C" || row.conf === "N") { return GAP.Q[lang]; }
      if (row.value === "") { return (GAP[row.status] || [say("缺", "missing"), "missing"])[lang]; }
      return (BOUND[row.qualifier] || [["", ""]])[0][lang] + grouped(row.value) +
        (MARK[row.status] ? " " + MARK[row.status][lang] : "") +
        (row.flags.indexOf("s") >= 0 ? say(" 模拟", " simulated") : "");
    }
    // Whether a break of the region lies after one day and no later than another.
    function breaks(region, before, end) {
      return Array.prototype.some.call(document.querySelectorAll("#qt-breaks li"), function (item) {
        var told = item.dataset;
        return (!told.region || told.region === region) && before < told.begins && told.begins <= end;
      });
    }
    function draw(group, region) {
      var points = group.filter(function (row) { return row.value !== ""; })
        .sort(function (a, b) { return a.end < b.end ? -1 : a.end > b.end ? 1 : 0; });
      var figure = document.createElement("figure"), caption = document.createElement("figcaption");
      var one = group[0];
      caption.textContent = name("regions", region) + " · " +
        [word("period_kind", one.kind), one.scope && one.scope !== "not_stated" ? word("scope", one.scope) : "",
         one.unit && one.unit !== "1" ? (lang ? english(one.unit) : one.unit) : ""].filter(Boolean).join(" · ");
      figure.append(caption);
      if (points.length < 2) { return figure; }
      var W = Math.min(760, Math.max(300, place.clientWidth)), H = W < 480 ? 200 : 230, L = 20, R = 20, T = 34, B = 34;
      var svg = make("svg", { viewBox: "0 0 " + W + " " + H, role: "img", "aria-label": caption.textContent + say("，数字见下表", ", figures in the table below") });
      var values = points.map(function (row) { return Number(row.value); });
      var low = Math.min.apply(null, values), high = Math.max.apply(null, values);
      var room = (high - low) * 0.12 || Math.abs(high) * 0.1 || 1;
      low -= room; high += room;
      // A place on the axis is a date; the first rank is the highest.
      var days = points.map(function (row) { return new Date(row.end).getTime(); });
      var first = days[0], span = days[days.length - 1] - first || 1, wide = W - L - R - 60;
      var isRank = RANK.indexOf(one.unit) >= 0;
      function X(i) { return L + 30 + (days[i] - first) / span * wide; }
      function Y(v) { return T + (isRank ? v - low : high - v) / (high - low) * (H - T - B); }
      var apart = wide;
      for (var d = 1; d < days.length; d++) { apart = Math.min(apart, X(d) - X(d - 1)); }
      var few = points.length <= (W < 480 ? 6 : 12) && apart >= (W < 480 ? 34 : 44);
      svg.append(make("line", { x1: L, x2: W - R, y1: H - B + 4, y2: H - B + 4, class: "axis" }));
      // A year apart or less makes a series, unless its figures are usually closer; more is a gap.
      // No line crosses a gap, or a break: a thin upright stands there.
      var steps = days.slice(1).map(function (day, i) { return day - days[i]; }).sort(function (a, b) { return a - b; });
      var far = Math.min(400 * 864e5, 1.6 * steps[Math.floor(steps.length / 2)]);
      var broken = points.map(function (row, i) { return i > 0 && breaks(region, points[i - 1].end, row.end); });
      var path = points.map(function (row, i) {
        var jump = i === 0 || days[i] - days[i - 1] > far || broken[i];
        return (jump ? "M" : "L") + X(i).toFixed(1) + " " + Y(values[i]).toFixed(1);
      }).join("");
      broken.forEach(function (is, i) {
        var x = is && (X(i) + X(i - 1)) / 2;
        if (is) { svg.append(make("line", { x1: x, x2: x, y1: T, y2: H - B + 4, class: "break" })); }
      });
      svg.append(make("path", { d: path, class: "line" }));
      // A label has room where the one before it ends; the last one always has.
      var taken = -Infinity, ends = X(points.length - 1) + 10 - broad(points[points.length - 1].period);
      function broad(text) { return 7.2 * text.length + 8; }
      points.forEach(function (row, i) {
        var open = row.status && row.status !== "A" || row.qualifier && row.qualifier !== "exact";
        var x = X(i), y = Y(values[i]);
        if (few) { svg.append(make("circle", { cx: x, cy: y, r: 4.5, class: open ? "dot open" : "dot" })); }
        else { svg.append(make("circle", { cx: x, cy: y, r: 2.2, class: "dot" })); }
        var side = (BOUND[row.qualifier] || ["", 0])[1];
        side = isRank ? -side : side;
        if (few && side > 0) {
          svg.append(make("path", { d: "M" + (x - 4) + " " + (y - 8) + "L" + (x + 4) + " " + (y - 8) + "L" + x + " " + (y - 15) + "Z", class: "arrow" }));
        }
        if (few && side < 0) {
          svg.append(make("path", { d: "M" + (x - 4) + " " + (y + 8) + "L" + (x + 4) + " " + (y + 8) + "L" + x + " " + (y + 15) + "Z", class: "arrow" }));
        }
        var edge = i === 0 ? "start" : i === points.length - 1 ? "end" : "middle";
        var px = i === 0 ? x - 10 : i === points.length - 1 ? x + 10 : x;
        if (few || i === points.length - 1) {
          svg.append(make("text", { x: px, y: y - (row.qualifier && row.qualifier !== "exact" ? 19 : 11), "text-anchor": edge, class: "value" }, shown(row)));
        }
        var starts = i === 0 ? px : x - broad(row.period) / 2;
        if (i === points.length - 1 || starts >= taken && starts + broad(row.period) <= ends) {
          taken = starts + broad(row.period);
          svg.append(make("text", { x: px, y: H - B + 22, "text-anchor": edge, class: "tick" }, row.period));
        }
      });
      figure.append(svg);
      var note = document.createElement("p");
      note.className = "note";
      note.textContent = say("横轴按时间比例；纵轴不从零起" + (isRank ? "，第1在上。" : "。"),
        "Time is to scale; the vertical axis does not start at zero" + (isRank ? ", number 1 is at the top." : ".")) +
        (broken.indexOf(true) < 0 ? "" : say("竖线处为断点，前后不连线，原因见下。", " Uprights are breaks, which no line crosses; their reasons stand below."));
      figure.append(note);
      return figure;
    }
    function table(own) {
      var PAGE = 120, at = 0, box = document.createElement("div");
      var t = document.createElement("table"), head = t.createTHead().insertRow();
      t.className = "data";
      t.createCaption().textContent = say("所选地区的全部现行数字", "All figures in force of the region chosen");
      [say("报告期", "Period"), say("数字", "Figure"), say("单位", "Unit"), say("类型", "Kind")].forEach(function (text, i) {
        var cell = document.createElement("th");
        cell.scope = "col"; cell.textContent = text;
        if (i === 1) { cell.className = "num"; }
        head.append(cell);
      });
      var body = t.createTBody(), more = document.createElement("button");
      more.type = "button";
      function add() {
        own.slice(at, at + PAGE).forEach(function (row) {
          var line = body.insertRow(), first = document.createElement("th");
          first.scope = "row"; first.textContent = name("periods", row.period);
          line.append(first);
          [shown(row), lang ? english(row.unit) : row.unit, [row.what ? word("figure_kind", row.what) : "", row.subject, row.locality, word("period_kind", row.kind), row.breakdown && row.breakdown !== "_T" ? row.breakdown : ""].filter(Boolean).join(" · ")]
            .forEach(function (text, i) { var cell = line.insertCell(); cell.textContent = text === "1" && i === 1 ? "" : text; if (i === 0) { cell.className = "num strong"; } });
        });
        at += PAGE;
        more.hidden = at >= own.length;
        more.textContent = say("再列 " + Math.min(PAGE, own.length - at) + " 个（共 " + own.length + " 个）", "Show " + Math.min(PAGE, own.length - at) + " more of " + own.length);
      }
      more.addEventListener("click", add);
      add();
      box.append(t, more);
      return box;
    }
  }

  // --- start -----------------------------------------------------------------------------------

  function refresh() {
    check();
    translate();
    tell();
    rescale();
    var place = document.getElementById("qt-series");
    if (place) { series(place); }
    var field = document.getElementById("q");
    if (field) { find(field.value); }
    carry();
  }

  document.addEventListener("DOMContentLoaded", function () {
    var lang = document.getElementById("qt-lang"), scale = document.getElementById("qt-scale");
    var menu = document.getElementById("qt-menu"), field = document.getElementById("q");
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
    if (field) {
      field.value = query.get("q") || "";
      field.addEventListener("input", function () { find(field.value); });
      field.form.addEventListener("submit", function (event) { event.preventDefault(); find(field.value); });
      if (field.value) { field.focus(); }
    }
    window.addEventListener("beforeprint", function () {
      document.querySelectorAll("details.foot").forEach(function (item) { item.dataset.open = item.open ? "1" : ""; item.open = true; });
    });
    window.addEventListener("afterprint", function () {
      document.querySelectorAll("details.foot").forEach(function (item) { item.open = item.dataset.open === "1"; });
    });
    refresh();
  });
})();
