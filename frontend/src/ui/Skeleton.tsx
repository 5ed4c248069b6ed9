import { clsx } from "clsx";

/** Stands where something is about to be, in its size, so that nothing moves when it comes. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={clsx("block rounded-md bg-line breathing", className ?? "h-4 w-32")} />;
}

/** Rows of a list that is being read. */
export function SkeletonRows({ rows = 8, label = "Loading" }: { rows?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} className="overflow-hidden rounded-lg border border-line bg-raised">
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} className={clsx("flex h-12 items-center gap-4 px-3", i > 0 && "border-t border-line")}>
          <Skeleton className="size-4 shrink-0 rounded-full" />
          <Skeleton className="h-3.5 w-2/5 max-w-72" />
          <Skeleton className="ml-auto h-3.5 w-24" />
        </div>
      ))}
    </div>
  );
}
