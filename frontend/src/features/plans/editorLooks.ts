import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** Of YAML. */
export const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: tags.string, color: "var(--text)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--running)" },
  { tag: tags.comment, color: "var(--faint)", fontStyle: "italic" },
  { tag: [tags.punctuation, tags.separator, tags.bracket, tags.meta], color: "var(--soft)" },
]);

/** Of every editor here, in the colours of the page. */
export const looks = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", backgroundColor: "transparent", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px" },
  ".cm-content": { caretColor: "var(--accent)", padding: "8px 0" },
  ".cm-cursor": { borderLeftColor: "var(--accent)" },
  ".cm-gutters": { backgroundColor: "var(--raised)", color: "var(--faint)", border: "none" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent) 7%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 28%, transparent)",
  },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--failed)", textUnderlineOffset: "3px" },
  // CodeMirror draws its own marker as a picture in a data: address.
  ".cm-lint-marker-error": { content: "''", width: "9px", height: "9px", margin: "5px 2px", borderRadius: "50%", backgroundColor: "var(--failed)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--text)", border: "1px solid var(--line)", borderRadius: "6px", maxWidth: "min(32rem, 90vw)" },
  ".cm-tooltip-autocomplete > ul > li": { padding: "2px 8px" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent-ground)", color: "var(--text)" },
  ".cm-completionDetail": { color: "var(--faint)", fontStyle: "normal" },
  ".cm-completionMatchedText": { textDecoration: "none", color: "var(--accent)" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--failed)", padding: "4px 8px" },
  ".cm-changedLine": { backgroundColor: "color-mix(in srgb, var(--passed) 6%, transparent) !important" },
  ".cm-changedText": { background: "color-mix(in srgb, var(--passed) 12%, transparent) !important" },
  ".cm-deletedChunk": { backgroundColor: "color-mix(in srgb, var(--failed) 6%, transparent) !important" },
  ".cm-deletedText": { background: "color-mix(in srgb, var(--failed) 12%, transparent) !important" },
  ".cm-changedLineGutter": { backgroundColor: "var(--passed) !important" },
  ".cm-deletedLineGutter": { backgroundColor: "var(--failed) !important" },
  ".cm-collapsedLines": { background: "var(--sunken) !important", color: "var(--faint)", fontFamily: "var(--sans)", padding: "3px 12px" },
  ".cm-panels": { backgroundColor: "var(--sunken)", color: "var(--text)", borderColor: "var(--line)" },
});
