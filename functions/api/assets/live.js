// A build as it goes: its events move the bars, its end brings the page anew.
(() => {
  const LOOK_AGAIN = 3000;

  whenReady(() => {
    const place = ".live[data-events]";
    const live = document.querySelector(place);
    if (!live) return;
    const renew = async () => {
      takeOver(await fetchPage(location.href), ".live");
      return document.querySelector(place) !== null;
    };
    // Where events do not come through, the page is looked at again.
    const poll = () => setTimeout(async () => {
      if (await renew().catch(() => true)) poll();
    }, LOOK_AGAIN);
    const show = (job) => {
      for (const [stage, { done, total }] of Object.entries(job.progress ?? {})) {
        const row = document.querySelector(`${place} [data-stage="${CSS.escape(stage)}"]`);
        if (!row) continue;
        const bar = row.querySelector("progress");
        if (total > 0) {
          bar.max = total;
          bar.value = done;
        }
        row.querySelector(".counts").textContent = total > 0 ? `${done} / ${total}` : String(done);
        row.className = total > 0 && done >= total ? "done" : "now";
      }
    };
    const source = new EventSource(live.dataset.events);
    const over = () => {
      source.close();
      renew().catch(() => location.reload());
    };
    const onJob = (event) => {
      const job = JSON.parse(event.data);
      show(job);
      if (job.ended_at) over();
    };
    for (const name of ["message", "job", "progress"]) source.addEventListener(name, onJob);
    source.addEventListener("end", over);
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) return;
      poll();
    });
  });
})();
