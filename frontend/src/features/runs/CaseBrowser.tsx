import { ArrowDownWideNarrow, Search } from "lucide-react";
import { useMemo } from "react";
import { IconButton } from "@/ui/Button";
import { Chips } from "@/ui/Chips";
import { Input } from "@/ui/Field";
import { OutcomeIcon } from "@/ui/Outcome";
import { looks, type State } from "@/ui/looks";
import { Skeleton } from "@/ui/Skeleton";
import { CaseList } from "./CaseList";
import { type CaseState, choose, countStates, type Order } from "./live";
import type { RunView } from "./runStore";

const order: CaseState[] = ["FAILED", "TIMED_OUT", "ERRORED", "FLAKY", "RUNNING", "WAITING", "PASSED", "SKIPPED", "CANCELLED"];

interface Props {
  view: RunView;
  text: string;
  states: CaseState[];
  order: Order;
  selected: string | undefined;
  onFilter: (filter: { text?: string; states?: CaseState[]; order?: Order }) => void;
  onSelect: (id: string) => void;
}

/** The cases of a run with what narrows them down. */
export function CaseBrowser({ view, text, states, order: by, selected, onFilter, onSelect }: Props) {
  const counts = useMemo(() => countStates(view.rows), [view.rows]);
  const rows = useMemo(() => choose(view.rows, { text, states, order: by }), [view.rows, text, states, by]);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="grid gap-2 border-b border-line p-2">
        <div className="flex gap-1">
          <div className="relative flex-1">
            <Search size={14} className="absolute top-2.25 left-2.5 text-faint" aria-hidden />
            <Input
              type="search"
              aria-label="Find cases"
              placeholder="Find by title, id or error"
              value={text}
              onChange={(event) => onFilter({ text: event.target.value })}
              className="pl-8 text-sm!"
            />
          </div>
          <IconButton
            label="Failures first"
            aria-pressed={by === "failures"}
            className={by === "failures" ? "bg-accent-ground text-text!" : ""}
            onClick={() => onFilter({ order: by === "failures" ? "plan" : "failures" })}
          >
            <ArrowDownWideNarrow size={16} aria-hidden />
          </IconButton>
        </div>
        <Chips
          label="States"
          chosen={states}
          onChange={(chosen) => onFilter({ states: chosen })}
          options={order
            .filter((state) => counts.has(state) || states.includes(state))
            .map((name) => ({
              name,
              content: (
                <>
                  <OutcomeIcon state={pictured(name)} size={13} />
                  {looks[pictured(name)].word} <span className="text-faint">{counts.get(name) ?? 0}</span>
                </>
              ),
            }))}
        />
      </div>
      <div className="min-h-0 flex-1">
        {view.rows.length === 0 && !view.complete ? (
          <Waiting />
        ) : rows.length === 0 ? (
          <p className="p-6 text-center text-sm text-faint">{view.rows.length === 0 ? "This run has no cases." : "No case is like that."}</p>
        ) : (
          <CaseList rows={rows} selected={selected} onSelect={onSelect} />
        )}
      </div>
      {view.complete || view.rows.length === 0 ? null : (
        <p role="status" className="border-t border-line px-3 py-1.5 text-xs text-faint">
          Reading cases: {view.rows.length} so far
        </p>
      )}
    </div>
  );
}

function pictured(state: CaseState): State {
  return state === "WAITING" ? "PENDING" : state;
}

function Waiting() {
  return (
    <div role="status" aria-label="Reading the cases">
      {Array.from({ length: 8 }, (_, i) => (
        <div key={i} className="flex h-[46px] items-center gap-2.5 border-b border-line px-3">
          <Skeleton className="size-4 rounded-full" />
          <Skeleton className="h-3.5 w-3/5" />
        </div>
      ))}
    </div>
  );
}
