// ---- how the page is laid out ----

// What is looked at, at most, so that a page of any size costs about the same.
const MAX_TEXTS = 4000, MAX_BROKEN = 200, GLANCE = 60;

const CUTS = new Set(['hidden', 'clip']);

// overflow is by how many pixels the page is wider than its window: what a person
// would have to scroll sideways for. One is the browser's rounding.
const overflow = (root, cut) => {
  const wider = root.scrollWidth - root.clientWidth;
  return cut || wider <= 1 ? 0 : wider;
};

// What the window shows of the page is ruled by its body where its root says nothing.
const windowCuts = (root) => {
  const own = getComputedStyle(root).overflowX, body = document.body ? getComputedStyle(document.body).overflowX : 'visible';
  return CUTS.has(own === 'visible' ? body : own);
};

// brokenImages counts images that have an address and no picture. A drawing may
// have no size of its own, so decoding tells.
const brokenImages = async () => {
  const empty = [...document.images].slice(0, MAX_IMAGES)
    .filter((img) => img.complete && !img.naturalWidth && (img.currentSrc || img.src) && img.checkVisibility())
    .slice(0, MAX_BROKEN);
  const late = new Promise((done) => setTimeout(() => done(0), GLANCE));
  const broken = await Promise.all(empty.map((img) => Promise.race([img.decode().then(() => 0, () => 1), late])));
  return broken.reduce((sum, n) => sum + n, 0);
};

// An element that cuts what is in it off, by its style. What ends in dots, or after
// so many lines, is meant to.
const cutter = (el) => {
  const style = getComputedStyle(el), x = CUTS.has(style.overflowX), y = CUTS.has(style.overflowY);
  if (!x && !y) return null;
  const clamped = style.getPropertyValue('-webkit-line-clamp'), dots = style.textOverflow !== 'clip';
  return { el, x: x && !dots, y: y && (!clamped || clamped === 'none') && !(dots && x) };
};

// clippedBy reports whether a text is seen in part and cut off by one of the
// elements around it, which nobody can scroll. What is not seen at all is put away.
const clippedBy = (text, cutters, root, cut) => {
  const range = document.createRange();
  range.selectNodeContents(text);
  const t = range.getBoundingClientRect();
  if (t.width < 1 || t.height < 1) return false;
  const tall = t.height / Math.max(1, range.getClientRects().length) / 4; // letters need not all of their line
  for (let el = text.parentElement; el && el !== document.body && el !== root; el = parentOf(el)) {
    const style = getComputedStyle(el);
    if (style.position === 'fixed') return false;
    if (['auto', 'scroll'].includes(style.overflowX) || ['auto', 'scroll'].includes(style.overflowY)) return false;
    let c = cutters.get(el);
    if (c === undefined) cutters.set(el, (c = cutter(el)));
    if (!c) continue;
    const b = el.getBoundingClientRect();
    if (b.width <= 2 || b.height <= 2 || t.right <= b.left || t.left >= b.right || t.bottom <= b.top || t.top >= b.bottom) return false;
    if (c.x && (t.left < b.left - 2 || t.right > b.right + 2)) return true;
    if (c.y && (t.top < b.top - tall || t.bottom > b.bottom + tall)) return true;
    if (!c.x || !c.y) return false; // it is cut as it is meant to be
  }
  return cut && t.left < root.clientWidth - 2 && t.right > root.clientWidth + 2;
};

const clippedTexts = (root, cut) => {
  const walker = document.createTreeWalker(document.body ?? root, NodeFilter.SHOW_TEXT), elements = new Set(), cutters = new Map();
  const end = now() + GLANCE;
  for (let n = 0, text = walker.nextNode(); text && n < MAX_TEXTS && now() < end; n++, text = walker.nextNode()) {
    const el = text.parentElement;
    if (!el || elements.has(el) || !text.data.trim() || el.closest('script,style,noscript,template,option,textarea') || !visible(el)) continue;
    if (clippedBy(text, cutters, root, cut)) elements.add(el);
  }
  return elements.size;
};

// layout tells what is wrong with how the page is laid out, as far as figures tell.
const layout = async () => {
  const root = document.scrollingElement ?? document.documentElement, cut = windowCuts(root);
  return { overflow: overflow(root, cut), clipped: clippedTexts(root, cut), broken: await brokenImages() };
};

offer({ layout });
