import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { NotebookText, SearchX, Sparkles, Square } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { useMutation, useQuery } from "urql";
import { useMay } from "@/auth/useIdentity";
import { CancelGenerationDocument, GenerationDocument, type GenerationQuery, ProposedPlanDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { usePolling } from "@/graphql/usePolling";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Page } from "@/ui/Page";
import { Skeleton, SkeletonRows } from "@/ui/Skeleton";
import { RelativeTime } from "@/ui/Time";
import { toast } from "@/ui/toast";
import { Cases } from "./Cases";
import { Progress } from "./Progress";
import { useProgress } from "./useProgress";
import { makerOf, sources, statuses } from "./words";

type Generation = NonNullable<GenerationQuery["generation"]>;

/** One request for cases: how it goes, what came of it, and what a person makes of that. */
export function GenerationPage({ generationId }: { generationId: string }) {
  const [{ data, error, fetching }, read] = useKeptQuery({ query: GenerationDocument, variables: { id: generationId } });
  const again = useCallback(() => read({ requestPolicy: "network-only" }), [read]);
  const generation = data?.generation;
  const above = <Link to="/generations" className="hover:text-text">Generated cases</Link>;
  if (generation) return <Loaded generation={generation} again={again} above={above} />;
  return (
    <Page title="Generated cases" above={above}>
      {error ? <ErrorNotice message={messageOf(error)} onRetry={again} /> : fetching ? (
        <div className="grid gap-4">
          <Skeleton className="h-28 w-full" />
          <SkeletonRows rows={5} label="Reading the cases" />
        </div>
      ) : (
        <EmptyState icon={SearchX} title="There is no such generation">It may belong to another project. <Link to="/generations" className="link">All generations</Link></EmptyState>
      )}
    </Page>
  );
}

function Loaded({ generation, again, above }: { generation: Generation; again: () => void; above: React.ReactNode }) {
  const may = useMay("tests:execute");
  const running = generation.status === "QUEUED" || generation.status === "RUNNING";
  const progress = useProgress(generation.id, running);
  // Cases come with their events; what else changes is read now and then.
  useEffect(() => {
    if (progress.seq > 0) again();
  }, [progress.stage, progress.tried, progress.seq, again]);
  usePolling(again, 3000, !running);
  const [{ fetching }, cancel] = useMutation(CancelGenerationDocument);
  const { icon: Icon, text, word } = statuses[generation.status];
  const stop = () =>
    void cancel({ id: generation.id }).then(({ error }) => {
      if (error) toast(messageOf(error), "wrong");
      again();
    });
  return (
    <Page
      title={`Cases from ${sources[generation.source]}`}
      above={above}
      heading={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          Cases from {sources[generation.source]}
          <span className={clsx("tint inline-flex h-6 items-center gap-1 rounded-full px-2 text-xs font-medium", text)}>
            <Icon size={14} aria-hidden className={generation.status === "RUNNING" ? "turning" : ""} /> {word}
          </span>
        </span>
      }
      about={
        <span className="flex flex-wrap gap-x-3">
          <span>Asked by {generation.createdByName || "somebody"} <RelativeTime at={generation.createdAt} /></span>
          {generation.generator ? <span>made {makerOf(generation.generator)}{generation.fromCache ? ", from an answer that it had given before" : ""}</span> : null}
          {generation.plan ? <span>for <Link to="/plans/$planId" params={{ planId: generation.plan.id }} className="link">{generation.plan.name}</Link></span> : <span>for a new plan</span>}
        </span>
      }
      actions={
        <>
          {running && may ? <Button disabled={fetching} onClick={stop}><Square size={14} aria-hidden /> Stop</Button> : null}
          {!running && generation.proposed > 0 ? <WholePlan id={generation.id} /> : null}
          {generation.plan ? <Button asChild><Link to="/plans/$planId" params={{ planId: generation.plan.id }}><NotebookText size={15} aria-hidden /> Open the plan</Link></Button> : null}
        </>
      }
    >
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
        <Progress generation={generation} progress={progress} running={running} />
        {generation.cases.length > 0 ? (
          <Cases generation={generation} again={again} />
        ) : running ? (
          <SkeletonRows rows={4} label="Cases are on their way" />
        ) : (
          <EmptyState icon={Sparkles} title="Nothing came of it" action={may ? <Button asChild><Link to="/generations/new">Ask again</Link></Button> : undefined}>
            {generation.reason || "The source describes nothing that a case could look at. Give another source, or more time."}
          </EmptyState>
        )}
      </div>
    </Page>
  );
}

function WholePlan({ id }: { id: string }) {
  const [open, setOpen] = useState(false);
  const [{ data, error }] = useQuery({ query: ProposedPlanDocument, variables: { id }, pause: !open });
  const text = data?.generation?.proposedPlan;
  return (
    <>
      <Button onClick={() => setOpen(true)}>As a whole plan</Button>
      <Dialog open={open} onOpenChange={setOpen} wide title="Everything that is proposed, as one plan" description="It is stored nowhere. Take it along, or approve its cases one by one.">
        {error ? <ErrorNotice message={messageOf(error)} /> : text === undefined ? <Skeleton className="h-80 w-full" /> : text === null ? (
          <p className="text-sm text-soft">Nothing is proposed any more.</p>
        ) : (
          <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
            <pre tabIndex={0} aria-label="Plan" className="max-h-[60vh] overflow-auto rounded-lg border border-line bg-sunken p-3 font-mono text-xs">{text}</pre>
            <div className="flex justify-end">
              <Button onClick={() => void navigator.clipboard.writeText(text).then(() => toast("The plan is copied."), () => toast("The browser does not let the page copy; choose the text by hand.", "wrong"))}>Copy</Button>
            </div>
          </div>
        )}
      </Dialog>
    </>
  );
}
