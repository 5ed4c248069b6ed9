import { useEffect, useState } from "react";
import { useClient } from "urql";
import { GenerationProgressDocument } from "@/gql/graphql";
import { advance, type Progress, unknownProgress } from "./proposals";

/** Follows a generation while it runs, from its beginning. A lost connection goes on after the last event. */
export function useProgress(id: string, running: boolean): Progress {
  const client = useClient();
  const [progress, setProgress] = useState(unknownProgress);
  useEffect(() => {
    if (!running) return;
    const following = client.subscription(GenerationProgressDocument, { id, after: 0 }).subscribe(({ data }) => {
      if (data) setProgress((before) => advance(before, data.generationProgress));
    });
    return () => following.unsubscribe();
  }, [client, id, running]);
  return progress;
}
