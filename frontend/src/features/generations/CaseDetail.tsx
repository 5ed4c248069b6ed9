import { clsx } from "clsx";
import { RelativeTime } from "@/ui/Time";
import { type GeneratedCase, whyNot } from "./proposals";
import { asks, outcomes, states } from "./words";

/** A generated case: its text, what it stands on, and what was found about it. */
export function CaseDetail({ of: c }: { of: GeneratedCase }) {
  const { icon: Icon, text, word } = states[c.state];
  const against = c.state === "SUSPECTED_DEFECT" || c.state === "REJECTED" ? whyNot(c) : "";
  // That a person has approved it is no finding.
  const found = c.checks.filter(({ name }) => name !== "approved");
  const passed = found.filter(({ outcome }) => outcome === "PASSED").length;
  return (
    <article aria-label={c.name || c.caseId} className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4 rounded-lg border border-line bg-raised p-4">
      <header className="grid gap-1.5">
        <h2 className="text-lg font-semibold break-words">{c.name || c.caseId || "A case that cannot be read"}</h2>
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-faint">
          <span className={clsx("tint inline-flex h-6 items-center gap-1 rounded-full px-2 text-xs font-medium", text)}><Icon size={13} aria-hidden /> {word}</span>
          {c.kind ? <span>{c.kind}</span> : null}
          <span className="break-all">{c.caseId}</span>
          <span>{Math.round(c.confidence * 100)} % confidence</span>
        </p>
        {c.state === "SUSPECTED_DEFECT" ? <p className="text-sm text-soft">It fails each time: the target may not do what the source says. Approve it all the same to keep it as a case that fails until that is mended.</p> : null}
        {against ? <p className={clsx("text-sm break-words", text)}>{against}</p> : null}
        {c.reviewedAt ? <p className="text-sm text-soft">{c.state === "ACCEPTED" ? "Approved" : "Rejected"} by {c.reviewedByName || "somebody"} <RelativeTime at={c.reviewedAt} />{c.reviewReason ? `: “${c.reviewReason}”` : ""}</p> : null}
      </header>
      <pre tabIndex={0} aria-label="Case, as YAML" className="max-h-[28rem] overflow-auto rounded-lg border border-line bg-sunken p-3 font-mono text-xs leading-5">{c.source}</pre>
      <div className="grid gap-4 xl:grid-cols-2">
        <section aria-label="Checks" className="min-w-0">
          <h3 className="mb-1.5 text-sm font-semibold">Checks <span className="font-normal text-faint">{passed} of {found.length} hold</span></h3>
          <ul className="grid gap-1.5 text-sm">
            {c.checks.map(({ name, outcome, reason }) => {
              const look = outcomes[outcome];
              return (
                <li key={name} className="flex items-start gap-2" title={name}>
                  <look.icon role="img" aria-label={look.word} size={15} className={clsx("mt-0.5 shrink-0", look.text)} />
                  <span className="min-w-0 break-words">{asks(name)}{reason ? <span className="block text-xs text-faint">{reason}</span> : null}</span>
                </li>
              );
            })}
          </ul>
        </section>
        <section aria-label="What it stands on" className="grid min-w-0 content-start gap-3 text-sm">
          {c.cites.length > 0 ? (
            <div>
              <h3 className="mb-1.5 font-semibold">What it stands on</h3>
              <ul className="grid gap-1.5">
                {c.cites.map(({ kind, ref, quote }, i) => (
                  <li key={i} className="min-w-0 break-words">
                    <span className="font-medium">{ref}</span> <span className="text-xs text-faint">{kind}</span>
                    {quote ? <q className="block border-l-2 border-line-strong/50 pl-2 font-mono text-xs">{quote}</q> : null}
                  </li>
                ))}
              </ul>
            </div>
          ) : null}
          {c.covers.length > 0 ? (
            <div>
              <h3 className="mb-1.5 font-semibold">What it looks at</h3>
              <ul className="grid gap-0.5 text-xs text-soft">{c.covers.map((each) => <li key={each} className="break-words">{each}</li>)}</ul>
            </div>
          ) : null}
        </section>
      </div>
    </article>
  );
}
