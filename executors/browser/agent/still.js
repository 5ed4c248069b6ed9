// ---- being still ----

const APART = 15, FRAMES = 2;

// How many frames in a row that do not come say that the page is not drawn at all:
// one that was drawn before has a busy machine.
const undrawn = () => (everDrawn && document.visibilityState === 'visible' ? 16 : 4);

// An element is still when it was in the same place at every frame, up to one that
// was drawn APART ms after the first look: on a busy machine frames come close to
// each other, and what moves has hardly moved between them. No frame is left out, as
// what moves to and fro is back at the second one, and there are two at least, as
// what begins to move is in its old place at the first one.
const remember = () => ({ el: null, box: null, since: 0, drawn: false, undrawn: 0, scrolls: 0, brought: false, covered: false, why: '', looking: false });

// begun is the first look of those that show it to be still.
const begun = (el) => ({ el, box: box(el), since: now(), drawn: false, undrawn: 0 });

const apart = async (memory) => {
  const { el, since } = memory;
  for (let frames = 1; memory.since === since; frames++) {
    const drawn = await frame();
    if (!drawn && ++memory.undrawn < undrawn()) return; // the page may never be drawn
    if (!el.isConnected || !sameBox(box(el), memory.box)) return; // the next look says so
    if (!drawn || (frames >= FRAMES && now() - since >= APART)) {
      memory.drawn = memory.since === since;
      return;
    }
  }
};

// The element that is to be acted on next, which is looked at ahead of time: by
// then it may have been still for long enough. That holds only as long as nothing
// can have set it going: no input since, which is counted by whoever gives them,
// and no other tree.
let next = null;

const LOOKS = 20; // ahead of one step, as a page may never come to rest

// foresee looks at it for the first time, once it is there.
const foresee = () => {
  if (!next || next.memory.el || next.looks >= LOOKS) return;
  const ahead = next, { memory } = ahead;
  try {
    const found = pick(ahead.locator);
    if (!found.el || found.several) return;
    const el = ahead.control ? standIn(found.el) : found.el;
    if (!visible(el) || !point(el)) return;
    ahead.looks++;
    Object.assign(memory, begun(el));
    const { since } = memory;
    ahead.observer = onChange(() => renew(ahead, memory));
    apart(memory).then(() => { if (memory.since === since && !memory.drawn) renew(ahead, memory); });
  } catch { /* it says so when it is acted on */ }
};

// renew forgets what was seen, and looks anew.
const renew = (ahead, memory) => {
  if (next !== ahead || ahead.memory !== memory) return;
  ahead.observer.disconnect();
  ahead.memory = remember();
  setTimeout(() => { if (next === ahead) foresee(); }, BREATH);
};

const announce = (step) => {
  const key = JSON.stringify(step);
  if (next?.key === key) return;
  next?.observer?.disconnect();
  next = { ...step, key, memory: remember(), looks: 0 };
  foresee();
};

// foreseen is what was seen of an element ahead of the step that points at it.
const foreseen = (locator, control, inputs) => {
  const seen = next, same = seen && seen.inputs === inputs && JSON.stringify([seen.locator, !!seen.control]) === JSON.stringify([locator, !!control]);
  if (!same) return remember();
  next = null;
  const changed = seen.observer?.takeRecords().length;
  seen.observer?.disconnect();
  return changed || (seen.memory.el && animated(seen.memory.el)) ? remember() : seen.memory;
};
