// The time that the scripts of a page see. It runs among them, before any of
// them: state is {virtual, real, frozen}, which says what time it was, in
// milliseconds since 1970, when the computer's clock showed real.
(state) => {
  const KEY = Symbol.for('semantest.clock');
  const known = globalThis[KEY];
  if (known) {
    known.set(state);
    return;
  }
  const RealDate = Date, real = {
    setTimeout: setTimeout.bind(globalThis), clearTimeout: clearTimeout.bind(globalThis),
    requestAnimationFrame: globalThis.requestAnimationFrame?.bind(globalThis),
  };
  const MAX_FIRED = 100000;
  let at = state, next = 1, running = null;
  const timers = new Map();

  const nowMs = () => at.virtual + (at.frozen ? 0 : RealDate.now() - at.real);
  const origin = nowMs();

  // ---- timers ----

  const args = (list) => list.slice(2);
  const put = (kind, fn, delay, rest) => {
    const id = next++;
    const wait = Math.max(kind === 'interval' ? 1 : 0, Math.min(Number(delay) || 0, 2 ** 31 - 1));
    timers.set(id, { id, kind, fn, wait, rest, due: nowMs() + wait });
    drive();
    return id;
  };
  const first = () => {
    let out = null;
    for (const t of timers.values()) if (!out || t.due < out.due || (t.due === out.due && t.id < out.id)) out = t;
    return out;
  };
  const fire = (t) => {
    if (t.kind === 'interval') t.due += t.wait;
    else timers.delete(t.id);
    try {
      if (typeof t.fn === 'function') {
        if (t.kind === 'frame') t.fn(nowMs() - origin);
        else if (t.kind === 'idle') t.fn({ didTimeout: false, timeRemaining: () => 50 });
        else t.fn.apply(globalThis, t.rest);
      } else (0, eval)(String(t.fn));
    } catch (e) {
      real.setTimeout(() => { throw e; });
    }
  };
  // drive lets the computer's clock wake the next timer.
  const drive = () => {
    if (running !== null) real.clearTimeout(running);
    running = null;
    const t = first();
    if (!t || at.frozen) return;
    running = real.setTimeout(() => {
      running = null;
      for (let n = 0; n < 1000; n++) {
        const due = first();
        if (!due || at.frozen || due.due > nowMs()) break;
        fire(due);
      }
      drive();
    }, Math.max(0, Math.min(t.due - nowMs(), 2 ** 31 - 1)));
  };
  const remove = (id) => { timers.delete(Number(id)); drive(); };

  // advance moves the time on, from timer to timer. What they promise is done
  // before the next one.
  const advance = async (ms) => {
    const end = nowMs() + ms, wasFrozen = at.frozen;
    at = { virtual: nowMs(), real: RealDate.now(), frozen: true };
    for (let n = 0; n < MAX_FIRED; n++) {
      const t = first();
      if (!t || t.due > end) break;
      at = { virtual: Math.max(at.virtual, t.due), real: RealDate.now(), frozen: true };
      fire(t);
      if (n % 50 === 0) await new Promise((done) => real.setTimeout(done, 0));
      else await null;
    }
    at = { virtual: end, real: RealDate.now(), frozen: wasFrozen };
    drive();
    await new Promise((done) => real.setTimeout(done, 0));
    return true;
  };

  // ---- what scripts see ----

  class FakeDate extends RealDate {
    constructor(...given) {
      if (given.length === 0) super(nowMs());
      else super(...given);
    }
    static now() { return Math.floor(nowMs()); }
  }
  const DateFunction = new Proxy(FakeDate, { apply: () => new FakeDate().toString() });
  DateFunction.prototype.constructor = DateFunction;
  globalThis.Date = DateFunction;

  const replace = (owner, name, value) => { if (owner && name in owner) Object.defineProperty(owner, name, { value, configurable: true, writable: true }); };
  replace(globalThis, 'setTimeout', (...all) => put('timeout', all[0], all[1], args(all)));
  replace(globalThis, 'setInterval', (...all) => put('interval', all[0], all[1], args(all)));
  replace(globalThis, 'clearTimeout', remove);
  replace(globalThis, 'clearInterval', remove);
  replace(globalThis, 'requestAnimationFrame', (fn) => put('frame', fn, 16, []));
  replace(globalThis, 'cancelAnimationFrame', remove);
  replace(globalThis, 'requestIdleCallback', (fn) => put('idle', fn, 1, []));
  replace(globalThis, 'cancelIdleCallback', remove);
  replace(performance, 'now', () => nowMs() - origin);

  Object.defineProperty(globalThis, KEY, {
    value: {
      set: (to) => { at = to; drive(); },
      // The frames of the same origin go on together.
      advance: async (ms) => {
        const inner = [];
        for (let i = 0; i < frames.length; i++) {
          try { inner.push(frames[i][KEY]?.advance(ms)); } catch { /* of another origin */ }
        }
        await Promise.all([advance(ms), ...inner]);
        return true;
      },
    },
  });
}
