// ---- what hands do beside clicking ----

const blur = () => {
  stashed?.blur();
  return {};
};

// ---- scrolling ----

const scroller = (locator) => {
  if (!locator) return document.scrollingElement ?? document.documentElement;
  const el = pick(locator).el;
  if (!el) return null;
  // What scrolls may lie within what is meant, or around it.
  for (let n = el; n; n = parentOf(n)) if (scrolls(n)) return n;
  return el;
};

const scrolls = (el) => (el.scrollHeight > el.clientHeight && /auto|scroll|overlay/.test(getComputedStyle(el).overflowY)) ||
  (el.scrollWidth > el.clientWidth && /auto|scroll|overlay/.test(getComputedStyle(el).overflowX));

// scrollState tells where a box, or the page, has been scrolled to, and a point
// at which the wheel turns it.
const scrollState = ({ locator }) => {
  const el = scroller(locator);
  if (!el) return { found: false };
  const page = el === document.scrollingElement || el === document.documentElement;
  const b = page ? { left: 0, top: 0, right: innerWidth, bottom: innerHeight } : el.getBoundingClientRect();
  const left = Math.max(b.left, 0), right = Math.min(b.right, innerWidth), top = Math.max(b.top, 0), bottom = Math.min(b.bottom, innerHeight);
  return {
    found: true, x: (left + right) / 2, y: (top + bottom) / 2, inView: right > left && bottom > top,
    left: el.scrollLeft, top: el.scrollTop, width: el.scrollWidth, height: el.scrollHeight,
    page: page ? innerHeight : el.clientHeight,
    bottom: el.scrollTop + (page ? innerHeight : el.clientHeight) >= el.scrollHeight - 1,
  };
};

// scrollEnd scrolls to an end; the answer comes when it is at rest.
const scrollEnd = async ({ locator, to }) => {
  const el = scroller(locator);
  if (!el) return { found: false };
  const place = {
    top: { top: 0 }, bottom: { top: el.scrollHeight }, left: { left: 0 }, right: { left: el.scrollWidth },
  }[to];
  el.scrollTo({ ...place, behavior: 'instant' });
  await atRest(el);
  return { found: true };
};

const atRest = async (el) => {
  for (let n = 0, left, top; n < 60; n++) {
    if (el.scrollLeft === left && el.scrollTop === top && n > 1) return;
    left = el.scrollLeft;
    top = el.scrollTop;
    await frame();
  }
};

// rested waits until a box is scrolled no more, as it is by a wheel.
const rested = async ({ locator }) => {
  const el = scroller(locator);
  if (el) await atRest(el);
  return {};
};

// ---- dragging ----

let dragged = null;

const onDragStart = (event) => { if (event.isTrusted) dragged = event; };

// watchDrag notes whether the page begins a drag and drop of HTML.
const watchDrag = () => {
  dragged = null;
  addEventListener('dragstart', onDragStart, true);
  return {};
};

// A drag that the page has prevented is moved by its own scripts.
const dragState = () => ({ started: !!dragged && !dragged.defaultPrevented });

const endDrag = () => {
  removeEventListener('dragstart', onDragStart, true);
  dragged = null;
  return {};
};

// ---- files ----

// fileField tells how files get to what a locator means: a field, which may be
// hidden, takes them by itself, all else is clicked.
const fileField = (el) => {
  const field = el.matches('input[type=file]') ? el : el.localName === 'label' && el.control?.matches('input[type=file]') ? el.control : null;
  if (!field) return { how: 'click' };
  stashed = field;
  return { how: 'field', multiple: field.multiple, directory: field.webkitdirectory, disabled: disabled(field) };
};

const takeFilesAway = () => {
  if (!stashed?.files?.length) return {};
  stashed.value = '';
  notify(stashed, 'input', 'change');
  return {};
};

const stashedElement = () => stashed;

offer({ blur, scrollState, scrollEnd, rested, watchDrag, dragState, endDrag, takeFilesAway });
Object.assign(api, { stashedElement }); // the driver asks for the element itself
