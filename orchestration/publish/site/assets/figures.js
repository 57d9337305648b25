// Figures in a reader's browser: read from data scripts, drawn, and written as files. Shared by the
// pages of indicators and of comparisons; what they show and choose is theirs.
"use strict";
(function () {
  var SVG = "http://www.w3.org/2000/svg";
  // By qualifier its two signs, and the side on which the true figure lies: 1 above, -1 below.
  var BOUND = "@bounds@";
  var GAP = { Q: ["隐", "suppressed"], L: ["未采", "not collected"] };
  var MARK = { P: ["初", "p"], E: ["估", "e"], I: ["估", "e"], F: ["预", "f"] };
  var RANK = ["位", "位次", "名次"];
  var COLOURS = ["#1f5c99", "#8a4b08", "#2f6f3e", "#7a2a5c", "#3c3c3c", "#0b7285"];
  var INK = "#1d2430", QUIET = "#545e6c", GRID = "#d5dae1";
  var DAY = 864e5;

  function lang() { return QT.isEnglish() ? 1 : 0; }
  function isRank(unit) { return RANK.indexOf(unit) >= 0; }

  // What figures have in common first, a blank line, a line for each figure; after another, what the
  // marts derive of them: number of the line, growth, change, index, twelve months, month, reason.
  function parse(payload, periods) {
    if (!payload) { return []; }
    var blocks = payload.split("\n\n"), common = blocks[0].split("\n");
    var rows = blocks[1].split("\n").map(function (line) {
      var f = line.split("\t"), group = common[f[7]], c = group.split("\t");
      return {
        region: f[0], period: f[1], value: f[2], qualifier: f[3], status: f[4], conf: f[5],
        flags: f[6], unit: c[0], kind: c[1], scope: c[2], basis: c[3], breakdown: c[4],
        what: c[5] || "", subject: c[6] || "", locality: c[7] || "",
        group: group, end: (periods[f[1]] || [])[2] || f[1],
        growth: "", change: "", index: "", rolling: "", current: "", reason: ""
      };
    });
    (blocks[2] || "").split("\n").filter(Boolean).forEach(function (line) {
      var f = line.split("\t"), row = rows[f[0]];
      row.growth = f[1] || ""; row.change = f[2] || ""; row.index = f[3] || "";
      row.rolling = f[4] || ""; row.current = f[5] || ""; row.reason = f[6] || "";
    });
    return rows;
  }
  function isSimulated(row) { return row.flags.indexOf("s") >= 0; }
  function isBound(row) { return !!row.qualifier && row.qualifier !== "exact"; }
  function shown(row) {
    if (row.conf === "C" || row.conf === "N") { return GAP.Q[lang()]; }
    if (row.value === "") { return (GAP[row.status] || ["缺", "missing"])[lang()]; }
    return (BOUND[row.qualifier] || [["", ""]])[0][lang()] + QT.grouped(row.value) +
      (MARK[row.status] ? " " + MARK[row.status][lang()] : "") +
      (isSimulated(row) ? QT.say(" 模拟", " simulated") : "");
  }

  // --- drawing -----------------------------------------------------------------------------------

  function make(name, attributes, text) {
    var node = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    if (text !== undefined) { node.textContent = text; }
    return node;
  }
  // Round values around the figures, at equal steps: the marks of the axis are its ends.
  function marks(low, high, rank) {
    var span = high - low || Math.abs(high) * 0.2 || 1;
    var power = Math.pow(10, Math.floor(Math.log10(span / 4)));
    var step = [1, 2, 5, 10].map(function (n) { return n * power; })
      .filter(function (n) { return n * 4 >= span * 0.999999; })[0];
    if (rank) { step = Math.max(1, Math.round(step)); }
    var first = Math.floor(low / step), last = Math.max(Math.ceil(high / step), first + 1), found = [];
    if (rank) { first = Math.max(0, first); }
    for (var i = first; i <= last; i++) { found.push(Number((i * step).toPrecision(12))); }
    return found;
  }
  // lines: [{name, points: [{end, period, value, text, open, side}]}], the oldest point first.
  function draw(lines, options) {
    var W = options.width || 720, H = options.height || 260, L = 70, R = 26, T = 30, B = 34;
    var rank = options.rank, all = [];
    lines.forEach(function (line) { all = all.concat(line.points); });
    var values = all.map(function (p) { return Number(p.value); });
    var ticks = marks(Math.min.apply(null, values), Math.max.apply(null, values), rank);
    var low = ticks[0], high = ticks[ticks.length - 1];
    var days = all.map(function (p) { return new Date(p.end).getTime(); });
    var first = Math.min.apply(null, days), span = Math.max.apply(null, days) - first || 1;
    function X(end) { return L + 20 + (new Date(end).getTime() - first) / span * (W - L - R - 40); }
    function Y(v) {
      var share = (v - low) / (high - low);
      return T + (rank ? share : 1 - share) * (H - T - B);
    }
    var svg = make("svg", { xmlns: SVG, viewBox: "0 0 " + W + " " + H, role: "img", "font-size": 13,
      fill: INK, "aria-label": options.label, "font-family": "Noto Sans CJK SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, sans-serif" });
    svg.dataset.low = String(low);
    ticks.forEach(function (tick) {
      svg.append(make("line", { x1: L, x2: W - R, y1: Y(tick), y2: Y(tick), stroke: GRID }));
      if (rank && tick === 0) { return; }
      svg.append(make("text", { x: L - 8, y: Y(tick) + 4.5, "text-anchor": "end", fill: QUIET }, QT.grouped(String(tick))));
    });
    lines.forEach(function (line, place) {
      var points = line.points, colour = COLOURS[place % COLOURS.length];
      var few = lines.length === 1 && points.length <= (W < 500 ? 6 : 12);
      var steps = points.slice(1).map(function (p, i) { return new Date(p.end) - new Date(points[i].end); })
        .sort(function (a, b) { return a - b; });
      var far = Math.min(400 * DAY, 1.6 * (steps[Math.floor(steps.length / 2)] || 400 * DAY));
      // No line crosses a gap, or a break: a thin upright stands there.
      var path = points.map(function (p, i) {
        var broken = i > 0 && (options.breaks || []).some(function (b) {
          return (!b.region || b.region === line.region) && points[i - 1].end < b.begins && b.begins <= p.end;
        });
        if (broken) {
          var x = (X(p.end) + X(points[i - 1].end)) / 2;
          svg.append(make("line", { class: "break", x1: x, x2: x, y1: T, y2: H - B, stroke: QUIET, "stroke-dasharray": "2 3" }));
        }
        var jump = i === 0 || broken || new Date(p.end) - new Date(points[i - 1].end) > far;
        return (jump ? "M" : "L") + X(p.end).toFixed(1) + " " + Y(Number(p.value)).toFixed(1);
      }).join("");
      svg.append(make("path", { class: "line", d: path, fill: "none", stroke: colour, "stroke-width": 2 }));
      points.forEach(function (p, i) {
        var x = X(p.end), y = Y(Number(p.value)), side = rank ? -p.side : p.side;
        svg.append(make("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: few ? 4.5 : 2.4,
          fill: p.open ? "#fff" : colour, stroke: colour, "stroke-width": 1.5 }));
        if (side) {
          svg.append(make("path", { class: "arrow", fill: colour, d: "M" + (x - 4) + " " + (y - side * 8) + "L" +
            (x + 4) + " " + (y - side * 8) + "L" + x + " " + (y - side * 15) + "Z" }));
        }
        var last = i === points.length - 1;
        if (few || lines.length === 1 && (i === 0 || last)) {
          svg.append(make("text", { x: x, y: y - (side > 0 ? 20 : 10), "text-anchor": last ? "end" : i ? "middle" : "start" }, p.text));
        }
      });
    });
    var ends = {};
    all.forEach(function (p) { ends[p.end] = p.period; });
    var order = Object.keys(ends).sort(), taken = -Infinity;
    function broad(text) { return 7.4 * text.length + 10; }
    var newest = order[order.length - 1], room = X(newest) - broad(ends[newest]) / 2;
    order.forEach(function (end) {
      var text = ends[end], half = broad(text) / 2, x = X(end);
      if (end === newest || x - half >= taken && x + half <= room) {
        taken = x + half;
        svg.append(make("text", { x: Math.min(x, W - half), y: H - B + 24, "text-anchor": "middle", fill: QUIET }, text));
      }
    });
    return svg;
  }
  // As wide as its place: a drawing that is made smaller has letters that nobody reads.
  function width(box) { return Math.min(720, Math.max(300, box.clientWidth || 720)); }
  // Several drawings as one, two beside each other.
  function together(drawings) {
    if (drawings.length < 2) { return drawings[0]; }
    var wide = 380, high = 236, all = make("svg", { xmlns: SVG, viewBox: "0 0 " + 2 * wide + " " + high * Math.ceil(drawings.length / 2),
      "font-family": drawings[0].getAttribute("font-family"), "font-size": 13, fill: INK });
    drawings.forEach(function (one, i) {
      var copy = one.cloneNode(true), x = i % 2 * wide, y = high * Math.floor(i / 2);
      all.append(make("text", { x: x + 10, y: y + 20 }, one.getAttribute("aria-label")));
      copy.setAttribute("x", x); copy.setAttribute("y", y + 26);
      copy.setAttribute("width", 360); copy.setAttribute("height", 200);
      all.append(copy);
    });
    return all;
  }
  function point(row, field) {
    var isOwn = !field || field === "value";
    return {
      end: row.end, period: row.period, value: isOwn ? row.value : row[field],
      text: isOwn ? shown(row) : QT.grouped(row[field]),
      open: isOwn && (!!row.status && row.status !== "A" || isBound(row)),
      side: isOwn ? (BOUND[row.qualifier] || ["", 0])[1] : 0
    };
  }

  // --- files -------------------------------------------------------------------------------------

  // A cell that a spreadsheet would take for a formula is told to be text.
  function inCsv(cell) {
    var text = String(cell);
    if (/^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text)) { text = "'" + text; }
    return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }
  function csv(rows) {
    return "\ufeff" + rows.map(function (row) { return row.map(inCsv).join(",") + "\r\n"; }).join("");
  }
  function xml(text) {
    return String(text).replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd")
      .replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
  }
  function column(n) {
    var name = "";
    for (n += 1; n > 0; n = Math.floor((n - 1) / 26)) { name = String.fromCharCode(65 + (n - 1) % 26) + name; }
    return name;
  }
  // A spreadsheet keeps fifteen digits: a longer number stays text, and keeps all of them.
  function isNumber(text) {
    return /^-?\d+(\.\d+)?$/.test(text) && text.replace(/\D/g, "").replace(/^0+/, "").length <= 15 && !/^-?0\d/.test(text);
  }
  function cell(value, x, y) {
    var text = String(value), place = column(x) + (y + 1);
    return isNumber(text) ? '<c r="' + place + '"><v>' + text + "</v></c>"
      : '<c r="' + place + '" t="inlineStr"><is><t xml:space="preserve">' + xml(text) + "</t></is></c>";
  }
  var HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
  var OOXML = "http://schemas.openxmlformats.org/";
  function xlsx(rows, title) {
    var name = String(title).replace(/[\[\]:*?\/\\']/g, " ").slice(0, 31).trim() || "Qutong";
    var lines = rows.map(function (row, y) {
      return '<row r="' + (y + 1) + '">' + row.map(function (value, x) { return cell(value, x, y); }).join("") + "</row>";
    }).join("");
    var main = OOXML + "spreadsheetml/2006/main", rel = OOXML + "officeDocument/2006/relationships";
    return zip([
      ["[Content_Types].xml", HEAD + '<Types xmlns="' + OOXML + 'package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'],
      ["_rels/.rels", HEAD + '<Relationships xmlns="' + OOXML + 'package/2006/relationships"><Relationship Id="rId1" Type="' + rel + '/officeDocument" Target="xl/workbook.xml"/></Relationships>'],
      ["xl/workbook.xml", HEAD + '<workbook xmlns="' + main + '" xmlns:r="' + rel + '"><sheets><sheet name="' + xml(name) + '" sheetId="1" r:id="rId1"/></sheets></workbook>'],
      ["xl/_rels/workbook.xml.rels", HEAD + '<Relationships xmlns="' + OOXML + 'package/2006/relationships"><Relationship Id="rId1" Type="' + rel + '/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'],
      ["xl/worksheets/sheet1.xml", HEAD + '<worksheet xmlns="' + main + '"><sheetData>' + lines + "</sheetData></worksheet>"]
    ]);
  }
  // A container of files as they are, without compression.
  function zip(files) {
    var parts = [], entries = [], at = 0;
    function bytes(shape) {
      var size = shape.reduce(function (sum, one) { return sum + one[0]; }, 0);
      var view = new DataView(new ArrayBuffer(size)), place = 0;
      shape.forEach(function (one) {
        if (one[0] === 2) { view.setUint16(place, one[1], true); } else { view.setUint32(place, one[1], true); }
        place += one[0];
      });
      return new Uint8Array(view.buffer);
    }
    files.forEach(function (file) {
      var name = new TextEncoder().encode(file[0]), body = new TextEncoder().encode(file[1]);
      // Version, names in UTF-8, stored, the first day that the format knows.
      var facts = [[2, 20], [2, 0x800], [2, 0], [2, 0], [2, 33], [4, QT.crc32(body)],
        [4, body.length], [4, body.length], [2, name.length], [2, 0]];
      parts.push(bytes([[4, 0x04034b50]].concat(facts)), name, body);
      entries.push([bytes([[4, 0x02014b50], [2, 20]].concat(facts, [[2, 0], [2, 0], [2, 0], [4, 0], [4, at]])), name]);
      at += 30 + name.length + body.length;
    });
    var size = 0;
    entries.forEach(function (entry) { parts.push(entry[0], entry[1]); size += entry[0].length + entry[1].length; });
    parts.push(bytes([[4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, size], [4, at], [2, 0]]));
    return new Blob(parts, { type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" });
  }
  // A drawing that stands alone: of both languages the one that is shown.
  function alone(svg) {
    var copy = svg.cloneNode(true), other = QT.isEnglish() ? "zh" : "en";
    copy.querySelectorAll('[lang="' + other + '"]').forEach(function (node) { node.remove(); });
    copy.removeAttribute("class");
    var box = copy.getAttribute("viewBox").split(" ");
    copy.setAttribute("width", box[2]); copy.setAttribute("height", box[3]);
    var ground = make("rect", { width: "100%", height: "100%", fill: "#fff" });
    copy.insertBefore(ground, copy.firstChild);
    return new XMLSerializer().serializeToString(copy);
  }
  function png(svg, then) {
    var image = new Image(), text = alone(svg);
    image.onload = function () {
      var canvas = document.createElement("canvas");
      canvas.width = image.width * 2; canvas.height = image.height * 2;
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(then, "image/png");
    };
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
  }
  function save(blob, name) {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
  }
  // Buttons that write the table and the drawing that are shown.
  function buttons(place, name, rows, svg) {
    place.textContent = QT.say("下载这里所见：", "Download what is shown: ");
    function add(text, act) {
      var button = document.createElement("button");
      button.type = "button"; button.textContent = text;
      button.addEventListener("click", act);
      place.append(button, " ");
    }
    add("CSV", function () { save(new Blob([csv(rows())], { type: "text/csv;charset=utf-8" }), name() + ".csv"); });
    add("XLSX", function () { save(xlsx(rows(), name()), name() + ".xlsx"); });
    if (!svg()) { return; }
    add("PNG", function () { png(svg(), function (blob) { save(blob, name() + ".png"); }); });
    add("SVG", function () { save(new Blob([alone(svg())], { type: "image/svg+xml" }), name() + ".svg"); });
  }

  // --- controls ----------------------------------------------------------------------------------

  // The state of a page stands behind # in its address: who gets the link sees the same.
  function readState() {
    var found = {};
    new URLSearchParams(location.hash.slice(1)).forEach(function (value, key) { found[key] = value; });
    return found;
  }
  function writeState(state) {
    var query = new URLSearchParams();
    Object.keys(state).forEach(function (key) { if (state[key]) { query.set(key, state[key]); } });
    var text = query.toString();
    history.replaceState(null, "", location.href.split("#")[0] + (text ? "#" + text : ""));
  }
  function select(text, options, value, change) {
    var label = document.createElement("label"), field = document.createElement("select");
    label.append(text + " ");
    options.forEach(function (one) {
      var option = document.createElement("option");
      option.value = one[0]; option.textContent = one[1];
      field.append(option);
    });
    field.value = value;
    field.addEventListener("change", function () { change(field.value); });
    label.append(field);
    return label;
  }

  QT.figures = {
    parse: parse, shown: shown, draw: draw, point: point, csv: csv, xlsx: xlsx, save: save, png: png,
    buttons: buttons, readState: readState, writeState: writeState, select: select, isRank: isRank,
    width: width, together: together, isSimulated: isSimulated, isBound: isBound, colours: COLOURS
  };
})();
