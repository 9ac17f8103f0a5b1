// Parses Mermaid texts with the real mermaid. Reads a JSON array of {id, mermaid} from standard input and prints a
// JSON array of {id, error} for those that do not parse.
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('<!doctype html><body></body>', { pretendToBeVisual: true });
for (const name of ['window', 'document', 'DOMParser', 'Element', 'HTMLElement', 'Node', 'NodeFilter']) {
  Object.defineProperty(globalThis, name, { value: name === 'window' ? window : window[name], configurable: true });
}
const { default: mermaid } = await import('mermaid');
mermaid.initialize({ startOnLoad: false, securityLevel: 'strict' });

let input = '';
for await (const chunk of process.stdin) input += chunk;
const failures = [];
for (const { id, mermaid: text } of JSON.parse(input)) {
  try {
    await mermaid.parse(text);
  } catch (error) {
    failures.push({ id, error: String(error.message ?? error) });
  }
}
console.log(JSON.stringify(failures));
