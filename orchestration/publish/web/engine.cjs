// Runs the engine of the page "Ask in SQL" without a browser, from the very files that pages load.
//   node engine.cjs FOLDER                what the engine is, as JSON: its version, and the versions
//                                         of storage that it knows
//   node engine.cjs FOLDER WORKER FILE    opens a database as the page does and asks the queries of
//                                         standard input (between them a NUL); fails with the reason
"use strict";
const fs = require("fs");
const path = require("path");
const vm = require("vm");
const zlib = require("zlib");

const [folder, worker, file] = process.argv.slice(2);

function parts() {
  const found = {};
  const put = (name, number, count, text) => { (found[name] = found[name] || [])[number] = text; };
  for (const name of fs.readdirSync(folder).filter((one) => one.endsWith(".js")).sort()) {
    vm.runInNewContext(fs.readFileSync(path.join(folder, name), "utf8"), { QTSQL: { put }, window: { QTSQL: { put } } });
  }
  return Object.fromEntries(Object.entries(found).map(([name, texts]) =>
    [name, zlib.gunzipSync(Buffer.from(texts.join(""), "base64"))]));
}

// As a worker of a browser sees the world: no process, a place of its own.
function loaded(text, needs) {
  const module = { exports: {} };
  const wrapped = new Function("module", "exports", "require", "process", text);
  wrapped(module, module.exports, (name) => needs[name] || {}, undefined);
  return module.exports;
}

async function declare(duck, wasm) {
  globalThis.fetch = async () => new Response(wasm, { headers: { "content-type": "application/wasm" } });
  const bundle = { mainModule: "data:,", mainWorker: "" };
  const db = await duck.createDuckDB({ mvp: bundle, eh: bundle }, new duck.VoidLogger(), duck.BROWSER_RUNTIME);
  await db.instantiate(() => {});
  db.open({});
  const connection = db.connect();
  const duckdb = connection.query("select version() as v").get(0).v;
  try {
    connection.query("set storage_compatibility_version = 'of no version'");
  } catch (error) {
    return { duckdb, storages: [...new Set(String(error.message).match(/v\d+\.\d+\.\d+/g))] };
  }
  throw new Error("the engine does not say which storage versions it knows");
}

async function main() {
  globalThis.WorkerGlobalScope = function () {};
  globalThis.location = { href: "blob:" };
  globalThis.self = globalThis;
  globalThis.window = undefined;
  globalThis.postMessage = () => {};
  console.warn = () => {};
  const found = parts();
  const arrow = loaded(found.arrow.toString(), {});
  const duckdb = loaded(found.duckdb.toString(), { "apache-arrow": arrow });
  if (!worker) { return declare(duckdb, found.wasm); }
  const scope = { window: {}, Response, Promise, Date, JSON, BigInt, String, Number, Uint8Array };
  vm.runInNewContext(fs.readFileSync(worker, "utf8"), scope);
  const answer = scope.window.QTWorker({ duckdb }, globalThis);
  const opened = await answer({ kind: "open", wasm: found.wasm, mart: fs.readFileSync(file) });
  for (const query of fs.readFileSync(0, "utf8").split("\0").filter(Boolean)) {
    try { await answer({ kind: "ask", query }); } catch (error) {
      throw new Error(`${query.slice(0, 200)}: ${error.message}`);
    }
  }
  return opened;
}

main().then(
  (told) => { process.stdout.write(JSON.stringify(told) + "\n"); process.exit(0); },
  (error) => { process.stderr.write(String(error && error.message || error).slice(0, 2000) + "\n"); process.exit(1); },
);
