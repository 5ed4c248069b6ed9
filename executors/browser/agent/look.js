// ---- looking ----

// What is held still while a picture is taken, until it is let go.
let held = null;

const NO_CARET = '*, *::before, *::after { caret-color: transparent !important; }';
const MAX_IMAGES = 2000;

// The documents that can be reached: the page's own, and those of frames of the
// same origin.
const documents = (top = document) => {
  const found = [top];
  for (let i = 0; i < found.length; i++) {
    for (const el of found[i].querySelectorAll(IFRAMES)) if (el.contentDocument?.documentElement) found.push(el.contentDocument);
  }
  return found;
};

// everywhere lists documents and shadow roots that may hold styles and animations.
const everywhere = () => documents().flatMap((doc) => roots(doc));

// A constructed style sheet is not the page's inline style, so its policy about
// these does not refuse it.
const adopt = (root, css) => {
  const view = (root.ownerDocument ?? root).defaultView;
  if (!view || !css || held.styled.has(root)) return;
  const sheet = new view.CSSStyleSheet();
  sheet.replaceSync(css);
  held.styled.set(root, sheet);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
};

// What ends is brought to its end, what goes on for ever to its beginning.
const stopAnimations = (root) => {
  for (const a of root.getAnimations?.() ?? []) {
    if (a.playState === 'idle' || a.playState === 'finished' || held.stopped.has(a)) continue;
    const timing = a.effect?.getComputedTiming();
    if (timing && Number.isFinite(timing.endTime) && a.playbackRate > 0 && (a.timeline ?? document.timeline) === document.timeline) a.finish();
    else if (timing && !Number.isFinite(timing.endTime)) {
      a.cancel();
      held.stopped.add(a);
    }
  }
  for (const svg of root.querySelectorAll('svg')) {
    if (!svg.animationsPaused || svg.ownerSVGElement || svg.animationsPaused() || held.paused.has(svg)) continue;
    if (!svg.querySelector('animate,animateMotion,animateTransform,set')) continue;
    svg.pauseAnimations();
    svg.setCurrentTime(0);
    held.paused.add(svg);
  }
};

const near = (el, whole) => {
  if (whole) return true;
  const b = el.getBoundingClientRect();
  return b.bottom >= 0 && b.right >= 0 && b.top <= innerHeight && b.left <= innerWidth;
};

// The images that a picture shows and that are not there yet.
const missingImages = (whole) => {
  const found = [];
  for (const doc of documents()) {
    for (const img of doc.images) {
      if (found.length >= MAX_IMAGES || img.complete && img.loading !== 'lazy') continue;
      if (!near(img, whole) || img.loading === 'lazy' && !img.checkVisibility()) continue;
      if (whole && img.loading === 'lazy') img.loading = 'eager'; // nobody scrolls there
      if (!img.complete) found.push(img);
    }
  }
  return found;
};

// hold brings the page to rest as far as a page can be told to: styles,
// animations, fonts, images. It answers what is still on its way when the
// budget is spent, and how large the viewport is.
const hold = async ({ animations, caret, style, whole, budget }) => {
  const end = now() + budget;
  held ??= { styled: new Map(), stopped: new Set(), paused: new Set() };
  const css = [caret ? NO_CARET : '', style ?? ''].filter(Boolean).join('\n');
  for (const root of everywhere()) {
    adopt(root, css);
    if (animations) stopAnimations(root);
  }
  const soon = (promise) => Promise.race([promise, new Promise((done) => setTimeout(done, Math.max(0, end - now())))]);
  await soon(Promise.all(documents().map((doc) => doc.fonts?.ready)));
  for (;;) {
    const images = missingImages(whole), loading = documents().filter((doc) => doc.fonts?.status === 'loading').length;
    if (images.length + loading === 0 || now() >= end) {
      // An image that has come is drawn once it is decoded.
      const shown = documents().flatMap((doc) => [...doc.images].slice(0, MAX_IMAGES)).filter((img) => img.complete && img.naturalWidth && near(img, whole));
      await soon(Promise.allSettled(shown.map((img) => img.decode())));
      return { images: images.length, fonts: loading, width: innerWidth, height: innerHeight, scale: devicePixelRatio };
    }
    await frame();
  }
};

// again holds what has begun since, and waits until the page was drawn.
const again = async ({ animations, pause }) => {
  if (held && animations) for (const root of everywhere()) stopAnimations(root);
  const end = now() + pause;
  do await frame(); while (now() < end);
  await frame();
  return {};
};

// letGo gives the page back as it was.
const letGo = () => {
  if (!held) return {};
  for (const [root, sheet] of held.styled) root.adoptedStyleSheets = root.adoptedStyleSheets.filter((s) => s !== sheet);
  for (const a of held.stopped) {
    try {
      a.play();
    } catch { /* what it moved is gone */ }
  }
  for (const svg of held.paused) svg.unpauseAnimations();
  held = null;
  return {};
};

// covered says where all elements are, in the document, that locators mean.
const covered = ({ locators }) => ({
  rects: locators.map((l) => {
    const list = all(l), chosen = l.nth === undefined || l.nth === null ? list : [list.at(l.nth)].filter(Boolean);
    return chosen.filter(visible).slice(0, 1000).map((el) => inDocument(box(el)));
  }),
  x: scrollX, y: scrollY,
});

offer({ hold, again, letGo, covered });
