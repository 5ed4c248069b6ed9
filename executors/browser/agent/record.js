// ---- recording what a person does ----
//
// The script hears of events before the page's own scripts do, and tells only
// those that the browser has made for a person: a page can neither see it nor
// make it tell anything.

const TOLD = 'semantestTold';
const MAX_NAME = 80, MAX_SAID = 10000, MAX_OPTIONS = 1000, LOOKING = 300, HANDS = 10000, STILL = 5;

const tell = (what) => globalThis[TOLD]?.(JSON.stringify({ top: window === window.top, ...what }));

// ---- locators, best first; each must find this one element now ----

const same = (l, el) => {
  try {
    return pick(l).el === el;
  } catch {
    return false;
  }
};

// A plan cannot hold all that a page can.
const sayable = (l) => Object.values(l).every((v) => (typeof v === 'string' ? !/[\p{Cc}\p{Cs}\ufffd]/u.test(v) : typeof v !== 'object' || sayable(v)));

// loosely tries a locator as part of a text, and as the whole of it.
const loosely = (l, el) => (!sayable(l) ? null : same(l, el) ? l : same({ ...l, exact: true }, el) ? { ...l, exact: true } : null);

const WORDS = /\s+\S*$/;

// shortened is the beginning of a text that locators find as a part of it.
const shortened = (text) => (text.length <= MAX_NAME ? text : text.slice(0, MAX_NAME).replace(WORDS, ''));

const SPEECHLESS = new Set(['generic', 'presentation', 'none', 'document']);

const byMeaning = function* (el) {
  const role = roleOf(el), name = role ? shortened(nameOf(el)) : '';
  if (role && !SPEECHLESS.has(role) && name && !ariaHidden(el)) yield { role, name };
  if (el.matches(LABELLED + ',[aria-label],[aria-labelledby]')) for (const text of labelsOf(el)) if (squash(text)) yield { label: shortened(squash(text)) };
  if (el.getAttribute('placeholder')) yield { placeholder: shortened(squash(el.getAttribute('placeholder'))) };
  if (el.getAttribute('data-testid')) yield { testId: el.getAttribute('data-testid') };
  if (el.matches('img,area,input[type=image]') && el.getAttribute('alt')) yield { alt: shortened(squash(el.getAttribute('alt'))) };
  const text = squash(readText(el));
  if (text && text.length <= 2 * MAX_NAME && !el.matches('select,textarea,html,body')) yield { text: shortened(text) };
  if (el.getAttribute('title')) yield { title: shortened(squash(el.getAttribute('title'))) };
};

const PARTS = new Set('row listitem dialog alertdialog article region form navigation group tabpanel search complementary main banner contentinfo'.split(' '));

// around names what the element lies in by what it says, for one of many of its kind.
const around = function* (el) {
  for (let n = parentOf(el), depth = 0; n && depth < 20; n = parentOf(n), depth++) {
    const role = roleOf(n);
    if (n.getAttribute('data-testid')) yield { testId: n.getAttribute('data-testid') };
    if (!PARTS.has(role)) continue;
    const name = role === 'row' ? '' : nameOf(n);
    if (name && name.length <= MAX_NAME) yield { role, name };
    const said = [...n.querySelectorAll('h1,h2,h3,h4,h5,h6,th,td,strong,b,a,p,span')].slice(0, 5).map((part) => squash(readText(part)))
      .filter((text) => text && text.length <= 40);
    for (const text of new Set(said)) yield { role, hasText: text };
    if (['main', 'dialog', 'banner', 'contentinfo', 'navigation', 'search'].includes(role)) yield { role };
  }
};

// What a program has made up is another one the next time.
const lasting = (id) => id && id.length <= 60 && !/\d{3,}|[0-9a-f]{8,}|:/i.test(id);

const step = (el) => {
  const siblings = [...(el.parentNode?.children ?? [])].filter((n) => n.localName === el.localName);
  return CSS.escape(el.localName) + (siblings.length > 1 ? `:nth-of-type(${siblings.indexOf(el) + 1})` : '');
};

