// Measures the dashboard in a real Chromium against a real server, for
// `go run ./bench --only dashboard`: reads one task as JSON from its argument,
// and writes what it found as JSON. It starts no run: it says "watching" once
// it looks at the one that it was given, which then may begin.
import { createInterface } from "node:readline";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

/** @typedef {{url: string, token: string, browser: string, loads: number, hour: number, runId: string, paused: string, cases: number}} Task */

/** @type {Task} */
const task = JSON.parse(process.argv[2] ?? "{}");
const input = createInterface({ input: process.stdin });
const orders = input[Symbol.asyncIterator]();
const browser = await chromium.launch({ executablePath: task.browser, args: ["--js-flags=--expose-gc", "--enable-precise-memory-info"] });
try {
  const first = await firstRoute();
  const live = await watchRun();
  const interactions = await interact(live.page);
  await live.page.context().close();
  const memory = await watchForAnHour();
  console.log(JSON.stringify({ ...first, ...live.found, ...interactions, memory }));
} finally {
  input.close(); // what still listens would keep the process
  await browser.close();
}

/** Opens the first route as somebody new, again and again. */
async function firstRoute() {
  const lcp = [];
  const cls = [];
  let script = 0;
  for (let i = 0; i < task.loads; i++) {
    const page = await newPage();
    const sizes = [];
    page.on("response", (response) => {
      if (response.request().resourceType() === "script") sizes.push(response.body().then((body) => gzipSync(body).length));
    });
    await page.goto(`${task.url}/#token=${task.token}`);
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.waitForTimeout(2500); // what comes late may still move something
    script = Math.max(script, (await Promise.all(sizes)).reduce((a, b) => a + b, 0));
    const seen = await page.evaluate(() => window.figures);
    lcp.push(seen.lcp);
    cls.push(seen.cls);
    await page.context().close();
  }
  return { script, lcp, cls };
}

/** Watches a run of thousands of cases from its first event to its last. */
async function watchRun() {
  const page = await newPage();
  await page.goto(`${task.url}/runs/${task.runId}#token=${task.token}`);
  await page.getByRole("listbox").waitFor();
  const before = await page.evaluate(() => (window.figures.frames = []).length);
  console.log(JSON.stringify({ watching: before === 0 }));
  await orders.next(); // "begin": the caller has let the run go on
  const began = Date.now();
  const done = page.getByRole("region", { name: "Summary" }).getByText(`${task.cases.toLocaleString("en")} of ${task.cases.toLocaleString("en")}`).or(
    page.getByRole("region", { name: "Summary" }).getByText(`${task.cases} of ${task.cases}`));
  await done.waitFor({ timeout: 300_000 });
  const seconds = (Date.now() - began) / 1000;
  const frames = await page.evaluate(() => window.figures.frames);
  await page.getByRole("heading", { level: 1 }).getByText("Passed").waitFor({ timeout: 60_000 });
  // Every case has its outcome in the list, too: no event of it was lost.
  await page.waitForFunction((n) => [...document.querySelectorAll('[aria-label="States"] button')].some((b) => b.textContent?.replace(/\D/g, "") === String(n)), task.cases, { timeout: 60_000 });
  const rows = await page.locator('[role="option"]').count();
  return { page, found: { seconds, frames: perSecond(frames), rows, longest: longestGap(frames) } };
}

/** Frames in each whole second. */
function perSecond(times) {
  const counts = new Map();
  for (const at of times) counts.set(Math.floor(at / 1000), (counts.get(Math.floor(at / 1000)) ?? 0) + 1);
  return [...counts.entries()].sort((a, b) => a[0] - b[0]).slice(1, -1).map(([, n]) => n);
}

function longestGap(times) {
  return times.reduce((longest, at, i) => (i === 0 ? 0 : Math.max(longest, at - times[i - 1])), 0);
}

/** Does to the page of the run what people do, by real input, and asks Event Timing how long each took. */
async function interact(page) {
  const found = {};
  const time = async (name, act) => {
    await page.evaluate(() => (window.figures.events = []));
    await act();
    await page.waitForTimeout(400); // entries come after the next frame
    found[name] = await page.evaluate(() => Math.max(0, ...window.figures.events));
  };
  const list = page.getByRole("listbox");
  await time("choose a case", () => page.getByRole("option").nth(3).click());
  await time("go down the list by key", async () => {
    await list.focus();
    for (let i = 0; i < 20; i++) await page.keyboard.press("ArrowDown");
  });
  await time("jump to the end of the list", () => page.keyboard.press("End"));
  await time("type into the search", () => page.getByRole("searchbox", { name: "Find cases" }).pressSequentially("case 49"));
  await time("clear the search", () => page.getByRole("searchbox", { name: "Find cases" }).fill(""));
  await time("put failures first", () => page.getByRole("button", { name: "Failures first" }).click());
  await time("filter by state", () => page.getByRole("group", { name: "States" }).getByRole("button").first().click());
  await time("open the log", () => page.getByRole("tab", { name: "Log", exact: true }).click());
  return { interactions: found };
}

