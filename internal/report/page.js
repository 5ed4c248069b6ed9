
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
    const link = e.target.closest(".shot > a");
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
