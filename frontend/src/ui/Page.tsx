import { clsx } from "clsx";
import type { ReactNode } from "react";

interface PageProps {
  /** Of the window, too. */
  title: string;
  /** In place of the title, where more than words is to be seen. */
  heading?: ReactNode;
  /** Where the page stands: links to what is above it. */
  above?: ReactNode;
  /** A line below the title. */
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** What every page of the shell is. */
export function Page({ title, heading, above, about, actions, children }: PageProps) {
  return (
    <div className="mx-auto w-full max-w-[1720px] px-4 pt-4 pb-10 md:px-6 md:pt-5">
      <title>{`${title} – Semantest`}</title>
      <header className="mb-4 flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          {above ? <div className="mb-0.5 flex items-center gap-1.5 text-sm text-faint">{above}</div> : null}
          <h1 className="text-xl font-semibold break-words">{heading ?? title}</h1>
          {about ? <div className="mt-1 text-sm text-soft">{about}</div> : null}
        </div>
        {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
      </header>
      {children}
    </div>
  );
}

interface PanelProps {
  title?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
  /** Whether the content reaches the frame. */
  flush?: boolean;
}

/** A framed part of a page. */
export function Panel({ title, actions, children, className, flush = false }: PanelProps) {
  return (
    <section className={clsx("min-w-0 rounded-lg border border-line bg-raised", className)}>
      {title ? (
        <header className="flex min-h-10 flex-wrap items-center gap-2 border-b border-line px-3 py-1">
          <h2 className="flex-1 text-sm font-semibold">{title}</h2>
          {actions}
        </header>
      ) : null}
      <div className={flush ? "" : "p-3"}>{children}</div>
    </section>
  );
}
