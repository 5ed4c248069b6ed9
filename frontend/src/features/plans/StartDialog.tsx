import { useNavigate } from "@tanstack/react-router";
import { Play, Plus, Trash2 } from "lucide-react";
import { useId, useState } from "react";
import { useMutation } from "urql";
import { StartRunDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { Button, IconButton } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Input, Select } from "@/ui/Field";

interface Props {
  planId: string;
  planName: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

interface Variable {
  key: number;
  name: string;
  value: string;
}

/** Starts the newest version of a plan; what is left empty is as the plan says. */
export function StartDialog({ planId, planName, open, onOpenChange }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={`Start ${planName}`} description="What is left empty is as the plan says.">
      <StartForm planId={planId} />
    </Dialog>
  );
}

function StartForm({ planId }: { planId: string }) {
  const navigate = useNavigate();
  const [, start] = useMutation(StartRunDocument);
  const [environment, setEnvironment] = useState("");
  const [priority, setPriority] = useState("");
  const [grep, setGrep] = useState("");
  const [lastFailed, setLastFailed] = useState(false);
  const [variables, setVariables] = useState<Variable[]>([]);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [attempt] = useState(() => crypto.randomUUID()); // a second press starts no second run
  const last = useId();
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setBusy(true);
        void start({
          input: {
            planId,
            environment: environment.trim() || null,
            priority: priority ? Number(priority) : null,
            variables: variables.filter((v) => v.name.trim()).map(({ name, value }) => ({ name: name.trim(), value })),
            select: grep.trim() || lastFailed ? { grep: grep.trim() || null, lastFailed: lastFailed || null } : null,
            clientMutationId: error === null ? attempt : null,
          },
        }).then(({ data, error: refusal }) => {
          setBusy(false);
          if (refusal) setError(messageOf(refusal));
          else if (data) void navigate({ to: "/runs/$runId", params: { runId: data.startRun.run.id } });
        });
      }}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Environment">
          {(control) => <Input {...control} autoFocus placeholder="As in the plan" value={environment} onChange={(e) => setEnvironment(e.target.value)} />}
        </Field>
        <Field label="Priority">
          {(control) => (
            <Select {...control} value={priority} onChange={(e) => setPriority(e.target.value)}>
              <option value="">Usual</option>
              <option value="1">1, served first</option>
              <option value="2">2</option>
              <option value="3">3</option>
              <option value="4">4, served last</option>
            </Select>
          )}
        </Field>
      </div>
      <Field label="Only cases like" hint="A regular expression on the id or the title.">
        {(control) => <Input {...control} className="font-mono" placeholder="All cases" value={grep} onChange={(e) => setGrep(e.target.value)} />}
      </Field>
      <label htmlFor={last} className="flex items-center gap-2 text-sm">
        <input id={last} type="checkbox" checked={lastFailed} onChange={(e) => setLastFailed(e.target.checked)} className="size-4 accent-(--accent)" />
        Only what did not pass the last time
      </label>
      <fieldset className="grid gap-2">
        <legend className="mb-1 text-sm font-medium">Variables</legend>
        {variables.map(({ key, name, value }) => {
          const put = (part: Partial<Variable>) => setVariables(variables.map((v) => (v.key === key ? { ...v, ...part } : v)));
          return (
            <div key={key} className="flex gap-2">
              <Input aria-label="Name" placeholder="BASE_URL" className="font-mono" value={name} onChange={(e) => put({ name: e.target.value })} />
              <Input aria-label="Value" className="font-mono" value={value} onChange={(e) => put({ value: e.target.value })} />
              <IconButton label="Remove the variable" onClick={() => setVariables(variables.filter((v) => v.key !== key))}>
                <Trash2 size={15} aria-hidden />
              </IconButton>
            </div>
          );
        })}
        <Button small className="justify-self-start" onClick={() => setVariables([...variables, { key: (variables.at(-1)?.key ?? 0) + 1, name: "", value: "" }])}>
          <Plus size={14} aria-hidden /> Add a variable
        </Button>
      </fieldset>
      {error ? <p role="alert" className="text-sm text-failed">{error}</p> : null}
      <div className="flex justify-end">
        <Button type="submit" look="primary" disabled={busy}>
          <Play size={15} aria-hidden /> Start
        </Button>
      </div>
    </form>
  );
}
