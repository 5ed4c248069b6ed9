import { CalendarClock, Pause, Play, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useMutation } from "urql";
import { useMay } from "@/auth/useIdentity";
import { CreateScheduleDocument, DeleteScheduleDocument, PlanSchedulesDocument, type ScheduleDetailFragment, SetSchedulePausedDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { Button, IconButton } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Field, Input } from "@/ui/Field";
import { OutcomeIcon } from "@/ui/Outcome";
import { SkeletonRows } from "@/ui/Skeleton";
import { RelativeTime } from "@/ui/Time";
import { formatInstant } from "@/ui/duration";
import { toast } from "@/ui/toast";

/** When the plan is started by itself. */
export function Schedules({ planId }: { planId: string }) {
  const [{ data, error }, read] = useKeptQuery({ query: PlanSchedulesDocument, variables: { id: planId } });
  const may = [useMay("tests:write"), useMay("tests:execute")].every(Boolean);
  const [adding, setAdding] = useState(false);
  const again = () => read({ requestPolicy: "network-only" });
  const schedules = data?.plan?.schedules;
  const add = may ? (
    <Button onClick={() => setAdding(true)}>
      <Plus size={15} aria-hidden /> Add a schedule
    </Button>
  ) : null;
  return (
    <div className="grid gap-3">
      {error && !schedules ? <ErrorNotice message={messageOf(error)} onRetry={again} /> : null}
      {!schedules && !error ? <SkeletonRows rows={2} label="Reading the schedules" /> : null}
      {schedules?.length === 0 ? (
        <EmptyState icon={CalendarClock} title="Nothing is scheduled" action={add}>
          A schedule starts the newest version at the times of a cron expression. The plan itself may have one, too: <code>schedule: "0 6 * * 1-5"</code>.
        </EmptyState>
      ) : null}
      {schedules && schedules.length > 0 ? (
        <>
          <ul className="overflow-hidden rounded-lg border border-line bg-raised">
            {schedules.map((schedule) => (
              <Schedule key={schedule.id} schedule={schedule} may={may} again={again} />
            ))}
          </ul>
          <div>{add}</div>
        </>
      ) : null}
      <Dialog open={adding} onOpenChange={setAdding} title="Add a schedule">
        <ScheduleForm
          planId={planId}
          onDone={() => {
            setAdding(false);
            again();
          }}
        />
      </Dialog>
    </div>
  );
}

function Schedule({ schedule, may, again }: { schedule: ScheduleDetailFragment; may: boolean; again: () => void }) {
  const [, setPaused] = useMutation(SetSchedulePausedDocument);
  const [, remove] = useMutation(DeleteScheduleDocument);
  const { id, name, cron, timeZone, paused, fromPlan, nextFireTimes, lastRun, lastError, environment } = schedule;
  return (
    <li className="grid gap-x-6 gap-y-2 border-t border-line px-3 py-3 first:border-t-0 sm:grid-cols-[minmax(0,1fr)_auto_auto] sm:items-center">
      <div className="min-w-0">
        <p className="truncate font-medium">
          {name} {fromPlan ? <span className="text-xs font-normal text-faint">in the plan’s text</span> : null}
        </p>
        <p className="text-sm text-soft">
          <code className="font-mono text-xs">{cron}</code> {timeZone} {environment ? `· ${environment}` : ""}
        </p>
        {lastError ? <p className="text-sm break-words text-failed">{lastError}</p> : null}
      </div>
      <div className="text-sm">
        {paused ? (
          <span className="text-faint">Paused</span>
        ) : (
          <ol aria-label="Next times" className="text-soft">
            {nextFireTimes.map((at, i) => (
              <li key={at} className={i > 0 ? "text-xs text-faint" : ""}>
                {formatInstant(at)} {i === 0 ? <>(<RelativeTime at={at} />)</> : null}
              </li>
            ))}
          </ol>
        )}
      </div>
      <div className="flex items-center gap-1">
        {lastRun ? (
          <span className="mr-2 flex items-center gap-1.5 text-xs text-faint">
            <OutcomeIcon state={lastRun.status} size={14} /> <RelativeTime at={lastRun.createdAt} />
          </span>
        ) : null}
        {may ? (
          <>
            <IconButton
              label={paused ? `Resume ${name}` : `Pause ${name}`}
              onClick={() =>
                void setPaused({ id, paused: !paused }).then(({ error }) => {
                  if (error) toast(messageOf(error), "wrong");
                })
              }
            >
              {paused ? <Play size={15} aria-hidden /> : <Pause size={15} aria-hidden />}
            </IconButton>
            {fromPlan ? null : (
              <IconButton
                label={`Remove ${name}`}
                onClick={() =>
                  void remove({ id }).then(({ error }) => {
                    if (error) toast(messageOf(error), "wrong");
                    again();
                  })
                }
              >
                <Trash2 size={15} aria-hidden />
              </IconButton>
            )}
          </>
        ) : null}
      </div>
    </li>
  );
}

function ScheduleForm({ planId, onDone }: { planId: string; onDone: () => void }) {
  const [, create] = useMutation(CreateScheduleDocument);
  const [name, setName] = useState("");
  const [cron, setCron] = useState("0 6 * * 1-5");
  const [timeZone, setTimeZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [environment, setEnvironment] = useState("");
  const [error, setError] = useState<string>();
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void create({ input: { planId, name, cron, timeZone, environment: environment.trim() || null, overlap: "SKIP", missed: "ONCE", paused: false } }).then(
          ({ error: refusal }) => {
            if (refusal) setError(messageOf(refusal));
            else onDone();
          },
        );
      }}
    >
      <Field label="Name">{(control) => <Input {...control} required autoFocus maxLength={100} placeholder="Every morning" value={name} onChange={(e) => setName(e.target.value)} />}</Field>
      <Field label="Times" error={error} hint="Minute, hour, day of the month, month, day of the week.">
        {(control) => <Input {...control} required className="font-mono" value={cron} onChange={(e) => setCron(e.target.value)} />}
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Time zone">{(control) => <Input {...control} required value={timeZone} onChange={(e) => setTimeZone(e.target.value)} />}</Field>
        <Field label="Environment">{(control) => <Input {...control} placeholder="As in the plan" value={environment} onChange={(e) => setEnvironment(e.target.value)} />}</Field>
      </div>
      <div className="flex justify-end">
        <Button type="submit" look="primary">
          Add
        </Button>
      </div>
    </form>
  );
}
