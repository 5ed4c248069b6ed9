import { clsx } from "clsx";
import { Plus, Radio, RotateCw, Trash2 } from "lucide-react";
import { useCallback, useState } from "react";
import { useMutation } from "urql";
import {
  CreateWebhookDocument, DeleteWebhookDocument, DeliveriesDocument, type DeliveryDetailFragment, RedeliverDocument, SetWebhookEnabledDocument, TestWebhookDocument, type WebhookDetailFragment,
  type WebhookEventType, WebhooksDocument,
} from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { usePolling } from "@/graphql/usePolling";
import { Button, IconButton } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Field, Input } from "@/ui/Field";
import { Panel } from "@/ui/Page";
import { Pager } from "@/ui/Pager";
import { SkeletonRows } from "@/ui/Skeleton";
import { RelativeTime } from "@/ui/Time";
import { formatDuration } from "@/ui/duration";
import { Confirm } from "./Confirm";
import { Once } from "./Once";
import { told } from "./told";

const events: { type: WebhookEventType; title: string }[] = [
  { type: "TEST_EXECUTION_STARTED", title: "A run started" },
  { type: "TEST_EXECUTION_PROGRESS", title: "A run goes on" },
  { type: "TEST_EXECUTION_COMPLETED", title: "A run ended" },
  { type: "TEST_EXECUTION_FAILED", title: "A run failed" },
  { type: "TEST_QUALITY_ASSESSED", title: "A run was assessed" },
  { type: "TEST_ANOMALY_DETECTED", title: "A value does not fit the runs before" },
];

const titleOf = (type: WebhookEventType) => events.find((e) => e.type === type)?.title ?? type.toLowerCase().replaceAll("_", " ");

interface Props {
  chosen: string | undefined;
  onChoose: (id: string | undefined) => void;
}

/** Who is told of what happens here, and whether it arrived. */
export default function Webhooks({ chosen, onChoose }: Props) {
  const [after, setAfter] = useState<string | null>(null);
  const [{ data, error }, read] = useKeptQuery({ query: WebhooksDocument, variables: { after } });
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const again = () => read({ requestPolicy: "network-only" });
  const page = data?.webhooks;
  if (!page) return error ? <ErrorNotice message={messageOf(error)} onRetry={again} /> : <SkeletonRows rows={2} label="Reading the webhooks" />;
  const hooks = page.nodes;
  const make = <Button look="primary" onClick={() => setMaking(true)}><Plus size={15} aria-hidden /> Add a webhook</Button>;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      {hooks.length === 0 && !after ? (
        <EmptyState icon={Radio} title="Nobody is told of what happens here" action={make}>
          A webhook is an address of yours that gets a signed request when a run starts, ends or is assessed.
        </EmptyState>
      ) : (
        <>
          <div>{make}</div>
          <ul aria-label="Webhooks" className="overflow-hidden rounded-lg border border-line bg-raised">
            {hooks.map((hook) => <One key={hook.id} hook={hook} open={hook.id === chosen} onOpen={() => onChoose(hook.id === chosen ? undefined : hook.id)} again={again} />)}
          </ul>
          <Pager label="Pages of webhooks" pageInfo={page.pageInfo} after={after} onGo={setAfter} words={["First", "More"]} />
          {chosen ? <Deliveries key={chosen} id={chosen} /> : <p className="text-sm text-faint">Choose a webhook to see what was delivered.</p>}
        </>
      )}
      <Dialog open={making} onOpenChange={setMaking} title="Add a webhook">
        <NewWebhook onMade={(made) => { setMaking(false); setSecret(made); again(); }} />
      </Dialog>
      <Once secret={secret} title="Keep this secret now" about="Requests are signed with it; check the signature with it. It is not shown again." onDone={() => setSecret(null)} />
    </div>
  );
}

function One({ hook: { id, url, description, types, enabled, disabledReason, failures }, open, onOpen, again }: { hook: WebhookDetailFragment; open: boolean; onOpen: () => void; again: () => void }) {
  const [, setEnabled] = useMutation(SetWebhookEnabledDocument);
  const [, remove] = useMutation(DeleteWebhookDocument);
  const [, test] = useMutation(TestWebhookDocument);
  const [asking, setAsking] = useState(false);
  return (
    <li className={clsx("flex flex-wrap items-center gap-x-4 gap-y-2 border-t border-line px-3 py-2.5 first:border-t-0", open && "bg-accent-ground")}>
      <button type="button" aria-expanded={open} onClick={onOpen} className="min-w-0 flex-1 basis-56 text-left">
        <span className="block truncate text-sm font-medium">{url}</span>
        <span className="block truncate text-xs text-faint">{description ? `${description} · ` : ""}{types.length === 0 ? "everything" : types.map(titleOf).join(", ")}</span>
        {!enabled ? <span className="block text-xs text-timed-out">Off{disabledReason ? `: ${disabledReason}` : ""}</span> : failures > 0 ? <span className="block text-xs text-failed">{failures} in a row did not arrive</span> : null}
      </button>
      <div className="flex items-center gap-1">
        <Button small onClick={() => void test({ id }).then(({ error }) => { if (told(error, "A ping is on its way.")) again(); })}>Ping</Button>
        <Button small onClick={() => void setEnabled({ id, enabled: !enabled }).then(({ error }) => told(error, enabled ? "Switched off." : "Switched on."))}>{enabled ? "Switch off" : "Switch on"}</Button>
        <IconButton label={`Remove ${url}`} onClick={() => setAsking(true)}><Trash2 size={15} aria-hidden /></IconButton>
      </div>
      <Confirm
        open={asking}
        title="Remove this webhook?"
        about="It is told nothing any more, and its deliveries are gone."
        action="Remove"
        onAnswer={(yes) => {
          setAsking(false);
          if (yes) void remove({ id }).then(({ error }) => { if (told(error, "Removed.")) again(); });
        }}
      />
    </li>
  );
}

