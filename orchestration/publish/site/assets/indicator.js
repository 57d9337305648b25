// The page of an indicator: another region, kind of period or view of its series, and its files.
"use strict";
(function () {
  var F, names, rows, place, state;

  function word(list, code) {
    var known = names.words[list] && names.words[list][code];
    return known ? known[QT.isEnglish() ? 1 : 0] : code;
  }
  function name(list, code) { return (names[list][code] || [code, code])[QT.isEnglish() ? 1 : 0]; }
  function unitOf(one, view) {
    if (view === "growth" || view === "change") { return "%"; }
    if (view === "index") { return ""; }
    return one.unit === "1" ? "" : QT.isEnglish() ? QT.english(one.unit) : one.unit;
  }
  function described(one) {
    return [one.what ? word("figure_kind", one.what) : "", one.subject, one.locality,
      word("period_kind", one.kind), one.scope && one.scope !== "not_stated" ? word("scope", one.scope) : "",
      one.breakdown && one.breakdown !== "_T" ? word("breakdown", one.breakdown) : "", unitOf(one, "value")]
      .filter(Boolean).join(" · ");
  }
  var VIEWS = [
    ["value", "水平", "level"], ["growth", "公布的增速", "growth as published"],
    ["change", "与上年同期公布数之比（不是增速）", "change on the level published a year before (no growth)"],
    ["index", "指数（基期=100）", "index (base = 100)"],
    ["rolling", "近十二个月合计", "sum of twelve months"], ["current", "当期（由累计数推算）", "single period (computed from cumulative)"]
  ];
  function count(list, key) {
    var found = {};
    list.forEach(function (row) { found[row[key]] = (found[row[key]] || 0) + 1; });
    return found;
  }
  function most(found) {
    return Object.keys(found).sort(function (a, b) { return found[b] - found[a] || (a < b ? -1 : 1); })[0];
  }
  function refresh() {
    place = document.getElementById("qt-controls");
    if (!place) { return; }
    which();
    var payload = QT.data(place.dataset.source), known = QT.data("names");
    place.textContent = "";
    place.hidden = true;
    document.getElementById("qt-series").textContent = "";
    document.getElementById("qt-save").hidden = true;
    if (payload === null || known === null) { return; }
    F = QT.figures; names = JSON.parse(known); rows = F.parse(payload, names.periods);
    state = state || F.readState();
    place.hidden = false;
    controls();
  }
  function controls() {
    var regions = count(rows, "region");
    var own = regions[state.region] ? state.region : regions[names.district] ? names.district : rows[0].region;
    var ofRegion = rows.filter(function (row) { return row.region === own; });
    var groups = count(ofRegion, "group"), group = Object.keys(groups).filter(function (key) { return key.split("\t").join("~") === state.series; })[0];
    if (!group) {
      // Outturns of the region itself before all else, then the longest.
      var plain = ofRegion.filter(function (row) { return !row.what && !row.subject && !row.locality; });
      group = most(count(plain.length ? plain : ofRegion, "group"));
    }
    var shownRows = ofRegion.filter(function (row) { return row.group === group; })
      .sort(function (a, b) { return a.end < b.end ? -1 : a.end > b.end ? 1 : 0; });
    var views = VIEWS.filter(function (view) {
      return view[0] === "value" || shownRows.some(function (row) { return row[view[0]] !== ""; });
    });
    var view = views.some(function (one) { return one[0] === state.view; }) ? state.view : "value";
    place.textContent = "";
    function change(key) {
      return function (value) {
        state[key] = value;
        if (key === "region") { state.series = state.view = ""; }
        F.writeState(state);
        controls();
        var field = document.getElementById("qt-choose-" + key);
        if (field) { field.focus(); }
      };
    }
    function add(key, text, options, value) {
      if (options.length < 2) { return; }
      var label = F.select(text, options, value, change(key));
      label.querySelector("select").id = "qt-choose-" + key;
      place.append(label);
    }
    add("region", QT.say("地区", "Region"), Object.keys(regions).map(function (code) {
      return [code, name("regions", code) + QT.say("（", " (") + regions[code] + QT.say("）", ")")];
    }), own);
    add("series", QT.say("口径与时期", "Series"), Object.keys(groups).map(function (key) {
      var one = ofRegion.filter(function (row) { return row.group === key; })[0];
      return [key.split("\t").join("~"), described(one) + QT.say("（", " (") + groups[key] + QT.say("）", ")")];
    }), group.split("\t").join("~"));
    add("view", QT.say("看", "Show"), views.map(function (one) { return [one[0], one[QT.isEnglish() ? 2 : 1]]; }), view);
    show(own, shownRows, view);
  }
  function breaks() {
    return Array.prototype.map.call(document.querySelectorAll("#qt-breaks li"), function (item) {
      return { begins: item.dataset.begins, region: item.dataset.region };
    });
  }
  function show(region, own, view) {
    var output = document.getElementById("qt-series"), fixed = document.getElementById("qt-drawn");
    var isFirst = !state.region && !state.series && view === "value";
    // On a narrow screen the drawing of the page is too small to read: it is drawn anew.
    var isFixed = isFirst && fixed && place.clientWidth >= 560;
    output.textContent = "";
    var valued = own.filter(function (row) { return row[view] !== "" && row.conf !== "C" && row.conf !== "N"; });
    var ends = {};
    valued.forEach(function (row) { ends[row.end] = true; });
    if (fixed) { fixed.hidden = !isFixed; }
    var label = name("regions", region) + " · " + described(own[0]) +
      (view === "value" ? "" : " · " + VIEWS.filter(function (one) { return one[0] === view; })[0][QT.isEnglish() ? 2 : 1]);
    if (!isFixed && Object.keys(ends).length > 1) {
      var figure = document.createElement("figure"), caption = document.createElement("figcaption");
      caption.textContent = label;
      var svg = F.draw([{ region: region, points: valued.map(function (row) { return F.point(row, view); }) }],
        { label: label, rank: view === "value" && F.isRank(own[0].unit), breaks: breaks(), width: F.width(output) });
      figure.append(caption, svg);
      var note = document.createElement("p");
      note.className = "note";
      note.textContent = QT.say("横轴按时间比例；" + (svg.dataset.low === "0" ? "纵轴从零起" : "纵轴不从零起") + "。线不跨过缺口与断点。",
        "Time is to scale; the axis " + (svg.dataset.low === "0" ? "starts" : "does not start") + " at zero. The line crosses neither gaps nor breaks.");
      figure.append(note);
      output.append(figure);
    }
    if (!isFirst || own.length > 1) { output.append(table(own, view)); }
    var save = document.getElementById("qt-save");
    save.hidden = false;
    F.buttons(save, function () { return place.dataset.code + "-" + region + (view === "value" ? "" : "-" + view); },
      function () { return sheet(region, own); },
      function () { return output.querySelector("svg") || (fixed && !fixed.hidden ? fixed.querySelector("svg") : null); });
  }
  function reason(row, view) {
    return view === "change" && row.reason ? word("derived_reason", row.reason) : "";
  }
  function table(own, view) {
    var box = document.createElement("details"), title = document.createElement("summary");
    var t = document.createElement("table"), head = t.createTHead().insertRow(), body = t.createTBody();
    title.textContent = QT.say("图中数字（" + own.length + "）", "Figures of the chart (" + own.length + ")");
    t.className = "data";
    t.createCaption().textContent = title.textContent;
    t.caption.className = "vh";
    var heads = [QT.say("报告期", "Period"), QT.say("数字", "Figure")];
    if (view !== "value") { heads.push(VIEWS.filter(function (one) { return one[0] === view; })[0][QT.isEnglish() ? 2 : 1], QT.say("说明", "Note")); }
    heads.forEach(function (text, i) {
      var item = document.createElement("th");
      item.scope = "col"; item.textContent = text;
      if (i > 0 && i < 3) { item.className = "num"; }
      head.append(item);
    });
    own.slice().reverse().forEach(function (row) {
      var line = body.insertRow(), first = document.createElement("th");
      first.scope = "row"; first.textContent = name("periods", row.period);
      line.append(first);
      var cells = [F.shown(row)];
      if (view !== "value") { cells.push(row[view] === "" ? "–" : QT.grouped(row[view]), reason(row, view)); }
      cells.forEach(function (text, i) { var item = line.insertCell(); item.textContent = text; if (i < 2) { item.className = "num"; } });
    });
    box.append(title, t);
    return box;
  }
  // The series as it is written into files: numbers as they are, signs and marks beside them.
  function sheet(region, own) {
    var en = QT.isEnglish();
    var head = en ? ["indicator", "region", "period", "period label", "value", "qualifier", "status", "unit", "kind of period", "scope", "growth as published, %", "change on published, %", "reason", "index", "simulated", "release"]
      : ["指标", "地区", "报告期代码", "报告期", "数值", "限定", "状态", "单位", "期间类型", "统计口径", "公布的增速 %", "与上年同期公布数之比 %", "原因", "指数", "模拟", "版本"];
    var facts = QT.facts();
    return [head].concat(own.map(function (row) {
      return [place.dataset[en ? "en" : "zh"], name("regions", region), row.period, name("periods", row.period),
        row.conf === "C" || row.conf === "N" ? "" : row.value, row.qualifier || "exact", row.status || "A", row.unit,
        word("period_kind", row.kind), word("scope", row.scope), row.growth, row.change, row.reason ? word("derived_reason", row.reason) : "",
        row.index, F.isSimulated(row) ? QT.say("是", "yes") : "", facts ? facts.release : ""];
    }));
  }
  // Each line reads this release, or always the latest.
  function which() {
    var box = document.getElementById("qt-which"), facts = QT.facts();
    box.textContent = "";
    box.hidden = !facts;
    if (!facts) { return; }
    function put(value) {
      document.querySelectorAll(".qt-release").forEach(function (item) { item.textContent = value; });
    }
    var now = which.value || "current";
    box.append(QT.figures.select(QT.say("读取", "Read"), [["current", QT.say("总是最新版本", "always the latest release")],
      [facts.release, QT.say("本版本 ", "this release, ") + facts.release]], now, function (value) { which.value = value; put(value); }));
    put(now);
  }
  QT.onRefresh(refresh);
  window.addEventListener("hashchange", function () { state = null; refresh(); });
})();
