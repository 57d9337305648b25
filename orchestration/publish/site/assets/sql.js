// The page "Ask in SQL": loads the engine and the database from script files, asks a worker, shows
// what it answers. Only this page loads them. No request leaves it.
"use strict";
(function () {
  var SHOWN = 500;
  var root = document.documentElement;
  var pieces = {}, bytes = {}, worker = null, waiting = null, number = 0, source = "";
  var isOpen = false, timer = 0, answer = null, names = null;

  function place(id) { return document.getElementById(id); }
  function node(tag, text, css) {
    var made = document.createElement(tag);
    if (text !== undefined) { made.textContent = text; }
    if (css) { made.className = css; }
    return made;
  }
  // A text in both languages, as everywhere on the pages: the style shows one of them.
  function both(target, zh, en) {
    target.textContent = "";
    [["zh", zh], ["en", en]].forEach(function (one) {
      var span = node("span", one[1]);
      span.lang = one[0];
      target.append(span);
    });
    return target;
  }
  function say(zh, en) { both(place("sql-state"), zh, en); }

  // --- script files ------------------------------------------------------------------------------

  window.QTSQL = {
    put: function (name, index, count, text) {
      pieces[name] = pieces[name] || [];
      pieces[name][index] = text;
    }
  };
  function load(address) {
    return new Promise(function (resolve, reject) {
      var script = document.createElement("script");
      script.onload = resolve;
      script.onerror = function () { reject([address + " 缺失，请重新复制整个版本目录", address + " is missing: copy the whole folder of the release again"]); };
      script.src = address;
      document.head.append(script);
    });
  }
  function decoded(text) {
    if (Uint8Array.fromBase64) { return Uint8Array.fromBase64(text); }
    var plain = atob(text), made = new Uint8Array(plain.length);
    for (var i = 0; i < plain.length; i++) { made[i] = plain.charCodeAt(i); }
    return made;
  }
  function unpacked(name, addresses) {
    return Promise.all(addresses.map(load)).then(function () {
      var whole = (pieces[name] || []).join("");
      delete pieces[name];
      var stream = new Blob([decoded(whole)]).stream().pipeThrough(new DecompressionStream("gzip"));
      return new Response(stream).arrayBuffer();
    }).then(function (content) { bytes[name] = content; }, function (error) {
      throw Array.isArray(error) ? error
        : [name + " 不完整，请重新复制整个版本目录", name + " is cut off: copy the whole folder of the release again"];
    });
  }
  function everything() {
    var jobs = place("sql-ask").dataset.parts.split(" ").map(function (part) {
      var found = part.split(":"), addresses = [];
      for (var i = 0; i < Number(found[1]); i++) { addresses.push("engine/" + found[0] + "-" + i + ".js"); }
      return unpacked(found[0], addresses);
    });
    return Promise.all(jobs.concat(unpacked("mart", ["data/mart.js"])));
  }

  // --- the worker --------------------------------------------------------------------------------

  // A worker of a page from disk may fetch nothing: its whole program is in its source.
  function program() {
    var text = new TextDecoder();
    function module(name) {
      return "(function () { var exports = {}, module = { exports: exports };" +
        "var require = function (one) { return one === 'apache-arrow' ? engines.arrow : {}; };\n" +
        text.decode(bytes[name]) + "\n;engines." + name + " = module.exports; })();\n";
    }
    return new Blob(["var engines = {};\n", module("arrow"), module("duckdb"),
      "var answer = (" + window.QTWorker.toString() + ")(engines, self);\n",
      "self.onmessage = function (event) { var id = event.data.id; answer(event.data).then(",
      "function (told) { self.postMessage({ id: id, told: told }); },",
      "function (error) { self.postMessage({ id: id, fault: String(error && error.message || error) }); }); };"
    ], { type: "text/javascript" });
  }
  function ask(message) {
    return new Promise(function (resolve, reject) {
      number += 1;
      message.id = number;
      waiting = { id: number, resolve: resolve, reject: reject };
      worker.postMessage(message);
    });
  }
  function start() {
    source = source || URL.createObjectURL(program());
    worker = new Worker(source);
    isOpen = false;
    worker.onmessage = function (event) {
      if (!waiting || event.data.id !== waiting.id) { return; }
      var own = waiting;
      waiting = null;
      if (event.data.fault === undefined) { own.resolve(event.data.told); } else { own.reject(event.data.fault); }
    };
    worker.onerror = function (event) {
      if (waiting) { waiting.reject(String(event.message || "worker")); waiting = null; }
    };
    return ask({ kind: "open", wasm: bytes.wasm, mart: bytes.mart }).then(function () {
      return names || ask({ kind: "ask", query: NAMES }).then(remember);
    }).then(function () { isOpen = true; });
  }
  function stop() {
    if (worker) { worker.terminate(); }
    worker = null;
    waiting = null;
    window.clearTimeout(timer);
  }

  // --- what columns are called ---------------------------------------------------------------------

  var NAMES = "select schema_name, table_name, column_name, label_zh, label_en, coalesce(unit, '') as unit from meta.column_dictionary";
  function remember(told) {
    names = {};
    told.rows.forEach(function (row) {
      (names[row[2]] = names[row[2]] || []).push({ schema: row[0], table: row[1], zh: row[3], en: row[4], unit: row[5] });
    });
  }
  // Of a column what the tables that the query names call it, where they agree.
  function called(name, query) {
    var found = (names[name] || []).filter(function (one) {
      return new RegExp("(^|\\W)" + one.schema + "\\.\"?" + one.table + "($|\\W)").test(query) ||
        one.schema === "core" && one.table === "observation" && /core\.as_of\s*\(/.test(query);
    });
    var first = found[0];
    return first && found.every(function (one) { return one.zh === first.zh && one.unit === first.unit; }) ? first : null;
  }

  // --- errors in words -----------------------------------------------------------------------------

  var WORDS = [
    [/extension/i, "这个函数属于未随版本提供的扩展。", "This function is in an extension that the release does not carry."],
    [/read-only/i, "本页只读：数据库不能改写。", "This page is read-only: the database cannot be changed."],
    [/disabled by configuration|disabled through configuration|configuration has been locked/i, "本页只查本版本的数据库：不读别的文件，不联网，不改设置。", "This page queries the database of this release alone: no other files, no network, no settings."],
    [/^Parser Error|syntax error/i, "语法错误：这不是完整的 SQL。", "A mistake in the SQL: it cannot be read."],
    [/^Catalog Error.*Table/i, "没有这张表。下面列有全部的表。", "There is no such table. All tables are listed below."],
    [/^Catalog Error/i, "没有这个名称（表、函数或模式）。", "There is no such name: table, function or schema."],
    [/^Binder Error.*column/i, "列名不对：查询中的表没有这一列。", "A column is not there: the tables of the query have none of that name."],
    [/^Binder Error/i, "查询各部分不相配（列名、类型或分组）。", "Parts of the query do not fit: names, types or grouping."],
    [/^Conversion Error|^Invalid Input/i, "值的类型不对，无法转换。", "A value has another type and cannot be converted."],
    [/^Out of Memory|memory/i, "浏览器的内存不够：请缩小查询，或用 qutong sql。", "The browser has not enough memory: ask for less, or use qutong sql."]
  ];
  function fault(zh, en, detail) {
    var box = place("sql-fault");
    box.hidden = false;
    both(box, zh, en);
    if (detail) { box.append(node("pre", detail)); }
  }
  // Where a query cannot even be read, the engine wraps what it says.
  function told(text) {
    try {
      var wrapped = JSON.parse(text);
      return wrapped.exception_type + " Error: " + wrapped.exception_message;
    } catch (error) { return text; }
  }
  // Several statements have one answer: which the reader wants, only the reader knows.
  function isSeveral(query) {
    var bare = query.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[^]*?\*\//g, " ");
    return /;\s*\S/.test(bare);
  }
  function refused(raw) {
    var text = told(raw);
    var known = WORDS.find(function (one) { return one[0].test(text); });
    fault(known ? known[1] : "数据库没有回答这个查询。", known ? known[2] : "The database did not answer this query.", text);
  }

  // --- the answer ----------------------------------------------------------------------------------

  function head(columns, query) {
    var line = node("tr");
    columns.forEach(function (column) {
      var cell = node("th", undefined, column.kind === "number" ? "num" : "");
      cell.scope = "col";
      var known = called(column.name, query);
      if (known) { cell.append(both(node("span"), known.zh, known.en)); }
      cell.append(node("code", column.name));
      if (known && known.unit) {
        var unit = known.unit.split(" | ");
        cell.append(both(node("span", undefined, "u"), unit[0], unit[1] || unit[0]));
      }
      line.append(cell);
    });
    return line;
  }
  function show(told, query) {
    var table = place("sql-table"), body = node("tbody"), top = node("thead");
    answer = told;
    top.append(head(told.columns, query));
    told.rows.slice(0, SHOWN).forEach(function (row) {
      var line = node("tr");
      row.forEach(function (value, i) {
        var cell = node("td", undefined, told.columns[i].kind === "number" ? "num" : told.columns[i].kind === "date" ? "short" : "");
        if (value === null) { cell.append(both(node("span", undefined, "null"), "空", "null")); } else { cell.textContent = value; }
        line.append(cell);
      });
      body.append(line);
    });
    table.replaceChildren(node("caption", "", "vh"), top, body);
    both(table.caption, "查询结果", "Result of the query");
    var count = told.rows.length, seconds = (told.milliseconds / 1000).toFixed(2);
    var cutZh = told.more ? "（其后的行没有取出）" : "", cutEn = told.more ? " (rows behind them were not read)" : "";
    var partZh = count > SHOWN ? "，表中列前 " + SHOWN + " 行，CSV 有全部 " + count + " 行" : "";
    var partEn = count > SHOWN ? ", the first " + SHOWN + " of them below, all " + count + " in the CSV" : "";
    both(place("sql-count"), count + " 行" + cutZh + partZh + "，" + seconds + " 秒",
      count + (count === 1 ? " row" : " rows") + cutEn + partEn + ", " + seconds + " s");
    place("sql-answer").hidden = false;
  }
  // As the files of the release: text that a spreadsheet takes for a formula gets an apostrophe.
  function cell(value, column) {
    if (value === null) { return ""; }
    var text = column.kind !== "number" && /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? "'" + value : value;
    return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }
  function csv() {
    var lines = [answer.columns.map(function (column) { return cell(column.name, { kind: "text" }); }).join(",")];
    answer.rows.forEach(function (row) {
      lines.push(row.map(function (value, i) { return cell(value, answer.columns[i]); }).join(","));
    });
    var link = node("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff" + lines.join("\r\n") + "\r\n"], { type: "text/csv" }));
    link.download = "result.csv";
    link.click();
    window.setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  }

  // --- asking --------------------------------------------------------------------------------------

  var ready = null;
  function busy(is) {
    place("sql-run").disabled = is;
    place("sql-stop").disabled = !is;
  }
  function opened() {
    if (isOpen) { return Promise.resolve(); }
    ready = ready || everything().then(start);
    return ready;
  }
  function again() { ready = bytes.mart && bytes.wasm && bytes.duckdb && bytes.arrow ? start() : null; return ready; }

  var turn = 0;
  function run() {
    var query = place("sql-text").value.trim().replace(/;\s*$/, ""), own = ++turn;
    place("sql-fault").hidden = true;
    place("sql-answer").hidden = true;
    if (!query) { fault("请先写一个查询，或选一个示例。", "Write a query first, or choose an example."); return; }
    if (isSeveral(query)) { fault("一次只问一个查询：去掉分号后面的部分，或分开查询。", "One query at a time: take away what stands behind the semicolon, or ask twice."); return; }
    history.replaceState(null, "", "#q=" + encodeURIComponent(query));
    busy(true);
    say(isOpen ? "正在查询……" : "正在打开数据库……", isOpen ? "Asking …" : "Opening the database …");
    opened().then(function () {
      if (own !== turn) { return null; }
      say("正在查询……", "Asking …");
      timer = window.setTimeout(function () { halt(true); }, 1000 * Number(place("sql-limit").value));
      return ask({ kind: "ask", query: query });
    }).then(function (told) {
      if (own !== turn || !told) { return; }
      done();
      show(told, query);
    }, function (error) {
      if (own !== turn) { return; }
      done();
      if (Array.isArray(error)) { ready = null; fault(error[0], error[1]); } else { refused(error); }
    });
  }
  function done() {
    window.clearTimeout(timer);
    busy(false);
    say(isOpen ? "数据库已打开。" : "", isOpen ? "The database is open." : "");
  }
  function halt(isLate) {
    turn += 1;
    stop();
    isOpen = false;
    busy(false);
    var seconds = place("sql-limit").value;
    fault(isLate ? "查询超过 " + seconds + " 秒，已停止。可放宽时限，或缩小查询。" : "查询已停止，没有结果。",
      isLate ? "The query took longer than " + seconds + " seconds and was stopped. Allow more time, or ask for less." : "The query was stopped; there is no result.");
    say("", "");
    var restarted = again();
    if (restarted) { restarted.catch(function () { ready = null; }); }
  }

  function lacks() {
    if (typeof WebAssembly !== "object") { return ["WebAssembly", "WebAssembly"]; }
    if (typeof DecompressionStream !== "function") { return ["DecompressionStream", "DecompressionStream"]; }
    if (typeof Worker !== "function") { return ["Worker", "Worker"]; }
    return null;
  }
  function write(query) {
    place("sql-text").value = query;
    place("sql-text").scrollIntoView({ block: "center" });
  }
  document.addEventListener("DOMContentLoaded", function () {
    var missing = lacks(), form = place("sql-ask");
    if (missing) {
      fault("这个浏览器不能在页面里查询（没有 " + missing[0] + "）。请换用较新的浏览器，或用任何 DuckDB 客户端打开 mart.duckdb。",
        "This browser cannot query in a page (it has no " + missing[1] + "). Use a newer one, or open mart.duckdb in any DuckDB client.");
      return;
    }
    form.hidden = false;
    var saved = /^#q=(.*)$/.exec(location.hash);
    if (saved) { try { place("sql-text").value = decodeURIComponent(saved[1]); } catch (error) { /* a cut link keeps the first example */ } }
    form.addEventListener("submit", function (event) { event.preventDefault(); run(); });
    place("sql-text").addEventListener("keydown", function (event) {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); if (!place("sql-run").disabled) { run(); } }
    });
    place("sql-stop").addEventListener("click", function () { halt(false); });
    place("sql-csv").addEventListener("click", csv);
    document.querySelectorAll(".ask-this").forEach(function (button) {
      button.hidden = false;
      button.addEventListener("click", function () {
        write(button.parentElement.querySelector("code").textContent);
        if (!place("sql-run").disabled) { run(); }
      });
    });
    document.querySelectorAll(".ask-table").forEach(function (button) {
      button.disabled = false;
      button.addEventListener("click", function () {
        write("select * from " + button.dataset.table + " limit 100");
        if (!place("sql-run").disabled) { run(); }
      });
    });
    say("正在载入引擎与数据库……", "Loading the engine and the database …");
    opened().then(function () { if (place("sql-stop").disabled) { say("数据库已打开，可以查询。", "The database is open: ask."); } },
      function (error) {
        ready = null;
        if (Array.isArray(error)) { fault(error[0], error[1]); } else { refused(error); }
        say("", "");
      });
    root.classList.add("can-ask");
  });
})();
