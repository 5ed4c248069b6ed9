// ---- frames ----

// The iframe that was found last, for whoever asks for its document.
let framed = null;

const IFRAMES = 'iframe,frame';

// enter waits for the iframe that a locator means and puts it aside.
const enter = async ({ locator, budget }) => {
  const end = now() + budget;
  for (let several = 0, began = now(); ; await changed(began, end), began = now()) {
    const found = pick(locator);
    let result;
    if (found.several) {
      several ||= now();
      result = { why: 'several', count: found.count, list: listed(found.several), depth: found.depth };
      if (now() - several >= STRICT_PATIENCE) return result;
    } else if (!found.el) {
      several = 0;
      result = { why: 'missing', count: found.count, depth: found.depth };
    } else {
      framed = found.el;
      if (!framed.matches(IFRAMES)) return { why: 'no frame', element: describe(framed) };
      return { ready: true, element: describe(framed), visible: visible(framed) };
    }
    if (now() >= end) return result.why === 'missing' ? { ...result, candidates: candidates(locator) } : result;
  }
};

const frameElement = () => framed;

// The place of a frame's document: where it begins, and how large it is drawn.
const inside = (el) => {
  const b = box(el), style = getComputedStyle(el);
  const scaleX = el.offsetWidth ? b.width / el.offsetWidth : 1, scaleY = el.offsetHeight ? b.height / el.offsetHeight : 1;
  return {
    x: b.x + (el.clientLeft + parseFloat(style.paddingLeft)) * scaleX,
    y: b.y + (el.clientTop + parseFloat(style.paddingTop)) * scaleY,
    scaleX, scaleY,
  };
};

// through leads a point of the frame's document to this one, once the frame is
// at rest and nothing lies above it there. kind as in prepare.
const through = async ({ x, y, kind }) => {
  const el = framed;
  if (!el?.isConnected) return { why: 'its frame was removed from the page' };
  const before = box(el);
  for (let since = now(), missed = 0, n = 0; n < FRAMES || now() - since < APART; n++) if (!await frame() && ++missed >= undrawn()) break;
  if (!el.isConnected) return { why: 'its frame was removed from the page' };
  if (!sameBox(before, box(el)) || starting(el)) return { why: 'its frame keeps moving' };
  const to = inside(el), p = { x: to.x + x * to.scaleX, y: to.y + y * to.scaleY };
  const out = { ready: true, ...p, scaleX: to.scaleX, scaleY: to.scaleY, scrollX, scrollY };
  if (kind === 'shot') return out;
  const hit = at(p);
  if (hit === el) {
    if (kind === 'pointer') arm(el);
    return out;
  }
  bring(el, p);
  return { why: hit && hit !== document.documentElement && shown(p) ? 'its frame is covered by ' + describe(hit) : 'its frame cannot be scrolled into view' };
};

const shown = (p) => p.x >= 0 && p.y >= 0 && p.x < innerWidth && p.y < innerHeight;

// bring scrolls what is around an element until a point of it can be seen.
const bring = (el, { x, y }) => {
  for (let n = parentOf(el); n; n = parentOf(n)) {
    const page = n === document.scrollingElement;
    if (!page && !scrolls(n)) continue;
    const b = page ? { left: 0, top: 0, right: innerWidth, bottom: innerHeight } : n.getBoundingClientRect();
    if (x >= b.left && x < b.right && y >= b.top && y < b.bottom) continue;
    const left = n.scrollLeft, top = n.scrollTop;
    n.scrollBy({ left: x - (b.left + b.right) / 2, top: y - (b.top + b.bottom) / 2, behavior: 'instant' });
    x -= n.scrollLeft - left;
    y -= n.scrollTop - top;
  }
};

offer({ enter, through });
Object.assign(api, { frameElement }); // the driver asks for the element itself
