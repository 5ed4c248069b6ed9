import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Check, Eye, SearchX, X } from "lucide-react";
import { useMemo, useState } from "react";
import { useMutation } from "urql";
import { useMay } from "@/auth/useIdentity";
import { AcceptBaselineDocument, type ComparisonDetailFragment, type ComparisonReview, ComparisonsDocument, RejectBaselineDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Input } from "@/ui/Field";
import { Key, KeyHints } from "@/ui/Key";
import { Page } from "@/ui/Page";
import { Skeleton, SkeletonRows } from "@/ui/Skeleton";
import { RelativeTime } from "@/ui/Time";
import { toast } from "@/ui/toast";
import { useKeys } from "@/ui/useKeys";
import { inOrder, modesOf, nextPending, type ReviewMode } from "./review";
import { Viewer } from "./Viewer";

export interface ReviewSearch {
  /** The comparison that is shown. */
  c?: string | undefined;
  mode?: ReviewMode | undefined;
}

interface Props {
  runId: string;
  search: ReviewSearch;
  onSearch: (change: ReviewSearch) => void;
}

/** What a run saw that is not as accepted: look at it, and accept or reject it. */
export function ReviewPage({ runId, search, onSearch }: Props) {
  const [{ data, error, fetching }, read] = useKeptQuery({ query: ComparisonsDocument, variables: { runId, after: null } });
  const run = data?.run;
  const above = (
    <>
      <Link to="/runs" className="hover:text-text">Runs</Link>
      <span aria-hidden>/</span>
      <Link to="/runs/$runId" params={{ runId }} className="truncate hover:text-text">{run?.name ?? "Run"}</Link>
    </>
  );
  if (!run) {
    return (
      <Page title="Review" above={above}>
        {error ? <ErrorNotice message={messageOf(error)} onRetry={() => read({ requestPolicy: "network-only" })} /> : fetching ? <SkeletonRows rows={4} label="Reading the comparisons" /> : (
          <EmptyState icon={SearchX} title="There is no such run"><Link to="/runs" className="link">All runs</Link></EmptyState>
        )}
      </Page>
    );
  }
  const { nodes, pageInfo } = run.comparisons;
  const waiting = nodes.filter(({ review }) => review === "PENDING").length;
  return (
    <Page
      title="Review"
      above={above}
      about={nodes.length > 0 ? `${waiting === 0 ? "Nothing waits" : waiting === 1 ? "1 waits" : `${waiting} wait`} for a person, of ${nodes.length}${pageInfo.hasNextPage ? "; more when these are done" : ""}. Branch ${run.branch || "main"}.` : undefined}
    >
      {nodes.length === 0 ? (
        <EmptyState icon={Eye} title="This run compared nothing">
          Take a screenshot in a case, <code className="font-mono text-xs">kind: visual</code>, and what the next run sees is compared with what you accept here.
        </EmptyState>
      ) : (
        <Review key={runId} runId={runId} comparisons={nodes} search={search} onSearch={onSearch} />
      )}
    </Page>
  );
}

