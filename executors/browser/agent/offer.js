// ---- what a page offers to act on ----

const OFFERED = new Set(('button link textbox searchbox checkbox radio switch combobox listbox spinbutton slider menuitem ' +
  'menuitemcheckbox menuitemradio option tab treeitem').split(' '));
const ACTABLE = 'a[href],button,input,select,textarea,summary,[role],[contenteditable]';
const AROUND = 'dialog,[role=dialog],[role=alertdialog],nav,form,header,footer,aside,section,fieldset,li,tr';

// An element that leads to another site, or to a script written into its
// address, is not offered: nobody is led away by what a page says about itself.
const leadsAway = (el) => {
  const link = el.closest('a[href],area[href]');
  const form = el.matches('button,input') && (el.type === 'submit' || el.type === 'image') ? el.form : null;
  for (const address of [link?.href, form && (el.hasAttribute('formaction') ? el.formAction : form.action)]) {
    if (!address) continue;
    try {
      if (new URL(address, document.baseURI).origin !== location.origin) return true;
    } catch {
      return true;
    }
  }
  return false;
};

const surroundings = (el) => {
  for (let n = parentOf(el); n && n !== document.body; n = parentOf(n)) {
    if (!n.matches?.(AROUND)) continue;
    const role = roleOf(n), name = cut(squash(nameOf(n)) || squash(n.querySelector('h1,h2,h3,h4,legend')?.textContent));
    if (name) return `${role === 'generic' ? n.localName : role} ${JSON.stringify(name)}`;
  }
  return '';
};

// offers lists what a person could act on, at most max elements.
const offers = ({ max }) => {
  const out = [], counts = new Map();
  let more = 0;
  for (const el of roots().flatMap((root) => [...root.querySelectorAll(ACTABLE)])) {
    const role = roleOf(el);
    if (!OFFERED.has(role) || ariaHidden(el)) continue;
    const name = nameOf(el);
    // A locator counts all of them, also those that are left out here; one without a name counts all of the role.
    const nths = [role + '\n' + name, role].map((key) => { counts.set(key, (counts.get(key) ?? 0) + 1); return counts.get(key) - 1; });
    const key = name ? role + '\n' + name : role, nth = nths[name ? 0 : 1];
    if (!visible(el) || disabled(el) || name.length > 500 || leadsAway(el)) continue;
    if (out.length >= max) { more++; continue; }
    const options = el.localName === 'select' ? [...el.options].filter((o) => !o.disabled).slice(0, 30).map((o) => cut(squash(o.text), 100)) : [];
    out.push({ role, name, nth, key, around: surroundings(el), options, type: el.localName === 'input' ? el.type : '', label: cut(squash(labelsOf(el)[0] ?? '')),
      placeholder: cut(el.getAttribute?.('placeholder') ?? ''), testId: cut(el.getAttribute('data-testid') ?? ''), title: cut(el.getAttribute('title') ?? ''), text: cut(shownText(el)),
      checked: checkedState(el) });
  }
  for (const o of out) {
    o.several = counts.get(o.key) > 1;
    delete o.key;
  }
  return { list: out, more };
};

offer({ offers });
