import { clsx } from "clsx";

export function Brand({ className }: { className?: string }) {
  return (
    <span className={clsx("flex items-center gap-2 font-semibold", className)}>
      <svg viewBox="0 0 32 32" width="24" height="24" className="shrink-0" aria-hidden="true">
        <rect width="32" height="32" rx="8" className="fill-accent" />
        <path d="m8.5 16.5 5 5 10-11" fill="none" className="stroke-on-accent" strokeWidth="3.5" strokeLinecap="round" strokeLinejoin="round" />
      </svg>
      Semantest
    </span>
  );
}
