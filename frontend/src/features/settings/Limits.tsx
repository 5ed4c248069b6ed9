import { Plus, X } from "lucide-react";
import { useState } from "react";
import { useMutation } from "urql";
import { useMay } from "@/auth/useIdentity";
import { LimitsDocument, type LimitsDetailFragment, SetLimitsDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { Button, IconButton } from "@/ui/Button";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Field, Input } from "@/ui/Field";
import { Panel } from "@/ui/Page";
import { SkeletonRows } from "@/ui/Skeleton";
import { formatDuration } from "@/ui/duration";
import { told } from "./told";

/** How much the project may do at once. */
export default function Limits() {
  const [{ data, error }, read] = useKeptQuery({ query: LimitsDocument });
  const project = data?.viewer.project;
  if (!project) return error ? <ErrorNotice message={messageOf(error)} onRetry={() => read({ requestPolicy: "network-only" })} /> : <SkeletonRows rows={3} label="Reading the limits" />;
  const { maxVirtualUsers, maxDurationMs, maxRampMs, hosts } = project.loadGrant;
  return (
    <div className="grid max-w-4xl gap-4">
      <Own key={JSON.stringify([project.maxParallel, project.environmentLimits])} project={project} />
      <Panel title="Load tests">
        {hosts.length === 0 && maxVirtualUsers === 0 ? (
          <p className="text-sm text-soft">The limits of the server hold. An administrator of the instance may grant more.</p>
        ) : (
          <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1 text-sm">
            <dt className="text-faint">Virtual users</dt><dd>{maxVirtualUsers || "as the server allows"}</dd>
            <dt className="text-faint">Duration</dt><dd>{maxDurationMs ? formatDuration(maxDurationMs) : "as the server allows"}</dd>
            <dt className="text-faint">To the full load within</dt><dd>{maxRampMs ? formatDuration(maxRampMs) : "as the server allows"}</dd>
            <dt className="text-faint">Hosts</dt><dd className="break-words">{hosts.join(", ") || "those of the server"}</dd>
          </dl>
        )}
      </Panel>
      {data.rateLimit ? (
        <Panel title="Requests to the API">
          <p className="text-sm text-soft">{data.rateLimit.remaining.toLocaleString("en")} of {data.rateLimit.limit.toLocaleString("en")} points left, per {data.rateLimit.per} s.</p>
        </Panel>
      ) : null}
    </div>
  );
}

function Own({ project: { maxParallel, environmentLimits } }: { project: LimitsDetailFragment }) {
  const may = useMay("admin");
  const [setting, set] = useMutation(SetLimitsDocument);
  const [cases, setCases] = useState(String(maxParallel));
  const [environments, setEnvironments] = useState(environmentLimits.map(({ environment, maxRuns }) => ({ environment, maxRuns: String(maxRuns) })));
  const put = (at: number, part: Partial<(typeof environments)[number]>) => setEnvironments(environments.map((e, i) => (i === at ? { ...e, ...part } : e)));
  return (
    <Panel title="At once">
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void set({ maxParallel: Number(cases), environmentLimits: environments.filter(({ environment }) => environment.trim()).map(({ environment, maxRuns }) => ({ environment: environment.trim(), maxRuns: Number(maxRuns) })) }).then(({ error }) =>
            told(error, "The limits hold from now on."),
          );
        }}
      >
        <fieldset disabled={!may} className="grid gap-4">
          <Field label="Cases at once" hint="0 is without a limit.">{(control) => <Input {...control} type="number" min={0} max={100000} required value={cases} onChange={(event) => setCases(event.target.value)} className="w-32!" />}</Field>
          <div className="grid gap-2">
            <p className="text-sm font-medium">Runs at once in an environment</p>
            {environments.map(({ environment, maxRuns }, i) => (
              <div key={i} className="flex items-center gap-2">
                <Input aria-label="Environment" value={environment} placeholder="staging" onChange={(event) => put(i, { environment: event.target.value })} className="max-w-60" />
                <Input aria-label={`Runs at once in ${environment || "the environment"}`} type="number" min={1} max={1000} value={maxRuns} onChange={(event) => put(i, { maxRuns: event.target.value })} className="w-24!" />
                <IconButton label={`No limit for ${environment || "it"}`} onClick={() => setEnvironments(environments.filter((_, at) => at !== i))}><X size={15} aria-hidden /></IconButton>
              </div>
            ))}
            {environments.length === 0 ? <p className="text-sm text-faint">No environment has a limit. One keeps two runs from changing the same data.</p> : null}
            <div><Button small onClick={() => setEnvironments([...environments, { environment: "", maxRuns: "1" }])}><Plus size={14} aria-hidden /> Environment</Button></div>
          </div>
        </fieldset>
        {may ? <div><Button type="submit" look="primary" disabled={setting.fetching}>Save</Button></div> : <p className="text-sm text-faint">Administrators of the project change limits.</p>}
      </form>
    </Panel>
  );
}
