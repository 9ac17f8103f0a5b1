// What the browser tests share: repositories, the served command, Chromium.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { chromium } from "playwright-core";

export const ROOT = resolve(import.meta.dirname, "../../..");
const BINARIES = process.env.DEEPWIKI_BINARIES ?? join(ROOT, "target/debug");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

const folder = mkdtempSync(join(tmpdir(), "deepwiki-browser-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** A new folder that goes when the tests end. */
export const newFolder = (name) => mkdtempSync(join(folder, `${name}-`));

/** Writes files below a folder. */
export const write = (root, files) => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
};

/** Commits all that a folder holds, as a repository. */
export const commit = (root, message) => {
  const git = (...command) => execFileSync("git", ["-C", root, ...command], { stdio: "pipe" });
  git("init", "--quiet", "--initial-branch=main");
  git("add", "--all");
  const who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
  git(...who, "commit", "--quiet", "--message", message);
};

/** A repository of these files, with one commit. */
export const repository = (name, files) => {
  const root = join(newFolder("source"), name);
  mkdirSync(root);
  write(root, files);
  commit(root, "First version");
  return root;
};

/** Runs the command over a data folder. */
export const deepwiki = (data, ...command) =>
  execFileSync(join(BINARIES, "deepwiki"), ["--data", data, ...command], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

const freePort = () => new Promise((found, failed) => {
  const server = createServer();
  server.once("error", failed);
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => found(port));
  });
});

/** Serves a data folder; gives the address and what ends it. */
export const serve = async (data) => {
  const port = await freePort();
  const child = spawn(join(BINARIES, "deepwiki"), ["--data", data, "serve", "--port", String(port)], { stdio: "pipe" });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => { said += text; });
  const address = `http://127.0.0.1:${port}`;
  for (let left = 200; ; left -= 1) {
    if (child.exitCode !== null || left === 0) throw new Error(`serve does not answer: ${said}`);
    const answer = await fetch(`${address}/healthz`).catch(() => null);
    if (answer?.ok) break;
    await new Promise((go) => setTimeout(go, 50));
  }
  const stop = () => new Promise((ended) => {
    child.once("exit", ended);
    child.kill("SIGINT");
  });
  return { address, stop };
};

/** A browser with a profile of its own. Options are those of a Playwright context. */
export const browse = (options = {}) =>
  chromium.launchPersistentContext(newFolder("profile"), {
    executablePath: CHROMIUM, headless: true, args: FLAGS, locale: "en-GB", viewport: { width: 1440, height: 900 }, ...options,
  });
