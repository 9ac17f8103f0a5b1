// What makes the service quicker to use; every page works without it, but for what is live.
"use strict";

// Storage may be full, or switched off: then nothing is remembered.
const kept = {
  get(name) {
    try { return localStorage.getItem(name); } catch { return null; }
  },
  set(name, value) {
    try { localStorage.setItem(name, value); } catch { /* Not remembered, then. */ }
  },
};

const whenReady = (run) => document.addEventListener("DOMContentLoaded", run);

// What the script says, in the page's language.
const say = (name) => JSON.parse(document.body.dataset.words)[name];

// A page of ours as a document whose scripts do not run.
const fetchPage = async (address, signal) => {
  const answer = await fetch(address, { headers: { accept: "text/html" }, signal });
  if (!answer.ok) throw new Error(String(answer.status));
  return new DOMParser().parseFromString(await answer.text(), "text/html");
};

// Puts what another page has in the place of what stands here.
const takeOver = (page, selector) => {
  const [here, there] = [document.querySelector(selector), page.querySelector(selector)];
  if (!here || !there) throw new Error(`no ${selector}`);
  here.replaceWith(document.adoptNode(there));
};

// An element with these properties and children. Words become text, never markup.
const make = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};
