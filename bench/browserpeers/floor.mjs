// Performs the benchmark's case with no driver at all, as often as its input says:
// each page gets a script that clicks and fills at once, by events that it makes
// itself, and looks for what comes of it whenever the page changes. Nothing waits
// for elements to be visible, still or uncovered. What this takes is what the pages
// take; nobody who acts with care can be faster. The protocol is that of playwright.mjs.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [executable, base] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), 'semantest-floor-'));
const asRoot = process.getuid() === 0;
const browser = spawn(executable, [
  '--headless', '--remote-debugging-pipe', `--user-data-dir=${profile}`, '--no-first-run', '--disable-background-networking',
  '--hide-scrollbars', '--mute-audio', ...(asRoot ? ['--no-sandbox'] : []), 'about:blank',
], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });

// ---- the protocol: JSON between zero bytes ----

let calls = 0;
let rest = '';
const answers = new Map();
const listeners = new Map(); // by session
browser.stdio[4].setEncoding('utf8').on('data', (text) => {
  const messages = (rest + text).split('\0');
  rest = messages.pop();
  for (const message of messages.map((m) => JSON.parse(m))) {
    if (message.id) {
      const { resolve, reject } = answers.get(message.id);
      answers.delete(message.id);
      if (message.error) reject(new Error(message.error.message));
      else resolve(message.result);
    } else listeners.get(message.sessionId)?.(message);
  }
});

const call = (method, params = {}, sessionId = undefined) => new Promise((resolve, reject) => {
  answers.set(++calls, { resolve, reject });
  browser.stdio[3].write(JSON.stringify({ id: calls, method, params, sessionId }) + '\0');
});

// ---- the case ----

// The scripts of the four pages, in the order in which they come.
const pages = [
  `link('Earl Grey, loose leaf').click()`,
  `await until(() => heading('Earl Grey, loose leaf'));
   put(labelled('Quantity'), '2');
   button('Add to cart').click();
   await until(() => text('#cart-count') === '2');
   link('Cart').click()`,
  `await until(() => text('#total') === '24.80');
   button('One more of Earl Grey').click();
   await until(() => text('#total') === '31.76');
   link('Go to checkout').click()`,
  `put(labelled('Name'), 'Ada Lovelace');
   put(labelled('E-mail'), 'ada@shop.test');
   const country = labelled('Country');
   put(country, [...country.options].find((o) => o.text === 'Germany').value);
   labelled('Invoice').click();
   labelled('I accept the terms').click();
   button('Pay').click()`,
  `await until(() => heading('Thanks'));
   await until(() => text('#total') === '31.76')`,
];

const helpers = `
  const named = (tags, name) => [...document.querySelectorAll(tags)].find((e) => (e.getAttribute('aria-label') ?? e.innerText).trim().startsWith(name));
  const link = (name) => named('a', name), button = (name) => named('button', name), heading = (name) => named('h1,h2', name);
  const labelled = (name) => [...document.querySelectorAll('label')].find((l) => l.innerText.trim().startsWith(name)).control;
  const text = (css) => document.querySelector(css)?.innerText.replace(/[^0-9.]/g, '');
  const put = (el, value) => {
    el.value = value;
    el.dispatchEvent(new Event('input', { bubbles: true }));
    el.dispatchEvent(new Event('change', { bubbles: true }));
  };
  const until = (holds) => new Promise((resolve) => {
    const look = () => { if (!holds()) return; seen.disconnect(); resolve(); };
    const seen = new MutationObserver(look);
    seen.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
    look();
  });
`;

const one = async () => {
  const began = performance.now();
  const { browserContextId } = await call('Target.createBrowserContext');
  const { targetId } = await call('Target.createTarget', { url: 'about:blank', browserContextId, width: 1280, height: 720 });
  const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
  let loads = 0;
  let awaited = () => {};
  listeners.set(sessionId, ({ method }) => {
    if (method !== 'Page.loadEventFired') return;
    loads++;
    awaited();
  });
  const loaded = (n) => new Promise((resolve) => {
    awaited = () => { if (loads >= n) resolve(); };
    awaited();
  });
  await call('Page.enable', {}, sessionId);
  await call('Page.navigate', { url: base + '/' }, sessionId);
  for (const [i, script] of pages.entries()) {
    await loaded(i + 1);
    const { exceptionDetails } = await call('Runtime.evaluate', {
      expression: `(async () => { ${helpers} ${script} })()`, awaitPromise: i === pages.length - 1, returnByValue: true,
    }, sessionId);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  }
  listeners.delete(sessionId);
  await call('Target.disposeBrowserContext', { browserContextId });
  return performance.now() - began;
};

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const { cases, parallel } = JSON.parse(line);
  const took = [];
  let left = cases;
  const worker = async () => {
    while (left-- > 0) took.push(await one());
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  console.log(JSON.stringify({ took }));
}
const ended = new Promise((resolve) => { browser.once('exit', resolve); });
await call('Browser.close');
await ended;
rmSync(profile, { recursive: true, force: true });
