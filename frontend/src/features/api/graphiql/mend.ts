const names: [where: string, name: string][] = [
  [".graphiql-query-editor textarea", "Operation"],
  [".graphiql-editor-tool > .graphiql-editor:first-child textarea", "Variables"],
  [".graphiql-editor-tool > .graphiql-editor:last-child textarea", "Headers"],
  [".result-window textarea", "Answer"],
];

/**
 * Gives GraphiQL what assistive technology and a keyboard need and it leaves out:
 * names of its editors, scrolling by keys, and tabs that hold no buttons within
 * buttons. It goes on as GraphiQL draws anew; the result ends that.
 */
export function mendGraphiql(page: HTMLElement): () => void {
  const mend = () => {
    for (const [where, name] of names) page.querySelectorAll(where).forEach((field) => put(field, "aria-label", name));
    page.querySelectorAll(".CodeMirror-scroll").forEach((scroll) => put(scroll, "tabindex", "0"));
    // A tab of it holds two buttons: it is an item of a list, and its first button says which one is shown.
    page.querySelectorAll("[role=tablist]").forEach((list) => list.removeAttribute("role"));
    page.querySelectorAll(".graphiql-tab").forEach((tab) => {
      for (const attribute of ["role", "aria-selected"]) tab.removeAttribute(attribute);
      const button = tab.querySelector("button");
      if (button) put(button, "aria-current", String(tab.classList.contains("graphiql-tab-active")));
    });
  };
  mend();
  const watch = new MutationObserver(mend);
  watch.observe(page, { subtree: true, childList: true, attributes: true, attributeFilter: ["role", "aria-selected", "class"] });
  return () => watch.disconnect();
}

// Only what is new: a change would be watched, and mended again.
function put(element: Element, attribute: string, value: string) {
  if (element.getAttribute(attribute) !== value) element.setAttribute(attribute, value);
}