const bySelector = function* (el) {
  if (lasting(el.id)) yield { css: '#' + CSS.escape(el.id) };
  const name = el.getAttribute('name');
  if (name && name.length <= 100) yield { css: `${CSS.escape(el.localName)}[name=${JSON.stringify(name)}]` };
  let path = '';
  for (let n = el; n; n = n.parentElement) {
    if (n !== el && lasting(n.id)) {
      yield { css: `#${CSS.escape(n.id)} > ${path}` };
    }
    path = step(n) + (path ? ' > ' + path : '');
    if (path.length > 900) return;
    yield { css: path };
  }
  // It lies in a shadow root: within what that belongs to.
  const host = el.getRootNode() instanceof ShadowRoot ? el.getRootNode().host : null;
  if (host) for (const outer of [...byMeaning(host), ...bySelector(host)]) if (same(outer, host)) { yield { css: path, within: outer }; return; }
};

// locatorOf is how a plan finds an element; null where nothing finds it alone.
const locatorOf = (el) => {
  const end = now() + LOOKING;
  const meanings = [...byMeaning(el)];
  for (const l of meanings) {
    const found = now() < end && loosely(l, el);
    if (found) return found;
  }
  for (const within of around(el)) {
    if (now() >= end) break;
    if (!pick(within).el) continue;
    for (const l of meanings) {
      const found = loosely({ ...l, within }, el);
      if (found) return found;
    }
  }
  for (const l of bySelector(el)) if (sayable(l) && same(l, el)) return l;
  return null;
};

// ---- what is meant by an event ----

const ids = new WeakMap();
let lastID = 0;
const idOf = (el) => ids.get(el) ?? (ids.set(el, ++lastID), lastID);

const USABLE = 'button,a[href],area[href],input,select,textarea,label,summary,option,[contenteditable=""],[contenteditable=true],' +
  ['button', 'link', 'checkbox', 'radio', 'switch', 'tab', 'option', 'menuitem', 'menuitemcheckbox', 'menuitemradio', 'treeitem', 'gridcell', 'combobox', 'textbox'].map((role) => `[role=${role}]`).join();

// meantBy is what a person has aimed at: the control around what was hit.
const meantBy = (hit) => {
  const el = hit instanceof Element ? hit : hit?.parentElement;
  if (!el) return null;
  for (let n = el; n; n = parentOf(n)) if (n.matches(USABLE)) return n;
  return el;
};

const targetOf = (event) => event.composedPath()[0];

const TEXTS = new Set([...EDITABLE, 'date', 'time', 'datetime-local', 'month', 'week', 'color', 'range']);
const isField = (el) => el?.localName === 'textarea' || el?.localName === 'input' && TEXTS.has(el.type);
const editableOf = (el) => {
  if (isField(el)) return el;
  let n = el instanceof Element ? el : el?.parentElement;
  if (!n?.isContentEditable) return null;
  while (n.parentElement?.isContentEditable) n = n.parentElement;
  return n;
};
const isTick = (el) => el?.localName === 'input' && (el.type === 'checkbox' || el.type === 'radio');

const SECRET = /pass(word|wd|phrase|code)|secret|token|\botp\b|one-time-code|\bpin\b|\bcv[cv]2?\b|csc|security.?code|api.?key|card.?number|\bcc-/i;
const secrets = new WeakSet();

// A field that was secret once stays so, whatever the page makes of it.
const isSecret = (el) => {
  if (!secrets.has(el) && (el.type === 'password' || getComputedStyle(el).webkitTextSecurity !== 'none' ||
    SECRET.test([el.name, el.id, el.autocomplete, el.getAttribute('placeholder'), ...labelsOf(el)].join(' ')))) secrets.add(el);
  return secrets.has(el);
};

const variableOf = (el) => (labelsOf(el)[0] || el.getAttribute('placeholder') || el.name || el.id || '').toUpperCase()
  .replace(/[^A-Z0-9]+/g, '_').replace(/^[_0-9]+|_+$/g, '').slice(0, 40) || 'SECRET';

