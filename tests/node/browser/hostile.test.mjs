// Whatever a repository says, a reader's address asks for, or a form is filled with: none of it runs in the browser.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { browse, deepwiki, newFolder, repository, serve } from "./support.mjs";
import { hostileFiles, payloads } from "./payloads.mjs";

const all = payloads();
const count = all.words.length + all.diagrams.length;
const data = newFolder("data");
let id;
let service;
let context;
let ran;
let seen;

before(async () => {
  assert.ok(new Set([...all.words, ...all.diagrams]).size >= 200, "at least 200 payloads");
  const source = repository("hostile", hostileFiles(all));
  id = JSON.parse(deepwiki(data, "build", source, "--language", "en", "--language", "ja", "--json")).repository;
  service = await serve(data);
  context = await browse();
  ran = [];
  seen = new Set();
  await context.exposeBinding("pwned", (_, at) => { ran.push(`pwned(${at})`); });
  await context.exposeBinding("violated", (_, what) => { ran.push(`refused by the policy: ${what}`); });
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => window.violated(`${event.violatedDirective} ${event.blockedURI}`));
  });
  context.on("dialog", (dialog) => { ran.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
  context.on("request", (request) => {
    const address = request.url();
    if (!address.startsWith(service.address) && !address.startsWith("file:")) ran.push(`asked for ${address}`);
  });
});

after(async () => {
  await context?.close();
  await service?.stop();
});

// Opens a page, waits until it is quiet, and does with the mouse and the keyboard what handlers wait for.
const provoke = async (page, address) => {
  await page.goto(address, { waitUntil: "load" });
  const left = await page.evaluate(() => {
    for (const open of document.querySelectorAll("details")) open.open = true;
    for (const element of document.querySelectorAll("*")) {
      for (const name of ["click", "mouseover", "focus", "toggle", "pointerenter", "animationstart", "error", "load"]) {
        if (element.tagName === "A" || element.closest("button, form")) continue;
        element.dispatchEvent(new Event(name));
      }
    }
    const live = [...document.querySelectorAll("*")].filter((element) => [...element.attributes].some((it) => it.name.startsWith("on") || it.name === "style" || it.name === "srcdoc"));
    const addresses = [...document.querySelectorAll("[href], [src], [action]")].map((element) => element.href?.baseVal ?? element.href ?? element.src ?? element.action);
    const strange = addresses.filter((it) => typeof it === "string" && !/^(https?:\/\/127\.0\.0\.1|file:|https:\/\/github\.com\/)/.test(it));
    return { strange, live: live.map((element) => element.outerHTML.slice(0, 120)), text: document.documentElement.textContent };
  });
  assert.deepEqual([left.strange, left.live], [[], []], address);
  for (const [, at] of left.text.matchAll(/pwned\((\d+)\)/g)) seen.add(Number(at));
};

test("no payload of a repository runs on any page", { timeout: 240_000 }, async () => {
  const page = await context.newPage();
  const read = async (path) => (await fetch(service.address + path)).json();
  const wikis = await Promise.all(["en", "ja"].map(async (language) => {
    const { pages } = await read(`/repos/${id}/wiki?language=${language}`);
    return pages.map(({ slug }) => `/wiki/${id}/${slug}?language=${language}`);
  }));
  const wiki = JSON.parse(await (await fetch(`${service.address}/repos/${id}/export?format=json&language=en`)).text());
  const cited = wiki.pages.flatMap(({ slug, citations }) => citations.map((it) => [slug, it]));
  const paths = [...new Set(cited.map(([, it]) => it.path))];
  const files = paths.map((path) => `/wiki/${id}/source/${path.split("/").map(encodeURIComponent).join("/")}?start=1&end=2`);
  const [slug, at] = cited[0];
  const others = [
    "/", "/map", "/search?q=pwned&limit=100", `/search?q=named&repository=${id}`, `/repos/${id}/versions`, "/ask?now=1&q=pwned",
    `/wiki/${id}/${slug}?at=${encodeURIComponent(`${at.path}:${at.start}-${at.end}`)}`, "/wiki/%22%3E%3Cscript%3Epwned(0)%3C%2Fscript%3E/",
  ];
  const addresses = [...others, ...wikis.flat(), ...files];
  assert.ok(addresses.length > 80, `only ${addresses.length} pages`);
  for (const address of addresses) await provoke(page, service.address + address);
  assert.deepEqual(ran, []);
  const unseen = [...Array(count).keys()].filter((at) => !seen.has(at));
  assert.deepEqual(unseen, [], "every payload was shown as words");
  await page.close();
});

test("no payload that is asked for runs", { timeout: 120_000 }, async () => {
  const page = await context.newPage();
  // A query is short: some payloads at a time.
  for (let from = 0; from < all.words.length; from += 6) {
    const some = all.words.slice(from, from + 6).join(" ").slice(0, 1000);
    const text = encodeURIComponent(some);
    await provoke(page, `${service.address}/search?q=${text}&path=${encodeURIComponent(some.slice(0, 300))}&repository=${id}`);
    await provoke(page, `${service.address}/ask?now=1&q=${text}`);
  }
  assert.deepEqual(ran, []);
  await page.close();
});

test("no payload runs in a streamed answer", async () => {
  const page = await context.newPage();
  await page.goto(`${service.address}/ask`);
  await page.fill("#ask textarea", all.words[0]);
  await page.press("#ask textarea", "Enter");
  await page.waitForSelector(".answer .question");
  await page.waitForFunction(() => !document.querySelector(".waiting"));
  assert.equal(await page.textContent(".answer .question"), all.words[0]);
  await page.reload();
  await page.click(".history li a");
  await page.waitForSelector(".answer .question");
  assert.deepEqual(ran, []);
  await page.close();
});

test("no payload runs in the exported site", async () => {
  const out = newFolder("export");
  deepwiki(data, "export", id, "--format", "html", "--out", out);
  const page = await context.newPage();
  await provoke(page, pathToFileURL(join(out, "index.html")).href);
  assert.deepEqual(ran, []);
  await page.close();
});
