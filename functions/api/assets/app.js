// What makes reading quicker; every page works without it.
"use strict";
(() => {
  const root = document.documentElement;
  const remembered = () => {
    try { return localStorage.getItem("theme"); } catch { return null; }
  };
  const theme = remembered();
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;

  const useTheme = () => {
    for (const choice of document.querySelectorAll(".theme input")) {
      if (choice.value === theme) choice.checked = true;
      choice.addEventListener("change", () => {
        delete root.dataset.theme;
        if (choice.value !== "auto") root.dataset.theme = choice.value;
        try { localStorage.setItem("theme", choice.value); } catch { /* Not remembered, then. */ }
      });
    }
  };

  // A citation opens beside the text; the page that its address gives has the lines already.
  let request = 0;
  const closeExcerpt = () => {
    request += 1;
    document.getElementById("excerpt")?.remove();
    document.querySelector(".has-excerpt")?.classList.remove("has-excerpt");
    const open = document.querySelector(".cite.open");
    open?.classList.remove("open");
    open?.focus({ preventScroll: true });
  };
  const openExcerpt = async (cite) => {
    const mine = ++request;
    const answer = await fetch(cite.href);
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const excerpt = page.getElementById("excerpt");
    if (!excerpt) throw new Error("no excerpt");
    if (mine !== request) return;
    document.getElementById("excerpt")?.remove();
    for (const open of document.querySelectorAll(".cite.open")) open.classList.remove("open");
    const side = document.querySelector(".side");
    const before = cite.getBoundingClientRect().top;
    side.prepend(document.adoptNode(excerpt));
    side.parentElement.classList.add("has-excerpt");
    cite.classList.add("open");
    // The text is set anew beside the lines; what was being read stays where it was.
    window.scrollBy({ top: cite.getBoundingClientRect().top - before, behavior: "instant" });
    excerpt.querySelector(".marked")?.scrollIntoView({ block: "nearest", behavior: "instant" });
  };
  const onClick = (event) => {
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    const link = plain ? event.target.closest("a") : null;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    if (link?.matches(".cite") && document.querySelector(".side")) {
      event.preventDefault();
      if (link.classList.contains("open")) return closeExcerpt();
      openExcerpt(link).catch(() => { location.href = link.href; });
    } else if (link?.matches(".excerpt .close")) {
      event.preventDefault();
      closeExcerpt();
    } else if (link?.matches(".tree a") && location.hash === "#tree") {
      history.replaceState(null, "", location.pathname + location.search);
    }
  };

  const onKey = (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
    if (event.key === "Escape") {
      if (typing) return typing.blur();
      return closeExcerpt();
    }
    if (typing) return;
    if (event.key === "/") {
      event.preventDefault();
      document.querySelector("main input[type=search], .find input[type=search]")?.focus();
    } else if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && !event.target.closest?.(".wide, pre")) {
      document.querySelector(event.key === "ArrowLeft" ? "a[rel=prev]" : "a[rel=next]")?.click();
    }
  };

  // Marks in the contents where the reader is.
  const followReading = () => {
    const links = new Map();
    for (const link of document.querySelectorAll(".contents a")) {
      const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (heading) links.set(heading, link);
    }
    if (links.size === 0) return;
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        for (const link of links.values()) link.classList.remove("here");
        links.get(entry.target).classList.add("here");
      }
    }, { rootMargin: "-10% 0px -70% 0px" });
    for (const heading of links.keys()) watcher.observe(heading);
  };

  document.addEventListener("DOMContentLoaded", () => {
    useTheme();
    followReading();
    document.querySelector('.tree [aria-current="page"]')?.scrollIntoView({ block: "nearest", behavior: "instant" });
    document.addEventListener("click", onClick);
    document.addEventListener("keydown", onKey);
  });
})();
