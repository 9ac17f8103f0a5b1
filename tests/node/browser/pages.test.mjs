// Every kind of page: no violation that axe knows of, in both themes and on a telephone; light enough for the wire; no
// word of the script's missing; readable without the script.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { browse, serve } from "./support.mjs";
import { built, kinds } from "./kinds.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const HEAVIEST = 150_000;

const { data, id } = built();
let service;
let pages;

before(async () => {
  service = await serve(data);
  pages = await kinds(service, id);
});
after(() => service?.stop());

const violations = async (page) => {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary}`));
};

for (const [name, options] of [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["on a telephone", { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
]) {
  test(`no page has a barrier that axe knows of: ${name}`, { timeout: 120_000 }, async () => {
    const context = await browse(options);
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(error.message));
    for (const [kind, path] of Object.entries(pages)) {
      await page.goto(service.address + path);
      assert.deepEqual(await violations(page), [], `${kind} ${path}`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${kind} is ${overflow} pixels wider than the window`);
    }
    assert.deepEqual(errors, []);
    await context.close();
  });
}

test("a page with its styles and script takes at most 150 KB of the wire", async () => {
  const context = await browse();
  for (const [kind, path] of Object.entries(pages)) {
    const page = await context.newPage();
    const network = await context.newCDPSession(page);
    await network.send("Network.enable");
    await network.send("Network.setCacheDisabled", { cacheDisabled: true });
    let bytes = 0;
    let files = 0;
    network.on("Network.loadingFinished", (loaded) => { bytes += loaded.encodedDataLength; files += 1; });
    await page.goto(service.address + path, { waitUntil: "networkidle" });
    assert.ok(files >= 3, `${kind}: page, style and script`);
    assert.ok(bytes <= HEAVIEST, `${kind} takes ${bytes} bytes`);
    await page.close();
  }
  await context.close();
});

test("every page can be read without the script", async () => {
  const context = await browse({ javaScriptEnabled: false });
  const page = await context.newPage();
  for (const [kind, path] of Object.entries(pages)) {
    await page.goto(service.address + path);
    assert.ok(await page.locator("main h1").first().isVisible(), kind);
  }
  await page.goto(service.address + pages.overview);
  await page.locator("a.cite").first().click();
  assert.ok(await page.locator("#excerpt .marked").first().isVisible());
  await page.goto(service.address + pages.answer);
  assert.ok(await page.locator(".answer .cited a").first().isVisible());
  await context.close();
});
