// ---- roles and names (WAI-ARIA, HTML-AAM, accname; the parts that pages use) ----

const INPUT_ROLES = {
  button: 'button', submit: 'button', reset: 'button', image: 'button', checkbox: 'checkbox', radio: 'radio',
  range: 'slider', number: 'spinbutton', search: 'searchbox', email: 'textbox', tel: 'textbox', text: 'textbox', url: 'textbox',
};

const LANDMARK_SCOPES = 'article,aside,main,nav,section,[role=article],[role=complementary],[role=main],[role=navigation],[role=region]';

const named = (el) => el.hasAttribute('aria-label') || el.hasAttribute('aria-labelledby') || el.hasAttribute('title');

const cellRole = (el) => {
  const table = el.closest('table');
  const role = table?.getAttribute('role');
  return role === 'grid' || role === 'treegrid' ? 'gridcell' : 'cell';
};

const NATIVE = {
  a: (el) => (el.hasAttribute('href') ? 'link' : 'generic'),
  area: (el) => (el.hasAttribute('href') ? 'link' : 'generic'),
  address: 'group', article: 'article', aside: 'complementary', blockquote: 'blockquote', button: 'button', caption: 'caption', code: 'code',
  datalist: 'listbox', dd: 'definition', del: 'deletion', details: 'group', dfn: 'term', dialog: 'dialog', dt: 'term', em: 'emphasis',
  fieldset: 'group', figure: 'figure',
  footer: (el) => (el.closest(LANDMARK_SCOPES) ? 'generic' : 'contentinfo'),
  form: (el) => (named(el) ? 'form' : 'generic'),
  h1: 'heading', h2: 'heading', h3: 'heading', h4: 'heading', h5: 'heading', h6: 'heading',
  header: (el) => (el.closest(LANDMARK_SCOPES) ? 'generic' : 'banner'),
  hr: 'separator', html: 'document',
  img: (el) => (el.getAttribute('alt') === '' && !named(el) ? 'presentation' : 'img'),
  input: (el) => {
    if (el.type === 'checkbox' && el.hasAttribute('switch')) return 'switch';
    const role = INPUT_ROLES[el.type] ?? null;
    return el.list && ['textbox', 'searchbox'].includes(role) ? 'combobox' : role;
  },
  ins: 'insertion', li: (el) => (el.closest('ul,ol,menu,[role=list]') ? 'listitem' : 'generic'), main: 'main', mark: 'mark', math: 'math', menu: 'list', meter: 'meter', nav: 'navigation',
  ol: 'list', optgroup: 'group', option: 'option', output: 'status', p: 'paragraph', progress: 'progressbar', search: 'search',
  section: (el) => (named(el) ? 'region' : 'generic'),
  select: (el) => (el.multiple || el.size > 1 ? 'listbox' : 'combobox'),
  strong: 'strong', sub: 'subscript', summary: 'button', sup: 'superscript', svg: 'img', table: 'table', tbody: 'rowgroup', td: cellRole,
  textarea: 'textbox', tfoot: 'rowgroup',
  th: (el) => {
    if (el.scope === 'row' || el.scope === 'rowgroup') return 'rowheader';
    return 'columnheader';
  },
  thead: 'rowgroup', time: 'time', tr: 'row', ul: 'list',
};

const KNOWN_ROLES = new Set(('alert alertdialog application article banner blockquote button caption cell checkbox code columnheader combobox ' +
  'complementary contentinfo definition deletion dialog document emphasis feed figure form generic grid gridcell group heading ' +
  'img image insertion link list listbox listitem log main mark marquee math menu menubar menuitem menuitemcheckbox menuitemradio ' +
  'meter navigation none note option paragraph presentation progressbar radio radiogroup region row rowgroup rowheader scrollbar ' +
  'search searchbox separator slider spinbutton status strong subscript suggestion superscript switch tab table tablist tabpanel ' +
  'term textbox time timer toolbar tooltip tree treegrid treeitem').split(' '));

const explicitRole = (el) => {
  const role = (el.getAttribute('role') ?? '').toLowerCase().split(/\s+/).find((r) => KNOWN_ROLES.has(r));
  return role === 'image' ? 'img' : role;
};

const roleOf = (el) => {
  const explicit = explicitRole(el);
  // A control that can be focused keeps its meaning however hard the page denies it.
  if (explicit && !((explicit === 'none' || explicit === 'presentation') && (named(el) && !el.hasAttribute('title') || el.tabIndex >= 0))) return explicit;
  const native = NATIVE[el.localName];
  return typeof native === 'function' ? native(el) : native ?? 'generic';
};

const selfHidden = (el) => {
  if (el.getAttribute('aria-hidden') === 'true') return true;
  const style = getComputedStyle(el);
  return style.display === 'none';
};

// unsaid tells what is left out of a name that it is within.
const unsaid = (el) => el.getAttribute('aria-hidden') === 'true' ||
  (!el.checkVisibility({ visibilityProperty: true }) && (selfHidden(el) || getComputedStyle(el).visibility !== 'visible'));

// Hidden from people who use assistive technology, and so from roles. What is drawn
// can only be hidden by an attribute.
const ariaHidden = (el) => {
  const drawn = el.checkVisibility({ visibilityProperty: true });
  if (drawn && roots().length === 1 && el.localName !== 'option' && el.localName !== 'optgroup') return el.closest('[aria-hidden=true]') !== null;
  if (getComputedStyle(el).visibility !== 'visible') return true;
  if (el.localName === 'option' || el.localName === 'optgroup') return el.closest('select') ? ariaHidden(el.closest('select')) : true;
  for (let n = el; n; n = parentOf(n)) if (selfHidden(n)) return true;
  return el.localName !== 'svg' && !drawn && getComputedStyle(el).display !== 'contents';
};

