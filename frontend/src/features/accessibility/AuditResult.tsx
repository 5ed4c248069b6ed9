import { CircleCheck } from "lucide-react";
import { useMemo, useState } from "react";
import type { ArtifactDetailFragment, ResultDetailFragment } from "@/gql/graphql";
import { Chips } from "@/ui/Chips";
import { Panel } from "@/ui/Page";
import { type Audit, countImpacts, type Impact, impacts, keep, readAudit } from "./findings";
import { ViolationItem } from "./ViolationItem";

/** The audits of the newest attempt that made any. */
export function auditsOf(result: ResultDetailFragment) {
  for (const attempt of result.attempts.toReversed()) {
    const audits = attempt.steps.flatMap((step) => {
      const audit = readAudit(step.detail);
      return audit ? [{ key: step.ordinal, name: step.name, audit }] : [];
    });
    if (audits.length > 0) return { audits, artifacts: result.artifacts.filter((a) => a.attempt === attempt.number) };
  }
  return null;
}

/** What audits of accessibility found: what is broken, how bad it is, where, and how to mend it. */
export default function AuditResult({ result }: { result: ResultDetailFragment }) {
  const found = useMemo(() => auditsOf(result), [result]);
  return (
    <section aria-label="Accessibility" className="grid gap-3">
      {found?.audits.map(({ key, name, audit }) => (
        <AuditPanel key={key} title={found.audits.length > 1 ? name : "Accessibility"} audit={audit} artifacts={found.artifacts} />
      ))}
    </section>
  );
}

type Chip = Impact | "fresh";

function AuditPanel({ title, audit, artifacts }: { title: string; audit: Audit; artifacts: ArtifactDetailFragment[] }) {
  const [chosen, setChosen] = useState<Chip[]>([]);
  const { violations, incomplete, accepted } = audit;
  const counts = countImpacts(violations);
  const shown = keep(violations, { impacts: impacts.filter((i) => chosen.includes(i)), freshOnly: chosen.includes("fresh") });
  const fresh = violations.reduce((sum, v) => sum + v.elements.filter((e) => e.fresh === true).length, 0);
  return (
    <Panel title={title} actions={<span className="text-xs text-faint">{audit.standard}, {audit.engine}</span>} flush>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-3 py-2.5 text-sm text-soft">
        <span>
          <b className="font-semibold text-text">{violations.length}</b> {violations.length === 1 ? "rule is" : "rules are"} broken, {audit.passes} passed, {audit.inapplicable} had nothing to look at
          {accepted ? `; ${accepted.count} ${accepted.count === 1 ? "finding is" : "findings are"} accepted${accepted.gone > 0 ? `, ${accepted.gone} of them no more` : ""}` : ""}
        </span>
        {violations.length > 0 ? (
          <Chips<Chip>
            label="Keep"
            chosen={chosen}
            onChange={setChosen}
            options={[
              ...impacts.filter((i) => counts.has(i)).map((i) => ({ name: i, content: <>{i} {counts.get(i)}</> })),
              ...(accepted ? [{ name: "fresh" as const, content: <>new {fresh}</> }] : []),
            ]}
          />
        ) : null}
      </div>
      {violations.length === 0 ? (
        <p className="flex items-start gap-2 border-t border-line px-3 py-3 text-sm">
          <CircleCheck size={16} className="mt-0.5 shrink-0 text-passed" aria-hidden />
          <span>No element breaks a rule. Rules find a part of what is wrong: try the page with a keyboard and a screen reader, too.</span>
        </p>
      ) : shown.length === 0 ? (
        <p className="border-t border-line px-3 py-3 text-sm text-faint">Nothing of the kind was found.</p>
      ) : (
        <ul>
          {shown.map((violation) => (
            <ViolationItem key={violation.rule} violation={violation} artifacts={artifacts} />
          ))}
        </ul>
      )}
      {incomplete.length > 0 ? <Incomplete rules={incomplete} /> : null}
    </Panel>
  );
}

function Incomplete({ rules }: { rules: Audit["incomplete"] }) {
  return (
    <details className="border-t border-line text-sm">
      <summary className="px-3 py-2.5 text-soft hover:bg-hover">
        {rules.length} {rules.length === 1 ? "rule wants" : "rules want"} a person’s look: axe-core is not sure
      </summary>
      <ul className="grid gap-2 px-3 pb-3">
        {rules.map(({ rule, help, count, elements }) => (
          <li key={rule} className="min-w-0">
            <span className="font-medium">{rule}</span> <span className="text-soft">{help}</span>
            <ul className="mt-1 grid gap-0.5">
              {elements.slice(0, 5).map((selector) => (
                <li key={selector} className="font-mono text-xs break-all text-faint">{selector}</li>
              ))}
              {count > 5 ? <li className="text-xs text-faint">and {count - Math.min(elements.length, 5)} more</li> : null}
            </ul>
          </li>
        ))}
      </ul>
    </details>
  );
}
