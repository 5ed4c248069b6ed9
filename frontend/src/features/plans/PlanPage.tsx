import { Link, useNavigate } from "@tanstack/react-router";
import { Ellipsis, Play, SearchX, Trash2, WandSparkles } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useMutation } from "urql";
import { useMay } from "@/auth/useIdentity";
import { DeletePlanDocument, PlanDocument, UpdatePlanDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { Button, IconButton } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Menu, MenuItem } from "@/ui/Menu";
import { Page } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";
import { Tabs } from "@/ui/Tabs";
import { RelativeTime } from "@/ui/Time";
import { toast } from "@/ui/toast";
import { PlanEditor } from "./PlanEditor";
import { Schedules } from "./Schedules";
import { StartDialog } from "./StartDialog";
import { Versions } from "./Versions";

export type PlanTab = "editor" | "versions" | "runs" | "schedules";

interface Props {
  planId: string;
  tab: PlanTab | undefined;
  onTab: (tab: PlanTab) => void;
  /** Which versions the tab of versions compares. */
  versions: { version?: number | undefined; against?: number | undefined };
  onVersions: (search: { version: number; against: number | undefined }) => void;
  /** The plan's runs; the route knows how to show them. */
  runs: ReactNode;
}

export function PlanPage({ planId, tab = "editor", onTab, versions, onVersions, runs }: Props) {
  const [{ data, error, fetching }, read] = useKeptQuery({ query: PlanDocument, variables: { id: planId } });
  const [, update] = useMutation(UpdatePlanDocument);
  const mayRun = useMay("tests:execute");
  const [starting, setStarting] = useState(false);
  const plan = data?.plan;
  if (!plan) {
    return (
      <Page title="Plan" heading={fetching ? <Skeleton className="h-6 w-64" /> : undefined} above={fetching ? <Skeleton className="h-4 w-16" /> : undefined}>
        {error ? (
          <ErrorNotice message={messageOf(error)} onRetry={() => read({ requestPolicy: "network-only" })} />
        ) : fetching ? (
          <Skeleton className="h-96 w-full" />
        ) : (
          <EmptyState icon={SearchX} title="There is no such plan">
            It may belong to another project, or have been deleted. <Link to="/plans" className="link">All plans</Link>
          </EmptyState>
        )}
      </Page>
    );
  }
  return (
    <Page
      title={plan.name}
      above={<Link to="/plans" className="hover:text-text">Plans</Link>}
      about={
        <span className="flex flex-wrap gap-x-3">
          <span>Version {plan.version.number}, <RelativeTime at={plan.version.createdAt} /></span>
          {plan.description ? <span className="break-words">{plan.description}</span> : null}
          {plan.tags.map((tag) => <span key={tag} className="text-faint">#{tag}</span>)}
        </span>
      }
      actions={
        <>
          {mayRun ? (
            <Button look="primary" onClick={() => setStarting(true)}>
              <Play size={15} aria-hidden /> Start
            </Button>
          ) : null}
          <More planId={planId} name={plan.name} />
        </>
      }
    >
      <StartDialog planId={planId} planName={plan.name} open={starting} onOpenChange={setStarting} />
      <Tabs<PlanTab>
        label="Parts of the plan"
        value={tab}
        onChange={onTab}
        tabs={[
          {
            name: "editor",
            title: "Plan",
            content: (
              <PlanEditor
                key={plan.version.id}
                stored={plan.version.source}
                saveAs="Save version"
                onSave={async (source) => {
                  const { data: saved, error: refusal } = await update({ id: planId, source });
                  if (refusal) toast(messageOf(refusal), "wrong");
                  else if (saved) toast(`Saved as version ${saved.updatePlan.plan.version.number}.`);
                }}
              />
            ),
          },
          { name: "versions", title: "Versions", content: <Versions planId={planId} version={versions.version} against={versions.against} onChoose={onVersions} /> },
          { name: "runs", title: "Runs", content: runs },
          { name: "schedules", title: "Schedules", content: <Schedules planId={planId} /> },
        ]}
      />
    </Page>
  );
}

function More({ planId, name }: { planId: string; name: string }) {
  const mayWrite = useMay("tests:write");
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const [, remove] = useMutation(DeletePlanDocument);
  if (!mayWrite) return null;
  return (
    <>
      <Menu
        trigger={
          <IconButton label="More">
            <Ellipsis size={16} aria-hidden />
          </IconButton>
        }
      >
        <MenuItem onSelect={() => void navigate({ to: "/generations/new", search: { plan: planId } })}>
          <WandSparkles size={15} aria-hidden /> Generate cases for it
        </MenuItem>
        <MenuItem onSelect={() => setAsking(true)} className="text-failed">
          <Trash2 size={15} aria-hidden /> Delete the plan
        </MenuItem>
      </Menu>
      <Dialog open={asking} onOpenChange={setAsking} title={`Delete ${name}?`} description="The plan and its schedules are gone. Its runs stay.">
        <div className="flex justify-end gap-2">
          <Button onClick={() => setAsking(false)}>Keep it</Button>
          <Button
            look="primary"
            onClick={() =>
              void remove({ id: planId }).then(({ error }) => {
                if (error) toast(messageOf(error), "wrong");
                else void navigate({ to: "/plans" });
              })
            }
          >
            Delete
          </Button>
        </div>
      </Dialog>
    </>
  );
}