function Review({ runId, comparisons, search, onSearch }: Omit<Props, "onSearch"> & { comparisons: ComparisonDetailFragment[]; onSearch: Props["onSearch"] }) {
  const may = useMay("tests:write");
  // The order stays while somebody works through it.
  const [order] = useState(() => inOrder(comparisons).map(({ id }) => id));
  const all = useMemo(() => {
    const known = new Map(comparisons.map((c) => [c.id, c]));
    return [...order.flatMap((id) => known.get(id) ?? []), ...comparisons.filter(({ id }) => !order.includes(id))];
  }, [comparisons, order]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [, accept] = useMutation(AcceptBaselineDocument);
  const [, reject] = useMutation(RejectBaselineDocument);
  const shown = all.find(({ id }) => id === search.c) ?? all[0];
  const modes = shown ? modesOf(shown) : [];
  const mode = modes.find((m) => m === search.mode) ?? modes[0] ?? "side";

  const judge = async (verdict: "accept" | "variant" | "reject") => {
    if (!shown || !may || busy) return;
    const picked = all.filter(({ id }) => chosen.has(id));
    const wanted = picked.length > 0 ? picked : [shown];
    setBusy(true);
    const done = new Set<string>();
    for (const { id } of wanted) {
      const { error } = verdict === "reject" ? await reject({ id, note: note || null }) : await accept({ id, asVariant: verdict === "variant", note: note || null });
      if (error) {
        toast(messageOf(error), "wrong");
        break;
      }
      done.add(id);
    }
    setBusy(false);
    if (done.size === 0) return;
    toast(`${done.size === 1 ? "1 picture" : `${done.size} pictures`} ${verdict === "reject" ? "rejected" : "accepted"}.`);
    setChosen(new Set([...chosen].filter((id) => !done.has(id))));
    setNote("");
    onSearch({ c: nextPending(all, shown.id, done) });
  };
  const step = (by: number) => {
    const at = all.findIndex(({ id }) => id === shown?.id);
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    if (next) onSearch({ c: next.id });
  };
  const pick = (id: string) => setChosen(new Set(chosen.has(id) ? [...chosen].filter((c) => c !== id) : [...chosen, id]));

  const prev = () => step(-1);
  const next = () => step(1);
  useKeys({
    j: next, ArrowDown: next, k: prev, ArrowUp: prev,
    a: () => void judge("accept"), v: () => void judge("variant"), r: () => void judge("reject"),
    x: shown && (() => pick(shown.id)),
    ...Object.fromEntries(modes.map((m, i) => [String(i + 1), () => onSearch({ mode: m })])),
  });

  return (
    <div className="grid items-start gap-4 lg:grid-cols-[18rem_minmax(0,1fr)]">
      <ol aria-label="Comparisons" className="max-h-56 overflow-y-auto rounded-lg border border-line bg-raised lg:sticky lg:top-4 lg:max-h-[calc(100dvh-8rem)]">
        {all.map((c) => (
          <li key={c.id} className={clsx("flex items-center gap-2 border-t border-line pl-3 first:border-t-0", c.id === shown?.id ? "bg-accent-ground" : "hover:bg-hover")}>
            {may ? <input type="checkbox" aria-label={`Choose ${c.name} of ${c.caseKey}`} checked={chosen.has(c.id)} onChange={() => pick(c.id)} /> : null}
            <button type="button" aria-current={c.id === shown?.id} onClick={() => onSearch({ c: c.id })} className="flex min-w-0 flex-1 items-center gap-2 py-2 pr-3 text-left focus-visible:-outline-offset-2">
              <span className="min-w-0 flex-1">
                <span className="block truncate text-sm">{c.name}</span>
                <span className="block truncate text-xs text-faint">{c.caseKey}</span>
              </span>
              <State comparison={c} />
            </button>
          </li>
        ))}
      </ol>
      {shown ? (
        <section aria-label={shown.name} className="grid min-w-0 gap-3">
          <header className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h2 className="text-lg font-semibold break-words">{shown.name}</h2>
            <State comparison={shown} />
            <span className="text-sm text-faint">{[shown.browser, shown.viewport].filter(Boolean).join(", ")}</span>
            <Link to="/runs/$runId/results/$resultId" params={{ runId, resultId: shown.resultId }} className="link text-sm">{shown.caseKey}</Link>
          </header>
          <p className="min-h-5 text-sm break-words text-soft">
            {shown.reason || (shown.diffPixels > 0 ? `${shown.diffPixels.toLocaleString("en")} pixels differ, ${(shown.diffRatio * 100).toPrecision(2)} %.` : "")}
          </p>
          <div className="flex flex-wrap items-center gap-2">
            <div role="group" aria-label="Ways to look" className="flex flex-wrap gap-1">
              {modes.length > 1 ? modes.map((m, i) => (
                <button key={m} type="button" aria-pressed={m === mode} onClick={() => onSearch({ mode: m })} className="h-8 rounded-md border border-line bg-raised px-2.5 text-sm text-soft hover:bg-hover aria-pressed:border-accent aria-pressed:bg-accent-ground aria-pressed:text-text">
                  {modeWords[m]} <Key>{i + 1}</Key>
                </button>
              )) : null}
            </div>
            {may ? (
              <div className="ml-auto flex flex-wrap items-center gap-2">
                <Input aria-label="Note" placeholder="Note" maxLength={300} value={note} onChange={(event) => setNote(event.target.value)} className="w-36!" />
                {shown.baseline ? <Button disabled={busy} onClick={() => void judge("variant")} title="Both the accepted picture and this one are right">Also right <Key>v</Key></Button> : null}
                <Button look="danger" disabled={busy} onClick={() => void judge("reject")}>
                  <X size={15} aria-hidden /> Reject{chosen.size > 0 ? ` ${chosen.size}` : ""} <Key>r</Key>
                </Button>
                <Button look="primary" disabled={busy} onClick={() => void judge("accept")}>
                  <Check size={15} aria-hidden /> Accept{chosen.size > 0 ? ` ${chosen.size}` : ""} <Key>a</Key>
                </Button>
              </div>
            ) : null}
          </div>
          <Viewer key={shown.id} comparison={shown} mode={mode} />
          <Told comparison={shown} />
          <p className="text-xs text-faint max-sm:hidden">
            <KeyHints><Key>j</Key> <Key>k</Key> next and previous, <Key>x</Key> choose several, <Key>a</Key> accept, <Key>r</Key> reject. </KeyHints>
            Draw over the picture to leave a region out.
          </p>
        </section>
      ) : (
        <Skeleton className="h-96 w-full" />
      )}
    </div>
  );
}

const modeWords: Record<ReviewMode, string> = { side: "Side by side", slider: "Slider", overlay: "Overlay", blink: "Blink", diff: "Difference" };

const reviews: Record<ComparisonReview, { word: string; tone: string }> = {
  PENDING: { word: "Waits", tone: "text-flaky" },
  ACCEPTED: { word: "Accepted", tone: "text-passed" },
  REJECTED: { word: "Rejected", tone: "text-failed" },
  UNNEEDED: { word: "Same", tone: "text-idle" },
};

function State({ comparison: { review, status } }: { comparison: ComparisonDetailFragment }) {
  const { word, tone } = reviews[review];
  return <span className={clsx("tint rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap", tone)}>{review === "PENDING" ? (status === "NEW" ? "New" : "Changed") : word}</span>;
}

// Who said what, and when.
function Told({ comparison: { baseline, reviewedBy, reviewedAt, reviewNote, review } }: { comparison: ComparisonDetailFragment }) {
  return (
    <ul className="grid gap-0.5 text-sm text-soft">
      {baseline ? (
        <li>
          {baseline.retiredAt ? "The picture that it was compared with was accepted" : "Accepted so far"} by {baseline.acceptedBy || "a run"} <RelativeTime at={baseline.acceptedAt} />
          {baseline.retiredAt ? <>, and replaced <RelativeTime at={baseline.retiredAt} /></> : null}
        </li>
      ) : null}
      {reviewedAt ? (
        <li>
          {review === "REJECTED" ? "Rejected" : "Accepted"} by {reviewedBy || "a run"} <RelativeTime at={reviewedAt} />{reviewNote ? <>: “{reviewNote}”</> : null}
        </li>
      ) : null}
    </ul>
  );
}
