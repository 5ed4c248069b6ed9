import { useEffect } from "react";
import { useClient } from "urql";
import { RunProgressDocument } from "@/gql/graphql";

/** Follows the progress of runs; the cache carries it to everything that shows them. */
export function useLiveRuns(ids: string[]) {
  const client = useClient();
  const wanted = ids.join(" ");
  useEffect(() => {
    const all = wanted.split(" ").filter(Boolean);
    const following = all.map((runId) => client.subscription(RunProgressDocument, { runId }).subscribe(() => undefined));
    return () => {
      for (const each of following) each.unsubscribe();
    };
  }, [client, wanted]);
}