/**
 * An hour of a run under way within minutes: the real server answers, and its
 * socket tells besides what an hour of it would: ten snapshots and five events
 * a second. The heap is that after a forced collection.
 */
async function watchForAnHour() {
  const page = await newPage();
  let feed = null;
  await page.routeWebSocket(/\/graphql$/, (socket) => {
    const server = socket.connectToServer();
    const following = new Map();
    socket.onMessage((message) => {
      const { type, id, payload } = JSON.parse(String(message));
      if (type === "subscribe") following.set(payload.query.includes("runEvents") ? "runEvents" : "runProgress", id);
      if (type === "ping" || type === "pong" || type === "connection_init" || type === "subscribe") server.send(message);
    });
    server.onMessage((message) => {
      const { type, payload } = JSON.parse(String(message));
      if (type === "complete") return; // this run does not end
      const seq = payload?.data?.runEvents?.seq;
      if (seq) feed.seq = Math.max(feed.seq, seq);
      if (seq) feed.event ??= payload.data.runEvents;
      if (payload?.data?.runProgress) feed.progress ??= payload.data.runProgress;
      socket.send(message);
    });
    feed = { seq: 0, event: null, progress: null, send: (name, data) => socket.send(JSON.stringify({ type: "next", id: following.get(name), payload: { data: { [name]: data } } })), following };
  });
  await page.goto(`${task.url}/runs/${task.paused}#token=${task.token}`);
  await page.getByRole("option").first().waitFor();
  while (!feed?.progress || !feed.event) await page.waitForTimeout(100);
  const client = await page.context().newCDPSession(page);
  const heap = async () => {
    for (let i = 0; i < 3; i++) await client.send("HeapProfiler.collectGarbage");
    const { usedSize } = await client.send("Runtime.getHeapUsage");
    return { all: usedSize, data: await ofThePage(client) };
  };
  const ids = await page.evaluate(() => [...document.querySelectorAll('[role="option"]')].map((row) => row.id.replace(/^case-/, "")));
  const { progress, event } = feed;
  const pass = async (from, to) => {
    for (let second = from; second < to; second++) {
      for (let i = 0; i < 5; i++) {
        const at = new Date(Date.now() + second * 1000).toISOString();
        const started = feed.seq % 2 === 0;
        feed.seq++;
        feed.send("runEvents", { ...event, seq: feed.seq, at, type: started ? "CASE_STARTED" : "CASE_RETRIED", resultId: ids[second % ids.length], attempt: second, error: started ? null : `attempt ${second} did not pass`, outcome: started ? null : "FAILED" });
      }
      for (let i = 0; i < 10; i++) {
        feed.send("runProgress", { ...progress, lastSeq: feed.seq, status: "RUNNING", at: new Date(Date.now() + second * 1000 + i * 100).toISOString(), running: ids.slice(0, 8).map((resultId) => ({ __typename: "RunningCase", resultId, caseKey: resultId, title: resultId, attempt: second + 1, step: i, steps: 10, stepName: `step ${i}`, startedAt: new Date().toISOString(), load: null })) });
      }
      if (second % 20 === 0) await page.waitForTimeout(50);
    }
    await page.waitForTimeout(1500);
  };
  // The log and the caches fill in the first minutes, and stay.
  await pass(0, task.hour / 6);
  const start = await heap();
  await pass(task.hour / 6, task.hour / 2);
  const middle = await heap();
  await pass(task.hour / 2, task.hour);
  return { start, middle, end: await heap(), messages: task.hour * 15 };
}

/**
 * Bytes of what the page itself holds, by a heap snapshot: without what the engine has
 * compiled of its scripts, which grows for as long as it finds something to compile.
 */
async function ofThePage(client) {
  const chunks = [];
  const keep = ({ chunk }) => chunks.push(chunk);
  client.on("HeapProfiler.addHeapSnapshotChunk", keep);
  await client.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  client.off("HeapProfiler.addHeapSnapshotChunk", keep);
  const { snapshot, nodes, strings } = JSON.parse(chunks.join(""));
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, name, size] = ["type", "name", "self_size"].map((field) => fields.indexOf(field));
  let bytes = 0;
  for (let i = 0; i < nodes.length; i += fields.length) {
    if (types[type][nodes[i + type]] !== "code" && !strings[nodes[i + name]].startsWith("system /")) bytes += nodes[i + size];
  }
  return bytes;
}

async function newPage() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  await context.addInitScript(() => {
    const figures = (window.figures = { lcp: 0, cls: 0, events: [], frames: [] });
    const observe = (type, take, more = {}) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...more });
    observe("largest-contentful-paint", (entry) => (figures.lcp = entry.startTime));
    observe("layout-shift", (entry) => {
      if (!entry.hadRecentInput) figures.cls += entry.value;
    });
    observe("event", (entry) => entry.interactionId && figures.events.push(entry.duration), { durationThreshold: 16 });
    const frame = (at) => {
      figures.frames.push(at);
      if (figures.frames.length > 40_000) figures.frames = [];
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const page = await context.newPage();
  page.setDefaultTimeout(task.patience ?? 120_000);
  return page;
}
