// What answers queries, in a worker of its own: it can be stopped in the middle of one.
// The page gives it to the worker as text behind the engine's own (`engines`); so does whoever
// opens a release without a browser (`web/engine.cjs`).
"use strict";
window.QTWorker = function (engines, self) {
  var MOST_ROWS = 100000;
  var duck = engines.duckdb, db = null, connection = null;

  // The engine asks for its code at an address; the code was handed over with the first message.
  function instantiate(wasm) {
    self.fetch = function () {
      return Promise.resolve(new Response(wasm, { headers: { "content-type": "application/wasm" } }));
    };
    var bundle = { mainModule: "data:,", mainWorker: "" };
    return duck.createDuckDB({ mvp: bundle, eh: bundle }, new duck.VoidLogger(), duck.BROWSER_RUNTIME)
      .then(function (made) { return made.instantiate(function () {}).then(function () { return made; }); });
  }
  function open(message) {
    return instantiate(message.wasm).then(function (made) {
      db = made;
      db.registerFileBuffer("mart.duckdb", new Uint8Array(message.mart));
      db.open({ path: "mart.duckdb", accessMode: duck.DuckDBAccessMode.READ_ONLY });
      connection = db.connect();
      connection.query("set enable_external_access = false");
      connection.query("set lock_configuration = true");
      return { version: connection.query("select version() as v").get(0).v };
    });
  }

  // --- values as text: no digit passes through a float -------------------------------------------

  function decimal(words, scale) {
    var value = 0n, i;
    for (i = words.length - 1; i >= 0; i--) { value = (value << 32n) | BigInt(words[i]); }
    var bits = BigInt(32 * words.length);
    if (value >> (bits - 1n)) { value -= 1n << bits; }
    var sign = value < 0n ? "-" : "", digits = String(value < 0n ? -value : value);
    if (scale === 0) { return sign + digits; }
    digits = digits.padStart(scale + 1, "0");
    var rest = digits.slice(-scale).replace(/0+$/, "");
    return sign + digits.slice(0, -scale) + (rest ? "." + rest : "");
  }
  function moment(value) {
    var text = new Date(Number(value)).toISOString().replace("T", " ").replace("Z", "");
    return text.replace(/\.000$/, "");
  }
  function nested(value) {
    return JSON.stringify(value, function (key, one) { return typeof one === "bigint" ? String(one) : one; });
  }
  var KINDS = { 2: "number", 3: "number", 7: "number", 8: "date", 10: "moment", 6: "flag" };
  function shown(value, type) {
    if (value === null || value === undefined) { return null; }
    if (type.typeId === 7) { return decimal(value, type.scale); }
    if (type.typeId === 8) { return moment(value).slice(0, 10); }
    if (type.typeId === 10) { return moment(value); }
    if (typeof value === "object") { return nested(value.toJSON ? value.toJSON() : value); }
    return String(value);
  }

  // --- one query -----------------------------------------------------------------------------------

  // A long answer is read as far as a page can hold it, and said to be longer.
  function read(reader) {
    var rows = [], more = false, fields = reader.open().schema.fields;
    for (var batch of reader) {
      var vectors = fields.map(function (field, i) { return batch.getChildAt(i); });
      for (var r = 0; r < batch.numRows && !more; r++) {
        if (rows.length === MOST_ROWS) { more = true; break; }
        rows.push(vectors.map(function (vector, i) { return shown(vector.get(r), fields[i].type); }));
      }
      if (more) { connection.cancelSent(); break; }
    }
    return {
      columns: fields.map(function (field) {
        return { name: field.name, kind: KINDS[field.type.typeId] || "text" };
      }),
      rows: rows, more: more
    };
  }
  function ask(message) {
    var began = Date.now();
    return connection.send(message.query, true).then(function (reader) {
      var answer = read(reader);
      answer.milliseconds = Date.now() - began;
      return answer;
    });
  }

  return function (message) {
    return Promise.resolve().then(function () {
      return message.kind === "open" ? open(message) : ask(message);
    });
  };
};