const NAMED_BY_CONTENT = new Set(('button cell checkbox columnheader gridcell heading link menuitem menuitemcheckbox menuitemradio ' +
  'option radio row rowheader switch tab tooltip treeitem').split(' '));

const nameOf = (el) => squash(compute(el, { seen: new Set(), by: '' }));

const compute = (el, ctx) => {
  if (ctx.seen.has(el)) return '';
  // What is referenced by id counts even when it is hidden, for its own root only.
  if (ctx.by !== 'reference' && unsaid(el)) return '';
  const inside = { seen: ctx.seen, by: 'content' };
  if (ctx.by !== 'reference' && ctx.by !== 'inReference') {
    const text = referenced(el, 'aria-labelledby', ctx);
    if (text) return text;
  }
  ctx.seen.add(el);
  const role = roleOf(el);
  if (ctx.by) {
    const embedded = embeddedValue(el, role);
    if (embedded !== null) return embedded;
  }
  const label = el.getAttribute('aria-label');
  if (label && label.trim()) return label;
  if (role !== 'presentation' && role !== 'none') {
    const native = nativeName(el, ctx);
    if (native) return native;
  }
  if (ctx.by || NAMED_BY_CONTENT.has(role) || el.localName === 'summary') {
    const text = contentText(el, ctx.by === 'reference' || ctx.by === 'inReference' ? { ...inside, by: 'inReference' } : inside);
    if (text.trim()) return text;
  }
  const title = el.getAttribute('title');
  if (title && title.trim()) return title;
  return el.getAttribute('placeholder') && ['input', 'textarea'].includes(el.localName) ? el.getAttribute('placeholder') : '';
};

const referenced = (el, attribute, ctx) => {
  const ids = el.getAttribute(attribute);
  if (!ids) return '';
  const root = el.getRootNode();
  return ids.split(/\s+/).map((id) => id && root.getElementById?.(id)).filter(Boolean)
    .map((ref) => compute(ref, { seen: new Set(ctx.seen), by: 'reference' })).join(' ');
};

// A control inside a label stands for its value: "Remind me in [5] minutes".
const embeddedValue = (el, role) => {
  if (role === 'textbox' || role === 'searchbox') return 'value' in el ? el.value : el.textContent;
  if (role === 'combobox' || role === 'listbox') {
    if (el.localName === 'select') return [...el.selectedOptions].map((o) => o.text).join(' ');
    if ('value' in el) return el.value;
    const chosen = el.querySelector('[aria-selected=true]');
    return chosen ? chosen.textContent : '';
  }
  if (role === 'slider' || role === 'spinbutton' || role === 'progressbar' || role === 'meter' || role === 'scrollbar') {
    return el.getAttribute('aria-valuetext') ?? el.getAttribute('aria-valuenow') ?? ('value' in el ? String(el.value) : '');
  }
  return null;
};

const childNamed = (el, localName, ctx) => {
  const child = [...el.children].find((c) => c.localName === localName);
  return child ? compute(child, { seen: ctx.seen, by: 'content' }) : '';
};

const nativeName = (el, ctx) => {
  const name = el.localName;
  if (name === 'input' && ['button', 'submit', 'reset'].includes(el.type)) {
    if (el.value) return el.value;
    if (el.type !== 'button') return fromLabels(el, ctx) || el.getAttribute('title') || (el.type === 'submit' ? 'Submit' : 'Reset');
  }
  if (name === 'input' && el.type === 'image') return fromLabels(el, ctx) || el.alt || el.getAttribute('title') || 'Submit';
  if (el.labels?.length && !ctx.by) return fromLabels(el, ctx);
  switch (name) {
    case 'img': case 'area': return el.getAttribute('alt') ?? '';
    case 'fieldset': return childNamed(el, 'legend', ctx);
    case 'figure': return childNamed(el, 'figcaption', ctx);
    case 'table': return childNamed(el, 'caption', ctx);
    case 'svg': return [...el.children].find((c) => c.localName === 'title')?.textContent ?? '';
    case 'option': return el.label;
    case 'optgroup': return el.label;
  }
  return '';
};

const fromLabels = (el, ctx) => [...(el.labels ?? [])]
  .map((label) => compute(label, { seen: new Set([...ctx.seen, el]), by: 'reference' })).join(' ');

const pseudo = (el, which) => {
  const content = getComputedStyle(el, which).content;
  if (!content || content === 'none' || content === 'normal') return '';
  const alt = content.match(/\/\s*"((?:[^"\\]|\\.)*)"$/);
  if (alt) return alt[1];
  return (content.match(/"((?:[^"\\]|\\.)*)"/g) ?? []).map((s) => s.slice(1, -1).replace(/\\(.)/g, '$1')).join('');
};

const contentText = (el, ctx) => {
  let out = pseudo(el, '::before');
  const children = el.localName === 'slot' && el.assignedNodes().length ? el.assignedNodes() : (el.shadowRoot ?? el).childNodes;
  for (const child of children) {
    if (child.nodeType === Node.TEXT_NODE) out += child.data;
    if (child.nodeType !== Node.ELEMENT_NODE || UNREAD.has(child.localName)) continue;
    const text = child.localName === 'br' ? ' ' : compute(child, ctx);
    const display = getComputedStyle(child).display;
    if (display === 'none' && !text) continue;
    out += display.startsWith('inline') && display !== 'inline-block' || display === 'contents' ? text : ` ${text} `;
  }
  return out + pseudo(el, '::after');
};
