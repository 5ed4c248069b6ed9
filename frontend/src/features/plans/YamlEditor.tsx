import { autocompletion, type CompletionContext, closeBrackets } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import planSchema from "@docs/plan.schema.json";
import { placeAt, type Schema, suggest } from "./completion";
import { colours, looks } from "./editorLooks";

export interface Mistake {
  line: number;
  column: number;
  message: string;
  suggestion: string;
}

export interface EditorProps {
  value: string;
  onChange: (value: string) => void;
  /** What the server found, shown where it is. */
  mistakes: Mistake[];
  /** Asks for the cursor to go to a mistake; a new object asks again. */
  target: { line: number; column: number } | null;
  readOnly?: boolean;
  onSave?: () => void;
}

/** A plan's text, with completion from the plan's schema and the server's mistakes at their lines. */
export default function YamlEditor({ value, onChange, mistakes, target, readOnly = false, onSave }: EditorProps) {
  const frame = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ onChange, onSave });
  useEffect(() => {
    latest.current = { onChange, onSave };
  });

  useEffect(() => {
    if (!frame.current) return;
    const editor = new EditorView({
      parent: frame.current,
      state: EditorState.create({ doc: value, extensions: extensions(readOnly, latest) }),
    });
    view.current = editor;
    return () => {
      view.current = null;
      editor.destroy();
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the editor keeps the text; the next effect brings another one
  }, [readOnly]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (editor) editor.dispatch(setDiagnostics(editor.state, mistakes.map((m) => diagnostic(editor.state, m))));
  }, [mistakes]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || !target) return;
    const at = offset(editor.state, target.line, target.column);
    editor.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
    editor.focus();
  }, [target]);

  return <div ref={frame} className="h-full min-h-0 overflow-hidden" />;
}

function extensions(readOnly: boolean, latest: { current: { onChange: (value: string) => void; onSave?: (() => void) | undefined } }) {
  return [
    lineNumbers(),
    lintGutter(),
    history(),
    drawSelection(),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    search({ top: true }),
    indentUnit.of("  "),
    yaml(),
    syntaxHighlighting(colours),
    autocompletion({ override: [complete], icons: false }),
    keymap.of([
      { key: "Mod-s", preventDefault: true, run: () => (latest.current.onSave?.(), true) },
      ...defaultKeymap,
      ...historyKeymap,
      ...searchKeymap,
      // Escape and then Tab leaves the editor, as everywhere in CodeMirror.
      indentWithTab,
    ]),
    EditorState.readOnly.of(readOnly),
    EditorView.contentAttributes.of({ "aria-label": "Plan, as YAML" }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) latest.current.onChange(update.state.doc.toString());
    }),
    looks,
  ];
}

function complete(context: CompletionContext) {
  const { doc } = context.state;
  const line = doc.lineAt(context.pos);
  const word = context.matchBefore(/[\w.-]*/);
  if (!context.explicit && (!word || word.from === word.to) && !/[\s{,]$/.test(line.text.slice(0, context.pos - line.from))) return null;
  const lines = doc.toString().split("\n");
  const place = placeAt(lines, line.number - 1, context.pos - line.from);
  // Suggestions that nobody asked for would cover the text at every blank.
  if (!context.explicit && place.writing === "key" && place.word === "") return null;
  const options = suggest(planSchema as unknown as Schema, place).map(({ label, info, kind, required }) => ({
    label,
    ...(info ? { info } : {}),
    ...(required ? { detail: "needed" } : {}),
    apply: kind === "key" ? `${label}: ` : label,
  }));
  if (options.length === 0) return null;
  return { from: word?.from ?? context.pos, options, validFor: /^[\w.-]*$/ };
}

function offset(state: EditorState, line: number, column: number): number {
  const at = state.doc.line(Math.min(Math.max(line, 1), state.doc.lines));
  return Math.min(at.from + Math.max(column - 1, 0), at.to);
}

function diagnostic(state: EditorState, { line, column, message, suggestion }: Mistake): Diagnostic {
  const from = offset(state, line, column);
  const end = state.doc.lineAt(from).to;
  const word = /^[^\s:,{}[\]]+/.exec(state.doc.sliceString(from, end))?.[0].length ?? 1;
  return { from, to: Math.min(from + word, end), severity: "error", message: suggestion ? `${message} Did you mean ${suggestion}?` : message };
}
