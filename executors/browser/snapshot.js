(page, limit, target) => {
  // The documents that are shown, in the form of Playwright's trace viewer: an
  // element is a list of its name, its attributes and what it holds. Without
  // scripts, and without what was typed as a password. target is the place that
  // is about to be clicked, and the name under which the viewer looks for it.
  const documents = [];
  let size = 0;
  const put = (s) => { if ((size += s.length + 8) > limit) throw new Error('the document is too large'); return s; };
  const named = /^[A-Za-z_][\w.:-]*$/;
  const skipped = new Set(['SCRIPT', 'NOSCRIPT', 'BASE', 'TEMPLATE']);
  const whole = (css, base) => css.replace(/url\(\s*(['"]?)([^'")]+)\1\s*\)/g, (all, quote, url) => {
    try { return `url("${new URL(url, base).href.replace(/["\\\n]/g, encodeURIComponent)}")`; } catch { return all; }
  });
  const rules = (sheet) => { try { return [...sheet.cssRules].map((r) => r.cssText).join('\n'); } catch { return null; } };
  const adopted = (root) => [...root.adoptedStyleSheets ?? []].map(rules).filter(Boolean).map((css) => ['TEMPLATE', { __playwright_style_sheet_: put(css) }]);
  const place = (el) => { const { left, top, right, bottom } = el.getBoundingClientRect(); return JSON.stringify({ left, top, right, bottom }); };
  const inner = (el) => { try { return el.contentDocument?.documentElement ? el.contentDocument : null; } catch { return null; } };
  const is = (el, selector) => { try { return el.matches(selector); } catch { return false; } };

  const attributes = (el, name) => {
    const out = {};
    const secret = name === 'INPUT' && el.type === 'password';
    for (const { name: n, value: v } of el.attributes) {
      if (!named.test(n) || /^on|^__playwright|^nonce$|^srcdoc$/i.test(n) || /^\s*javascript:/i.test(v) || n === 'value' && secret) continue;
      if ((name === 'IFRAME' || name === 'FRAME') && n === 'src') continue;
      out[put(n)] = put(v);
    }
    if (name === 'INPUT' && !secret && el.type !== 'file' || name === 'TEXTAREA') out.__playwright_value_ = put(String(el.value));
    if (name === 'INPUT' && (el.type === 'checkbox' || el.type === 'radio')) out.__playwright_checked_ = String(el.checked);
    if (name === 'OPTION') out.__playwright_selected_ = String(el.selected);
    if (name === 'IMG' && el.currentSrc) out.__playwright_current_src__ = put(el.currentSrc);
    if (name === 'CANVAS' || name === 'IFRAME' || name === 'FRAME') out.__playwright_bounding_rect__ = place(el);
    if (name === 'DIALOG' && el.open) out.__playwright_dialog_open_ = is(el, ':modal') ? 'modal' : 'true';
    if (is(el, ':popover-open')) out.__playwright_popover_open_ = 'true';
    if (el.scrollTop) out.__playwright_scroll_top_ = String(el.scrollTop);
    if (el.scrollLeft) out.__playwright_scroll_left_ = String(el.scrollLeft);
    if (el === aimed) out.__playwright_target__ = target.id;
    return out;
  };

  const node = (n, path) => {
    if (n.nodeType === 3) return put(n.data);
    if (n.nodeType !== 1) return null;
    const name = n.nodeName;
    if (skipped.has(name.toUpperCase()) || !named.test(name)) return null;
    if (name === 'LINK' && n.sheet) {
      const css = rules(n.sheet);
      if (css !== null) return ['STYLE', n.media ? { media: n.media } : {}, put(whole(css, n.sheet.href ?? n.baseURI))];
    }
    if (name === 'STYLE') return ['STYLE', n.media ? { media: n.media } : {}, put(n.textContent.trim() || n.sheet && rules(n.sheet) || '')];
    const out = [name, attributes(n, name)];
    if (name === 'IFRAME' || name === 'FRAME') {
      const doc = inner(n);
      if (doc) {
        const at = `${path}.${frames++}`;
        out[1].src = '/snapshot/' + page + at;
        waiting.push([doc, at]);
      }
      return out;
    }
    if (name === 'TEXTAREA') return out;
    if (n.shadowRoot) out.push(['TEMPLATE', { __playwright_shadow_root_: 'true' }, ...children(n.shadowRoot, path), ...adopted(n.shadowRoot)]);
    out.push(...children(n, path));
    if (name === 'HEAD') out.splice(2, 0, ['BASE', { href: put(n.baseURI) }]);
    if (name === 'BODY') out.push(...adopted(n.ownerDocument));
    return out;
  };
  const children = (n, path) => [...n.childNodes].map((c) => node(c, path)).filter((c) => c !== null);

  const aimed = target ? document.elementFromPoint(target.x, target.y) : null;
  let frames = 0;
  const waiting = [[document, '']];
  while (waiting.length && documents.length < 50) {
    const [doc, path] = waiting.shift(), view = doc.defaultView;
    documents.push({ path, url: doc.URL, doctype: doc.doctype?.name ?? '', width: view?.innerWidth ?? 0, height: view?.innerHeight ?? 0, html: node(doc.documentElement, path) });
  }
  return JSON.stringify({ agent: navigator.userAgent, documents });
}
