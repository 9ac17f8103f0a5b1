// Reading as people do: by mouse, by keyboard, in both themes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browse, serve } from "./support.mjs";
import { built, kinds } from "./kinds.mjs";

const { data, id } = built();
let service;
let pages;
let context;
let page;

before(async () => {
  service = await serve(data);
  pages = await kinds(service, id);
  context = await browse();
  page = await context.newPage();
});
after(async () => {
  await context?.close();
  await service?.stop();
});
const go = (kind) => page.goto(service.address + pages[kind]);

test("a citation opens its lines beside the text, and Escape closes them", async () => {
  await go("overview");
  const cite = page.locator("article a.cite").first();
  const [, path, start, end] = (await cite.getAttribute("href")).match(/at=([^&#]+)%3A(\d+)-(\d+)/);
  await cite.click();
  await page.waitForSelector("#excerpt .marked");
  const marked = await page.$$eval("#excerpt .marked", (lines) => lines.map((line) => Number(line.dataset.line)));
  assert.deepEqual([marked[0], marked.at(-1)], [Number(start), Number(end)]);
  assert.equal(await page.textContent("#excerpt .path"), decodeURIComponent(path));
  assert.equal(page.url(), service.address + pages.overview, "the reader stays on the page");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#excerpt").count(), 0);
  assert.ok(await cite.evaluate((it) => it === document.activeElement), "where the reader was");
});

test("keys lead to the search, from result to result, and to the next page", async () => {
  await go("overview");
  await page.keyboard.press("/");
  await page.keyboard.type("Kettle");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".hit");
  await page.locator("main input[type=search]").focus();
  await page.keyboard.press("ArrowDown");
  const focused = () => page.evaluate(() => [...document.querySelectorAll(".hit h2 a")].indexOf(document.activeElement));
  assert.equal(await focused(), 0);
  await page.keyboard.press("j");
  assert.equal(await focused(), 1);
  await page.keyboard.press("ArrowUp");
  assert.equal(await focused(), 0);
  await page.keyboard.press("k");
  assert.equal(await page.evaluate(() => document.activeElement.type), "search");
  await go("overview");
  const next = await page.getAttribute("a[rel=next]", "href");
  await page.keyboard.press("ArrowRight");
  await page.waitForURL(service.address + next);
});

test("search finds while it is typed, and tells why", async () => {
  await go("search");
  await page.fill("main input[name=q]", "retry");
  await page.waitForSelector(".hit");
  assert.match(page.url(), /q=retry/);
  assert.ok(await page.locator(".hit .why").count() > 0);
  assert.ok(await page.locator(".hit mark").count() > 0);
  const before = await page.locator(".hit").count();
  await page.selectOption("select[name=role]", "test");
  await page.waitForFunction((most) => document.querySelectorAll(".hit").length < most && !document.querySelector("[aria-busy]"), before);
  for (const path of await page.$$eval(".hit .place .path", (paths) => paths.map((it) => it.textContent))) assert.match(path, /^tests\//);
});

test("search finds Japanese", async () => {
  await page.goto(`${service.address}/search?language=ja`);
  await page.fill("main input[name=q]", "接続 再試行");
  await page.waitForSelector(".hit");
  const found = await page.textContent(".results");
  assert.match(found, /teapot\/retry\.py/);
  assert.equal(await page.getAttribute("html", "lang"), "ja");
});

test("a diagram can be zoomed and moved by buttons and keys, and opened alone", async () => {
  await go("drawn");
  const canvas = page.locator(".canvas").first();
  const view = () => canvas.locator("svg").getAttribute("viewBox").then((text) => text.split(" ").map(Number));
  const whole = await view();
  await canvas.hover();
  await page.locator(".diagram .tools button").first().click();
  assert.ok((await view())[2] < whole[2]);
  await canvas.focus();
  await page.keyboard.press("+");
  const near = await view();
  await page.keyboard.press("ArrowRight");
  assert.ok((await view())[0] > near[0], "moved");
  assert.equal(page.url(), service.address + pages.drawn, "the arrow keys belong to the diagram");
  await page.keyboard.press("0");
  assert.deepEqual(await view(), whole);
  await page.locator(".diagram figcaption a").first().click();
  await page.waitForURL(/\/diagrams\/0/);
  assert.ok(await page.locator(".alone svg").isVisible());
});

test("the theme that is chosen is kept", async () => {
  await go("overview");
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.locator("label[for=theme-dark]").click();
  const dark = await paper();
  await page.locator("label[for=theme-light]").click();
  const light = await paper();
  assert.notEqual(dark, light);
  await page.locator("label[for=theme-dark]").click();
  await go("search");
  assert.equal(await paper(), dark);
  await page.locator("label[for=theme-auto]").click();
  await page.reload();
  assert.equal(await paper(), light, "the system's");
});

test("an answer is streamed, cites lines, is followed up and kept", async () => {
  await go("ask");
  await page.fill("#ask textarea", "How is a lost connection retried?");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".answer .cited a");
  await page.waitForFunction(() => !document.querySelector(".waiting"));
  assert.match(await page.textContent(".answer .cited"), /README\.md/);
  const sent = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/ask"));
  await page.fill("#ask textarea", "And how long does it wait?");
  await page.keyboard.press("Enter");
  assert.deepEqual((await sent).postDataJSON().history, ["How is a lost connection retried?"]);
  await page.waitForFunction(() => document.querySelectorAll(".answer").length === 2 && !document.querySelector(".waiting"));
  await page.locator(".answer .cites .cite").first().click();
  await page.waitForSelector("#excerpt .marked");
  await page.reload();
  assert.equal(await page.locator(".answer").count(), 0);
  await page.locator(".history li a").first().click();
  assert.equal(await page.locator(".answer").count(), 2, "the conversation is kept");
  await page.locator(".history li button").first().click();
  assert.equal(await page.locator(".history li").count(), 0);
  assert.equal(await page.evaluate(() => localStorage.getItem("conversations")), "[]");
});
