
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("script");
  const $ = (id) => document.getElementById(id);
  const cases = [...document.querySelectorAll(".case")];
  const rows = new Map([...document.querySelectorAll(".row[data-for]")].map((r) => [r.dataset.for, r]));
  const chips = [...document.querySelectorAll(".chip[data-outcome]")];
  const find = $("find"), kind = $("kind"), shown = $("shown"), none = $("none"), unfold = $("unfold"), theme = $("theme");
  const texts = new Map(); // read when the first word is typed: a large page has megabytes

  const textOf = (c) => {
    if (!texts.has(c)) texts.set(c, c.textContent.toLowerCase());
    return texts.get(c);
  };
  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const outcomes = chips.filter((c) => c.getAttribute("aria-pressed") === "true").map((c) => c.dataset.outcome);
    let n = 0;
    for (const c of cases) {
      const fits = (!outcomes.length || outcomes.includes(c.dataset.outcome)) &&
        (!kind || !kind.value || kind.value === c.dataset.kind) && words.every((w) => textOf(c).includes(w));
      c.hidden = !fits;
      const row = rows.get(c.id);
      if (row) row.hidden = !fits;
      if (fits) n++;
    }
    shown.textContent = n === cases.length ? "" : n + " of " + cases.length;
    none.hidden = n > 0 || cases.length === 0;
  };
  let waiting;
  find.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
  $("tools").addEventListener("submit", (e) => { e.preventDefault(); filter(); });
  if (kind) kind.addEventListener("change", filter);
  for (const c of chips) c.addEventListener("click", () => {
    c.setAttribute("aria-pressed", String(c.getAttribute("aria-pressed") !== "true"));
    filter();
  });
  unfold.addEventListener("click", () => {
    const open = unfold.textContent === "Unfold all";
    for (const c of cases) if (!c.hidden) c.open = open;
    unfold.textContent = open ? "Fold all" : "Unfold all";
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "/" && !e.ctrlKey && !e.metaKey && !e.altKey && !/^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) {
      e.preventDefault();
      find.focus();
    }
  });

  const reveal = () => {
    const at = location.hash.length > 1 && $(location.hash.slice(1));
    if (!at) return;
    if (at.matches(".case")) { at.hidden = false; at.open = true; }
    at.scrollIntoView({ block: "start" });
  };
  addEventListener("hashchange", reveal);
  reveal();

  const viewer = $("viewer"), large = viewer.querySelector("img"), caption = viewer.querySelector("p");
  document.addEventListener("click", (e) => {
    const link = e.target.closest(".shot > a, .panes figure > a, .stage figure > a");
    if (link) {
      e.preventDefault();
      const img = link.querySelector("img");
      large.src = img.src;
      large.alt = caption.textContent = img.alt;
      viewer.showModal();
    } else if (e.target === viewer) {
      viewer.close();
    }
  });

  for (const visual of document.querySelectorAll(".visual")) {
    const panes = visual.querySelector(".panes"), mix = visual.querySelector(".mix input");
    if (!mix) continue;
    const turn = () => { panes.style.setProperty("--at", mix.value + "%"); panes.style.setProperty("--mix", mix.value / 100); };
    mix.addEventListener("input", turn);
    // Pictures of different sizes lie upon each other at the same scale.
    const scale = () => {
      const images = [...panes.querySelectorAll("img")], most = Math.max(...images.map((i) => i.naturalWidth));
      for (const i of images) i.style.width = visual.dataset.mode === "side" || !most ? "" : 100 * i.naturalWidth / most + "%";
    };
    for (const i of panes.querySelectorAll("img")) i.addEventListener("load", scale);
    for (const button of visual.querySelectorAll(".modes .chip")) button.addEventListener("click", () => {
      visual.dataset.mode = button.dataset.mode;
      for (const b of visual.querySelectorAll(".modes .chip")) b.setAttribute("aria-pressed", String(b === button));
      scale();
    });
    panes.addEventListener("pointermove", (e) => {
      if (visual.dataset.mode !== "slider" || e.buttons !== 1) return;
      const box = panes.getBoundingClientRect();
      mix.value = 100 * (e.clientX - box.left) / box.width;
      turn();
    });
    // What differs is in sight, in all of them at once.
    const sides = [...panes.querySelectorAll("figure > a")];
    const show = () => { for (const a of sides) a.scrollTop = Math.max(0, visual.dataset.top * a.firstElementChild.clientHeight - 60); };
    if (visual.dataset.top > 0) for (const a of sides) a.firstElementChild.addEventListener("load", show, { once: true });
    for (const a of sides) a.addEventListener("scroll", () => { for (const b of sides) if (b !== a && Math.abs(b.scrollTop - a.scrollTop) > 1) b.scrollTop = a.scrollTop; });
    panes.addEventListener("dragstart", (e) => { if (visual.dataset.mode !== "side") e.preventDefault(); });
  }

  // The steps in pictures: one is chosen and shown large, with what its time has
  // left. A step that has no picture of its own has changed nothing.
  for (const film of document.querySelectorAll(".reel")) {
    const cells = [...film.querySelectorAll(".cell")], list = film.parentElement.querySelector(":scope > .steps");
    const stage = document.createElement("div"), buttons = [];
    stage.className = "stage";
    stage.setAttribute("aria-live", "polite");
    const seen = [];
    let last = null;
    for (const cell of cells) {
      const before = cell.querySelector(".before img") || last, after = cell.querySelector(".after img") || before;
      seen.push({ before, after });
      last = after;
    }
    const make = (tag, text, name) => { const e = document.createElement(tag); if (text) e.textContent = text; if (name) e.className = name; return e; };
    const figure = (caption, img) => {
      const f = make("figure"), a = make("a"), copy = make("img");
      copy.src = img.src;
      copy.alt = a.ariaLabel = caption;
      a.href = "#" + img.closest("figure").id;
      a.append(copy);
      f.append(make("figcaption", caption), a);
      return f;
    };
    const choose = (i) => {
      const cell = cells[i], { before, after } = seen[i];
      buttons.forEach((b, n) => b.setAttribute("aria-pressed", String(n === i)));
      const two = make("div", "", before && after && before !== after ? "two" : "two one");
      if (before && after && before !== after) two.append(figure("Before", before), figure("After", after));
      else if (after) two.append(figure("Before and after", after));
      stage.replaceChildren(make("p", cell.querySelector("p").textContent.trim(), "about"), two);
      if (!after) two.append(make("p", "There is no picture of this step yet: pictures begin when a step takes long.", "dim"));
      const step = list && [...list.children].find((s) => s.dataset.step === cell.dataset.step);
      for (const m of step ? step.querySelectorAll(".moment") : []) { const copy = m.cloneNode(true); copy.open = true; stage.append(copy); }
      const strip = cell.parentElement; // moved by itself, so that the page stays where it is
      if (cell.offsetLeft < strip.scrollLeft || cell.offsetLeft + cell.offsetWidth > strip.scrollLeft + strip.clientWidth) strip.scrollLeft = cell.offsetLeft - 60;
    };
    cells.forEach((cell, i) => {
      const button = make("button"), picture = seen[i].after;
      button.type = "button";
      button.ariaLabel = cell.querySelector("p").textContent.trim();
      if (picture) { const img = make("img"); img.src = picture.src; img.alt = ""; img.loading = "lazy"; button.append(img); }
      else button.append(make("span", "no picture"));
      for (const f of cell.querySelectorAll("figure")) f.hidden = true;
      cell.prepend(button);
      buttons.push(button);
      button.addEventListener("click", () => choose(i));
      const step = list && [...list.children].find((s) => s.dataset.step === cell.dataset.step);
      if (step) {
        step.dataset.seen = "";
        step.querySelector(".line").addEventListener("click", () => { choose(i); film.scrollIntoView({ block: "nearest" }); });
      }
    });
    film.addEventListener("keydown", (e) => {
      const at = buttons.findIndex((b) => b.getAttribute("aria-pressed") === "true"), to = at + (e.key === "ArrowRight") - (e.key === "ArrowLeft");
      if (to !== at && buttons[to] && !e.altKey && !e.ctrlKey && !e.metaKey) { e.preventDefault(); choose(to); buttons[to].focus({ preventScroll: true }); }
    });
    film.append(stage);
    const bad = cells.findIndex((c) => !c.classList.contains("o-passed"));
    choose(bad < 0 ? cells.length - 1 : bad);
  }

  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const name = () => { theme.textContent = dark() ? "Light" : "Dark"; theme.setAttribute("aria-label", "Change to " + theme.textContent.toLowerCase() + " colours"); };
  theme.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; name(); });
  name();

  let folded = [];
  addEventListener("beforeprint", () => {
    folded = cases.filter((c) => !c.open && !/^(passed|skipped)$/.test(c.dataset.outcome));
    for (const c of folded) c.open = true;
  });
  addEventListener("afterprint", () => { for (const c of folded) c.open = false; });
})();
