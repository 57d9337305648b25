// A comparison that the reader builds: indicators, regions and periods, laid out, coloured, drawn,
// added up where that is allowed, and written into files. What must not be compared is refused, with
// the reason: from what the release states of each figure and indicator, never from its name.
"use strict";
(function () {
  var F, names, index, known, place, state, figures = {}, waiting = 0, byCode = {};
  var MOST_INDICATORS = 8, MOST_REGIONS = 60;
  var DIMENSIONS = { p: ["时期", "periods"], r: ["地区", "regions"], i: ["指标", "indicators"] };
  var VIEWS = [["table", "表", "table"], ["heat", "热力表", "heat table"], ["one", "同一坐标的线图", "lines on one axis"],
    ["small", "小图组", "small multiples"], ["rank", "排序", "ranking"], ["tiles", "方块图（按代码，不按位置）", "tiles (by code, not by place)"]];

  function lang() { return QT.isEnglish() ? 1 : 0; }
  function word(list, code) { var found = names.words[list] && names.words[list][code]; return found ? found[lang()] : code; }
  function name(list, code) { return (names[list][code] || [code, code])[lang()]; }
  function unit(text) { return text === "1" || !text ? "" : QT.isEnglish() ? QT.english(text) : text; }
  function entry(code) {
    var e = byCode[code];
    return e && { code: e[0], name: e[lang() ? 2 : 1], theme: e[3], measure: e[4], scope: e[5], price: e[6],
      count: e[8], script: e[9], adds: { p: e[10], r: e[11] } };
  }
  function unique(list) { return list.filter(function (one, i) { return list.indexOf(one) === i; }); }
  function node(tag, text, css) {
    var made = document.createElement(tag);
    if (text !== undefined) { made.textContent = text; }
    if (css) { made.className = css; }
    return made;
  }

  // --- what is chosen ----------------------------------------------------------------------------

  function listOf(key) { return (state[key] || "").split(",").filter(Boolean); }
  function codes() {
    return (state.i || "").split(",").map(decodeURIComponent).filter(function (code) { return byCode[code]; }).slice(0, MOST_INDICATORS);
  }
  function put(key, value) {
    state[key] = value;
    F.writeState(state);
    show();
  }
  function putCodes(list) { put("i", list.map(encodeURIComponent).join(",")); }

  function load() {
    codes().forEach(function (code) {
      if (figures[code] !== undefined) { return; }
      figures[code] = null;
      waiting += 1;
      var script = entry(code).script;
      QT.load(script, known[script], function (payload) {
        waiting -= 1;
        // A script of single figures holds a text for each indicator of its theme.
        var text = payload === null ? null : script.indexOf("single/") === 0 ? JSON.parse(payload)[code] : payload;
        figures[code] = text === null || text === undefined ? false : F.parse(text, names.periods);
        if (waiting === 0) { show(); }
      });
    });
  }

  // One kind of period; of each indicator one series, so that nothing of two scopes stands in a line.
  function chosen() {
    var all = codes().map(function (code) { return { code: code, of: entry(code), rows: figures[code] || [] }; });
    var kinds = unique([].concat.apply([], all.map(function (one) { return one.rows.map(function (row) { return row.kind; }); })));
    var counts = {};
    all.forEach(function (one) { one.rows.forEach(function (row) { counts[row.kind] = (counts[row.kind] || 0) + 1; }); });
    kinds.sort(function (a, b) { return counts[b] - counts[a]; });
    var kind = kinds.indexOf(state.k) >= 0 ? state.k : kinds[0];
    all.forEach(function (one) {
      var own = one.rows.filter(function (row) { return row.kind === kind; }), groups = {};
      own.forEach(function (row) { groups[row.group] = (groups[row.group] || 0) + 1; });
      one.groups = Object.keys(groups).sort(function (a, b) { return apart(a) - apart(b) || groups[b] - groups[a] || (a < b ? -1 : 1); });
      var asked = state["s." + one.code];
      one.group = one.groups.filter(function (key) { return key.split("\t").join("~") === asked; })[0] || one.groups[0];
      one.rows = own.filter(function (row) { return row.group === one.group; });
      one.row = one.rows[0];
    });
    return { all: all, kinds: kinds, kind: kind };
  }
  // Forecasts and figures of a subject or a place come after outturns of the region itself.
  function apart(group) { var c = group.split("\t"); return c[5] || c[6] || c[7] ? 1 : 0; }

  function narrowed(set) {
    var every = [].concat.apply([], set.all.map(function (one) { return one.rows; }));
    var regions = unique(every.map(function (row) { return row.region; }));
    regions.sort(function (a, b) { return (b === names.district) - (a === names.district) || (a < b ? -1 : 1); });
    var wanted = listOf("r").filter(function (code) { return regions.indexOf(code) >= 0; });
    if (!wanted.length) { wanted = regions.slice(0, regions.indexOf(names.district) === 0 ? 1 : 3); }
    wanted = wanted.slice(0, MOST_REGIONS);
    var ends = {};
    every.forEach(function (row) { if (wanted.indexOf(row.region) >= 0) { ends[row.period] = row.end; } });
    var periods = Object.keys(ends).sort(function (a, b) { return ends[a] < ends[b] ? 1 : ends[a] > ends[b] ? -1 : a < b ? 1 : -1; });
    var from = ends[state.f] ? state.f : periods[Math.min(periods.length, 10) - 1], to = ends[state.t] ? state.t : periods[0];
    var within = periods.filter(function (p) { return ends[p] >= ends[from] && ends[p] <= ends[to]; });
    var cells = {};
    set.all.forEach(function (one) {
      one.rows.forEach(function (row) {
        if (wanted.indexOf(row.region) >= 0 && within.indexOf(row.period) >= 0) {
          cells[[one.code, row.region, row.period].join("\n")] = row;
        }
      });
    });
    return { regions: regions, wanted: wanted, periods: periods, within: within, from: from, to: to, cells: cells };
  }

  // --- what must not be compared -----------------------------------------------------------------

  function differ(what, zh, en, texts) {
    var found = unique(what.filter(function (one) { return one !== undefined; }));
    return found.length > 1 ? [zh + "：" + found.map(texts).join("、"), en + ": " + found.map(texts).join(", ")] : null;
  }
  function wordOf(list) { return function (code) { return code ? word(list, code) : QT.say("未注明", "not stated"); }; }
  // Why figures may not stand on one axis, in one order or in one sum; nothing where they may.
  function mixed(set, rows) {
    var of = set.all.filter(function (one) { return rows.some(function (row) { return row.group === one.group; }) && one.row; });
    return [
      differ(rows.map(function (row) { return row.unit; }), "单位不同", "different units", function (code) { return unit(code) || "1"; }),
      differ(of.map(function (one) { return one.of.measure; }), "度量不同", "different measures", wordOf("measure")),
      differ(of.map(function (one) { return one.row.scope; }), "统计口径不同", "different scopes", wordOf("scope")),
      differ(of.map(function (one) { return one.of.price; }), "价格口径不同", "different price bases", wordOf("price_basis")),
      differ(rows.map(function (row) { return row.kind; }), "期间类型不同", "different kinds of period", wordOf("period_kind"))
    ].concat(origins(rows)).filter(Boolean);
  }
  // Never in one colouring, order or sum, whatever the unit.
  function origins(rows) {
    return [
      differ(rows.map(F.isSimulated), "模拟数与真实数不能并比", "simulated beside real figures", function (is) { return is ? QT.say("模拟", "simulated") : QT.say("真实", "real"); }),
      differ(rows.map(function (row) { return row.what || "outturn"; }), "预测、目标与实绩不能并比", "forecasts or targets beside outturns", wordOf("figure_kind"))
    ].filter(Boolean);
  }
  function bounded(rows) {
    return rows.some(F.isBound) ? [["有界限或约数，只知大概，不能排序或相加", "some are bounds or approximate: they have no order and no sum"]] : [];
  }
  // How figures of a column become one, as the release states it for the indicator.
  function adding(set, grid, rows) {
    var over = grid.down;
    if (over.indexOf("i") >= 0 && set.all.length > 1) { return { why: [["不同指标不能相加", "different indicators are not added"]] }; }
    var faults = mixed(set, rows).concat(bounded(rows)), way = "sum";
    over.filter(function (key) { return key !== "i"; }).forEach(function (key) {
      set.all.forEach(function (one) {
        var told = index.reasons[one.of.adds[key]];
        if (told[0] === "sum") { return; }
        if (told[0] === "mean") { way = "mean"; return; }
        faults.push([told[1].replace("@", byCode[one.code][1]), told[2].replace("@", byCode[one.code][2])]);
      });
      if (key === "r") {
        var held = grid.values.r.filter(function (code) { return holders(code).some(function (up) { return grid.values.r.indexOf(up) >= 0; }); });
        if (held.length) {
          faults.push([name("regions", held[0]) + " 属于所选的另一地区，相加会重复", name("regions", held[0]) + " is a part of another region chosen: it would count twice"]);
        }
      }
    });
    return { why: faults, way: way };
  }
  function holders(code) {
    var found = [];
    while (index.parents[code] && found.length < 9) { code = index.parents[code]; found.push(code); }
    return found;
  }
  // Decimals as whole numbers of their last digit: no digit passes through a float.
  function total(texts, way) {
    var places = Math.max.apply(null, texts.map(function (text) { return (text.split(".")[1] || "").length; }));
    var sum = texts.reduce(function (all, text) {
      var parts = text.split(".");
      return all + BigInt(parts[0] + (parts[1] || "").padEnd(places, "0"));
    }, 0n);
    if (way === "mean") { places += 2; sum = sum * 100n / BigInt(texts.length); }
    var sign = sum < 0n ? "-" : "", digits = (sum < 0n ? -sum : sum).toString().padStart(places + 1, "0");
    return sign + (places ? digits.slice(0, -places) + "." + digits.slice(-places) : digits).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
  }

  // --- the table ---------------------------------------------------------------------------------

  function label(set, key, value) {
    if (key === "p") { return name("periods", value); }
    if (key === "r") { return name("regions", value); }
    var one = set.all.filter(function (item) { return item.code === value; })[0];
    var told = [one.row && one.row.scope && one.row.scope !== "not_stated" ? word("scope", one.row.scope) : "", one.row ? unit(one.row.unit) : ""].filter(Boolean).join(" · ");
    return one.of.name + (told ? QT.say("（", " (") + told + QT.say("）", ")") : "");
  }
  function layout(set, cut) {
    var across = DIMENSIONS[state.a] ? state.a : "r";
    var down = DIMENSIONS[state.d] && state.d !== across ? state.d : across === "p" ? "i" : "p";
    var third = Object.keys(DIMENSIONS).filter(function (key) { return key !== across && key !== down; })[0];
    var values = { p: cut.within, r: cut.wanted, i: set.all.filter(function (one) { return one.row; }).map(function (one) { return one.code; }) };
    var lines = [];
    values[third].forEach(function (outer) {
      values[down].forEach(function (inner) {
        var at = {};
        at[third] = outer; at[down] = inner;
        var row = values[across].map(function (over) {
          at[across] = over;
          return cut.cells[[at.i, at.r, at.p].join("\n")];
        });
        if (row.some(Boolean)) { lines.push({ heads: [outer, inner], cells: row }); }
      });
    });
    return { across: across, down: values[third].length > 1 ? [third, down] : [down], outer: third, inner: down, values: values, lines: lines };
  }
  function order(set, grid) {
    if (!state.o) { return []; }
    var at = parseInt(state.o, 10), falling = state.o.slice(-1) !== "u";
    var rows = grid.lines.map(function (line) { return line.cells[at]; }).filter(Boolean);
    var why = mixed(set, rows).concat(bounded(rows));
    if (why.length) { return why; }
    grid.lines.sort(function (a, b) {
      var x = a.cells[at], y = b.cells[at];
      if (!x || x.value === "" || !y || y.value === "") { return (x && x.value !== "" ? 0 : 1) - (y && y.value !== "" ? 0 : 1); }
      return (Number(x.value) - Number(y.value)) * (falling ? -1 : 1);
    });
    return [];
  }
  function heading(set, grid) {
    return [grid.outer].filter(function (key) { return grid.down.indexOf(key) < 0; }).map(function (key) {
      return grid.values[key].length ? label(set, key, grid.values[key][0]) : "";
    }).concat(set.kind ? [word("period_kind", set.kind)] : []).filter(Boolean).join(" · ");
  }
  function table(set, grid, heat, sums) {
    var t = node("table", undefined, "data compare"), head = t.createTHead().insertRow(), body = t.createTBody();
    t.createCaption().textContent = heading(set, grid);
    grid.down.forEach(function (key) { var th = node("th", DIMENSIONS[key][lang()]); th.scope = "col"; head.append(th); });
    grid.values[grid.across].forEach(function (value, i) {
      var th = node("th", undefined, "num"), button = node("button", label(set, grid.across, value), "sort");
      var mine = state.o === i + "d" || state.o === i + "u";
      th.scope = "col"; button.type = "button";
      if (mine) { th.setAttribute("aria-sort", state.o.slice(-1) === "u" ? "ascending" : "descending"); }
      button.addEventListener("click", function () { put("o", state.o === i + "d" ? i + "u" : state.o === i + "u" ? "" : i + "d"); });
      th.append(button);
      head.append(th);
    });
    grid.lines.forEach(function (line) {
      var row = body.insertRow();
      grid.down.forEach(function (key) {
        var th = node("th", label(set, key, line.heads[key === grid.outer && grid.down.length > 1 ? 0 : 1]));
        th.scope = "row"; row.append(th);
      });
      line.cells.forEach(function (cell) {
        var td = row.insertCell();
        td.className = "num";
        td.textContent = cell ? F.shown(cell) : "…";
        if (!cell) { td.classList.add("gap"); }
        if (cell && heat) { colour(td, heat, cell); }
      });
    });
    if (sums) {
      var foot = t.createTFoot().insertRow(), first = node("th", sums.way === "mean" ? QT.say("平均", "Mean") : QT.say("合计", "Total"));
      first.scope = "row"; first.colSpan = grid.down.length; foot.append(first);
      totals(grid, sums).forEach(function (text) { var td = foot.insertCell(); td.className = "num strong"; td.textContent = text === "" ? "…" : QT.grouped(text); });
    }
    return t;
  }
  // A column is added up only where it is whole.
  function totals(grid, sums) {
    return grid.values[grid.across].map(function (value, i) {
      var own = grid.lines.map(function (line) { return line.cells[i]; });
      return own.length && own.every(function (cell) { return cell && cell.value !== "" && !cell.conf; })
        ? total(own.map(function (cell) { return cell.value; }), sums.way) : "";
    });
  }
  // The colours of an indicator run from its smallest to its largest figure; a bound has none.
  function scale(set, cut) {
    var found = {};
    set.all.forEach(function (one) {
      var values = Object.keys(cut.cells).map(function (key) { return cut.cells[key]; })
        .filter(function (row) { return row.group === one.group && one.rows.indexOf(row) >= 0 && row.value !== "" && !F.isBound(row); })
        .map(function (row) { return Number(row.value); });
      one.rows.forEach(function (row) { row.of = one.code; });
      found[one.code] = [Math.min.apply(null, values), Math.max.apply(null, values)];
    });
    return found;
  }
  function colour(td, heat, row) {
    var ends = heat[row.of];
    if (!ends || row.value === "" || F.isBound(row)) { return; }
    var share = ends[1] > ends[0] ? (Number(row.value) - ends[0]) / (ends[1] - ends[0]) : 0.5;
    td.style.backgroundColor = "rgba(31, 92, 153, " + (0.05 + 0.45 * share).toFixed(3) + ")";
  }

  // --- drawings ----------------------------------------------------------------------------------

  function lines(set, cut) {
    var found = [];
    set.all.forEach(function (one) {
      cut.wanted.forEach(function (region) {
        var own = cut.within.slice().reverse().map(function (p) { return cut.cells[[one.code, region, p].join("\n")]; })
          .filter(function (row) { return row && row.value !== "" && !row.conf; });
        if (own.length > 1) {
          found.push({ code: one.code, region: region, name: (set.all.length > 1 ? one.of.name + " · " : "") + name("regions", region), rows: own,
            points: own.map(function (row) { return F.point(row); }), unit: own[0].unit });
        }
      });
    });
    return found;
  }
  // Where what is counted changed: of one indicator, or of any that is chosen.
  function broken(set, code) {
    return index.breaks.filter(function (one) {
      return !one[0] || (code ? one[0] === code : set.all.some(function (own) { return own.code === one[0]; }));
    }).map(function (one) { return { region: one[1], begins: one[2] }; });
  }
  function drawn(found, options, title) {
    var figure = node("figure", undefined, "series"), caption = node("figcaption", title), svg;
    options.label = title;
    svg = F.draw(found, options);
    if (svg.dataset.low !== "0") { caption.append(QT.say("（纵轴不从零起）", " (axis not from zero)")); }
    figure.append(caption, svg);
    return figure;
  }
  function legend(found) {
    var list = node("ul", undefined, "legend");
    found.forEach(function (line, i) {
      var item = node("li"), mark = node("span", "━ ");
      mark.style.color = F.colours[i % F.colours.length];
      item.append(mark, line.name);
      list.append(item);
    });
    return list;
  }
  function ranking(set, cut, box) {
    var period = cut.within[0];
    set.all.forEach(function (one) {
      var own = cut.wanted.map(function (region) { return cut.cells[[one.code, region, period].join("\n")]; }).filter(function (row) { return row && row.value !== ""; });
      var why = origins(own), title = label(set, "i", one.code) + " · " + name("periods", period);
      box.append(node("h3", title));
      var kept = own.filter(function (row) { return !F.isBound(row); }), left = own.filter(F.isBound);
      if (why.length) { refuse(box, why); return; }
      var list = node("ol", undefined, "ranking"), lower = byCode[one.code][7] === "lower_is_better" || F.isRank(one.row ? one.row.unit : "");
      kept.sort(function (a, b) { return (Number(b.value) - Number(a.value)) * (lower ? -1 : 1); });
      kept.forEach(function (row) {
        // Equals share their place.
        var place = 1 + kept.filter(function (other) { return lower ? Number(other.value) < Number(row.value) : Number(other.value) > Number(row.value); }).length;
        var item = node("li", name("regions", row.region) + "  " + F.shown(row) + " " + unit(row.unit));
        item.value = place;
        list.append(item);
      });
      box.append(list, node("p", lower ? QT.say("小者在前。", "The smallest first.") : QT.say("大者在前。", "The largest first."), "note"));
      if (left.length) {
        box.append(node("p", QT.say("未排：", "Not ranked: ") + left.map(function (row) { return name("regions", row.region) + " " + F.shown(row); }).join(QT.say("、", ", ")) +
          QT.say("（界限或约数，次序不能判定）", " (bounds or approximate: their order cannot be told)"), "note"));
      }
    });
  }
  function tiles(set, cut, heat, box) {
    set.all.forEach(function (one) {
      var list = node("ul", undefined, "tiles");
      box.append(node("h3", label(set, "i", one.code) + " · " + name("periods", cut.within[0])));
      cut.wanted.slice().sort().forEach(function (region) {
        var row = cut.cells[[one.code, region, cut.within[0]].join("\n")], item = node("li");
        item.append(node("b", name("regions", region)), node("span", row ? F.shown(row) : "…"));
        if (row) { colour(item, heat, row); }
        list.append(item);
      });
      box.append(list);
    });
  }
  function refuse(box, why) {
    var told = node("div", undefined, "refused");
    told.setAttribute("role", "status");
    told.append(node("b", QT.say("不作比较：", "Not compared: ")), why.map(function (one) { return one[lang()]; }).join(QT.say("；", "; ")) + QT.say("。", "."));
    box.append(told);
  }

  // --- the page ----------------------------------------------------------------------------------

  function picker(set) {
    var box = node("div", undefined, "picker"), field = document.createElement("input"), found = node("ul", undefined, "found");
    var tag = node("label", QT.say("加指标 ", "Add an indicator "));
    field.type = "search"; field.id = "qt-add"; field.autocomplete = "off"; field.maxLength = 80;
    tag.append(field);
    function list() {
      var text = field.value.trim().toLowerCase();
      found.textContent = "";
      if (!text) { return; }
      index.indicators.filter(function (e) {
        return codes().indexOf(e[0]) < 0 && (e[1].toLowerCase().indexOf(text) >= 0 || e[2].toLowerCase().indexOf(text) >= 0 || e[0].indexOf(text) >= 0);
      }).sort(function (a, b) {
        // A whole name first, then what has most figures.
        return (b[1] === field.value.trim() || b[0] === text) - (a[1] === field.value.trim() || a[0] === text) || b[8] - a[8];
      }).slice(0, 12).forEach(function (e) {
        var item = node("li"), button = node("button", e[lang() ? 2 : 1] + " ");
        button.type = "button"; button.dataset.code = e[0];
        button.append(node("span", (index.themes[e[3]] || [e[3], e[3]])[lang()] + " · " + e[8], "quiet"));
        button.addEventListener("click", function () {
          putCodes(codes().concat([e[0]]));
          document.getElementById("qt-add").focus();
        });
        item.append(button);
        found.append(item);
      });
    }
    field.addEventListener("input", list);
    var own = node("ul", undefined, "chosen");
    set.all.forEach(function (one) {
      var item = node("li"), remove = node("button", "×");
      remove.type = "button";
      remove.setAttribute("aria-label", QT.say("移去 ", "Remove ") + one.of.name);
      remove.addEventListener("click", function () { putCodes(codes().filter(function (code) { return code !== one.code; })); });
      item.append(one.of.name + " ");
      if (figures[one.code] === false) { item.append(node("span", QT.say("数据文件缺失或不完整 ", "data file missing or cut off "), "missing")); }
      if (figures[one.code] && !one.groups.length) { item.append(node("span", QT.say("（没有所选期间类型的数字）", "(no figures of this kind of period) "), "quiet")); }
      if (one.groups.length > 1) {
        item.append(F.select(QT.say("口径", "Series"), one.groups.map(function (key) { return [key.split("\t").join("~"), series(key)]; }),
          one.group.split("\t").join("~"), function (value) { put("s." + one.code, value); }), " ");
      }
      item.append(remove);
      own.append(item);
    });
    box.append(own);
    if (set.all.length < MOST_INDICATORS) { box.append(tag, found); }
    return box;
  }
  function series(group) {
    var c = group.split("\t");
    return [c[5] ? word("figure_kind", c[5]) : "", c[6], c[7], word("scope", c[2]), c[4] && c[4] !== "_T" ? word("breakdown", c[4]) : "", unit(c[0])].filter(Boolean).join(" · ");
  }
  function starts() {
    var list = node("ul", undefined, "starts");
    var levels = index.indicators.filter(function (e) { return e[4] === "level"; });
    var most = levels.sort(function (a, b) { return b[8] - a[8] || (a[0] < b[0] ? -1 : 1); });
    most.slice(0, 8).forEach(function (e) {
      var item = node("li"), one = node("button", entry(e[0]).name);
      one.type = "button";
      one.addEventListener("click", function () { putCodes([e[0]]); });
      item.append(one);
      list.append(item);
    });
    return list;
  }
  function regionsBox(cut) {
    var box = document.createElement("details"), summary = node("summary", QT.say("地区（" + cut.wanted.length + " / " + cut.regions.length + "）", "Regions (" + cut.wanted.length + " of " + cut.regions.length + ")"));
    box.id = "qt-regions";
    box.open = regionsBox.open || false;
    box.addEventListener("toggle", function () { regionsBox.open = box.open; });
    var list = node("div", undefined, "checks");
    cut.regions.forEach(function (code) {
      var tag = node("label"), field = document.createElement("input");
      field.type = "checkbox"; field.value = code; field.checked = cut.wanted.indexOf(code) >= 0;
      field.addEventListener("change", function () {
        put("r", cut.regions.filter(function (other) { return other === code ? field.checked : cut.wanted.indexOf(other) >= 0; }).join(","));
        var again = document.querySelector('#qt-regions input[value="' + CSS.escape(code) + '"]');
        if (again) { again.focus(); }
      });
      tag.append(field, " " + name("regions", code));
      list.append(tag);
    });
    box.append(summary, list);
    return box;
  }
  function controls(set, cut) {
    var box = node("div", undefined, "controls");
    function add(key, text, options, value) {
      var tag = F.select(text, options, value, function (now) {
        put(key, now);
        var again = document.getElementById("qt-c-" + key);
        if (again) { again.focus(); }
      });
      tag.querySelector("select").id = "qt-c-" + key;
      box.append(tag);
    }
    var periods = cut.periods.map(function (p) { return [p, name("periods", p)]; });
    var dimensions = Object.keys(DIMENSIONS).map(function (key) { return [key, DIMENSIONS[key][lang()]]; });
    var grid = layout(set, cut);
    add("k", QT.say("期间", "Kind of period"), set.kinds.map(function (kind) { return [kind, word("period_kind", kind)]; }), set.kind);
    add("f", QT.say("自", "From"), periods, cut.from);
    add("t", QT.say("至", "to"), periods, cut.to);
    add("v", QT.say("看", "Show"), VIEWS.map(function (one) { return [one[0], one[lang() + 1]]; }), state.v || "table");
    add("d", QT.say("行", "Down"), dimensions.filter(function (one) { return one[0] !== grid.across; }), grid.inner);
    add("a", QT.say("列", "Across"), dimensions, grid.across);
    add("m", QT.say("末行", "Last line"), [["", QT.say("无", "none")], ["1", QT.say("合计", "total")]], state.m || "");
    return box;
  }
  function show() {
    if (!codes().length) { figuresOf(null); return; }
    load();
    if (waiting === 0) { figuresOf(chosen()); }
  }
  function figuresOf(set) {
    var focus = document.activeElement && document.activeElement.id;
    place.textContent = "";
    if (!set) {
      place.append(picker({ all: [] }), node("p", QT.say("还没有选指标。输入名称的一部分，例如“生产总值”；或从数字最多的总量指标开始：", "No indicator chosen yet. Type a part of a name, or begin with one of the levels that have most figures:"), "note"), starts());
      back(focus);
      return;
    }
    var cut = narrowed(set), grid = layout(set, cut), box = node("section");
    place.append(picker(set));
    if (!cut.within.length) {
      place.append(node("p", QT.say("所选没有数字。", "No figures for what is chosen."), "note"));
      back(focus);
      return;
    }
    place.append(regionsBox(cut), controls(set, cut));
    var rows = Object.keys(cut.cells).map(function (key) { return cut.cells[key]; });
    var view = state.v || "table", heat = scale(set, cut), sums = null, why;
    box.id = "qt-result";
    place.append(box);
    why = order(set, grid);
    if (why.length) { refuse(box, [[QT.say("不能按此列排序", "no order by this column"), "no order by this column"]].concat(why)); }
    if (state.m) {
      sums = adding(set, grid, rows);
      if (sums.why.length) { refuse(box, sums.why); sums = null; }
    }
    if (view === "one") {
      why = mixed(set, rows);
      var found = lines(set, cut);
      if (why.length) { refuse(box, why); }
      else if (found.length > F.colours.length) { refuse(box, [["线多于 " + F.colours.length + " 条，分不清", "more than " + F.colours.length + " lines cannot be told apart"]]); }
      else if (found.length) { box.append(drawn(found, { rank: F.isRank(found[0].unit), breaks: broken(set), width: F.width(box) }, heading(set, grid)), legend(found)); }
    } else if (view === "small") {
      var panels = node("div", undefined, "panels");
      lines(set, cut).slice(0, 48).forEach(function (line) {
        panels.append(drawn([line], { width: 360, height: 200, rank: F.isRank(line.unit), breaks: broken(set, line.code) }, line.name + " · " + unit(line.unit)));
      });
      box.append(panels, node("p", QT.say("每幅小图有自己的纵轴；虚竖线为断点，线不跨过。", "Each panel has an axis of its own; dashed uprights are breaks, which no line crosses."), "note"));
    } else if (view === "rank") {
      ranking(set, cut, box);
    } else if (view === "tiles") {
      why = origins(rows);
      if (why.length) { refuse(box, why); } else { tiles(set, cut, heat, box); }
    }
    var isHeat = view === "heat";
    if (isHeat) {
      why = origins(rows);
      if (why.length) { refuse(box, why); isHeat = false; }
    }
    var scroll = node("div", undefined, "scroll");
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-label", QT.say("比较表", "Comparison"));
    scroll.append(table(set, grid, isHeat ? heat : null, sums));
    box.append(scroll);
    if (isHeat) { box.append(node("p", QT.say("颜色由浅到深为该指标所选数字由小到大；界限不上色。", "From light to dark: from the smallest to the largest figure chosen of an indicator; bounds have no colour."), "note")); }
    var save = node("p", undefined, "files");
    save.id = "qt-save";
    F.buttons(save, function () { return "compare-" + codes().join("-").slice(0, 60); }, function () { return sheet(set, grid, sums); },
      function () { return F.together(Array.prototype.slice.call(box.querySelectorAll("svg"))); });
    box.append(save);
    var link = node("p", QT.say("这一比较的链接：", "The link to this comparison: "), "note"), a = node("a", QT.say("复制此地址", "this address"));
    F.writeState(state);
    a.href = location.href; a.id = "qt-link";
    link.append(a);
    box.append(link);
    back(focus);
  }
  function back(focus) {
    var field = focus && document.getElementById(focus);
    if (field && document.activeElement !== field) { field.focus(); }
  }
  // What is shown, as it is written into files: numbers as they are, a column for signs where needed.
  function sheet(set, grid, sums) {
    var head = grid.down.map(function (key) { return DIMENSIONS[key][lang()]; });
    grid.values[grid.across].forEach(function (value, i) {
      head.push(label(set, grid.across, value));
      if (signed(grid, i)) { head.push(QT.say("限定与状态", "qualifier and status")); }
    });
    var rows = grid.lines.map(function (line) {
      var row = grid.down.map(function (key) { return label(set, key, line.heads[key === grid.outer && grid.down.length > 1 ? 0 : 1]); });
      line.cells.forEach(function (cell, i) {
        row.push(!cell ? "" : cell.conf ? "" : cell.value);
        if (signed(grid, i)) { row.push(cell ? marks(cell) : ""); }
      });
      return row;
    });
    if (sums) {
      var last = [QT.say("合计", "Total")].concat(grid.down.slice(1).map(function () { return ""; }));
      totals(grid, sums).forEach(function (text, i) { last.push(text); if (signed(grid, i)) { last.push(""); } });
      rows.push(last);
    }
    var facts = QT.facts();
    return [head].concat(rows, [[], [heading(set, grid)], [QT.say("版本 ", "Release ") + (facts ? facts.release : "")]]);
  }
  function marks(cell) {
    return [F.isBound(cell) ? word("qualifier", cell.qualifier) : "", cell.status && cell.status !== "A" ? word("obs_status", cell.status) : "",
      cell.conf ? QT.say("保密", "confidential") : "", F.isSimulated(cell) ? QT.say("模拟", "simulated") : ""].filter(Boolean).join(" ");
  }
  function signed(grid, i) { return grid.lines.some(function (line) { return line.cells[i] && marks(line.cells[i]); }); }

  QT.onRefresh(function () {
    place = document.getElementById("qt-compare");
    var payload = QT.data("compare"), named = QT.data("names"), chunks = QT.data("chunks");
    if (!place || payload === null || named === null || chunks === null) { if (place) { place.hidden = true; } return; }
    F = QT.figures; names = JSON.parse(named); index = JSON.parse(payload); known = JSON.parse(chunks);
    index.indicators.forEach(function (e) { byCode[e[0]] = e; });
    state = state || F.readState();
    place.hidden = false;
    show();
  });
  window.addEventListener("hashchange", function () {
    if (names) { state = F.readState(); show(); }
  });
})();
