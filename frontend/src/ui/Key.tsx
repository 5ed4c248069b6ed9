import type { ReactNode } from "react";

/** The key that does the same; a phone has none. */
export function Key({ children }: { children: ReactNode }) {
  return <kbd className="rounded-sm border border-current/30 px-1 font-sans text-xs max-sm:hidden">{children}</kbd>;
}
