import { clsx } from "clsx";
import type { ReactNode } from "react";
import { useShortcuts } from "./shortcuts";

/** The key that does the same; a phone has none, and who has switched them off is told of none. */
export function Key({ children }: { children: ReactNode }) {
  const { on } = useShortcuts();
  return on ? <Cap className="max-sm:hidden">{children}</Cap> : null;
}

/** How a key looks, whether or not it acts. */
export function Cap({ children, className }: { children: ReactNode; className?: string }) {
  return <kbd className={clsx("rounded-sm border border-current/30 px-1 font-sans text-xs", className)}>{children}</kbd>;
}

/** What the keys of a page do; nothing while they are off. */
export function KeyHints({ children }: { children: ReactNode }) {
  const { on } = useShortcuts();
  return on ? <span className="max-sm:hidden">{children}</span> : null;
}
