// ---- watching ----

const states = (l, subject, concealed) => {
  const hit = pick(l);
  if (subject === 'count' && !hit.depth) return { count: hit.count };
  if (hit.several) return { count: hit.count, several: listed(hit.several), depth: hit.depth };
  if (!hit.el) return { count: hit.count, found: false, depth: hit.depth };
  const el = hit.el, out = { count: hit.count, found: true, element: describe(el), visible: visible(el) && !concealed };
  switch (subject) {
    case 'enabled': out.disabled = disabled(el); break;
    case 'checked': out.checked = checkedState(el); break;
    case 'text': out.text = shownText(el); break;
    case 'value': out.text = valueOf(el); break;
    case 'attribute': out.text = el.getAttribute(l.attribute); break;
    default: Object.assign(out, SENSES[subject]?.(el, l));
  }
  if (out.text) out.text = out.text.slice(0, MAX_VALUE);
  return out;
};

// digest stands for a state that may be megabytes of text.
const digest = (text) => {
  if (text.length <= 200) return text;
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return `${text.length}:${hash}`;
};

// observe answers as soon as the subject's state differs from the previous
// one, and with the same state when the budget is spent.
const observe = async ({ locator, subject, previous, budget, concealed }) => {
  const end = now() + budget;
  for (;;) {
    const began = now();
    foresee();
    const state = subject === 'page' ? { title: document.title.slice(0, MAX_VALUE) } : states(locator, subject, concealed);
    const seen = digest(JSON.stringify(state));
    if (seen !== previous || now() >= end) return { ...state, seen };
    await changed(began, end);
  }
};

// ---- acting ----

const sameBox = (a, b) => a && b && a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;

const EDITABLE = new Set(['text', 'search', 'email', 'url', 'tel', 'password', 'number']);
const SETTABLE = new Set(['date', 'time', 'datetime-local', 'month', 'week', 'color', 'range']);

// Why an element cannot be acted on at this moment, or ''.
const obstacle = (el, needs) => {
  if (!el.isConnected) return 'it was removed from the page';
  if (needs.visible && !visible(el)) return 'it is not visible';
  if (needs.enabled && disabled(el)) return 'it is disabled';
  if (needs.editable) {
    if (el.readOnly || el.getAttribute('aria-readonly') === 'true') return 'it is read-only';
  }
  return '';
};

// The middle of the first part of the element that lies in the viewport, or the
// place in it that was asked for.
const point = (el, position) => {
  if (position) {
    const b = box(el), x = b.left + position.x, y = b.top + position.y;
    return x >= 0 && y >= 0 && x < innerWidth && y < innerHeight ? { x, y } : null;
  }
  const rects = [...el.getClientRects()];
  if (rects.length === 0) rects.push(box(el));
  for (const r of rects) {
    const left = Math.max(r.left, 0), right = Math.min(r.right, innerWidth);
    const top = Math.max(r.top, 0), bottom = Math.min(r.bottom, innerHeight);
    if ((right - left) * (bottom - top) > 0.99) return { x: (left + right) / 2, y: (top + bottom) / 2 };
  }
  return null;
};

const at = ({ x, y }) => {
  let el = document.elementFromPoint(x, y);
  while (el?.shadowRoot) {
    const inner = el.shadowRoot.elementFromPoint(x, y);
    if (!inner || inner === el) break;
    el = inner;
  }
  return el;
};

// An element takes what hits its own content, or the label that stands for it.
const takes = (el, hit) => {
  if (!hit) return false;
  if (contains(el, hit)) return true;
  for (let n = hit; n; n = parentOf(n)) if (n.localName === 'label' && n.control === el) return true;
  return false;
};

// The element that a person would click for a control that is hidden behind
// its styled label.
const standIn = (el) => (visible(el) ? el : [...(el.labels ?? [])].find(visible) ?? el);

let armed = null;

// To listen for touches makes the browser draw what can be touched, so that is left to
// where there is a screen for them. Nobody stops listening: the guard lets pass what
// comes while nothing is armed.
const EVENTS = ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click', 'dblclick', 'auxclick', 'contextmenu'];
const TOUCHES = ['touchstart', 'touchend'];