function NewWebhook({ onMade }: { onMade: (secret: string) => void }) {
  const [making, make] = useMutation(CreateWebhookDocument);
  const [url, setUrl] = useState("");
  const [description, setDescription] = useState("");
  const [types, setTypes] = useState<WebhookEventType[]>(["TEST_EXECUTION_COMPLETED", "TEST_EXECUTION_FAILED"]);
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void make({ url: url.trim(), description, types }).then(({ data, error }) => {
          if (data) onMade(data.createWebhook.secret);
          else told(error, "");
        });
      }}
    >
      <Field label="Address">{(control) => <Input {...control} required type="url" placeholder="https://hooks.example/semantest" value={url} onChange={(event) => setUrl(event.target.value)} />}</Field>
      <Field label="What it is for">{(control) => <Input {...control} maxLength={200} value={description} onChange={(event) => setDescription(event.target.value)} />}</Field>
      <fieldset className="grid gap-1">
        <legend className="mb-1 text-sm font-medium">It is told when</legend>
        {events.map(({ type, title }) => (
          <label key={type} className="flex items-center gap-2 text-sm">
            <input type="checkbox" checked={types.includes(type)} onChange={() => setTypes(types.includes(type) ? types.filter((t) => t !== type) : [...types, type])} /> {title}
          </label>
        ))}
      </fieldset>
      <div className="flex justify-end"><Button type="submit" look="primary" disabled={making.fetching || types.length === 0}>Add it</Button></div>
    </form>
  );
}

function Deliveries({ id }: { id: string }) {
  const [after, setAfter] = useState<string | null>(null);
  const [{ data, error }, read] = useKeptQuery({ query: DeliveriesDocument, variables: { id, after } });
  const again = useCallback(() => read({ requestPolicy: "network-only" }), [read]);
  usePolling(again, 5000);
  const page = data?.webhook?.deliveries;
  if (!page) return error ? <ErrorNotice message={messageOf(error)} onRetry={again} /> : <SkeletonRows rows={3} label="Reading the deliveries" />;
  return (
    <Panel title="Deliveries" flush>
      {page.nodes.length === 0 ? <p className="p-3 text-sm text-faint">Nothing was sent yet. A ping shows whether the address answers.</p> : null}
      <ul>
        {page.nodes.map((delivery) => <Delivery key={delivery.id} delivery={delivery} again={again} />)}
      </ul>
      {page.pageInfo.hasNextPage || after ? (
        <div className="flex gap-2 border-t border-line p-2">
          {after ? <Button small onClick={() => setAfter(null)}>Newest</Button> : null}
          {page.pageInfo.hasNextPage ? <Button small onClick={() => setAfter(page.pageInfo.endCursor ?? null)}>Older</Button> : null}
        </div>
      ) : null}
    </Panel>
  );
}

const tones = { PENDING: "text-running", DELIVERED: "text-passed", FAILED: "text-failed" };

function Delivery({ delivery: { id, type, status, payload, tries, createdAt }, again }: { delivery: DeliveryDetailFragment; again: () => void }) {
  const [, redeliver] = useMutation(RedeliverDocument);
  const last = tries.at(-1);
  return (
    <li className="border-t border-line px-3 py-2 text-sm first:border-t-0">
      <details>
        <summary className="flex flex-wrap items-center gap-x-3">
          <span className={clsx("text-xs font-medium", tones[status])}>{status.toLowerCase()}</span>
          <span className="min-w-0 flex-1 truncate">{titleOf(type)}</span>
          <span className="text-xs text-faint">{last ? (last.status > 0 ? `status ${last.status}` : last.error) : "not sent yet"}{tries.length > 1 ? `, ${tries.length} tries` : ""}</span>
          <span className="text-xs text-faint"><RelativeTime at={createdAt} /></span>
        </summary>
        <div className="mt-2 grid grid-cols-[minmax(0,1fr)] gap-2">
          <ol className="grid gap-0.5 text-xs text-soft">
            {tries.map((t, i) => (
              <li key={i}><RelativeTime at={t.at} />: {t.status > 0 ? `status ${t.status}` : ""} {t.error} ({formatDuration(t.durationMs)}){t.nextAt ? <>, again <RelativeTime at={t.nextAt} /></> : null}</li>
            ))}
          </ol>
          <pre tabIndex={0} className="max-h-64 overflow-auto rounded-md border border-line bg-sunken p-2 font-mono text-xs">{JSON.stringify(payload, null, 2)}</pre>
          <div>
            <Button small onClick={() => void redeliver({ id }).then(({ error }) => { if (told(error, "It is sent again.")) again(); })}>
              <RotateCw size={14} aria-hidden /> Send again
            </Button>
          </div>
        </div>
      </details>
    </li>
  );
}