// kept are locators as they were before the page reacted.
let kept = { el: null, locator: null };
const keep = (el) => { kept = { el, locator: el && locatorOf(el) }; };
const located = (el) => (kept.el === el && kept.locator ? kept.locator : locatorOf(el));

const act = (what, el, more = {}) => {
  if (!el || el === document.documentElement || el === document.body) return;
  const locator = located(el);
  if (!locator) return tell({ note: `${what}: nothing finds ${describe(el)} alone` });
  tell({ do: what, id: idOf(el), locator, ...more });
};

const modifiersOf = (event) => ['Alt', 'Control', 'Meta', 'Shift'].filter((name) => event[name.toLowerCase().replace('control', 'ctrl') + 'Key']);

// ---- events ----

let hands = -HANDS; // when a person was last seen to do something
let down = null; // where the pointer was pressed
let key = { el: null, name: '' }; // that was pressed last

const hear = (type, on) => addEventListener(type, (event) => {
  if (!event.isTrusted) return;
  try {
    on(event);
  } catch {
    // The page goes on, whatever it has made of its elements.
  }
}, { capture: true, passive: false });

hear('pointerdown', (event) => {
  hands = now();
  const el = meantBy(targetOf(event));
  keep(el);
  key = { el: null, name: '' };
  down = { el, x: event.clientX, y: event.clientY, clicked: false, button: event.button };
});

hear('pointerup', (event) => {
  const from = down;
  if (!from?.el || event.button !== 0 || Math.hypot(event.clientX - from.x, event.clientY - from.y) > STILL) return;
  setTimeout(() => { // What the page takes away under the pointer is not clicked.
    if (down === from && !from.clicked && !from.el.isConnected && kept.el === from.el && kept.locator) tell({ do: 'click', id: idOf(from.el), locator: kept.locator });
  }, 100);
});

hear('click', (event) => {
  const hit = targetOf(event), el = meantBy(hit);
  if (down) down.clicked = true;
  const byKeys = event.detail === 0;
  if (byKeys && key.el && key.el !== el && !isTick(el)) return; // Enter in a field sends its form by this
  if (byKeys && !key.el && !isTick(el) && now() - hands > HANDS) return;
  if (!byKeys && down && Math.hypot(event.clientX - down.x, event.clientY - down.y) > STILL && meantBy(down.el) !== el) {
    return tell({ note: 'something was dragged, which was not recorded' });
  }
  if (isTick(el)) return act(el.checked || el.type === 'radio' ? 'check' : 'uncheck', el);
  if (el?.localName === 'label' && el.control && el.control !== hit) {
    if (isTick(el.control) || el.control.type === 'file') return; // it is told of by the control
    if (isField(el.control) || el.control.localName === 'select') return;
  }
  if (el?.matches('select,option,input[type=file]')) return;
  const modifiers = modifiersOf(event);
  act('click', el, { field: !!editableOf(el) && !modifiers.length, ...(modifiers.length && { modifiers }) });
});

hear('dblclick', (event) => act('dblclick', meantBy(targetOf(event))));

hear('auxclick', (event) => {
  const button = { 1: 'middle', 2: 'right' }[event.button], modifiers = modifiersOf(event);
  if (button) act('click', meantBy(targetOf(event)), { button, ...(modifiers.length && { modifiers }) });
});

hear('input', (event) => {
  const el = editableOf(targetOf(event));
  if (!el || now() - hands > HANDS) return; // pages can make the browser type, but not at a person's time
  if (kept.el !== el) keep(el);
  const value = valueOf(el) ?? '';
  if (isSecret(el)) return act('fill', el, { secret: variableOf(el), value: value.slice(0, MAX_SAID) });
  if (value.length > MAX_SAID) return tell({ note: `the text of ${describe(el)} is too long to be recorded` });
  act('fill', el, { value });
});

