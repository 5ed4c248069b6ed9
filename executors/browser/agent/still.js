// ---- being still ----

const APART = 15, FRAMES = 2, HUSHED = 8;

// How many frames in a row that do not come say that the page is not drawn at all:
// one that was drawn before has a busy machine.
const undrawn = () => (everDrawn && document.visibilityState === 'visible' ? 16 : 4);

// An element is still when it was in the same place at every frame, up to one that
// was drawn APART ms after the first look: on a busy machine frames come close to
// each other, and what moves has hardly moved between them. No frame is left out, as
// what moves to and fro is back at the second one, and there are two at least, as
// what begins to move is in its old place at the first one. One frame, HUSHED ms after
// the first look, is enough where nothing shows that anything moves: no animation, and
// no change of the tree.
const remember = () => ({ el: null, box: null, since: 0, drawn: false, undrawn: 0, shaken: false, calming: null, scrolls: 0, brought: false, covered: false, why: '', looking: false });

// begun is the first look of those that show it to be still.
const begun = (el) => ({ el, box: box(el), since: now(), drawn: false, undrawn: 0, shaken: false, calming: null });

const apart = async (memory) => {
  const { el, since } = memory, hush = listen();
  for (let frames = 1; ; frames++) {
    const drawn = await frame();
    if (memory.since !== since) break; // it is looked at anew
    if (!drawn && ++memory.undrawn < undrawn()) break; // the page may never be drawn
    if (!el.isConnected || !sameBox(box(el), memory.box)) break; // the next look says so
    const quiet = hush.lasts(), spent = now() - since;
    if (memory.shaken && !quiet) {
      memory.box = null;
      break;
    }
    if (!drawn || (quiet ? spent >= HUSHED : frames >= FRAMES && spent >= APART)) {
      memory.drawn = true;
      break;
    }
  }
  hush.end();
};

// What is looked at may be set going by an input, or by the script that has just written
// other words. What does so shows it in the first frame after that: as an animation that
// has begun, as a change of the tree, as another place. One frame without any of these
// is enough then, however early it comes. What leaves no trace in it, as scrolling that
// is about to begin, moves nothing before the second one.
const shake = (memory) => {
  memory.shaken = true;
  const calming = Promise.all([memory.calming, calm(memory)]).then(() => {
    if (memory.calming === calming) memory.calming = null;
  });
  memory.calming = calming;
};

const calm = async (memory) => {
  const { el, since } = memory, hush = listen();
  const drawn = await frame();
  if (memory.since === since && !(drawn && hush.lasts(since) && el.isConnected && sameBox(box(el), memory.box))) memory.box = null;
  hush.end();
};

// listen tells whether nothing but words changes from now on, and no animation runs
// that may move something. Those that ran for long before since do not count.
const listen = () => {
  let quiet = true;
  const noted = (records) => { quiet &&= records.every(wordsOnly); };
  const observer = new MutationObserver(noted);
  for (const root of roots()) observer.observe(root, EVERYTHING);
  return {
    lasts: (since = -Infinity) => {
      noted(observer.takeRecords());
      return quiet && !stirred(since);
    },
    end: () => observer.disconnect(),
  };
};

// wordsOnly tells a change that only writes other text.
const wordsOnly = (record) => record.type === 'characterData' ||
  (record.type === 'childList' && [...record.addedNodes, ...record.removedNodes].every((n) => n.nodeType === Node.TEXT_NODE));

// What an animation changes without moving anything, and what else its keyframes tell.
const PAINTED = new Set(('offset computedOffset easing composite color backgroundColor backgroundImage backgroundPositionX backgroundPositionY opacity boxShadow ' +
  'textShadow borderTopColor borderRightColor borderBottomColor borderLeftColor outlineColor outlineOffset outlineWidth textDecorationColor caretColor accentColor fill stroke filter').split(' '));

const moves = (animation) => !animation.effect?.getKeyframes || animation.effect.getKeyframes().some((k) => Object.keys(k).some((name) => !PAINTED.has(name)));

// stirred reports whether anything runs that may move something and began no earlier.
// Times of animations are those of frames, which are a little behind.
const stirred = (since) => roots().some((root) => root.getAnimations?.().some((a) => a.playState === 'running' && !(a.startTime !== null && a.startTime < since - 2 * APART) && moves(a)));

// The element that is to be acted on next, which is looked at ahead of time: by
// then it may have been still for long enough. An input since, which is counted by
// whoever gives them, or other words shake it; any other change of the tree makes it
// be looked at anew.
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
    ahead.observer = onChange(() => renew(ahead, memory), (records) => !disturb(ahead, memory, records));
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

// disturb reports whether what was seen of an element outlasts changes of the tree.
const disturb = (ahead, memory, records) => {
  if (!records.every(wordsOnly) || ++ahead.looks > LOOKS) return false;
  unsettle(ahead, memory);
  return true;
};

// unsettle shakes what is looked at ahead, and looks anew where that set it going.
const unsettle = (ahead, memory) => {
  shake(memory);
  memory.calming.then(() => { if (!memory.box) renew(ahead, memory); });
};

const keyOf = (locator, control) => JSON.stringify([locator, !!control]);

const announce = ({ locator, control, inputs }) => {
  const key = keyOf(locator, control), same = next?.key === key;
  if (same && next.inputs === inputs) return;
  if (same && next.memory.el) {
    next.inputs = inputs;
    unsettle(next, next.memory);
    return;
  }
  next?.observer?.disconnect();
  next = { locator, control, key, inputs, memory: remember(), looks: 0 };
  foresee();
};

// foreseen is what was seen of an element ahead of the step that points at it.
const foreseen = (locator, control, inputs) => {
  const seen = next;
  if (seen?.key !== keyOf(locator, control)) return remember();
  next = null;
  const { memory, observer } = seen, records = observer?.takeRecords() ?? [];
  observer?.disconnect();
  const shaken = records.length > 0 || seen.inputs !== inputs;
  if (!memory.el || !records.every(wordsOnly) || animated(memory.el)) return remember();
  if (shaken) shake(memory);
  return memory;
};
