import { UserPlus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useMutation } from "urql";
import { useIdentity } from "@/auth/useIdentity";
import { AddMemberDocument, type MemberDetailFragment, MembersDocument, RemoveMemberDocument, type Role, SetMemberRoleDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { Button, IconButton } from "@/ui/Button";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Field, Input, Select } from "@/ui/Field";
import { Panel } from "@/ui/Page";
import { SkeletonRows } from "@/ui/Skeleton";
import { RelativeTime } from "@/ui/Time";
import { Confirm } from "./Confirm";
import { roles } from "./parts";
import { told } from "./told";

/** Who works in the project, and as what. */
export default function Members() {
  const [after, setAfter] = useState<string | null>(null);
  const [{ data, error }, read] = useKeptQuery({ query: MembersDocument, variables: { after } });
  const again = () => read({ requestPolicy: "network-only" });
  const page = data?.viewer.project?.members;
  if (!page) return error ? <ErrorNotice message={messageOf(error)} onRetry={again} /> : <SkeletonRows rows={3} label="Reading the members" />;
  return (
    <div className="grid max-w-4xl gap-4">
      <ul aria-label="Members" className="overflow-hidden rounded-lg border border-line bg-raised">
        {page.nodes.map((member) => <One key={member.id} member={member} again={again} />)}
        {page.nodes.length === 0 ? <li className="p-4 text-sm text-faint">Nobody has a place in this project yet. Add somebody below; administrators of the instance may act in it all the same.</li> : null}
      </ul>
      {page.pageInfo.hasNextPage || after ? (
        <div className="flex gap-2">
          {after ? <Button small onClick={() => setAfter(null)}>First</Button> : null}
          {page.pageInfo.hasNextPage ? <Button small onClick={() => setAfter(page.pageInfo.endCursor ?? null)}>More</Button> : null}
        </div>
      ) : null}
      <Add again={again} />
    </div>
  );
}

function One({ member: { id, email, name, role, createdAt }, again }: { member: MemberDetailFragment; again: () => void }) {
  const { user } = useIdentity();
  const [, setRole] = useMutation(SetMemberRoleDocument);
  const [, remove] = useMutation(RemoveMemberDocument);
  const [asking, setAsking] = useState(false);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t border-line px-3 py-2.5 first:border-t-0">
      <div className="min-w-0 flex-1 basis-48">
        <p className="truncate text-sm font-medium">{name || email} {user?.email === email ? <span className="text-xs font-normal text-faint">you</span> : null}</p>
        <p className="truncate text-xs text-faint">{email}, since <RelativeTime at={createdAt} /></p>
      </div>
      <Select aria-label={`Role of ${email}`} value={role} className="w-44!" onChange={(event) => void setRole({ id, role: event.target.value as Role }).then(({ error }) => told(error, "The role is changed."))}>
        {roles.map(({ role: r, title }) => <option key={r} value={r}>{title.split(":")[0]}</option>)}
      </Select>
      <IconButton label={`Remove ${email}`} onClick={() => setAsking(true)}>
        <Trash2 size={15} aria-hidden />
      </IconButton>
      <Confirm
        open={asking}
        title={`Remove ${name || email}?`}
        about={user?.email === email ? "You will not see this project any more." : "The account stays; it has no place in this project any more."}
        action="Remove"
        onAnswer={(yes) => {
          setAsking(false);
          if (yes) void remove({ id }).then(({ error }) => { if (told(error, "Removed.")) again(); });
        }}
      />
    </li>
  );
}

function Add({ again }: { again: () => void }) {
  const [adding, add] = useMutation(AddMemberDocument);
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("EDITOR");
  return (
    <Panel title="Add somebody">
      <form
        className="grid items-end gap-3 sm:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_auto]"
        onSubmit={(event) => {
          event.preventDefault();
          void add({ email: email.trim(), role }).then(({ error }) => {
            if (!told(error, "Added.")) return;
            setEmail("");
            again();
          });
        }}
      >
        <Field label="E-mail of an account">{(control) => <Input {...control} type="email" required value={email} onChange={(event) => setEmail(event.target.value)} />}</Field>
        <Field label="As">{(control) => <Select {...control} value={role} onChange={(event) => setRole(event.target.value as Role)}>{roles.map((r) => <option key={r.role} value={r.role}>{r.title}</option>)}</Select>}</Field>
        <Button type="submit" look="primary" disabled={adding.fetching}><UserPlus size={15} aria-hidden /> Add</Button>
      </form>
    </Panel>
  );
}