const guard = (event) => {
  if (!armed || !event.isTrusted) return;
  armed.seen = true;
  const hit = event.composedPath()[0];
  if (armed.hit === undefined) {
    armed.moved = goes(armed);
    armed.hit = takes(armed.el, hit) && !armed.moved;
    if (!armed.hit) armed.by = hit instanceof Element ? describe(hit) : 'the page';
  }
  if (!armed.hit) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
};

const disarm = () => {
  if (!armed) return { seen: false };
  const { seen, hit, moved, by, el } = armed;
  armed = null;
  if (hit) leaps.delete(el);
  return { seen, hit: hit !== false, moved: !!moved, by: by ?? '', checked: el.isConnected ? checkedState(el) : null };
};

// Where the middle of an element is, and how far all that it lies in is scrolled.
const place = (el) => {
  const b = box(el);
  let scrolled = scrollX + scrollY;
  for (let n = parentOf(el); n; n = parentOf(n)) scrolled += (n.scrollLeft ?? 0) + (n.scrollTop ?? 0);
  return { x: b.x + b.width / 2, y: b.y + b.height / 2, scrolled };
};

// What has set out since it was aimed at is not pressed: some movements leave no trace
// before their second frame. A button may give way a little to the pointer, and what
// leaps from it each time is pressed in the end.
const WAY = 4, LEAPS = 3;
const leaps = new WeakMap();

const goes = ({ el, from }) => {
  const to = place(el);
  if (to.scrolled !== from.scrolled) return true;
  if (Math.hypot(to.x - from.x, to.y - from.y) <= WAY) return false;
  const n = leaps.get(el) ?? 0;
  leaps.set(el, n + 1);
  return n < LEAPS;
};

const arm = (el) => {
  disarm();
  armed = { el, seen: false, hit: undefined, from: place(el) };
  for (const type of navigator.maxTouchPoints > 0 ? [...EVENTS, ...TOUCHES] : EVENTS) addEventListener(type, guard, { capture: true, passive: false });
};

// A document that has been drawn may still lack the scripts that answer to what is
// done: those that are deferred run before it says that it has its content. A person
// who sees a page load gives it a moment, and not for ever.
let scripted = document.readyState === 'complete' || performance.getEntriesByType('navigation')[0]?.domContentLoadedEventEnd > 0;
addEventListener('DOMContentLoaded', () => { scripted = true; }, { capture: true, once: true });
const SCRIPTED = 2000;

const unscripted = (since) => !scripted && document.readyState !== 'complete' && now() - since < SCRIPTED;

const BLOCKS = ['center', 'end', 'start', 'nearest'];

// prepare waits until the element can be acted on, as a person would see it,
// and answers {ready, element, ...} or, when the budget is spent, {why} not.
// kind says what is to come:
//   pointer  a click: arms the guard, answers the point x, y
//   hover    the pointer moves there: answers the point x, y
//   shot     a picture: answers x, y, width, height in the document
//   fill     text: focuses the field and selects what it holds
//   focus    keys: focuses the element
//   select   an option: remembers the element
//   view     scrolls the element into view
//   file     files: answers how they get there, and remembers the field
//   any      nothing more than that the element is there
// position is where in the element the point is to be, from its upper left.
// tick is the state that a control is to get by a click: where it is in that
// state, or cannot be, the answer comes at once with checked and radio.
// inputs is how many there were so far.
const prepare = async ({ locator, kind, control, tick, budget, concealed, position, inputs }) => {
  const asked = now(), end = asked + budget;
  const needs = {
    visible: kind !== 'any' && kind !== 'file',
    enabled: kind === 'pointer' || kind === 'fill' || kind === 'select',
    editable: kind === 'fill',
    still: kind === 'pointer' || kind === 'hover' || kind === 'shot' || kind === 'view',
    position,
  };
  const memory = kind === 'pointer' ? foreseen(locator, control, inputs) : remember();
  for (let several = 0; ;) {
    const began = now(), found = pick(locator);
    let result;
    memory.looking = false;
    if (found.several) {
      several ||= now();
      result = { why: 'several', count: found.count, list: listed(found.several), depth: found.depth };
      if (now() - several >= STRICT_PATIENCE) return result;
    } else {
      several = 0;
      const state = found.el && tick !== undefined ? ticked(found.el) : null;
      if (state && (state.checked === null || state.checked === tick || (state.radio && !tick))) return { ready: true, element: describe(found.el), ...state };
      if (found.el && kind !== 'shot' && unscripted(asked)) result = { why: 'it is in a page that is still loading' };
      else result = found.el ? ready(found.el, kind, control, needs, memory) : { why: 'missing', count: found.count, depth: found.depth };
      if (result.ready && state) Object.assign(result, state);
      if (found.el && needs.visible && concealed) result = { why: 'it is in a frame that is not visible' };
    }
    const over = now() >= end;
    if (found.el && (result.ready || over)) return { element: describe(found.el), ...result };
    if (over) return result.why === 'missing' ? { ...result, candidates: candidates(locator) } : result;
    await (memory.looking ? memory.calming ?? apart(memory) : changed(began, end));
  }
};

