// ---- locators ----

const ROLE_HINTS = {
  button: 'button,input,summary', link: 'a,area', heading: 'h1,h2,h3,h4,h5,h6', textbox: 'input,textarea',
  searchbox: 'input', checkbox: 'input', radio: 'input', combobox: 'input,select', listbox: 'select,datalist',
  option: 'option', list: 'ul,ol,menu', listitem: 'li', img: 'img,svg', image: 'img,svg', navigation: 'nav', main: 'main', dialog: 'dialog',
  table: 'table', row: 'tr', cell: 'td', columnheader: 'th', rowheader: 'th', form: 'form', article: 'article',
  slider: 'input', spinbutton: 'input', progressbar: 'progress', alert: '', status: 'output', tab: '', switch: 'input',
};

const byRole = (root, l) => {
  const role = l.role.toLowerCase() === 'image' ? 'img' : l.role.toLowerCase();
  const hint = ROLE_HINTS[role];
  const named = l.name ? matcher(l.name, l.exact) : () => true;
  return [...root.querySelectorAll(hint === undefined ? '*' : hint ? hint + ',[role]' : '[role]')]
    .filter((el) => roleOf(el) === role && !ariaHidden(el) && named(nameOf(el)));
};

const UNREAD = new Set(['script', 'style', 'noscript', 'template', 'head']);
const readText = (node) => {
  if (!node.querySelector?.('script,style,noscript,template,head')) return node.textContent;
  let out = '';
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) out += child.data;
    else if (child.nodeType === Node.ELEMENT_NODE && !UNREAD.has(child.localName)) out += readText(child);
  }
  return out;
};

// The innermost elements whose text fits. A branch without the text is left
// at once; exact text can also be that of a whole branch only.
const byText = (root, l) => {
  const fits = matcher(l.text, l.exact), holds = matcher(l.text, false), found = [];
  const visit = (el) => {
    if (UNREAD.has(el.localName)) return false;
    if (el.localName === 'input' && ['button', 'submit', 'reset'].includes(el.type)) {
      if (!fits(el.value)) return false;
      found.push(el);
      return true;
    }
    const text = readText(el);
    if (!holds(text)) {
      let inside = false;
      if (el.querySelector('input')) for (const child of el.children) inside = visit(child) || inside;
      return inside;
    }
    let inside = false;
    for (const child of el.children) inside = visit(child) || inside;
    if (!inside && fits(text)) {
      found.push(el);
      return true;
    }
    return inside;
  };
  for (const child of root.children) visit(child);
  return found;
};

const labelsOf = (el) => {
  const out = [];
  const ids = el.getAttribute('aria-labelledby');
  if (ids) {
    const root = el.getRootNode();
    out.push(ids.split(/\s+/).map((id) => root.getElementById?.(id)).filter(Boolean).map(readText).join(' '));
  }
  if (el.getAttribute('aria-label')) out.push(el.getAttribute('aria-label'));
  for (const label of el.labels ?? []) out.push(labelText(label));
  return out;
};

const labelText = (label) => {
  let out = '';
  const visit = (node) => {
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) out += child.data;
      else if (child.nodeType === Node.ELEMENT_NODE && !UNREAD.has(child.localName) && !child.matches(LABELLED)) visit(child);
    }
  };
  visit(label);
  return out;
};

const FINDERS = {
  role: byRole,
  text: byText,
  label: (root, l) => {
    const fits = matcher(l.label, l.exact);
    return [...root.querySelectorAll(LABELLED + ',[aria-label],[aria-labelledby]')].filter((el) => labelsOf(el).some(fits));
  },
  placeholder: (root, l) => {
    const fits = matcher(l.placeholder, l.exact);
    return [...root.querySelectorAll('[placeholder]')].filter((el) => fits(el.getAttribute('placeholder')));
  },
  alt: (root, l) => {
    const fits = matcher(l.alt, l.exact);
    return [...root.querySelectorAll('img,area,input[type=image]')].filter((el) => el.hasAttribute('alt') && fits(el.getAttribute('alt')));
  },
  title: (root, l) => {
    const fits = matcher(l.title, l.exact);
    return [...root.querySelectorAll('[title]')].filter((el) => fits(el.getAttribute('title')));
  },
  testId: (root, l) => [...root.querySelectorAll(`[data-testid="${CSS.escape(l.testId)}"]`)],
  css: (root, l) => [...root.querySelectorAll(l.css)],
};

class Invalid extends Error {}

