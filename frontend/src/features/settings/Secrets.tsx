import { LockKeyhole, Trash2 } from "lucide-react";
import { useState } from "react";
import { useMutation } from "urql";
import { useMay } from "@/auth/useIdentity";
import { DeleteSecretDocument, type SecretDetailFragment, SecretsDocument, SetSecretDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { Button, IconButton } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Field, Input } from "@/ui/Field";
import { Panel } from "@/ui/Page";
import { SkeletonRows } from "@/ui/Skeleton";
import { RelativeTime } from "@/ui/Time";
import { Confirm } from "./Confirm";
import { told } from "./told";

/** Names of what plans may use without anybody seeing it. */
export default function Secrets() {
  const may = useMay("admin");
  const [after, setAfter] = useState<string | null>(null);
  const [{ data, error }, read] = useKeptQuery({ query: SecretsDocument, variables: { after } });
  const again = () => read({ requestPolicy: "network-only" });
  const page = data?.secrets;
  if (!page) return error ? <ErrorNotice message={messageOf(error)} onRetry={again} /> : <SkeletonRows rows={3} label="Reading the secrets" />;
  return (
    <div className="grid max-w-4xl gap-4">
      {page.nodes.length === 0 ? (
        <EmptyState icon={LockKeyhole} title="No secret is kept here yet">
          A plan names what it needs under <code className="font-mono text-xs">secrets: [PASSWORD]</code> and gets the value when it runs. Nobody is shown it again, and reports mask it.
        </EmptyState>
      ) : (
        <ul aria-label="Secrets" className="overflow-hidden rounded-lg border border-line bg-raised">
          {page.nodes.map((secret) => <One key={secret.id} secret={secret} may={may} again={again} />)}
        </ul>
      )}
      {page.pageInfo.hasNextPage || after ? (
        <div className="flex gap-2">
          {after ? <Button small onClick={() => setAfter(null)}>First</Button> : null}
          {page.pageInfo.hasNextPage ? <Button small onClick={() => setAfter(page.pageInfo.endCursor ?? null)}>More</Button> : null}
        </div>
      ) : null}
      {may ? <Put again={again} /> : <p className="text-sm text-faint">Administrators of the project change secrets.</p>}
    </div>
  );
}

function One({ secret: { name, environment, updatedAt, updatedBy }, may, again }: { secret: SecretDetailFragment; may: boolean; again: () => void }) {
  const [, remove] = useMutation(DeleteSecretDocument);
  const [asking, setAsking] = useState(false);
  return (
    <li className="flex items-center gap-3 border-t border-line px-3 py-2 first:border-t-0">
      <div className="min-w-0 flex-1">
        <p className="truncate font-mono text-sm">{name}</p>
        <p className="truncate text-xs text-faint">{environment ? `in ${environment}` : "in every environment"} · changed by {updatedBy || "the server"} <RelativeTime at={updatedAt} /></p>
      </div>
      {may ? <IconButton label={`Remove ${name}`} onClick={() => setAsking(true)}><Trash2 size={15} aria-hidden /></IconButton> : null}
      <Confirm
        open={asking}
        title={`Remove ${name}?`}
        about="Plans that name it cannot be started until it has a value again."
        action="Remove"
        onAnswer={(yes) => {
          setAsking(false);
          if (yes) void remove({ name, environment: environment || null }).then(({ error }) => { if (told(error, "Removed.")) again(); });
        }}
      />
    </li>
  );
}

function Put({ again }: { again: () => void }) {
  const [putting, put] = useMutation(SetSecretDocument);
  const [name, setName] = useState("");
  const [environment, setEnvironment] = useState("");
  const [value, setValue] = useState("");
  return (
    <Panel title="Give a secret a value">
      <form
        className="grid items-end gap-3 sm:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_minmax(0,1fr)_auto]"
        onSubmit={(event) => {
          event.preventDefault();
          void put({ name: name.trim(), environment: environment.trim() || null, value }).then(({ error }) => {
            if (!told(error, `${name.trim()} has its value.`)) return;
            setName("");
            setValue("");
            again();
          });
        }}
      >
        <Field label="Name">{(control) => <Input {...control} required pattern="[A-Za-z_][A-Za-z0-9_]*" title="Letters, digits and _; no digit first" placeholder="SHOP_PASSWORD" value={name} onChange={(event) => setName(event.target.value)} />}</Field>
        <Field label="Environment">{(control) => <Input {...control} placeholder="every one" value={environment} onChange={(event) => setEnvironment(event.target.value)} />}</Field>
        <Field label="Value">{(control) => <Input {...control} required type="password" autoComplete="off" value={value} onChange={(event) => setValue(event.target.value)} />}</Field>
        <Button type="submit" look="primary" disabled={putting.fetching}>Keep it</Button>
      </form>
    </Panel>
  );
}
