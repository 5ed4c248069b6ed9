import { clsx } from "clsx";
import { Copy, X } from "lucide-react";
import { type PointerEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { useBlob, useText } from "@/auth/useContent";
import type { ComparisonDetailFragment } from "@/gql/graphql";
import { Button, IconButton } from "@/ui/Button";
import { Skeleton } from "@/ui/Skeleton";
import { TextDiff } from "@/ui/TextDiff";
import { toast } from "@/ui/toast";
import { Unread } from "@/ui/Unread";
import { maskSnippet, type Region, regionOf, type ReviewMode, scaleOf } from "./review";

interface Props {
  comparison: ComparisonDetailFragment;
  mode: ReviewMode;
}

/** What was accepted and what was seen, in one of several ways to tell them apart. */
export function Viewer({ comparison, mode }: Props) {
  const { kind, baseline, actual, diff } = comparison;
  if (kind !== "SCREENSHOT") return <Texts baseline={baseline?.url ?? null} actual={actual?.url ?? null} />;
  if (!actual) return <p className="rounded-lg border border-dashed border-line p-8 text-center text-sm text-faint">The picture is no longer there. Run the case again to see it.</p>;
  if (!baseline || mode === "side") return <Side comparison={comparison} />;
  if (mode === "diff") return <Frame><Shot url={diff?.url ?? actual.url} alt="What differs" /></Frame>;
  if (mode === "slider") return <Slider before={baseline.url} after={actual.url} />;
  if (mode === "overlay") return <Overlay before={baseline.url} after={actual.url} />;
  return <Blink before={baseline.url} after={actual.url} />;
}

function Frame({ children, title }: { children: ReactNode; title?: string }) {
  return (
    <figure className="min-w-0 overflow-hidden rounded-lg border border-line bg-sunken">
      {title ? <figcaption className="border-b border-line bg-raised px-3 py-1.5 text-xs text-soft">{title}</figcaption> : null}
      {children}
    </figure>
  );
}

function Shot({ url, alt, className }: { url: string; alt: string; className?: string }) {
  const { value: address, trouble, again } = useBlob(url);
  if (trouble) return <Unread what="The picture" away={trouble === "away"} onRetry={again} className="aspect-video" />;
  if (!address) return <Skeleton className="aspect-video w-full rounded-none" />;
  return <img src={address} alt={alt} draggable={false} className={clsx("block w-full", className)} />;
}

function Side({ comparison: { baseline, actual, viewport } }: { comparison: ComparisonDetailFragment }) {
  return (
    <div className={clsx("grid items-start gap-3", baseline && "md:grid-cols-2")}>
      {baseline ? <Frame title="Accepted"><Shot url={baseline.url} alt="What was accepted" /></Frame> : null}
      {actual ? (
        <Frame title="Seen">
          <Maskable key={actual.id} url={actual.url} scale={scaleOf(viewport)} />
        </Frame>
      ) : null}
    </div>
  );
}

// A picture to draw regions on that are not to be compared.
function Maskable({ url, scale }: { url: string; scale: number }) {
  const frame = useRef<HTMLDivElement>(null);
  const [regions, setRegions] = useState<Region[]>([]);
  const [drawing, setDrawing] = useState<{ from: { x: number; y: number }; now: { x: number; y: number } } | null>(null);
  const picture = () => {
    const img = frame.current?.querySelector("img");
    if (!img) return null;
    const { width, height } = img.getBoundingClientRect();
    return { shown: { width, height }, page: { width: img.naturalWidth / scale, height: img.naturalHeight / scale } };
  };
  const point = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const place = ({ x, y, width, height }: Region, page: { width: number; height: number }) => ({
    left: `${(x / page.width) * 100}%`, top: `${(y / page.height) * 100}%`, width: `${(width / page.width) * 100}%`, height: `${(height / page.height) * 100}%`,
  });
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  return (
    <>
      <div
        ref={frame}
        title="Draw over what is not to be compared"
        className="relative touch-pan-y cursor-crosshair select-none"
        onPointerDown={(event) => {
          if (event.button !== 0 || event.pointerType === "touch" || !picture()) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          const at = point(event);
          setDrawing({ from: at, now: at });
        }}
        onPointerMove={(event) => {
          if (drawing) setDrawing({ ...drawing, now: point(event) });
        }}
        onPointerUp={(event) => {
          const now = picture();
          if (drawing && now) {
            const region = regionOf(drawing.from, point(event), now.shown, now.page);
            if (region.width > 3 && region.height > 3) setRegions([...regions, region]);
            setSize(now.page);
          }
          setDrawing(null);
        }}
      >
        <Shot url={url} alt="What was seen" />
        {size ? regions.map((region, i) => <span key={i} className="absolute border border-running bg-[color-mix(in_srgb,var(--running)_35%,transparent)]" style={place(region, size)} />) : null}
        {drawing ? (
          <span
            className="absolute border border-dashed border-running"
            style={{ left: Math.min(drawing.from.x, drawing.now.x), top: Math.min(drawing.from.y, drawing.now.y), width: Math.abs(drawing.now.x - drawing.from.x), height: Math.abs(drawing.now.y - drawing.from.y) }}
          />
        ) : null}
      </div>
      {regions.length > 0 ? (
        <div className="flex items-start gap-2 border-t border-line bg-raised p-2">
          <div className="min-w-0 flex-1">
            <p className="mb-1 text-xs text-soft">For the plan: these regions are left out of the comparison.</p>
            <pre className="overflow-x-auto font-mono text-xs">{maskSnippet(regions)}</pre>
          </div>
          <Button small onClick={() => void navigator.clipboard.writeText(maskSnippet(regions)).then(() => toast("Copied. Put it into the screenshot of the plan."), () => toast("The browser does not let the page copy; mark the text instead.", "wrong"))}>
            <Copy size={14} aria-hidden /> Copy
          </Button>
          <IconButton label="Remove the regions" className="h-7!" onClick={() => setRegions([])}>
            <X size={14} aria-hidden />
          </IconButton>
        </div>
      ) : null}
    </>
  );
}

function Slider({ before, after }: { before: string; after: string }) {
  const [at, setAt] = useState(50);
  return (
    <div className="grid gap-2">
      <Frame>
        <div className="relative">
          <Shot url={after} alt="What was seen" />
          <div aria-hidden className="absolute inset-0 overflow-hidden" style={{ clipPath: `inset(0 ${100 - at}% 0 0)` }}>
            <Shot url={before} alt="" />
          </div>
          <span aria-hidden className="absolute inset-y-0 w-0.5 bg-accent" style={{ left: `${at}%` }} />
        </div>
      </Frame>
      <Range label="Accepted to the left, seen to the right" value={at} onChange={setAt} />
    </div>
  );
}

function Overlay({ before, after }: { before: string; after: string }) {
  const [at, setAt] = useState(50);
  return (
    <div className="grid gap-2">
      <Frame>
        <div className="relative">
          <Shot url={before} alt="What was accepted" />
          <div aria-hidden className="absolute inset-0" style={{ opacity: at / 100 }}>
            <Shot url={after} alt="" />
          </div>
        </div>
      </Frame>
      <Range label="How much of what was seen lies over what was accepted" value={at} onChange={setAt} />
    </div>
  );
}

function Range({ label, value, onChange }: { label: string; value: number; onChange: (value: number) => void }) {
  return (
    <label className="flex items-center gap-3 text-xs text-soft">
      <span className="max-sm:sr-only">{label}</span>
      <input type="range" min={0} max={100} value={value} onChange={(event) => onChange(Number(event.target.value))} className="min-w-40 flex-1 accent-(--accent)" />
    </label>
  );
}

/** Slow enough for those whom flashes harm: less than three a second. */
const blinkMs = 600;

function Blink({ before, after }: { before: string; after: string }) {
  const [seen, setSeen] = useState(false);
  const [going, setGoing] = useState(() => !window.matchMedia("(prefers-reduced-motion: reduce)").matches);
  useEffect(() => {
    if (!going) return;
    const timer = setInterval(() => setSeen((now) => !now), blinkMs);
    return () => clearInterval(timer);
  }, [going]);
  return (
    <div className="grid gap-2">
      <Frame>
        <div className="relative">
          <Shot url={before} alt="What was accepted" />
          <div aria-hidden className="absolute inset-0" style={{ visibility: seen ? "visible" : "hidden" }}>
            <Shot url={after} alt="" />
          </div>
        </div>
      </Frame>
      <div className="flex items-center gap-2 text-xs text-soft">
        <Button small onClick={() => setGoing(!going)}>{going ? "Hold" : "Go on"}</Button>
        {going ? null : <Button small onClick={() => setSeen(!seen)}>Turn</Button>}
        {seen ? "Seen" : "Accepted"}
      </div>
    </div>
  );
}

function Texts({ baseline, actual }: { baseline: string | null; actual: string | null }) {
  if (!actual) return <p className="text-sm text-faint">What was seen is no longer there. Run the case again.</p>;
  return baseline ? <BothTexts baseline={baseline} actual={actual} /> : <OneText url={actual} />;
}

function OneText({ url }: { url: string }) {
  const { value: text, trouble, again } = useText(url);
  if (trouble) return <Unread what="What was seen" away={trouble === "away"} onRetry={again} className="h-48" />;
  if (text === null) return <Skeleton className="h-48 w-full" />;
  return <pre tabIndex={0} className="max-h-[60vh] overflow-auto rounded-lg border border-line bg-raised p-3 font-mono text-xs whitespace-pre-wrap">{text}</pre>;
}

function BothTexts({ baseline, actual }: { baseline: string; actual: string }) {
  const before = useText(baseline);
  const after = useText(actual);
  if (before.trouble) return <Unread what="What was accepted" away={before.trouble === "away"} onRetry={before.again} className="h-48" />;
  if (after.trouble) return <Unread what="What was seen" away={after.trouble === "away"} onRetry={after.again} className="h-48" />;
  if (before.value === null || after.value === null) return <Skeleton className="h-48 w-full" />;
  return <TextDiff expected={before.value} actual={after.value} />;
}
