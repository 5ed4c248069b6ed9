import { type ReactNode, useState } from "react";
import type { ResultDetailFragment } from "@/gql/graphql";
import { OutcomeIcon } from "@/ui/Outcome";
import { looks } from "@/ui/looks";
import { Panel } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";
import type { ObservedStep } from "@/ui/steps";
import { Tabs } from "@/ui/Tabs";
import { formatDuration } from "@/ui/duration";
import { Artifacts } from "./Artifacts";
import { Console } from "./Console";
import { Filmstrip } from "./Filmstrip";
import { History } from "./History";
import { Logs } from "./Logs";
import { Network } from "./Network";
import { ObservedSteps } from "./ObservedSteps";
import { StepTree } from "./StepTree";

interface Props {
  result: ResultDetailFragment;
  /** Steps of the attempt under way, as this page saw them. */
  observed: ObservedStep[];
  /** Which part is shown, where the address says it. */
  view?: View | undefined;
  place?: PlaceInResult;
  onView?: ((view: View) => void) | undefined;
}

/** What somebody was sent to look at. */
export interface PlaceInResult {
  attempt?: number | undefined;
  /** Its ordinal. */
  step?: number | undefined;
}

export type View = "steps" | "pictures" | "network" | "console" | "artifacts" | "logs" | "metrics" | "history";

/** The attempts of a result, one at a time: its steps, logs, artifacts and measurements. */
export function ResultView({ result, observed, view: asked, place = {}, onView }: Props) {
  const [chosen, setChosen] = useState<number | null>(place.attempt ?? null);
  const [own, setOwn] = useState<View>("steps");
  const { attempts } = result;
  const running = result.status !== "FINISHED";
  const attempt = attempts.find((a) => a.number === chosen) ?? (running && observed.length > 0 ? undefined : attempts.at(-1));
  const artifacts = result.artifacts.filter((a) => a.attempt === attempt?.number);
  const archive = artifacts.find(({ name, error }) => name.endsWith(".har") && !error);
  const console = artifacts.find(({ name, error }) => name === "console.jsonl" && !error);
  const film = artifacts.filter(({ name, error }) => /^step-\d+-(before|after)\.jpg$/.test(name) && !error);
  const view = asked ?? own;
  const tabs: { name: View; title: ReactNode; content: ReactNode }[] = attempt
    ? [
        { name: "steps", title: <Counted word="Steps" count={attempt.steps.length} />, content: <StepTree key={attempt.number} attempt={attempt} lookFor={attempt.number === (place.attempt ?? attempt.number) ? place.step : undefined} artifacts={artifacts.filter((a) => !film.includes(a))} /> },
        ...(film.length > 0 ? [{ name: "pictures" as const, title: <Counted word="Pictures" count={film.length} />, content: <Filmstrip key={attempt.number} attempt={attempt} pictures={film} /> }] : []),
        ...(archive ? [{ name: "network" as const, title: "Network", content: <Network url={archive.url} /> }] : []),
        ...(console ? [{ name: "console" as const, title: "Console", content: <Console url={console.url} /> }] : []),
        { name: "artifacts", title: <Counted word="Artifacts" count={artifacts.length} />, content: <Artifacts artifacts={artifacts} /> },
        { name: "logs", title: <Counted word="Log" count={attempt.logs.length} />, content: <Logs lines={attempt.logs} /> },
        { name: "metrics", title: <Counted word="Metrics" count={attempt.metrics.length} />, content: <Metrics metrics={attempt.metrics} /> },
        { name: "history", title: "History", content: <History resultId={result.id} /> },
      ]
    : [];
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
      {attempts.length > 1 || (running && attempts.length > 0) ? (
        <div role="group" aria-label="Attempts" className="flex flex-wrap gap-1.5">
          {attempts.map(({ number, outcome, durationMs }) => (
            <button
              key={number}
              type="button"
              aria-pressed={attempt?.number === number}
              onClick={() => setChosen(number)}
              className="inline-flex h-7 items-center gap-1.5 rounded-md border border-line bg-raised px-2 text-xs text-soft hover:bg-hover aria-pressed:border-accent aria-pressed:bg-accent-ground aria-pressed:text-text"
            >
              <OutcomeIcon state={outcome} size={14} /> Attempt {number} <span className="text-faint">{formatDuration(durationMs)}</span>
            </button>
          ))}
          {running ? (
            <button
              type="button"
              aria-pressed={!attempt}
              onClick={() => setChosen(null)}
              className="inline-flex h-7 items-center gap-1.5 rounded-md border border-line bg-raised px-2 text-xs text-soft aria-pressed:border-accent aria-pressed:bg-accent-ground aria-pressed:text-text"
            >
              <OutcomeIcon state={result.status} size={14} /> Now
            </button>
          ) : null}
        </div>
      ) : null}
      {attempt ? (
        <>
          {attempt.error ? (
            <p className={`tint rounded-lg border border-line px-3 py-2 text-sm break-words ${looks[attempt.outcome].text}`}>{attempt.error}</p>
          ) : null}
          <Tabs<View>
            label="Parts of the attempt"
            value={tabs.some(({ name }) => name === view) ? view : "steps"}
            onChange={onView ?? setOwn}
            tabs={tabs}
          />
        </>
      ) : running ? (
        <ObservedSteps steps={observed} status={result.status} waiting={result.waitingFor?.detail} />
      ) : (
        <p className="rounded-lg border border-dashed border-line p-8 text-center text-sm text-faint">
          {result.error || "No attempt was made."}
        </p>
      )}
    </div>
  );
}

function Counted({ word, count }: { word: string; count: number }) {
  return (
    <>
      {word} <span className="text-xs text-faint">{count}</span>
    </>
  );
}

function Metrics({ metrics }: { metrics: ResultDetailFragment["attempts"][number]["metrics"] }) {
  if (metrics.length === 0) return <p className="text-sm text-faint">Nothing was measured.</p>;
  return (
    <Panel flush>
      <dl className="grid grid-cols-[1fr_auto] text-sm">
        {metrics.map(({ name, unit, value }, i) => (
          <div key={i} className="col-span-2 grid grid-cols-subgrid gap-4 border-t border-line px-3 py-1.5 first:border-t-0">
            <dt className="min-w-0 break-words">{name}</dt>
            <dd className="text-right">
              {unit === "ms" ? formatDuration(value) : `${Number(value.toPrecision(6))}${unit === "1" ? "" : ` ${unit}`}`}
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

/** Stands where a result is about to be. */
export function ResultSkeleton() {
  return (
    <div role="status" aria-label="Reading the result" className="grid gap-3">
      <Skeleton className="h-9 w-full" />
      {Array.from({ length: 5 }, (_, i) => (
        <Skeleton key={i} className="h-10 w-full" />
      ))}
    </div>
  );
}
