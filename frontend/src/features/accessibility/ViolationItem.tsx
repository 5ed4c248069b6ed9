import { clsx } from "clsx";
import { ChevronRight, ExternalLink } from "lucide-react";
import { useState } from "react";
import { useBlob } from "@/auth/useContent";
import type { ArtifactDetailFragment } from "@/gql/graphql";
import { Skeleton } from "@/ui/Skeleton";
import { Unread } from "@/ui/Unread";
import type { Element, Impact, Violation } from "./findings";

const tones: Record<Impact, string> = { critical: "text-failed", serious: "text-timed-out", moderate: "text-flaky", minor: "text-idle" };

/** A rule that is broken, with the elements that break it. Those that fail the case are open. */
export function ViolationItem({ violation, artifacts }: { violation: Violation; artifacts: ArtifactDetailFragment[] }) {
  const { rule, impact, help, helpUrl, criteria, count, fails, elements } = violation;
  const [open, setOpen] = useState(fails);
  return (
    <li className="border-t border-line">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex min-h-11 w-full items-center gap-2.5 px-3 py-2 text-left text-sm hover:bg-hover focus-visible:-outline-offset-2"
      >
        <ChevronRight size={14} aria-hidden className={clsx("shrink-0 text-faint transition-transform", open && "rotate-90")} />
        <span className={clsx("tint inline-flex h-6 w-18 shrink-0 items-center justify-center rounded-full text-xs font-medium", impact ? tones[impact] : "text-idle")}>{impact ?? "unknown"}</span>
        <span className="min-w-0 flex-1">
          <span className="block break-words">{help}</span>
          <span className="block text-xs text-faint">
            {rule}
            {criteria.length > 0 ? `, WCAG ${criteria.join(", ")}` : ""}
            {fails ? "" : ", does not fail the case"}
          </span>
        </span>
        <span className="text-xs whitespace-nowrap text-soft">{count} {count === 1 ? "element" : "elements"}</span>
      </button>
      {open ? (
        <div className="grid gap-3 border-t border-line bg-sunken px-3 py-3 sm:pl-9">
          <ul className="grid gap-3">
            {elements.map((element, i) => (
              <ElementItem key={`${element.selector} ${i}`} element={element} picture={artifacts.find((a) => a.name === element.picture && !a.error)} />
            ))}
          </ul>
          {count > elements.length ? <p className="text-xs text-faint">and {count - elements.length} more, in accessibility.json</p> : null}
          {helpUrl ? (
            <a href={helpUrl} target="_blank" rel="noreferrer" className="link inline-flex w-fit items-center gap-1 text-sm">
              How to mend it <ExternalLink size={13} aria-hidden />
            </a>
          ) : null}
        </div>
      ) : null}
    </li>
  );
}

function ElementItem({ element: { selector, html, why, fresh }, picture }: { element: Element; picture: ArtifactDetailFragment | undefined }) {
  return (
    <li className="grid min-w-0 gap-1.5 rounded-md border border-line bg-raised p-2.5 text-sm">
      <p className="flex flex-wrap items-center gap-2">
        <code className="min-w-0 font-mono text-xs break-all">{selector}</code>
        {fresh === null ? null : <span className={clsx("tint rounded-full px-2 text-xs", fresh ? "text-failed" : "text-idle")}>{fresh ? "new" : "known"}</span>}
      </p>
      {picture ? <ElementPicture url={picture.url} selector={selector} /> : null}
      {html ? (
        <pre tabIndex={0} aria-label={`HTML of ${selector}`} className="max-h-32 overflow-auto rounded-sm bg-sunken px-2 py-1 font-mono text-xs break-all whitespace-pre-wrap text-soft">
          {html}
        </pre>
      ) : null}
      {why ? <p className="text-xs break-words whitespace-pre-line text-soft">{why}</p> : null}
    </li>
  );
}

// In a frame of its own, so that nothing moves when the picture comes.
function ElementPicture({ url, selector }: { url: string; selector: string }) {
  const { value: address, trouble, again } = useBlob(url);
  return (
    <div className="grid h-32 place-items-center overflow-hidden rounded-sm border border-line bg-sunken">
      {trouble ? <Unread what="The picture" away={trouble === "away"} onRetry={again} /> : address ? <img src={address} alt={`The element ${selector}`} className="max-h-full max-w-full object-contain" /> : <Skeleton className="h-full w-full rounded-none" />}
    </div>
  );
}
