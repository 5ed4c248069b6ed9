import { objectOf } from "@/ui/json";

export interface Version {
  id: string;
  number: number;
  createdAt: string;
}

/**
 * The version to show of those of a page, newest first, and the one that it is
 * compared with: the one before it unless another one is asked for. Numbers that
 * are not among them choose nothing.
 */
export function chooseVersions(versions: Version[], wanted: number | undefined, against: number | undefined): { shown: Version | null; base: Version | null } {
  const shown = versions.find(({ number }) => number === wanted) ?? versions[0] ?? null;
  if (!shown) return { shown: null, base: null };
  const other = versions.find(({ number }) => number === against && number !== shown.number);
  return { shown, base: other ?? versions[versions.indexOf(shown) + 1] ?? null };
}

interface Entry {
  action: string;
  actor: { kind: string; name: string };
  detail?: unknown;
}

/** Who wrote which version, by the entries of the audit log about the plan. */
export function authorsOf(entries: Entry[]): ReadonlyMap<number, string> {
  const authors = new Map<number, string>();
  for (const { action, actor, detail } of entries) {
    const number = Number(objectOf(detail)?.version);
    if ((action === "plan.created" || action === "plan.updated") && Number.isInteger(number) && actor.name) authors.set(number, actor.name);
  }
  return authors;
}
