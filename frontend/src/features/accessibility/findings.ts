import { listOf, numberOf, objectOf, objectsOf, textOf } from "@/ui/json";

export const impacts = ["critical", "serious", "moderate", "minor"] as const;
export type Impact = (typeof impacts)[number];

export interface Element {
  selector: string;
  html: string;
  why: string;
  /** Name of its picture among the artifacts, "" without one. */
  picture: string;
  /** Whether nobody has accepted it; null where nothing is compared. */
  fresh: boolean | null;
}

export interface Violation {
  rule: string;
  /** null where axe-core names none. */
  impact: Impact | null;
  help: string;
  helpUrl: string;
  criteria: string[];
  count: number;
  fails: boolean;
  elements: Element[];
}

export interface Audit {
  engine: string;
  standard: string;
  violations: Violation[];
  incomplete: { rule: string; help: string; count: number; elements: string[] }[];
  passes: number;
  inapplicable: number;
  /** What people have accepted, and how much of it is no more; null where nothing is compared. */
  accepted: { count: number; gone: number } | null;
}

/** What an audit found, from the detail of its step; null where the step made none. */
export function readAudit(detail: unknown): Audit | null {
  const told = objectOf(objectOf(detail)?.accessibility);
  if (!told || !Array.isArray(told.violations)) return null;
  return {
    engine: textOf(told.engine),
    standard: standardOf(listOf(told.tags).map(textOf)),
    violations: objectsOf(told.violations)
      .map((v) => ({
        rule: textOf(v.rule),
        impact: impacts.find((impact) => impact === v.impact) ?? null,
        help: textOf(v.help),
        helpUrl: safe(textOf(v.helpUrl)),
        criteria: listOf(v.wcag).map(textOf),
        count: numberOf(v.count),
        fails: v.fails === true,
        elements: objectsOf(v.elements).map((e) => ({
          selector: textOf(e.selector),
          html: textOf(e.html),
          why: textOf(e.why),
          picture: textOf(e.picture),
          fresh: typeof e.new === "boolean" ? e.new : null,
        })),
      }))
      .sort((a, b) => weight(a.impact) - weight(b.impact) || b.count - a.count),
    incomplete: objectsOf(told.incomplete).map((r) => ({ rule: textOf(r.rule), help: textOf(r.help), count: numberOf(r.count), elements: listOf(r.elements).map(textOf) })),
    passes: numberOf(told.passes),
    inapplicable: numberOf(told.inapplicable),
    accepted: typeof told.accepted === "number" ? { count: told.accepted, gone: numberOf(told.gone) } : null,
  };
}

function weight(impact: Impact | null): number {
  return impact === null ? impacts.length : impacts.indexOf(impact);
}

// A link that a page could have put there leads to the web, and nowhere else.
function safe(address: string): string {
  return /^https:\/\//.test(address) ? address : "";
}

const standards: [tag: string, name: string][] = [
  ["best-practice", "WCAG 2.2 AA and best practices"],
  ["wcag22aa", "WCAG 2.2 AA"],
  ["wcag21aa", "WCAG 2.1 AA"],
  ["wcag2aa", "WCAG 2.0 AA"],
  ["wcag2a", "WCAG 2.0 A"],
];

/** The name of the standard that a set of axe-core's tags stands for; the tags where it is none. */
export function standardOf(tags: string[]): string {
  return standards.find(([tag]) => tags.includes(tag))?.[1] ?? tags.join(", ");
}

export interface Kept {
  impacts: readonly Impact[];
  freshOnly: boolean;
}

/** The violations that a filter keeps, with those of their elements. */
export function keep(violations: Violation[], { impacts: wanted, freshOnly }: Kept): Violation[] {
  return violations
    .filter(({ impact }) => wanted.length === 0 || (impact !== null && wanted.includes(impact)))
    .map((v) => (freshOnly ? { ...v, elements: v.elements.filter((e) => e.fresh !== false) } : v))
    .filter((v) => !freshOnly || v.elements.length > 0);
}

/** How many elements break rules of each impact. */
export function countImpacts(violations: Violation[]): Map<Impact, number> {
  const counts = new Map<Impact, number>();
  for (const { impact, count } of violations) if (impact) counts.set(impact, (counts.get(impact) ?? 0) + count);
  return counts;
}
