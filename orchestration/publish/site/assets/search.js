// The list of indicators and regions, searched: several words, other names, pinyin, regions, years.
"use strict";
(function () {
  var QT = window.QT, SHOWN = 100;
  var index = null, figures = null, isAsked = false;

  function place(id) { return document.getElementById(id); }
  function parsed(payload) { return payload === null ? null : JSON.parse(payload); }

  // --- what the words mean -------------------------------------------------------------------------

  // A word is a year, a region, or a part of a name; 北仑人口 and 2024年人口 are two words each.
  var YEAR = /^((?:19|20)\d{2})年?/;
  function regionsNamed(word) {
    return index.regions.filter(function (one) {
      return one.names.indexOf(word) >= 0 || one.code === word;
    });
  }
  function beginning(word) {
    var best = null;
    index.regions.forEach(function (one) {
      one.names.forEach(function (name) {
        if (name.length > 1 && /[\u3400-\u9fff]/.test(name) && word.length > name.length &&
            word.indexOf(name) === 0 && (!best || name.length > best.length)) { best = name; }
      });
    });
    return best;
  }
  function isName(word) {
    return index.entries.some(function (entry) { return entry[0] === "indicator" && names(entry).indexOf(word) >= 0; });
  }
  function meant(text) {
    var found = { words: [], regions: [], years: [] };
    QT.fold(text).split(/[ ,，、;；]+/).filter(Boolean).forEach(function read(word) {
      var year = YEAR.exec(word), regions = isName(word) ? [] : regionsNamed(word);
      if (year && !/^\d{5}/.test(word)) {
        found.years.push(Number(year[1]));
        if (word.length > year[0].length) { read(word.slice(year[0].length)); }
      } else if (regions.length) {
        found.regions.push(regions);
      } else {
        var name = isName(word) ? null : beginning(word);
        if (name) { read(name); read(word.slice(name.length)); } else { found.words.push(word); }
      }
    });
    return found;
  }

  // --- how well an entry fits ----------------------------------------------------------------------

  // entry: kind, code, zh, en, theme, initials, pinyin, link, other names
  function names(entry) {
    if (!entry.folded) {
      entry.folded = [entry[2], entry[3]].concat(entry[8] ? entry[8].split("\n") : []).map(QT.fold);
    }
    return entry.folded;
  }
  // 固投 is short for 固定资产投资: its characters in their order, from the first on.
  function isShortFor(word, name) {
    if (!/^[\u3400-\u9fff]{2,}$/.test(word) || name[0] !== word[0]) { return false; }
    for (var i = 0, at = 0; i < word.length; i++, at++) {
      at = name.indexOf(word[i], at);
      if (at < 0) { return false; }
    }
    return true;
  }
  function fits(name, word) {
    if (name === word) { return 100; }
    if (name.indexOf(word) === 0) { return 80; }
    if (name.indexOf(word) > 0) {
      return !/^[\x00-\x7f]+$/.test(word) ? 60
        : new RegExp("(^|[^a-z0-9])" + word.replace(/[^a-z0-9]/g, ".")).test(name) ? 55 : 30;
    }
    return isShortFor(word, name) ? 35 : 0;
  }
  function scoreOf(entry, word) {
    var all = names(entry), best = 0;
    if (entry[1] === word) { return 100; }
    all.forEach(function (name, i) { best = Math.max(best, fits(name, word) - (i > 1 ? 2 : 0)); });
    if (best) { return best; }
    if (entry[5].indexOf(word) === 0) { return 50; }
    if (entry[6].indexOf(word) === 0) { return 45; }
    if (entry[1].indexOf(word) >= 0) { return 40; }
    if (entry[5].indexOf(word) > 0 && word.length > 1) { return 25; }
    return entry[6].indexOf(word) > 0 && word.length > 2 ? 20 : 0;
  }
  function score(entry, words) {
    var sum = 0;
    for (var i = 0; i < words.length; i++) {
      var own = scoreOf(entry, words[i]);
      if (!own) { return 0; }
      sum += own;
    }
    return sum - Math.min(entry[2].length, 40) / 10;
  }

  // --- the figure of a result ----------------------------------------------------------------------

  // figure: observation, indicator, region, period, year, sign zh, sign en, number, unit
  function figure(code, region, year) {
    var found = null;
    (figures.of[code] || []).forEach(function (one) {
      if (one[2] === region && (!year || one[4] === year)) { found = one; }
    });
    return found;
  }
  function written(one) {
    var english = QT.isEnglish(), sign = one[english ? 6 : 5], told;
    if (QT.facts().ranks.indexOf(one[8]) >= 0) {
      told = english ? sign + (sign ? one[7] : "rank " + one[7]) : (sign || "第") + one[7] + one[8];
    } else {
      var found = QT.written(one[8], [one[7].replace(/,/g, "").replace("−", "-")]);
      told = sign + found[0][0] + (!found[1] ? "" : found[1] === "%" ? "%" : " " + found[1]);
    }
    return told + " · " + figures.periods[one[3]][english ? 2 : 1];
  }

  // --- results -------------------------------------------------------------------------------------

  function results(asked) {
    var region = asked.regions.length ? asked.regions[0][0].code : figures ? figures.district : "";
    var year = asked.years[0] || 0, isOnlyPlace = !asked.words.length;
    var found = [];
    index.entries.forEach(function (entry, i) {
      var isRegion = entry[0] === "region", own = 0;
      if (isRegion) {
        own = isOnlyPlace && !year ? asked.regions.some(function (list) {
          return list.some(function (one) { return one.code === entry[1]; });
        }) ? 90 : 0 : asked.words.length && !asked.regions.length && !year ? score(entry, asked.words) : 0;
      } else if (asked.words.length) { own = score(entry, asked.words); }
      else if (year && !asked.regions.length) { own = 1; }
      if (own <= 0) { return; }
      var shown = isRegion || !figures ? null : figure(entry[1], region, year);
      // A year or a region that was asked for: what has no figure of it is not meant.
      if (!isRegion && figures && (year || asked.regions.length) && !shown) { return; }
      found.push([own + (shown ? 3 : 0), i, entry, shown]);
    });
    return found.sort(function (a, b) { return b[0] - a[0] || a[1] - b[1]; });
  }
  function line(found) {
    var entry = found[2], item = document.createElement("li"), link = document.createElement("a");
    var note = document.createElement("span"), english = QT.isEnglish(), theme = index.themes[entry[4]];
    link.href = QT.base() + entry[7];
    link.textContent = english ? entry[3] : entry[2];
    item.append(link);
    if (found[3]) {
      var shown = document.createElement("strong"), where = index.named[found[3][2]];
      shown.className = "found";
      shown.dataset.o = found[3][0];
      shown.textContent = (found[3][2] === figures.district || !where ? "" : where[english ? 1 : 0] + " ") + written(found[3]);
      item.append(shown);
    }
    note.textContent = entry[0] === "region" ? QT.say("地区 ", "Region ") + entry[1]
      : (theme ? theme[english ? 1 : 0] : "") + " · " + entry[1];
    item.append(note);
    return item;
  }
  function find(text) {
    var list = place("qt-results"), said = place("qt-found"), all = place("qt-all");
    list.textContent = "";
    if (!index) { all.hidden = false; said.textContent = ""; return; }
    var asked = meant(text), isEmpty = !asked.words.length && !asked.regions.length && !asked.years.length;
    all.hidden = !isEmpty;
    if (isEmpty) { said.textContent = ""; return; }
    want();
    var found = results(asked);
    said.textContent = QT.say("找到 " + found.length + " 项", found.length + " found") +
      (found.length > SHOWN ? QT.say("，列出前 " + SHOWN + " 项", ", the first " + SHOWN + " are listed") : "") +
      (!found.length && (asked.years.length || asked.regions.length)
        ? QT.say("：没有这一年或这个地区的数字，去掉年份或地区再找。", ": there is no figure of that year or region; search without it.") : "");
    found.slice(0, SHOWN).forEach(function (one) { list.append(line(one)); });
    QT.carry();
  }

  // --- loading -------------------------------------------------------------------------------------

  // Figures come with the first search: whoever reads the list needs none.
  function want() {
    var facts = QT.facts();
    if (isAsked || !facts) { return; }
    isAsked = true;
    QT.load("found", facts.scripts.found, function (payload) {
      figures = parsed(payload);
      if (!figures) { return; }
      figures.of = {};
      figures.figures.forEach(function (one) { (figures.of[one[1]] = figures.of[one[1]] || []).push(one); });
      find(place("q").value);
    });
  }
  function prepare() {
    index = index || parsed(QT.data("search"));
    if (!index || index.named) { return; }
    index.named = {};
    index.regions = index.entries.filter(function (entry) { return entry[0] === "region"; }).map(function (entry) {
      var zh = QT.fold(entry[2]), short = zh.replace(/^.*(?:省|市|自治州|地区)(?=.{2,})/, "");
      index.named[entry[1]] = [entry[2], entry[3]];
      var all = [zh, short, QT.fold(entry[3])];
      [zh, short].forEach(function (one) { if (one.length > 2) { all.push(one.replace(/(?:区|市|县|省)$/, "")); } });
      return { code: entry[1], names: all };
    });
  }
  document.addEventListener("DOMContentLoaded", function () {
    var field = place("q");
    field.value = new URLSearchParams(location.search).get("q") || "";
    field.addEventListener("input", function () { find(field.value); });
    field.form.addEventListener("submit", function (event) { event.preventDefault(); find(field.value); });
    if (field.value) { field.focus(); find(field.value); }
  });
  QT.onRefresh(function () { prepare(); find(place("q").value); });
})();
