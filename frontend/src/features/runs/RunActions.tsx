import { CircleStop, Pause, Play } from "lucide-react";
import { useState } from "react";
import { type CombinedError, useMutation } from "urql";
import { useMay } from "@/auth/useIdentity";
import { PauseRunDocument, ResumeRunDocument, type RunDetailFragment, StopRunDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { isFinal } from "@/ui/looks";
import { toast } from "@/ui/toast";

export function RunActions({ run }: { run: RunDetailFragment }) {
  const may = useMay("tests:execute");
  const [asking, setAsking] = useState(false);
  const [pausing, pause] = useMutation(PauseRunDocument);
  const [resuming, resume] = useMutation(ResumeRunDocument);
  const [stopping, stop] = useMutation(StopRunDocument);
  const { id, status } = run;
  if (!may || isFinal(status)) return null;
  const busy = pausing.fetching || resuming.fetching || stopping.fetching || Boolean(run.stopRequestedAt);
  return (
    <>
      {status === "PAUSED" ? (
        <Button disabled={busy} onClick={() => void resume({ id }).then(({ error }) => told(error, "The run goes on."))}>
          <Play size={15} aria-hidden /> Resume
        </Button>
      ) : (
        <Button disabled={busy} onClick={() => void pause({ id }).then(({ error }) => told(error, "Paused: cases under way end, no further one begins."))}>
          <Pause size={15} aria-hidden /> Pause
        </Button>
      )}
      <Button look="danger" disabled={busy} onClick={() => setAsking(true)}>
        <CircleStop size={15} aria-hidden /> {run.stopRequestedAt ? "Stopping…" : "Stop"}
      </Button>
      <Dialog open={asking} onOpenChange={setAsking} title="Stop this run?" description="What waits is cancelled at once, and what is under way ends soon. A stopped run cannot go on.">
        <div className="flex justify-end gap-2">
          <Button onClick={() => setAsking(false)}>Let it run</Button>
          <Button
            look="primary"
            onClick={() => {
              setAsking(false);
              void stop({ id }).then(({ error }) => told(error, "The run is stopping."));
            }}
          >
            Stop the run
          </Button>
        </div>
      </Dialog>
    </>
  );
}

function told(error: CombinedError | undefined, done: string) {
  if (error) toast(messageOf(error), "wrong");
  else toast(done);
}
