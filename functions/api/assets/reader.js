// Reading: theme, cited lines beside the text, keys, where the reader is.
(() => {
  const root = document.documentElement;
  const theme = kept.get("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;

  const useTheme = () => {
    for (const choice of document.querySelectorAll(".theme input")) {
      if (choice.value === theme) choice.checked = true;
      choice.addEventListener("change", () => {
        delete root.dataset.theme;
        if (choice.value !== "auto") root.dataset.theme = choice.value;
        kept.set("theme", choice.value);
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
    const page = await fetchPage(cite.href);
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

  // From result to result; on a page without any the keys do what they always do.
  const step = (event, by) => {
    const links = [...document.querySelectorAll(".hit h2 a")];
    if (links.length === 0) return;
    event.preventDefault();
    const at = links.indexOf(document.activeElement?.closest(".hit")?.querySelector("h2 a"));
    if (at === 0 && by < 0) return document.querySelector("main input[type=search]")?.focus();
    const next = links[at < 0 ? 0 : Math.min(at + by, links.length - 1)];
    next.focus({ preventScroll: true });
    next.closest(".hit").scrollIntoView({ block: "nearest" });
  };

  const onKey = (event) => {
    if (event.isComposing) return;
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
    if (event.key === "Escape") {
      const menu = document.querySelector("details.menu[open]");
      if (menu) {
        menu.open = false;
        return menu.querySelector("summary").focus();
      }
      if (typing) return typing.blur();
      return closeExcerpt();
    }
    if (event.key === "ArrowDown" && typing?.matches("main input[type=search]")) return step(event, 1);
    if (typing) return;
    if (event.key === "/") {
      event.preventDefault();
      document.querySelector("main input[type=search], .find input[type=search]")?.focus();
    } else if (event.key === "j" || event.key === "k") {
      step(event, event.key === "j" ? 1 : -1);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (event.target.closest?.(".hit")) step(event, event.key === "ArrowDown" ? 1 : -1);
    } else if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && !event.target.closest?.(".wide, pre, .canvas")) {
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

  whenReady(() => {
    useTheme();
    followReading();
    document.querySelector('.tree [aria-current="page"]')?.scrollIntoView({ block: "nearest", behavior: "instant" });
    document.addEventListener("click", onClick);
    document.addEventListener("keydown", onKey);
  });
})();
