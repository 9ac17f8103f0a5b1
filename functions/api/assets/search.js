// Search as one types: the page that the form would lead to gives its results.
(() => {
  const PAUSE = 180;

  whenReady(() => {
    const form = document.querySelector(".search form");
    if (!form) return;
    let waiting;
    let running;
    const refresh = async () => {
      clearTimeout(waiting);
      running?.abort();
      running = new AbortController();
      const mine = running;
      const wanted = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
      const address = `${form.action}?${wanted}`;
      document.querySelector(".results").setAttribute("aria-busy", "true");
      try {
        const page = await fetchPage(address, mine.signal);
        if (mine !== running) return;
        takeOver(page, ".results");
        document.title = page.title;
        history.replaceState(null, "", address);
      } catch (error) {
        if (error.name === "AbortError" || mine !== running) return;
        document.querySelector(".results").replaceChildren(make("p", { className: "empty", textContent: say("failed") }));
        document.querySelector(".results").removeAttribute("aria-busy");
      }
    };
    form.addEventListener("input", (event) => {
      if (event.isComposing) return;
      clearTimeout(waiting);
      waiting = setTimeout(refresh, event.target.matches("select") ? 0 : PAUSE);
    });
    form.addEventListener("compositionend", () => { waiting = setTimeout(refresh, PAUSE); });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      refresh();
    });
  });
})();
