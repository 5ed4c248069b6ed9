import type { ReactNode } from "react";

interface Props {
  /** What the page is about; stands beside the product's name. */
  section: string;
  /** The page's own controls. */
  children?: ReactNode;
}

export function Header({ section, children }: Props) {
  return (
    <header className="header">
      <a className="brand" href="/">
        <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
          <rect width="32" height="32" rx="8" className="brand-tile" />
          <path d="m8.5 16.5 5 5 10-11" className="brand-tick" />
        </svg>
        <span>Semantest</span>
      </a>
      <span className="section">{section}</span>
      {children}
    </header>
  );
}
