// Diagrams: nearer and farther, by buttons, keys, wheel and pointer. What is shown is the picture's own view box, so
// that it stays sharp and needs no style.
(() => {
  const STEP = 1.25;
  const NEAREST = 8;

  const handle = (canvas) => {
    const svg = canvas.querySelector("svg");
    const whole = svg.getAttribute("viewBox").split(" ").map(Number);
    let view = [...whole];
    const show = (next) => {
      view = next;
      svg.setAttribute("viewBox", view.join(" "));
      canvas.classList.toggle("near", view[2] < whole[2] * 0.999);
    };
    const inside = (value, start, length, room) => Math.min(Math.max(value, start), start + length - room);
    const move = (dx, dy) => show([
      inside(view[0] + dx, whole[0], whole[2], view[2]), inside(view[1] + dy, whole[1], whole[3], view[3]), view[2], view[3],
    ]);
    // `at` is where the picture stands still, as shares of what is shown.
    const zoom = (factor, at = [0.5, 0.5]) => {
      const width = Math.min(Math.max(view[2] / factor, whole[2] / NEAREST), whole[2]);
      const height = width * whole[3] / whole[2];
      const [x, y] = [view[0] + (view[2] - width) * at[0], view[1] + (view[3] - height) * at[1]];
      show([inside(x, whole[0], whole[2], width), inside(y, whole[1], whole[3], height), width, height]);
    };

    const keys = {
      "+": () => zoom(STEP), "=": () => zoom(STEP), "-": () => zoom(1 / STEP), 0: () => show([...whole]),
      ArrowLeft: () => move(-view[2] / 10, 0), ArrowRight: () => move(view[2] / 10, 0),
      ArrowUp: () => move(0, -view[3] / 10), ArrowDown: () => move(0, view[3] / 10),
    };
    canvas.addEventListener("keydown", (event) => {
      const isArrow = event.key.startsWith("Arrow");
      if (event.metaKey || event.ctrlKey || event.altKey || !keys[event.key]) return;
      if (isArrow && !canvas.classList.contains("near")) return;
      event.preventDefault();
      keys[event.key]();
    });
    canvas.addEventListener("wheel", (event) => {
      // The wheel alone goes on scrolling the page.
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = svg.getBoundingClientRect();
      zoom(event.deltaY < 0 ? STEP : 1 / STEP, [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]);
    }, { passive: false });

    let from = null;
    svg.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !canvas.classList.contains("near")) return;
      from = [event.clientX, event.clientY];
      svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener("pointermove", (event) => {
      if (!from) return;
      const scale = view[2] / svg.getBoundingClientRect().width;
      move((from[0] - event.clientX) * scale, (from[1] - event.clientY) * scale);
      from = [event.clientX, event.clientY];
    });
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { from = null; });

    const button = (sign, name, run) => {
      const made = make("button", { type: "button", textContent: sign, title: say(name), ariaLabel: say(name) });
      made.addEventListener("click", run);
      return made;
    };
    const tools = make("div", { className: "tools" },
      button("+", "nearer", keys["+"]), button("−", "farther", keys["-"]), button("⤢", "whole", keys[0]));
    canvas.before(tools);
  };

  whenReady(() => {
    for (const canvas of document.querySelectorAll(".canvas:has(svg)")) handle(canvas);
  });
})();