const ticked = (el) => ({ checked: checkedState(el), radio: el.type === 'radio' });

// ready looks once. memory holds what the previous look saw.
const ready = (target, kind, control, needs, memory) => {
  const el = control ? standIn(target) : target;
  const no = (why) => { memory.why = why; return { why }; };
  const why = obstacle(el, needs) || (control && disabled(target) ? 'it is disabled' : '');
  if (why) {
    memory.box = null; // what ends it may set it going
    return no(why);
  }
  if (!needs.still) return { ready: true, ...begin(el, kind) };

  // What lies above or below is brought into view first: to see it still there
  // and once more after it was scrolled would take twice as long.
  const pointed = kind === 'pointer' || kind === 'hover';
  if (pointed && !memory.brought && away(el)) el.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
  memory.brought = true;
  if (memory.covered) {
    if (!free(el, needs)) return no(uncover(el, needs, memory));
    memory.box = null; // what uncovers it may set it going
    memory.covered = false;
  }

  const here = box(el), before = memory.box, same = el === memory.el;
  memory.looking = true;
  if (before && same && sameBox(here, before) && (!memory.drawn || memory.calming)) return no(memory.why || 'it has only just appeared');
  const still = before && same && sameBox(here, before);
  if (!still || (memory.undrawn < undrawn() && starting(el))) {
    Object.assign(memory, begun(el));
    if (!before) return no(memory.why || 'it has only just appeared');
    return no(same ? 'it keeps moving' : 'it is replaced again and again');
  }

  if (kind === 'shot') {
    stashed = el;
    return { ready: true, ...inDocument(here), viewX: here.x, viewY: here.y };
  }
  if (kind === 'view') {
    if (point(el)) return { ready: true };
    el.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
    memory.box = null;
    return no('it cannot be scrolled into view');
  }
  const p = free(el, needs);
  if (!p) return no(uncover(el, needs, memory));
  if (kind === 'pointer') arm(el);
  return { ready: true, x: p.x, y: p.y };
};

// free is the point to aim at; null while something else would be hit.
const free = (el, needs) => {
  const p = point(el, needs.position);
  return p && takes(el, at(p)) ? p : null;
};

// uncover scrolls, as what lies above may be fixed to the viewport, so another
// place may be free. It says what is there now.
const uncover = (el, needs, memory) => {
  const p = point(el, needs.position), hit = p && at(p);
  memory.covered = true;
  memory.looking = false;
  el.scrollIntoView({ block: BLOCKS[memory.scrolls++ % BLOCKS.length], inline: 'center', behavior: 'instant' });
  if (free(el, needs)) Object.assign(memory, begun(el), { covered: false, looking: true });
  if (getComputedStyle(el).pointerEvents === 'none') return 'it takes no clicks (pointer-events: none)';
  return hit ? 'it is covered by ' + describe(hit) : 'it cannot be scrolled into view';
};

// What shows less than half of itself, or of what the viewport could show of it, is
// brought into view, as its edge may be all that could be hit.
const away = (el) => {
  const b = box(el);
  return Math.min(b.bottom, innerHeight) - Math.max(b.top, 0) < Math.min(b.height, innerHeight) / 2;
};

// An animation that is about to start leaves everything in its place for some
// frames, however many a busy machine needs, and in its first one.
const starting = (el) => animated(el, (a) => a.pending || !(a.currentTime > 0));

