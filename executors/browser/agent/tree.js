const MAX_LISTED = 5, MAX_TEXT = 60, MAX_VALUE = 1e6, STRICT_PATIENCE = 250;

// ---- time ----

const now = () => performance.now();

// A page that is not drawn gets no frames, so a timer stands by. The answer
// says whether it was a frame.
let everDrawn = false;

const frame = () => new Promise((done) => {
  const timer = setTimeout(() => done(false), 250);
  requestAnimationFrame(() => { clearTimeout(timer); everDrawn = true; done(true); });
});

// What no mutation tells, such as a property or a rule of style, is looked for
// at each MOMENT; what changes all the time, no oftener than each BREATH. In ms.
const MOMENT = 40, BREATH = 10;

// changed waits until the page's tree is another, for a moment at most. To wait
// for frames would make the browser draw them. Half the time is the page's, as a
// look may be long.
const changed = (began, end) => new Promise((done) => {
  const spent = now() - began;
  let timer = 0;
  const observer = onChange(() => {
    clearTimeout(timer);
    timer = setTimeout(done, Math.max(0, Math.min(Math.max(BREATH - spent, spent), end - now())));
  });
  timer = setTimeout(() => { observer.disconnect(); done(); }, Math.max(0, Math.min(MOMENT, end - now())));
});

const EVERYTHING = { subtree: true, childList: true, attributes: true, characterData: true };

// onChange calls once, when the page's tree is another in a way that matters.
const onChange = (call, matters = () => true) => {
  const observer = new MutationObserver((records) => {
    if (!matters(records)) return;
    observer.disconnect();
    call();
  });
  for (const root of roots()) observer.observe(root, EVERYTHING);
  return observer;
};

// ---- the tree ----

// The parts of the tree below a node: itself, and every open shadow root. Those of the
// document are looked for once in each turn, as no script of the page runs within one.
const roots = (start = document) => {
  if (start !== document) return rootsBelow(start);
  if (!grown) {
    grown = rootsBelow(document);
    queueMicrotask(() => { grown = null; });
  }
  return grown;
};

let grown = null;

const rootsBelow = (start) => {
  const found = start.shadowRoot ? [start, start.shadowRoot] : [start];
  for (let i = 0; i < found.length; i++) {
    const walker = document.createTreeWalker(found[i], NodeFilter.SHOW_ELEMENT);
    for (let n = walker.nextNode(); n; n = walker.nextNode()) if (n.shadowRoot) found.push(n.shadowRoot);
  }
  return found;
};

// The parent as it is drawn: through slots and out of shadow roots.
const parentOf = (el) => el.assignedSlot ?? el.parentElement ?? (el.getRootNode() instanceof ShadowRoot ? el.getRootNode().host : null);

const contains = (outer, inner) => {
  for (let n = inner; n; n = parentOf(n)) if (n === outer) return true;
  return false;
};

const squash = (text) => (text ?? '').replace(/[\s\u200b\u00ad]+/g, ' ').trim();
const cut = (text, max = MAX_TEXT) => (text.length > max ? text.slice(0, max) + '…' : text);

const matcher = (wanted, exact) => {
  const want = squash(wanted);
  if (exact) return (text) => squash(text) === want;
  const low = want.toLowerCase();
  return (text) => squash(text).toLowerCase().includes(low);
};

// ---- visibility ----

const box = (el) => {
  const own = el.getBoundingClientRect();
  if (own.width > 0 || own.height > 0 || getComputedStyle(el).display !== 'contents') return own;
  const range = document.createRange();
  range.selectNodeContents(el);
  return range.getBoundingClientRect();
};

const visible = (el) => {
  if (!el.isConnected) return false;
  if (el.localName === 'option' || el.localName === 'optgroup') {
    const select = el.closest('select');
    return !!select && visible(select);
  }
  if (!el.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: false })) {
    if (getComputedStyle(el).display !== 'contents' || getComputedStyle(el).visibility !== 'visible') return false;
  }
  const b = box(el);
  return b.width > 0 && b.height > 0;
};

const LABELLED = 'button,input,meter,output,progress,select,textarea';
const DISABLING = 'button,input,select,textarea,option,optgroup,fieldset';

const disabled = (el) => {
  if (el.matches(DISABLING) && el.matches(':disabled')) return true;
  if (el.constructor?.formAssociated && el.matches(':disabled')) return true;
  for (let n = el; n; n = parentOf(n)) {
    const aria = n.getAttribute('aria-disabled');
    if (aria === 'true') return true;
    if (aria === 'false') return false;
  }
  return false;
};

const checkedState = (el) => {
  if (el.localName === 'input' && (el.type === 'checkbox' || el.type === 'radio')) return el.checked;
  const aria = el.getAttribute('aria-checked') ?? el.getAttribute('aria-pressed') ?? el.getAttribute('aria-selected');
  return aria === null ? null : aria === 'true';
};

const valueOf = (el) => {
  if (el.localName === 'select' && el.multiple) return [...el.selectedOptions].map((o) => o.value).join(',');
  if ('value' in el && el.matches('input,textarea,select,button,option,meter,progress,output')) return String(el.value);
  if (el.isContentEditable) return el.innerText;
  return null;
};

const shownText = (el) => squash(el.innerText ?? el.textContent);
