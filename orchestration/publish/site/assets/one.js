// All pages in one file: language, menu, and finding a page by its name. Without scripts the pages
// and links work all the same.
"use strict";
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  function fold(text) { return text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim(); }

  function speak(lang) {
    var button = document.getElementById("qt-lang");
    root.dataset.lang = lang;
    root.lang = lang === "en" ? "en" : "zh-CN";
    button.textContent = lang === "en" ? "中文" : "English";
    button.lang = lang === "en" ? "zh" : "en";
    document.querySelectorAll("[data-zh]").forEach(function (item) {
      var text = item.getAttribute("data-" + lang);
      if (item.tagName === "INPUT") { item.placeholder = text; }
    });
  }
  function found(words) {
    return Array.prototype.filter.call(document.querySelectorAll(".page"), function (page) {
      var name = fold(page.dataset.zh + " " + page.dataset.en + " " + page.id);
      return words.every(function (word) { return name.indexOf(word) >= 0; });
    });
  }
  function find(text) {
    var list = document.getElementById("search--qt-results"), all = document.getElementById("search--qt-all");
    var said = document.getElementById("search--qt-found"), words = fold(text).split(" ").filter(Boolean);
    if (!list) { return; }
    list.textContent = "";
    if (all) { all.hidden = words.length > 0; }
    var pages = words.length ? found(words) : [];
    said.textContent = !words.length ? "" : root.dataset.lang === "en" ? pages.length + " found" : "找到 " + pages.length + " 项";
    pages.slice(0, 100).forEach(function (page) {
      var item = document.createElement("li"), link = document.createElement("a");
      link.href = "#" + page.id;
      link.textContent = root.dataset.lang === "en" ? page.dataset.en : page.dataset.zh;
      item.append(link);
      list.append(item);
    });
  }
  document.addEventListener("DOMContentLoaded", function () {
    var lang = document.getElementById("qt-lang"), menu = document.getElementById("qt-menu");
    lang.hidden = false;
    menu.hidden = false;
    lang.addEventListener("click", function () { speak(root.dataset.lang === "en" ? "zh" : "en"); });
    menu.addEventListener("click", function () {
      var open = menu.getAttribute("aria-expanded") !== "true";
      menu.setAttribute("aria-expanded", String(open));
      root.classList.toggle("menu-open", open);
    });
    document.querySelectorAll("form[role=search]").forEach(function (form) {
      var field = form.querySelector("input");
      form.addEventListener("submit", function (event) {
        event.preventDefault();
        location.hash = "#search";
        find(field.value);
      });
      field.addEventListener("input", function () { if (location.hash === "#search") { find(field.value); } });
    });
    window.addEventListener("hashchange", function () {
      root.classList.remove("menu-open");
      menu.setAttribute("aria-expanded", "false");
      var page = document.querySelector(location.hash.length > 1 ? location.hash : ".first");
      if (page && page.classList.contains("page")) { window.scrollTo(0, 0); }
    });
  });
})();