const byXPath = (expression, scope) => {
  // An expression that begins at the root would leave the scope.
  const below = scope !== document && expression.startsWith('/') ? '.' + expression : expression;
  const result = document.evaluate(below, scope, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE);
  const out = [];
  for (let i = 0; i < result.snapshotLength; i++) {
    const node = result.snapshotItem(i);
    if (node.nodeType === Node.ELEMENT_NODE) out.push(node);
  }
  return out;
};

const search = (l, scope) => {
  try {
    if (l.xpath) return byXPath(l.xpath, scope);
    const find = FINDERS[Object.keys(FINDERS).find((key) => l[key])];
    if (!find) throw new Invalid('the locator says nothing');
    return roots(scope).flatMap((root) => find(root, l));
  } catch (e) {
    if (e instanceof DOMException) throw new Invalid(e.message);
    throw e;
  }
};

const holdsText = (el, text) => matcher(text, false)(roots(el).map(readText).join(' '));

const holds = (el, l) => {
  const hit = pick(l, el);
  return !!(hit.el || hit.several);
};

// What chooses among the elements that were found.
const keeps = (el, l) => (!l.hasText || holdsText(el, l.hasText)) && (!l.hasNotText || !holdsText(el, l.hasNotText)) &&
  (!l.has || holds(el, l.has)) && (!l.hasNot || !holds(el, l.hasNot));

// find lists what a locator means below base. Where the one element is not
// there, or is several, within which it is to lie, outer says so, and depth how
// many steps outwards that is.
const find = (l, base = document) => {
  let scope = base;
  if (l.within) {
    const outer = pick(l.within, base);
    if (!outer.el) return { list: [], outer: { ...outer, depth: (outer.depth ?? 0) + 1 } };
    scope = outer.el;
  }
  return { list: search(l, scope).filter((el) => keeps(el, l)) };
};

const all = (l) => find(l).list;

// What the locator means now: {el}, {count: 0}, or {count, several: [...]}.
const pick = (l, base) => {
  const { list, outer } = find(l, base);
  if (outer) return outer.several ? outer : { count: 0, depth: outer.depth };
  if (l.nth !== undefined && l.nth !== null) return { el: list.at(l.nth), count: list.length };
  if (list.length > 1) return { count: list.length, several: list };
  return { el: list[0], count: list.length };
};

// ---- words for people ----

const describe = (el) => {
  const role = roleOf(el);
  const name = role && role !== 'generic' ? cut(squash(nameOf(el))) : '';
  if (role && name) return `${role} ${JSON.stringify(name)}`;
  let out = el.localName;
  if (el.id) out += '#' + cut(el.id, 40);
  else if (el.getAttribute('data-testid')) out += `[data-testid=${JSON.stringify(cut(el.getAttribute('data-testid'), 40))}]`;
  else if (el.classList.length) out += '.' + [...el.classList].slice(0, 2).map((c) => cut(c, 30)).join('.');
  else if (el.getAttribute('name')) out += `[name=${JSON.stringify(cut(el.getAttribute('name'), 40))}]`;
  return out;
};

const source = (el) => {
  const text = cut(shownText(el), 40);
  return describe(el) + (text && !describe(el).includes(text) ? ` (${JSON.stringify(text)})` : '') + (visible(el) ? '' : ' (not visible)');
};

const listed = (els) => els.slice(0, MAX_LISTED).map(source);

// What there is instead: the names that a locator of this kind could have had.
const candidates = (l) => {
  const scope = l.within ? pick(l.within).el : document;
  if (!scope) return candidates(l.within);
  const names = (els, of) => [...new Set(els.filter(visible).map((el) => cut(squash(of(el)))).filter(Boolean))].slice(0, MAX_LISTED);
  const every = (selector) => roots(scope).flatMap((root) => [...root.querySelectorAll(selector)]);
  if (l.role) return { kind: l.role, names: names(search({ role: l.role }, scope), nameOf) };
  if (l.label) return { kind: 'label', names: names(every(LABELLED), (el) => labelsOf(el)[0]) };
  if (l.placeholder) return { kind: 'placeholder', names: names(every('[placeholder]'), (el) => el.getAttribute('placeholder')) };
  if (l.alt) return { kind: 'alt', names: names(every('[alt]'), (el) => el.getAttribute('alt')) };
  if (l.title) return { kind: 'title', names: names(every('[title]'), (el) => el.getAttribute('title')) };
  if (l.testId) return { kind: 'test id', names: names(every('[data-testid]'), (el) => el.getAttribute('data-testid')) };
  return { kind: '', names: [] };
};
