import { useEffect, useState } from "react";
import { useClient } from "urql";
import { type ComparedCaseFragment, ComparedResultsDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";

export interface Results {
  rows: ComparedCaseFragment[];
  complete: boolean;
  error: string | null;
}

const none: Results = { rows: [], complete: false, error: null };

/** All results of a run, read in pages. */
export function useResults(runId: string | undefined): Results & { again: () => void } {
  const client = useClient();
  const [round, setRound] = useState(0);
  const [found, setFound] = useState<{ of: string | undefined; results: Results }>({ of: undefined, results: none });
  useEffect(() => {
    if (!runId) return;
    let gone = false;
    const read = async () => {
      const rows: ComparedCaseFragment[] = [];
      for (let after: string | null = null; ; ) {
        const { data, error } = await client.query(ComparedResultsDocument, { id: runId, after }, { requestPolicy: "network-only" }).toPromise();
        if (gone) return;
        if (error || !data?.run) {
          setFound({ of: runId, results: { rows, complete: false, error: error ? messageOf(error) : "There is no such run; it may belong to another project." } });
          return;
        }
        rows.push(...data.run.results.nodes);
        if (!data.run.results.pageInfo.hasNextPage) break;
        after = data.run.results.pageInfo.endCursor ?? null;
      }
      setFound({ of: runId, results: { rows, complete: true, error: null } });
    };
    void read();
    return () => {
      gone = true;
    };
  }, [client, runId, round]);
  return { ...(found.of === runId ? found.results : none), again: () => setRound(round + 1) };
}
