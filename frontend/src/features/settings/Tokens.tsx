import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { useMutation } from "urql";
import { CreateServiceAccountDocument, CreateTokenDocument, OlderTokensDocument, type Role, RevokeTokenDocument, type TokenDetailFragment, TokensDocument, type TokensQuery } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Field, Input, Select } from "@/ui/Field";
import { Panel } from "@/ui/Page";
import { Pager } from "@/ui/Pager";
import { SkeletonRows } from "@/ui/Skeleton";
import { RelativeTime } from "@/ui/Time";
import { useNow } from "@/ui/useNow";
import { Confirm } from "./Confirm";
import { Once } from "./Once";
import { allowed, expiryOf, roles, stateOfToken } from "./parts";
import { told } from "./told";

type Account = NonNullable<TokensQuery["viewer"]["project"]>["serviceAccounts"]["nodes"][number];

/** What programs sign in with: an account for each of them, and its tokens. */
export default function Tokens() {
  const [after, setAfter] = useState<string | null>(null);
  const [{ data, error }, read] = useKeptQuery({ query: TokensDocument, variables: { after } });
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const again = () => read({ requestPolicy: "network-only" });
  const page = data?.viewer.project?.serviceAccounts;
  if (!page) return error ? <ErrorNotice message={messageOf(error)} onRetry={again} /> : <SkeletonRows rows={3} label="Reading the tokens" />;
  const accounts = page.nodes;
  const make = <Button look="primary" onClick={() => setMaking(true)}><Plus size={15} aria-hidden /> New token</Button>;
  return (
    <div className="grid max-w-4xl gap-4">
      {accounts.length === 0 && !after ? (
        <EmptyState icon={KeyRound} title="No program signs in here yet" action={make}>
          A token lets CI start runs and read results: <code className="font-mono text-xs">semantest run --remote … --token …</code>
        </EmptyState>
      ) : (
        <>
          <div>{make}</div>
          {accounts.map((account) => <OneAccount key={account.id} account={account} again={again} />)}
          <Pager label="Pages of programs" pageInfo={page.pageInfo} after={after} onGo={setAfter} words={["First", "More"]} />
        </>
      )}
      <Dialog open={making} onOpenChange={setMaking} title="New token" description="For one program, such as a pipeline. It is shown once.">
        <TokenForm
          accounts={accounts}
          onMade={(made) => {
            setMaking(false);
            setSecret(made);
            again();
          }}
        />
      </Dialog>
      <Once secret={secret} title="Keep this token now" about="It is not shown again. Whoever has it may do what it allows." onDone={() => setSecret(null)} />
    </div>
  );
}

function OneAccount({ account: { id, name, role, disabledAt, apiTokens }, again }: { account: Account; again: () => void }) {
  const [after, setAfter] = useState<string | null>(null);
  const [{ data, error }, read] = useKeptQuery({ query: OlderTokensDocument, variables: { id, after: after ?? "" }, pause: after === null });
  const readOlder = () => read({ requestPolicy: "network-only" });
  const older = data?.node && "apiTokens" in data.node ? data.node.apiTokens : undefined;
  const page = after === null ? apiTokens : older;
  return (
    <Panel title={<>{name} <span className="font-normal text-faint">{role.toLowerCase()}{disabledAt ? ", disabled" : ""}</span></>} flush>
      <ul aria-label={`Tokens of ${name}`}>
        {page?.nodes.map((token) => <OneToken key={token.id} token={token} again={after === null ? again : readOlder} />)}
        {page?.nodes.length === 0 ? <li className="p-3 text-sm text-faint">{after === null ? "It has no token." : "There are no older ones."}</li> : null}
      </ul>
      {page ? null : error ? <ErrorNotice message={messageOf(error)} onRetry={readOlder} /> : <SkeletonRows rows={3} label="Reading older tokens" />}
      {page && (page.pageInfo.hasNextPage || after) ? (
        <div className="border-t border-line p-2">
          <Pager label={`Pages of the tokens of ${name}`} pageInfo={page.pageInfo} after={after} onGo={setAfter} />
        </div>
      ) : null}
    </Panel>
  );
}