const animated = (el, which = () => true) => {
  if (!roots().some((root) => !root.getAnimations || root.getAnimations().length > 0)) return false;
  for (let n = el; n; n = parentOf(n)) if (n.getAnimations().some((a) => a.playState === 'running' && which(a))) return true;
  return false;
};

const inDocument = (b) => ({ x: b.x + scrollX, y: b.y + scrollY, width: b.width, height: b.height });

// What is done in the page itself once an element is ready.
const begin = (el, kind) => {
  stashed = el;
  if (kind === 'fill') return focusText(el);
  if (kind === 'file') return fileField(el);
  if (kind === 'focus') el.focus();
  return {};
};

let stashed = null;

// focusText puts the whole text of a field under the selection, so that what
// is typed next replaces it. how: type, set (no text can be typed), or none.
const focusText = (el) => {
  const type = el.localName === 'input' ? el.type : '';
  el.scrollIntoViewIfNeeded?.();
  el.focus();
  if (el.localName === 'textarea' || EDITABLE.has(type)) {
    el.select();
    return { how: 'type', type, empty: el.value === '' };
  }
  if (SETTABLE.has(type)) return { how: 'set', type };
  if (el.isContentEditable) {
    const selection = getSelection();
    selection.selectAllChildren(el);
    return { how: 'type', type: '', empty: el.textContent === '' };
  }
  return { how: 'none', type: type || el.localName };
};

const notify = (el, ...types) => {
  for (const type of types) el.dispatchEvent(new Event(type, { bubbles: true, composed: type === 'input' }));
};

// setValue is for fields that nobody types into, such as dates.
const setValue = ({ value }) => {
  const el = stashed;
  if (!el?.isConnected) return { ok: false };
  el.value = value;
  if (el.value !== value && !(el.type === 'color' && el.value === value.toLowerCase())) return { ok: false, actual: el.value };
  notify(el, 'input', 'change');
  return { ok: true };
};

// choose selects an option of the prepared select element, waiting for it.
const choose = async ({ value, option, byText: text, budget }) => {
  const el = stashed, end = now() + budget;
  let began = now();
  if (el?.localName !== 'select') return { ok: false, why: 'not a select', element: el ? describe(el) : '' };
  for (;; await changed(began, end), began = now()) {
    if (!el.isConnected) return { ok: false, why: 'gone' };
    const wanted = squash(option);
    const found = [...el.options].find((o) => (text ? squash(o.label) === wanted || squash(o.text) === wanted : o.value === value));
    if (found && !found.matches(':disabled')) {
      found.selected = true;
      notify(el, 'input', 'change');
      return { ok: true };
    }
    if (now() >= end) {
      return {
        ok: false, why: found ? 'disabled' : 'missing',
        options: [...el.options].slice(0, 10).map((o) => cut(text ? squash(o.text) : o.value)),
      };
    }
  }
};

const timing = () => {
  const nav = performance.getEntriesByType('navigation')[0];
  if (!nav) return { load: 0, status: 0 };
  return { load: nav.loadEventEnd || nav.duration || now(), status: nav.responseStatus || 0 };
};

const focused = () => {
  let el = document.activeElement;
  while (el?.shadowRoot?.activeElement) el = el.shadowRoot.activeElement;
  return { element: el && el !== document.body ? describe(el) : '' };
};

const whereabouts = () => ({ url: location.href, state: document.readyState });

// filled says what became of typed text.
const filled = () => ({ found: !!stashed?.isConnected, text: stashed?.isConnected ? valueOf(stashed) : null });

// A selector that is no selector must not be retried.
const safely = (fn) => async (arg) => {
  try {
    const answer = fn(arg ?? {});
    if (arg?.next) announce(arg.next); // after the look at its own element
    return await answer;
  } catch (e) {
    if (e instanceof Invalid) return { why: 'invalid', message: e.message };
    throw e;
  }
};

const semantics = (locator) => all(locator).map((el) => ({ role: roleOf(el), name: nameOf(el), hidden: ariaHidden(el) }));

const api = {};

// offer makes functions of the agent callable by their names.
const offer = (functions) => {
  for (const [name, fn] of Object.entries(functions)) api[name] = safely(fn);
};

offer({ observe, prepare, disarm, setValue, choose, filled, timing, focused, semantics, whereabouts });
