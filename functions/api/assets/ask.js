// Asking: the answer is shown as it is streamed, follow-ups tell what was asked before, and the browser keeps the last
// conversations.
(() => {
  const NAME = "conversations";
  const MOST = 20;
  const MOST_CHARACTERS = 400000;
  const MOST_HISTORY = 20;

  const load = () => {
    try { return JSON.parse(kept.get(NAME)) ?? []; } catch { return []; }
  };
  // The oldest go first where there are too many or they are too long.
  const save = (conversations) => {
    const some = conversations.slice(0, MOST);
    while (some.length > 1 && JSON.stringify(some).length > MOST_CHARACTERS) some.pop();
    kept.set(NAME, JSON.stringify(some));
  };

  // The events of a stream, each `{event, data}`.
  const events = async function* (body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      text += done ? "\n\n" : value;
      const blocks = text.replaceAll("\r\n", "\n").split("\n\n");
      text = blocks.pop();
      for (const block of blocks) {
        const lines = block.split("\n");
        const field = (name) => lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ""));
        const [event] = field("event");
        if (event) yield { event, data: JSON.parse(field("data").join("\n") || "null") };
      }
      if (done) return;
    }
  };

  const place = (it) => `${it.path}, ${it.start === it.end ? say("line") : say("lines")} ${it.start === it.end ? it.start : `${it.start}–${it.end}`}`;

  const draw = (answer, base) => {
    const href = (it) => `${base}/wiki/${it.repository}/?at=${encodeURIComponent(`${it.path}:${it.start}-${it.end}`)}&build=${it.commit}&language=${document.documentElement.lang}#excerpt`;
    const mark = (number) => {
      const it = answer.citations.find((citation) => citation.number === number);
      return it ? [make("a", { className: "cite", href: href(it), title: place(it), ariaLabel: `[${number}] ${place(it)}`, textContent: number })] : [];
    };
    const passage = (it) => {
      const marks = make("sup", { className: "cites" }, ...it.citations.flatMap(mark));
      const text = it.form === "source"
        ? [make("pre", { tabIndex: 0 }, make("code", { textContent: it.text }))]
        : it.text.split("\n").map((line) => make("p", { textContent: line }));
      if (it.title) text.unshift(make("h3", {}, it.title, marks));
      else text[0].append(marks);
      return make("section", { className: "passage" }, ...text);
    };
    const cited = (it) => make("li", {},
      make("a", { className: "cite in-full", href: href(it) }, make("span", { className: "path", textContent: it.path }), ` ${place(it).slice(it.path.length + 2)}`),
      " ", make("span", { className: "soft", textContent: `${it.repository} @ ${it.commit.slice(0, 8)}` }));
    const parts = [];
    if (answer.steps?.length) {
      const steps = answer.steps.map((step) => make("li", { textContent: step }));
      parts.push(make("details", { className: "steps", open: !answer.whole }, make("summary", { textContent: say("steps") }), make("ol", {}, ...steps)));
    }
    if (answer.notice) parts.push(make("p", { className: "notice-quiet", textContent: answer.notice }));
    parts.push(...answer.passages.map(passage));
    for (const it of answer.refused ?? []) parts.push(make("p", { className: "notice", textContent: `${it.repository}: ${it.reason}` }));
    if (answer.citations.length) parts.push(make("h3", { textContent: say("sources") }), make("ol", { className: "cited" }, ...answer.citations.map(cited)));
    if (answer.failure) parts.push(make("p", { className: "notice", role: "alert", textContent: answer.failure }));
    return make("article", { className: "answer" }, make("h2", { className: "question", textContent: answer.question }), ...parts);
  };

  const stepText = ({ kind, text }) => [say(`step-${kind}`), text].filter(Boolean).join(": ");

  const take = (answer, { event, data }) => {
    if (event === "answer") Object.assign(answer, data, { passages: answer.passages, citations: answer.citations, steps: answer.steps });
    else if (event === "passage") answer.passages.push(data);
    else if (event === "citation") answer.citations.push(data);
    else if (event === "step") (answer.steps ??= []).push(stepText(data));
    else if (event === "error") answer.failure = data?.detail ?? say("failed");
    else if (event === "end") answer.whole = true;
  };

  const start = (form) => {
    const thread = document.getElementById("thread");
    const list = document.querySelector(".history");
    const base = form.dataset.base;
    const [field, button] = [form.elements.q, form.querySelector("button")];
    let conversations = load();
    let current = null;
    let running = null;

    const showHistory = () => {
      list.querySelector("ul")?.remove();
      const entry = (conversation) => {
        const open = make("a", { href: "#thread", textContent: conversation.answers[0].question });
        if (conversation === current) open.setAttribute("aria-current", "page");
        open.addEventListener("click", (event) => {
          event.preventDefault();
          running?.abort();
          current = conversation;
          form.elements.repository.value = conversation.repository;
          showThread();
          showHistory();
        });
        const remove = make("button", { type: "button", textContent: "×", title: say("removed"), ariaLabel: `${say("removed")}: ${conversation.answers[0].question}` });
        remove.addEventListener("click", () => {
          conversations = conversations.filter((it) => it !== conversation);
          save(conversations);
          if (conversation === current) {
            current = null;
            showThread();
          }
          showHistory();
        });
        return make("li", {}, open, remove);
      };
      if (conversations.length) list.append(make("ul", {}, ...conversations.map(entry)));
    };
    const showThread = () => {
      thread.replaceChildren(...(current?.answers ?? []).map((answer) => draw(answer, base)));
      document.querySelector(".examples")?.remove();
    };

    const ask = async (question) => {
      running?.abort();
      const mine = running = new AbortController();
      const repository = form.elements.repository.value;
      if (!current) {
        current = { repository, answers: [] };
        conversations.unshift(current);
      }
      const history = current.answers.map((answer) => answer.question).slice(-MOST_HISTORY);
      const conversation = current;
      const answer = { question, passages: [], citations: [], whole: false };
      conversation.answers.push(answer);
      showThread();
      const waiting = make("p", { className: "waiting", role: "status", textContent: say("asking") });
      thread.append(waiting);
      thread.lastElementChild.previousElementSibling.scrollIntoView({ block: "start" });
      button.textContent = say("stop");
      const refresh = () => {
        if (mine === running) thread.querySelector(".answer:last-of-type")?.replaceWith(draw(answer, base));
      };
      try {
        const body = { question, history, repositories: repository ? [repository] : [], research: form.elements.research.checked };
        const headers = { "content-type": "application/json", accept: "text/event-stream" };
        const reply = await fetch(`${base}/ask`, { method: "POST", headers, body: JSON.stringify(body), signal: mine.signal });
        if (!reply.ok) answer.failure = (await reply.json()).detail;
        else for await (const event of events(reply.body)) {
          take(answer, event);
          refresh();
        }
        if (!answer.whole && !answer.failure) answer.failure = say("lost");
      } catch (error) {
        if (error.name !== "AbortError") answer.failure = say(answer.passages.length ? "lost" : "failed");
      }
      answer.whole = true;
      refresh();
      waiting.remove();
      save(conversations);
      showHistory();
      if (mine === running) {
        running = null;
        button.textContent = button.dataset.name;
      }
    };

    button.dataset.name = button.textContent;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (running) return running.abort();
      const question = field.value.trim();
      field.value = "";
      if (question) ask(question);
    });
    // Enter sends, Shift+Enter begins a line; while a word is being composed Enter belongs to the input method.
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    for (const example of document.querySelectorAll(".examples a")) {
      example.addEventListener("click", (event) => {
        event.preventDefault();
        ask(example.textContent);
      });
    }
    form.elements.repository.addEventListener("change", () => { current = null; });
    const fresh = make("button", { type: "button", className: "fresh", textContent: say("fresh") });
    fresh.addEventListener("click", () => {
      running?.abort();
      current = null;
      showThread();
      showHistory();
      field.focus();
    });
    list.querySelector("h2").after(fresh);
    showHistory();
    if ("atOnce" in form.dataset) {
      const question = field.value.trim();
      field.value = "";
      history.replaceState(null, "", location.pathname);
      ask(question);
    }
  };

  whenReady(() => {
    const form = document.getElementById("ask");
    if (form) start(form);
  });
})();
