// Looking after repositories by mouse: add one, watch its build, read, ask, flag a statement, build again, remove.

import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { browse, commit, newFolder, repository, serve } from "./support.mjs";
import { SAMPLE } from "./sample.mjs";

const source = repository("teapot", SAMPLE);
const reason = "It is a samovar, see the README.";
let service;
let context;
let page;
let id;
let statement;

before(async () => {
  service = await serve(newFolder("data"));
  context = await browse();
  page = await context.newPage();
});
after(async () => {
  await context?.close();
  await service?.stop();
});

// Waits until the build that is shown has ended, as the page shows it by itself.
const watch = async () => {
  await page.waitForURL(/\/manage\/builds\//);
  await page.waitForSelector(".tag.succeeded, .tag.failed", { timeout: 60_000 });
  assert.equal(await page.locator(".tag.succeeded").count(), 1, await page.textContent("main"));
};

test("an address that is none of a repository is refused, and what was typed stays", async () => {
  await page.goto(`${service.address}/`);
  await page.click("a[href^='/manage/add']");
  await page.fill("input[name=url]", "https://user:secret@example.org/a");
  await page.click("main .primary");
  await page.waitForSelector(".failure");
  assert.ok((await page.textContent(".failure")).length > 20);
  assert.equal(await page.inputValue("input[name=url]"), "https://user:secret@example.org/a");
});

test("a repository is added by form, and its build is watched until it is published", { timeout: 90_000 }, async () => {
  await page.fill("input[name=url]", source);
  await page.check("input[name=ja]");
  await page.click("main .primary");
  await watch();
  const stages = await page.$$eval(".stages li", (rows) => rows.map((row) => [row.dataset.stage, row.className]));
  assert.ok(stages.length >= 4 && stages.every(([, state]) => state === "done"), JSON.stringify(stages));
  await page.click(".actions .primary");
  await page.waitForURL(/\/wiki\//);
  id = page.url().match(/\/wiki\/([^/?]+)/)[1];
  assert.match(await page.textContent("h1"), /teapot/i);
});

test("what is up to date is not built again, and what has changed is", { timeout: 90_000 }, async () => {
  await page.goto(`${service.address}/manage/${id}`);
  const builds = await page.locator(".builds tbody tr").count();
  await page.click("button[value=refresh]");
  await page.waitForSelector(".said-so");
  assert.equal(await page.locator(".builds tbody tr").count(), builds);
  appendFileSync(join(source, "README.md"), "\n## Spout\n\nIt pours from a spout.\n");
  commit(source, "Spout");
  await page.click("button[value=refresh]");
  await watch();
});

test("a statement is flagged, and the correction stays when the wiki is built again", { timeout: 90_000 }, async () => {
  await page.goto(`${service.address}/wiki/${id}/?language=en`);
  const said = page.locator("article .said:has(.flag)").first();
  await said.hover();
  await said.locator(".flag").click();
  await page.waitForSelector("textarea[name=reason]");
  statement = await page.textContent(".said-so");
  await page.fill("textarea[name=reason]", reason);
  await page.click("main .primary");
  await page.waitForURL(/\/corrections/);
  const listed = () => page.textContent(".corrections");
  assert.match(await listed(), new RegExp(reason));
  assert.ok((await listed()).includes(statement));
  await page.goto(`${service.address}/manage/${id}`);
  await page.click("button[value=full]");
  await watch();
  await page.goto(`${service.address}/manage/corrections`);
  assert.ok((await listed()).includes(statement));
});

test("a repository is removed only by its name, and purged with an account of it", async () => {
  await page.goto(`${service.address}/manage/${id}/purge`);
  await page.fill("input[name=name]", "coffeepot");
  await page.click("main .danger");
  await page.waitForSelector(".failure");
  await page.fill("input[name=name]", "teapot");
  await page.click("main .danger");
  await page.waitForSelector(".purged");
  assert.match(await page.textContent(".purged"), /\d/);
  assert.equal((await page.goto(`${service.address}/wiki/${id}/`)).status(), 404);
});

test("a form that another site sends is refused", async () => {
  const answer = await fetch(`${service.address}/manage/add`, {
    method: "POST", body: new URLSearchParams({ url: source }), headers: { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
  });
  assert.equal(answer.status, 403);
});