function OneToken({ token, again }: { token: TokenDetailFragment; again: () => void }) {
  const { id, name, permissions, createdAt, lastUsedAt, expiresAt, revokedAt } = token;
  const [, revoke] = useMutation(RevokeTokenDocument);
  const [asking, setAsking] = useState(false);
  const state = stateOfToken(token, useNow(false));
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 border-t border-line px-3 py-2.5 first:border-t-0">
      <div className="min-w-0 flex-1 basis-56">
        <p className={state === "valid" ? "text-sm font-medium" : "text-sm text-faint line-through"}>{name}</p>
        <p className="text-xs text-faint">
          {permissions.join(", ")} · made <RelativeTime at={createdAt} />
          {lastUsedAt ? <> · used <RelativeTime at={lastUsedAt} /></> : " · never used"}
          {state === "revoked" && revokedAt ? <> · revoked <RelativeTime at={revokedAt} /></> : expiresAt ? <> · {state === "expired" ? "ended" : "ends"} <RelativeTime at={expiresAt} /></> : null}
        </p>
      </div>
      {state === "valid" ? <Button small look="danger" onClick={() => setAsking(true)}>Revoke</Button> : <span className="text-xs text-faint">{state}</span>}
      <Confirm
        open={asking}
        title={`Revoke ${name}?`}
        about="Programs that use it are refused within seconds. It cannot be taken back; make a new token instead."
        action="Revoke"
        onAnswer={(yes) => {
          setAsking(false);
          if (yes) void revoke({ id }).then(({ error }) => { if (told(error, "Revoked.")) again(); });
        }}
      />
    </li>
  );
}

const newAccount = "new";

function TokenForm({ accounts, onMade }: { accounts: Account[]; onMade: (secret: string) => void }) {
  const [, createAccount] = useMutation(CreateServiceAccountDocument);
  const [, createToken] = useMutation(CreateTokenDocument);
  const usable = accounts.filter(({ disabledAt }) => !disabledAt);
  const [accountId, setAccountId] = useState(usable[0]?.id ?? newAccount);
  const [program, setProgram] = useState("");
  const [role, setRole] = useState<Role>("EDITOR");
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const [chosen, setChosen] = useState<string[] | null>(null);
  const [busy, setBusy] = useState(false);
  const may = allowed(usable.find(({ id }) => id === accountId)?.role ?? role);
  const wanted = (chosen ?? may).filter((permission) => may.includes(permission));
  const make = async () => {
    setBusy(true);
    let id = accountId;
    if (id === newAccount) {
      const { data, error } = await createAccount({ name: program.trim(), role });
      if (!data) {
        if (error) told(error, "");
        setBusy(false);
        return;
      }
      id = data.createServiceAccount.serviceAccount.id;
      setAccountId(id);
    }
    const { data, error } = await createToken({ serviceAccountId: id, name: name.trim(), permissions: wanted, expiresAt: expiryOf(days) });
    setBusy(false);
    if (data) onMade(data.createApiToken.secret);
    else if (error) told(error, "");
  };
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <Field label="Program" hint="An account that belongs to no person.">
        {(control) => (
          <Select {...control} value={accountId} onChange={(event) => setAccountId(event.target.value)}>
            {usable.map(({ id, name: called }) => <option key={id} value={id}>{called}</option>)}
            <option value={newAccount}>Another program</option>
          </Select>
        )}
      </Field>
      {accountId === newAccount ? (
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Name of the program">{(control) => <Input {...control} required maxLength={100} value={program} placeholder="ci" onChange={(event) => setProgram(event.target.value)} />}</Field>
          <Field label="Role">{(control) => <Select {...control} value={role} onChange={(event) => setRole(event.target.value as Role)}>{roles.map((r) => <option key={r.role} value={r.role}>{r.title}</option>)}</Select>}</Field>
        </div>
      ) : null}
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label="Name of the token">{(control) => <Input {...control} required maxLength={100} value={name} placeholder="main branch" onChange={(event) => setName(event.target.value)} />}</Field>
        <Field label="Ends after">
          {(control) => (
            <Select {...control} value={days} onChange={(event) => setDays(event.target.value)}>
              <option value="7">a week</option>
              <option value="30">30 days</option>
              <option value="90">90 days</option>
              <option value="365">a year</option>
              <option value="">never</option>
            </Select>
          )}
        </Field>
      </div>
      <fieldset className="grid gap-1">
        <legend className="mb-1 text-sm font-medium">May</legend>
        {may.map((permission) => (
          <label key={permission} className="flex items-center gap-2 text-sm">
            <input type="checkbox" checked={wanted.includes(permission)} onChange={() => setChosen(wanted.includes(permission) ? wanted.filter((p) => p !== permission) : [...wanted, permission])} />
            <code className="font-mono text-xs">{permission}</code>
          </label>
        ))}
      </fieldset>
      <div className="flex justify-end">
        <Button type="submit" look="primary" disabled={busy || wanted.length === 0}>Make the token</Button>
      </div>
    </form>
  );
}
