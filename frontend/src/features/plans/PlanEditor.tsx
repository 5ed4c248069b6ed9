import { CircleCheck, CircleX, Save } from "lucide-react";
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from "react";
import { useMutation } from "urql";
import { useMay } from "@/auth/useIdentity";
import { ValidatePlanDocument, type ValidatePlanMutation } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { Button } from "@/ui/Button";
import { Skeleton } from "@/ui/Skeleton";

const YamlEditor = lazy(() => import("./YamlEditor"));

type Validation = ValidatePlanMutation["validatePlan"]["validation"];

interface Props {
  /** The text as it is stored. */
  stored: string;
  /** What to begin with in place of it. */
  initial?: string;
  /** What saving is called here. */
  saveAs: string;
  onSave: (source: string) => Promise<void>;
  /** Beside the save button. */
  actions?: ReactNode;
}

/** How long nobody types before the server is asked. */
const pauseMs = 350;

/** Edits a plan. The server judges every pause in typing, and its mistakes stand at their lines. */
export function PlanEditor({ stored, initial = stored, saveAs, onSave, actions }: Props) {
  const mayWrite = useMay("tests:write");
  const [text, setText] = useState(initial);
  const [saving, setSaving] = useState(false);
  const [target, setTarget] = useState<{ line: number; column: number } | null>(null);
  const { validation, failure } = useValidation(text);
  const changed = text !== stored;
  const mistakes = validation?.mistakes ?? none;

  useEffect(() => {
    if (!changed || text === initial) return;
    const leaving = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", leaving);
    return () => window.removeEventListener("beforeunload", leaving);
  }, [changed, text, initial]);

  const save = () => {
    if (!changed || saving || !mayWrite) return;
    setSaving(true);
    void onSave(text).finally(() => setSaving(false));
  };
  return (
    <div className="grid gap-4 xl:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="flex h-[max(24rem,calc(100dvh-14rem))] min-w-0 flex-col overflow-hidden rounded-lg border border-line bg-raised focus-within:border-line-strong">
        <Suspense fallback={<Loading />}>
          <div className="min-h-0 flex-1">
            <YamlEditor value={text} onChange={setText} mistakes={mistakes} target={target} readOnly={!mayWrite} onSave={save} />
          </div>
        </Suspense>
        <div className="flex flex-wrap items-center gap-2 border-t border-line bg-sunken px-3 py-2">
          <Verdict validation={validation} failure={failure} />
          <span className="ml-auto flex items-center gap-2">
            {actions}
            {mayWrite ? (
              <Button look="primary" disabled={!changed || saving || (validation !== null && !validation.valid)} onClick={save}>
                <Save size={15} aria-hidden /> {saveAs}
              </Button>
            ) : null}
          </span>
        </div>
      </div>
      <aside className="min-w-0">
        {mistakes.length > 0 ? <Mistakes mistakes={mistakes} onGo={setTarget} /> : <Cases cases={validation?.cases ?? null} />}
      </aside>
    </div>
  );
}

const none: Validation["mistakes"] = [];

function useValidation(text: string): { validation: Validation | null; failure: string | null } {
  const [, validate] = useMutation(ValidatePlanDocument);
  const [validation, setValidation] = useState<Validation | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const newest = useRef(0);
  useEffect(() => {
    const mine = ++newest.current;
    if (!text.trim()) return;
    const timer = setTimeout(() => {
      void validate({ source: text }).then(({ data, error }) => {
        if (mine !== newest.current) return;
        setFailure(error ? messageOf(error) : null);
        if (data) setValidation(data.validatePlan.validation);
      });
    }, pauseMs);
    return () => clearTimeout(timer);
  }, [text, validate]);
  return { validation: text.trim() ? validation : null, failure };
}

function Verdict({ validation, failure }: { validation: Validation | null; failure: string | null }) {
  const said = () => {
    if (failure) return <span className="text-failed">{failure}</span>;
    if (!validation) return <span className="text-faint">Not checked yet</span>;
    if (validation.valid) {
      return (
        <>
          <CircleCheck size={15} className="text-passed" aria-hidden /> Valid, {plural(validation.cases.length, "case")}
        </>
      );
    }
    return (
      <>
        <CircleX size={15} className="text-failed" aria-hidden /> {plural(validation.mistakes.length, "mistake")}
      </>
    );
  };
  return (
    <p role="status" className="flex items-center gap-1.5 text-sm">
      {said()}
    </p>
  );
}

function Mistakes({ mistakes, onGo }: { mistakes: Validation["mistakes"]; onGo: (target: { line: number; column: number }) => void }) {
  return (
    <section aria-label="Mistakes">
      <h2 className="mb-2 text-sm font-semibold">To mend</h2>
      <ul className="grid max-h-[60vh] gap-2 overflow-y-auto">
        {mistakes.map(({ line, column, message, suggestion }, i) => (
          <li key={i}>
            <button
              type="button"
              onClick={() => onGo({ line, column })}
              className="w-full rounded-lg border border-line bg-raised px-3 py-2 text-left text-sm hover:bg-hover"
            >
              <span className="block text-xs text-faint">Line {line}, column {column}</span>
              <span className="break-words">{message}</span>
              {suggestion ? <span className="block text-soft">Did you mean <code className="font-mono text-xs">{suggestion}</code>?</span> : null}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Cases({ cases }: { cases: Validation["cases"] | null }) {
  if (!cases) return null;
  return (
    <section aria-label="Cases">
      <h2 className="mb-2 text-sm font-semibold">
        Cases <span className="font-normal text-faint">{cases.length}</span>
      </h2>
      <ul className="max-h-[60vh] overflow-y-auto rounded-lg border border-line bg-raised">
        {cases.map(({ key, title, kind }) => (
          <li key={key} className="border-t border-line px-3 py-1.5 text-sm first:border-t-0">
            <span className="block break-words">{title}</span>
            <span className="text-xs break-all text-faint">{kind.toLowerCase()} · {key}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Loading() {
  return (
    <div role="status" aria-label="Loading the editor" className="grid min-h-0 flex-1 content-start gap-2.5 p-4">
      {[40, 64, 52, 72, 36, 60, 48].map((width, i) => (
        <span key={i} style={{ width: `${width}%` }}>
          <Skeleton className="h-3.5 w-full" />
        </span>
      ))}
    </div>
  );
}

export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
