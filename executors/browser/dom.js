(limit) => {
  // The document as it stands, with what people have entered and what scripts
  // have styled; without scripts, and without what was typed as a password.
  const parts = [];
  let size = 0;
  const put = (s) => { if ((size += s.length) > limit) throw new Error("the document is too large"); parts.push(s); };
  const text = (s) => s.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const quote = (s) => text(s).replace(/"/g, "&quot;");
  const empty = new Set(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]);
  const raw = new Set(["style", "xmp", "noembed", "noframes"]);
  const rules = (sheet) => { try { return [...sheet.cssRules].map((r) => r.cssText).join("\n"); } catch { return null; } };
  const styles = (list) => { for (const s of list || []) { const css = rules(s); if (css) put("<style>" + css.replace(/<\/style/gi, "<\\/style") + "</style>"); } };
  const attributes = (e, name) => {
    const all = new Map();
    for (const a of e.attributes) if (!/^on/i.test(a.name) && !/^\s*javascript:/i.test(a.value)) all.set(a.name, a.value);
    if (name === "input") {
      if (e.type === "password") all.delete("value"); else if (e.type !== "file") all.set("value", e.value);
      if (e.type === "checkbox" || e.type === "radio") { if (e.checked) all.set("checked", ""); else all.delete("checked"); }
    } else if (name === "option") { if (e.selected) all.set("selected", ""); else all.delete("selected"); }
    for (const [n, v] of all) put(" " + n + '="' + quote(v) + '"');
  };
  const walk = (n) => {
    if (n.nodeType === 3) return put(raw.has(n.parentNode?.localName) ? n.data : text(n.data));
    if (n.nodeType !== 1) return;
    const name = n.localName;
    if (name === "script" || name === "noscript" || name === "base") return;
    if (name === "meta" && /refresh|content-security-policy/i.test(n.httpEquiv)) return;
    if (name === "link" && /stylesheet/i.test(n.rel) && n.sheet) {
      const css = rules(n.sheet);
      if (css !== null) return put("<style>" + css.replace(/<\/style/gi, "<\\/style") + "</style>");
    }
    if (name === "style" && n.sheet) {
      const css = rules(n.sheet);
      if (css) return put("<style>" + css.replace(/<\/style/gi, "<\\/style") + "</style>");
    }
    put("<" + name);
    attributes(n, name);
    put(">");
    if (name === "head") {
      put('<meta http-equiv="Content-Security-Policy" content="script-src \'none\'; object-src \'none\'; frame-src \'none\'; form-action \'none\'">');
      put('<base href="' + quote(document.baseURI) + '">');
    }
    if (empty.has(name)) return;
    if (n.shadowRoot) {
      put('<template shadowrootmode="' + n.shadowRoot.mode + '">');
      styles(n.shadowRoot.adoptedStyleSheets);
      for (const c of n.shadowRoot.childNodes) walk(c);
      put("</template>");
    }
    if (name === "textarea") put(text(n.value));
    else for (const c of name === "template" ? n.content.childNodes : n.childNodes) walk(c);
    if (name === "head") styles(document.adoptedStyleSheets);
    put("</" + name + ">");
  };
  put("<!doctype html>\n<!-- " + text(location.href).replace(/--/g, "- -") + " -->\n");
  walk(document.documentElement);
  return parts.join("");
}
