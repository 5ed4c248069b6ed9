// ---- audits ----

// Where axe-core is put, so that a page's own is left alone.
const AXE = Symbol.for('semantest.axe');

const MAX_AUDITED = 200; // of a rule that are told
const MAX_TOLD = 2 << 20; // characters of all elements that are told
const MAX_HTML = 20000; // characters of an element, which are cut once secrets are hidden
const MAX_SELECTOR = 2000; // characters
const WHOLE_HTML = 280; // characters of an element that axe-core surely has not cut
const MAX_PARTIAL = 4 << 20; // characters of what a frame has found

// What this document has found, until the audit is over.
let audited = null;

// Where the page was before its elements were shown one by one.
let scrolledTo = null;

const equipped = () => ({ ready: !!globalThis[AXE] });

// equip takes axe-core as the text of a function, in a document of a frame.
const equip = ({ source }) => {
  (0, eval)('(' + source + ')')();
  return equipped();
};

// auditPart applies the rules to this document. It answers with the frames in
// it, and keeps what it has found where it is the first one.
const auditPart = async ({ within, exclude, context, options, tags, first }) => {
  const axe = globalThis[AXE];
  const unknown = Object.keys(options.rules).filter((id) => !axe.getRules().some((r) => r.ruleId === id));
  if (unknown.length) return { why: 'unknown rules', list: unknown };
  const untold = tags.filter((tag) => !axe.getRules([tag]).length);
  if (untold.length) return { why: 'unknown tags', list: untold };
  let scope = context;
  if (first) {
    scope = { include: [document], exclude: exclude ? all(exclude) : [] };
    if (within) {
      const hit = pick(within);
      if (!hit.el) return { why: hit.several ? 'several' : 'missing', count: hit.count, list: hit.several && listed(hit.several) };
      scope.include = [hit.el];
    }
  }
  const frames = axe.utils.getFrameContexts(scope, options).map((f) => ({ selector: f.frameSelector, context: f.frameContext }));
  const partial = await axe.runPartial(scope, options);
  if (first) {
    audited = { partial, options };
    return { ready: true, frames };
  }
  const text = JSON.stringify(partial);
  return { ready: true, frames, partial: text.length > MAX_PARTIAL ? '' : text };
};

// auditFrame puts a frame aside, for whoever asks for its document.
const auditFrame = ({ selector }) => {
  framed = globalThis[AXE].utils.shadowSelect(selector);
  return { ready: !!framed?.matches(IFRAMES) };
};

// auditEnd joins what the frames have found to what this document has.
const auditEnd = async ({ partials }) => {
  const axe = globalThis[AXE];
  const { partial, options } = audited;
  audited = null;
  const found = await axe.finishRun([partial, ...partials.map((text) => (text ? JSON.parse(text) : null))], options);
  let told = 0;
  const node = (n) => {
    const out = { target: n.target.map((part) => [part].flat().map((text) => text.slice(0, MAX_SELECTOR))), html: htmlOf(n), impact: n.impact ?? '', why: (n.failureSummary ?? '').slice(0, MAX_HTML) };
    told += out.html.length + out.why.length;
    return told < MAX_TOLD ? out : { ...out, html: '', why: '' };
  };
  const rules = (list) => list.map((r) => ({
    id: r.id, impact: r.impact ?? '', help: r.help, helpUrl: r.helpUrl, description: r.description, tags: r.tags,
    total: r.nodes.length, nodes: r.nodes.slice(0, MAX_AUDITED).map(node),
  }));
  return {
    violations: rules(found.violations), incomplete: rules(found.incomplete),
    passes: found.passes.map((r) => r.id), inapplicable: found.inapplicable.map((r) => r.id),
    url: found.url, engine: found.testEngine, environment: found.testEnvironment,
    width: innerWidth, height: innerHeight, scale: devicePixelRatio,
  };
};

// axe-core cuts what is long, and half a secret cannot be hidden: so it is read
// anew, and in frames not told.
const htmlOf = ({ target, html }) => {
  if (html.length <= WHOLE_HTML) return html;
  const el = target.length === 1 ? globalThis[AXE].utils.shadowSelect(target[0]) : null;
  return el ? el.cloneNode(false).outerHTML.slice(0, MAX_HTML) : html.match(/^<[\w-]*/)[0] + ' …>';
};

// auditPlace brings an element into view and says where it is, in the document.
// For one in a frame it is the frame.
const auditPlace = async ({ target }) => {
  const el = globalThis[AXE].utils.shadowSelect(target[0]);
  if (!el || !visible(el)) return { ready: false };
  scrolledTo ??= { left: scrollX, top: scrollY, behavior: 'instant' };
  el.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
  await frame();
  await frame();
  const rest = box(el);
  const { scrollWidth, scrollHeight } = document.documentElement;
  return { ready: rest.width > 0 && rest.height > 0, ...inDocument(rest), pageWidth: scrollWidth, pageHeight: scrollHeight };
};

// auditLeave shows again what was shown before the elements were.
const auditLeave = () => {
  if (scrolledTo) scrollTo(scrolledTo);
  scrolledTo = null;
  return {};
};

offer({ equipped, equip, auditPart, auditFrame, auditEnd, auditPlace, auditLeave });
