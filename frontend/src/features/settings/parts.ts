import type { Role } from "@/gql/graphql";

export const settingsParts = ["members", "tokens", "secrets", "webhooks", "limits", "audit", "workers"] as const;
export type SettingsPart = (typeof settingsParts)[number];

export const roles: { role: Role; title: string }[] = [
  { role: "VIEWER", title: "Viewer: sees everything" },
  { role: "EDITOR", title: "Editor: writes plans and starts runs" },
  { role: "ADMIN", title: "Administrator: also this page" },
];

export const permissions = ["tests:read", "tests:execute", "tests:write", "admin"] as const;

/** What a role may do; a token may do no more than its account. */
export function allowed(role: Role): string[] {
  const last = { VIEWER: 1, EDITOR: 3, ADMIN: 4 }[role];
  return permissions.slice(0, last);
}

/** The instant at the end of a number of days from now; null without a number. */
export function expiryOf(days: string, now = Date.now()): string | null {
  const count = Number(days);
  return days === "" || !Number.isFinite(count) || count <= 0 ? null : new Date(now + count * 86_400_000).toISOString();
}

/** How a token does: whether it can be used, and if not why. */
export function stateOfToken({ revokedAt, expiresAt }: { revokedAt?: string | null; expiresAt?: string | null }, now: number): "valid" | "revoked" | "expired" {
  if (revokedAt) return "revoked";
  return expiresAt && Date.parse(expiresAt) <= now ? "expired" : "valid";
}
