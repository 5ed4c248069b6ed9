import { useBlob } from "@/auth/useContent";
import { formatDuration } from "@/ui/duration";
import { Panel } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";
import { Unread } from "@/ui/Unread";

/** How the page came to look complete, in moments of the run in the middle. */
export function Filmstrip({ url, at, run, mobile }: { url: string | null; at: number[]; run: number; mobile: boolean }) {
  return (
    <Panel title="Filmstrip" actions={url ? <span className="text-xs text-faint">run {run}, the one in the middle</span> : null}>
      {url ? <Strip url={url} at={at} mobile={mobile} /> : <p className="text-sm text-soft">No run was filmed: the page has drawn nothing, or another browser than Chromium measured it.</p>}
    </Panel>
  );
}

function Strip({ url, at, mobile }: { url: string; at: number[]; mobile: boolean }) {
  const { value: address, trouble, again } = useBlob(url);
  // As wide as eight screens are to their height, so that nothing moves when the picture comes.
  const frame = mobile ? "aspect-[4/1] w-full" : "aspect-[13/1] w-full";
  if (trouble) return <Unread what="The filmstrip" away={trouble === "away"} onRetry={again} className={frame} />;
  return (
    <div tabIndex={0} role="group" aria-label="Moments of the page" className="overflow-x-auto">
      <div className={mobile ? "min-w-[28rem] max-w-[56rem]" : "min-w-[40rem]"}>
        {address ? <img src={address} alt={`The page after ${at.map((ms) => formatDuration(ms)).join(", ")}`} className={`${frame} rounded-sm border border-line bg-sunken object-contain`} /> : <Skeleton className={frame} />}
        <ol aria-hidden className="mt-1 grid grid-flow-col text-center text-xs text-faint" style={{ gridAutoColumns: "minmax(0, 1fr)" }}>
          {at.map((ms, i) => (
            <li key={i}>{formatDuration(ms)}</li>
          ))}
        </ol>
      </div>
    </div>
  );
}
