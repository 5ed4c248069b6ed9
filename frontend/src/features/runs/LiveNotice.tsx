import { CloudOff, History } from "lucide-react";
import { useConnection } from "@/graphql/useConnection";
import { formatDuration } from "@/ui/duration";
import { useNow } from "@/ui/useNow";
import type { RunView } from "./runStore";

/** Shorter breaks are nobody's concern. */
const patienceMs = 1500;

/** Says when what is shown is not what is: the connection is lost, or events are still on their way. */
export function LiveNotice({ view }: { view: RunView }) {
  const connection = useConnection();
  const lostSince = connection.status === "lost" && !view.ended ? connection.since : null;
  const now = useNow(lostSince !== null || view.behindSince !== null);
  const said = () => {
    if (lostSince !== null) {
      return (
        <>
          <CloudOff size={14} className="text-timed-out" aria-hidden />
          Connection lost {now - lostSince > 1000 ? `${formatDuration(now - lostSince - ((now - lostSince) % 1000))} ago` : ""}; connecting again. Nothing will be missed.
        </>
      );
    }
    if (view.behindSince !== null && now - view.behindSince > patienceMs) {
      return (
        <>
          <History size={14} className="text-flaky" aria-hidden />
          {view.lastSeq - view.seq} events behind, catching up
        </>
      );
    }
    if (view.error) return view.error;
    return null;
  };
  return (
    <p role="status" className="flex min-h-5 items-center gap-1.5 text-xs text-soft">
      {said()}
    </p>
  );
}
