import type { StepDetailFragment } from "@/gql/graphql";

type Check = StepDetailFragment["checks"][number];

/** A threshold of a metric, such as LCP median<2500. */
export interface Limit extends Check {
  metric: string;
  /** "median<2500". */
  text: string;
  value: number;
  /** Whether the noise band reaches over it. */
  unsure: boolean;
}

/** A limit on what a page loads. */
export interface Allowance extends Check {
  /** "script", "total", "requests". */
  of: string;
}

const form = /^([A-Z]+) ([a-z]+(?:\([\d.]+\))?(?:<=?|>=?|==|!=)(-?[\d.]+))$/;
const budget = /^budget ([a-z]+)<=/;

/** The limits among the checks of a step that measured a page. */
export function limitsOf(checks: Check[]): { limits: Limit[]; budget: Allowance[] } {
  const limits: Limit[] = [];
  const allowances: Allowance[] = [];
  for (const check of checks) {
    const limit = form.exec(check.name);
    if (limit) limits.push({ ...check, metric: limit[1] ?? "", text: limit[2] ?? "", value: Number(limit[3]), unsure: check.actual.includes("not certain") });
    const allowance = budget.exec(check.name);
    if (allowance) allowances.push({ ...check, of: allowance[1] ?? "" });
  }
  return { limits, budget: allowances };
}
