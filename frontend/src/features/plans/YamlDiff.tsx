import { yaml } from "@codemirror/lang-yaml";
import { syntaxHighlighting } from "@codemirror/language";
import { unifiedMergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { colours, looks } from "./editorLooks";

interface Props {
  before: string;
  after: string;
}

// Its own marks at the sides are letters that few fonts have.
const folded = EditorView.theme({ ".cm-collapsedLines": { "&:before": { content: "'⋯'" }, "&:after": { content: "'⋯'" } } });

/** Two texts as one, with what went and what came; what stayed is folded. */
export default function YamlDiff({ before, after }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!frame.current) return;
    const view = new EditorView({
      parent: frame.current,
      state: EditorState.create({
        doc: after,
        extensions: [
          lineNumbers(),
          yaml(),
          syntaxHighlighting(colours),
          looks,
          folded,
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          EditorView.contentAttributes.of({ tabindex: "0", "aria-label": "Difference" }),
          ...(before === after
            ? []
            : [unifiedMergeView({ original: before, mergeControls: false, gutter: true, collapseUnchanged: { margin: 3, minSize: 6 } })]),
        ],
      }),
    });
    return () => view.destroy();
  }, [before, after]);
  return <div ref={frame} className="max-h-[calc(100dvh-18rem)] min-h-40 overflow-auto" />;
}