hear('change', (event) => {
  const el = targetOf(event);
  if (el?.localName === 'select') {
    if (el.selectedOptions.length !== 1) return tell({ note: `several options of ${describe(el)} were chosen, which no step does` });
    const option = el.selectedOptions[0], text = squash(option.label);
    const alone = text && el.options.length <= MAX_OPTIONS && [...el.options].filter((o) => squash(o.label) === text || squash(o.text) === text).length === 1;
    act('select', el, alone ? { option: text } : { value: option.value });
  } else if (el?.localName === 'input' && el.type === 'file') {
    act('upload', el, { files: [...el.files].slice(0, 20).map((file) => file.name.slice(0, 300)) });
  }
});

const TYPING = new Set('Backspace Delete ArrowLeft ArrowRight Home End Insert'.split(' '));
const HOLDING = new Set('Shift Control Alt Meta CapsLock AltGraph NumLock ScrollLock Fn Dead Process Unidentified'.split(' '));
const PICKS = { KeyV: 'visible', KeyT: 'text', KeyL: 'value' };

hear('keydown', (event) => {
  hands = now();
  const hit = targetOf(event), control = meantBy(hit), el = editableOf(hit);
  if (event.altKey && event.shiftKey && !event.ctrlKey && !event.metaKey && PICKS[event.code]) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return tell({ pick: PICKS[event.code] });
  }
  key = { el: control, name: event.key };
  if (event.isComposing || event.repeat || HOLDING.has(event.key)) return;
  const modifiers = modifiersOf(event).filter((name) => name !== 'Shift' || event.key.length > 1);
  const printable = event.key.length === 1;
  if (el) {
    if (el.localName !== 'input' && event.key === 'Enter' && !modifiers.length) return;
    if (TYPING.has(event.key) || printable && !modifiers.includes('Alt') && (!modifiers.length || /^[acvxyz]$/i.test(event.key))) return;
    if (/^(Arrow|Page)/.test(event.key) && (el.localName !== 'input' || !(el.list || el.hasAttribute('aria-autocomplete') || roleOf(el) === 'combobox'))) return;
  } else {
    const presses = control?.matches('button,a[href],summary,input,[role=button],[role=link]');
    if (presses && (event.key === 'Enter' || event.key === ' ')) return; // it is told of as a click
    if (control?.matches('select,input') && event.key !== 'Enter' && event.key !== 'Tab' && event.key !== 'Escape') return;
    if (/^(Arrow|Page|Home|End)/.test(event.key) && (!control || control === document.body)) return; // it scrolls
  }
  const name = [...modifiers, event.key === ' ' ? 'Space' : event.key].join('+');
  const on = control && control !== document.body && control !== document.documentElement ? locatorOf(control) : null;
  tell({ do: 'press', id: control ? idOf(control) : 0, key: name, ...(on && { locator: on }) });
});

let taken = null;
hear('dragstart', (event) => {
  const el = meantBy(targetOf(event)), dragged = el?.closest('[draggable=true]') ?? el;
  taken = dragged && { el: dragged, locator: locatorOf(dragged) };
});
hear('drop', (event) => {
  const hit = targetOf(event), to = hit instanceof Element ? hit : hit?.parentElement, from = taken;
  taken = null;
  hands = now();
  const there = to && locatorOf(to);
  if (!from?.locator || !there) return tell({ note: 'something was dragged, which was not recorded' });
  tell({ do: 'drag', id: idOf(from.el), locator: from.locator, to: there });
});
hear('paste', () => { hands = now(); });
hear('compositionstart', () => { hands = now(); });

// sense is what can be expected of an element that a person points at.
const sense = (hit, subject) => {
  const el = subject === 'value' ? editableOf(hit) ?? meantBy(hit) : hit;
  const secret = !!editableOf(el) && isSecret(editableOf(el));
  return { locator: locatorOf(el), element: describe(el), secret, ...(!secret && { text: shownText(el).slice(0, MAX_SAID), value: (valueOf(el) ?? '').slice(0, MAX_SAID), fits: valueOf(el) !== null }) };
};

Object.assign(api, {
  ours: (el) => el.ownerDocument === document,
  locatorOf: (el) => ({ locator: locatorOf(el) }),
  visible: (el) => sense(el, 'visible'), text: (el) => sense(el, 'text'), value: (el) => sense(el, 'value'),
});

tell({ hello: true });
