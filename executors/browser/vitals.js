// Runs before the scripts of a page, beside them. What web-vitals tells is kept
// until it is asked for.

// What web-vitals does when a page is left. It is told so by these names instead
// of an event, which the page would see too.
const leaving = new Set();
const addEventListener = (type, listener, options) => {
  if (type === 'visibilitychange') leaving.add(listener);
  globalThis.addEventListener(type, listener, options);
};
const removeEventListener = (type, listener, options) => {
  leaving.delete(listener);
  globalThis.removeEventListener(type, listener, options);
};

/* web-vitals */

const MAX_TEXT = 2000; // characters of what is told about a metric
const MAX_TASKS = 2000; // long tasks that are told one by one
const FASTEST = 16; // ms: browsers tell of no interaction that is faster, but of the first one
const TELLING = 250; // ms in which a browser tells how long an interaction took, unless it was faster
const FIRST = 3000; // ms in which it tells of the first one

const kept = {};
const tasks = [];
let lastTask = 0;
let lastInput = 0;
let lastTold = 0;

// Elements and entries of the browser stay here: only what is plain is told.
const plain = (about) => {
  const out = {};
  for (const [key, value] of Object.entries(about ?? {})) {
    if (typeof value === 'string') out[key] = value.slice(0, MAX_TEXT);
    if (typeof value === 'boolean' || Number.isFinite(value)) out[key] = value;
  }
  return out;
};

const keep = ({ name, value, attribution }) => {
  if (Number.isFinite(value)) kept[name] = { value, attribution: plain(attribution) };
};

const watched = (list) => {
  for (const { startTime, duration } of list) {
    lastTask = Math.max(lastTask, startTime + duration);
    if (tasks.length < MAX_TASKS) tasks.push({ start: startTime, duration });
  }
};

for (const name of ['LCP', 'CLS', 'INP', 'FCP', 'TTFB']) webVitals['on' + name](keep, { reportAllChanges: true, durationThreshold: FASTEST });
for (const type of ['pointerdown', 'pointerup', 'click', 'keydown', 'keyup']) {
  addEventListener(type, (e) => { if (e.isTrusted) lastInput = e.timeStamp; }, { capture: true, passive: true });
}
new PerformanceObserver((list) => {
  for (const { startTime } of list.getEntries()) lastTold = Math.max(lastTold, startTime);
}).observe({ type: 'event', durationThreshold: FASTEST, buffered: true });
const observer = new PerformanceObserver((list) => watched(list.getEntries()));
observer.observe({ type: 'longtask', buffered: true });

const within = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const frame = () => Promise.race([new Promise(requestAnimationFrame), within(500)]);

// A task is told of after its end only, and not at once.
const state = async () => {
  await within(20);
  watched(observer.takeRecords());
  return { here: true, now: performance.now(), lastTask, origin: performance.timeOrigin };
};

// finish lets what a step has begun be drawn, and web-vitals tell what it waits
// with until a page is left: it believes, in this world alone, that it is hidden.
const finish = async () => {
  await frame();
  await frame();
  await within(50);
  for (const end = performance.now() + TELLING; lastInput > lastTold && performance.now() < end; ) await within(20);
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' });
  const end = performance.now() + FIRST;
  do {
    for (const listener of [...leaving]) listener({ type: 'visibilitychange', timeStamp: performance.now(), isTrusted: true });
    await within(20);
  } while (lastInput && !kept.INP && performance.now() < end);
  delete document.visibilityState;
  return { ...(await state()), acted: lastInput > 0, kept, tasks };
};

globalThis[Symbol.for('semantest.vitals')] = { state, finish };
