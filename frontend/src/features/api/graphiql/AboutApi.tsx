import { BookOpen } from "lucide-react";
import { useState } from "react";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";

/** Tells what this page is, and how to do the same without it. */
export function AboutApi({ origin }: { origin: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button small onClick={() => setOpen(true)}>
        <BookOpen size={14} aria-hidden /> About this page
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title="The API of Semantest"
        description="Everything Semantest does can be read and started over GraphQL. This page, GraphiQL, is a place to try that: the first tabs are examples, and the book on the side describes every type."
      >
        <dl className="grid gap-3 text-sm">
          <div>
            <dt className="font-medium">Queries and mutations</dt>
            <dd className="font-mono text-xs break-all">POST {origin}/graphql</dd>
          </div>
          <div>
            <dt className="font-medium">Subscriptions</dt>
            <dd className="text-soft">
              <code className="font-mono text-xs break-all">{origin.replace(/^http/, "ws")}/graphql</code>, protocol graphql-transport-ws
            </dd>
          </div>
          <div>
            <dt className="font-medium">Token</dt>
            <dd className="text-soft">
              Header <code className="font-mono text-xs">Authorization: Bearer smt_…</code>; on a socket{" "}
              <code className="font-mono text-xs">authorization</code> in <code className="font-mono text-xs">connection_init</code>. Make one with{" "}
              <code className="font-mono text-xs">semantest token create</code>. This page acts as you do.
            </dd>
          </div>
        </dl>
        <pre className="mt-4 overflow-x-auto rounded-md bg-sunken p-3 font-mono text-xs" tabIndex={0}>
          {`curl ${origin}/graphql \\
  -H "Authorization: Bearer $SEMANTEST_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"query": "{ runs { nodes { id status } } }"}'`}
        </pre>
      </Dialog>
    </>
  );
}
