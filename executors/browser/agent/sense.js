// ---- what is judged beside text and visibility ----

const activeElement = () => {
  let el = document.activeElement;
  while (el?.shadowRoot?.activeElement) el = el.shadowRoot.activeElement;
  return el;
};

// The part of an element that no box around it cuts off.
const clipped = (el) => {
  const b = box(el), out = { left: Math.max(b.left, 0), top: Math.max(b.top, 0), right: Math.min(b.right, innerWidth), bottom: Math.min(b.bottom, innerHeight) };
  for (let n = parentOf(el); n && n !== document.documentElement && n !== document.body; n = parentOf(n)) {
    const style = getComputedStyle(n);
    if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
    const around = n.getBoundingClientRect();
    out.left = Math.max(out.left, around.left);
    out.right = Math.min(out.right, around.right);
    out.top = Math.max(out.top, around.top);
    out.bottom = Math.min(out.bottom, around.bottom);
  }
  return out;
};

const inViewport = (el) => {
  if (!visible(el)) return false;
  const c = clipped(el);
  return c.right > c.left && c.bottom > c.top;
};

const editable = (el) => {
  if (disabled(el) || el.readOnly || el.getAttribute('aria-readonly') === 'true') return false;
  return el.isContentEditable || el.localName === 'textarea' || el.localName === 'select' ||
    (el.localName === 'input' && (EDITABLE.has(el.type) || SETTABLE.has(el.type)));
};

const empty = (el) => (el.matches('input,textarea,select') ? el.value === '' : squash(el.textContent) === '' && !el.shadowRoot);

const descriptionOf = (el) => {
  const text = referenced(el, 'aria-describedby', { seen: new Set(), by: '' }) || el.getAttribute('aria-description') || '';
  if (text.trim()) return squash(text);
  const title = squash(el.getAttribute('title'));
  return title && title !== nameOf(el) ? title : '';
};

// What the subjects of expectations are, by their names.
const SENSES = {
  focused: (el) => ({ holds: activeElement() === el && document.hasFocus() }),
  inViewport: (el) => ({ holds: inViewport(el) }),
  editable: (el) => ({ holds: editable(el) }),
  empty: (el) => ({ holds: empty(el) }),
  class: (el) => ({ text: squash(el.getAttribute('class')) }),
  css: (el, l) => ({ text: getComputedStyle(el).getPropertyValue(l.attribute) }),
  accessibleName: (el) => ({ text: nameOf(el) }),
  description: (el) => ({ text: descriptionOf(el) }),
  aria: (el) => ({ tree: ariaTree(el) }),
};

// ---- the accessibility tree ----

const MAX_NODES = 5000, MAX_DEPTH = 50;

const UNSAID = new Set(['generic', 'presentation', 'none', 'document']);
const VALUED = new Set(['textbox', 'searchbox', 'combobox', 'spinbutton', 'slider']);

const ariaTree = (root) => {
  const budget = { left: MAX_NODES };
  return merged(ariaChildren(root, budget, 0));
};

// Texts that stand beside one another are one.
const merged = (nodes) => {
  const out = [];
  for (const n of nodes) {
    const last = out.at(-1);
    if (n.role === 'text' && last?.role === 'text') last.text = squash(last.text + n.glue + n.text);
    else out.push(n);
  }
  return out.filter((n) => n.role !== 'text' || n.text);
};

const ariaChildren = (el, budget, depth) => {
  const kids = el.localName === 'slot' && el.assignedNodes().length ? el.assignedNodes() : (el.shadowRoot ?? el).childNodes;
  return [...kids].flatMap((kid) => ariaNodes(kid, budget, depth));
};

const ariaNodes = (node, budget, depth) => {
  if (budget.left-- <= 0 || depth > MAX_DEPTH) return [];
  if (node.nodeType === Node.TEXT_NODE) {
    const text = squash(node.data);
    const parent = node.parentElement;
    if (parent && getComputedStyle(parent).visibility !== 'visible') return [];
    return text ? [{ role: 'text', text, glue: /^\s/.test(node.data) ? ' ' : '' }] : /\s/.test(node.data) ? [{ role: 'text', text: '', glue: ' ' }] : [];
  }
  if (node.nodeType !== Node.ELEMENT_NODE || UNREAD.has(node.localName) || selfHidden(node)) return [];
  const role = roleOf(node);
  if (!role || UNSAID.has(role) || getComputedStyle(node).visibility !== 'visible') {
    const inner = ariaChildren(node, budget, depth + 1);
    const display = getComputedStyle(node).display;
    if (!display.startsWith('inline') && display !== 'contents') for (const n of inner) if (n.role === 'text') n.glue = ' ';
    return inner;
  }
  const out = { role, name: nameOf(node), props: ariaStates(node, role) };
  if (VALUED.has(role)) {
    out.text = squash(embeddedValue(node, role) ?? '');
    return [out];
  }
  const children = merged(ariaChildren(node, budget, depth + 1));
  if (children.every((c) => c.role === 'text')) {
    const text = children.map((c) => c.text).join(' ');
    if (text !== out.name) out.text = text;
  } else {
    out.children = children;
  }
  return [out];
};

const ariaStates = (el, role) => {
  const props = {};
  const flag = (name, value) => { if (value === true || value === 'true') props[name] = 'true'; else if (value === 'mixed') props[name] = 'mixed'; };
  if (['checkbox', 'radio', 'switch', 'menuitemcheckbox', 'menuitemradio'].includes(role)) {
    flag('checked', el.indeterminate ? 'mixed' : el.localName === 'input' ? el.checked : el.getAttribute('aria-checked'));
  }
  if (role === 'heading') props.level = el.getAttribute('aria-level') ?? el.localName.match(/^h([1-6])$/)?.[1] ?? '2';
  if (disabled(el) && role !== 'heading') flag('disabled', el.matches('button,input,select,textarea,option,fieldset,[aria-disabled=true]'));
  flag('expanded', el.localName === 'summary' ? !!el.parentElement?.open : el.getAttribute('aria-expanded'));
  flag('pressed', el.getAttribute('aria-pressed'));
  flag('selected', el.localName === 'option' ? el.selected : el.getAttribute('aria-selected'));
  flag('required', el.required ?? el.getAttribute('aria-required'));
  flag('invalid', el.getAttribute('aria-invalid'));
  return props;
};
