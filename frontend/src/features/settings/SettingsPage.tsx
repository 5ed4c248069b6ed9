import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Lock } from "lucide-react";
import { lazy, type ReactNode, Suspense } from "react";
import { useIdentity, useMay } from "@/auth/useIdentity";
import { EmptyState } from "@/ui/EmptyState";
import { Page } from "@/ui/Page";
import { SkeletonRows } from "@/ui/Skeleton";
import type { SettingsPart } from "./parts";

const Members = lazy(() => import("./Members"));
const Tokens = lazy(() => import("./Tokens"));
const Secrets = lazy(() => import("./Secrets"));
const Webhooks = lazy(() => import("./Webhooks"));
const Limits = lazy(() => import("./Limits"));
const Audit = lazy(() => import("./Audit"));
const Workers = lazy(() => import("./Workers"));

export interface SettingsPageSearch {
  after?: string | undefined;
  action?: string | undefined;
  webhook?: string | undefined;
}

interface Props {
  part: SettingsPart;
  search: SettingsPageSearch;
  onSearch: (search: SettingsPageSearch) => void;
}

const parts: { part: SettingsPart; title: string; permission: string }[] = [
  { part: "members", title: "Members", permission: "admin" },
  { part: "tokens", title: "Tokens", permission: "admin" },
  { part: "secrets", title: "Secrets", permission: "tests:read" },
  { part: "webhooks", title: "Webhooks", permission: "tests:write" },
  { part: "limits", title: "Limits", permission: "tests:read" },
  { part: "audit", title: "Audit log", permission: "admin" },
  { part: "workers", title: "Workers", permission: "tests:read" },
];

/** What a project is allowed, who works in it, and what works for it. */
export function SettingsPage({ part, search, onSearch }: Props) {
  const { project } = useIdentity();
  const { title, permission } = parts.find((p) => p.part === part) ?? { title: "", permission: "admin" };
  const may = useMay(permission);
  const shown: Record<SettingsPart, () => ReactNode> = {
    members: () => <Members />,
    tokens: () => <Tokens />,
    secrets: () => <Secrets />,
    webhooks: () => <Webhooks chosen={search.webhook} onChoose={(webhook) => onSearch({ webhook })} />,
    limits: () => <Limits />,
    audit: () => <Audit search={search} onSearch={onSearch} />,
    workers: () => <Workers />,
  };
  return (
    <Page title={`${title}, settings`} heading="Settings" about={project ? `Of the project ${project.name || project.slug}` : undefined}>
      <nav aria-label="Settings" className="mb-4 flex gap-1 overflow-x-auto border-b border-line">
        {parts.map((p) => (
          <Link
            key={p.part}
            to="/settings/$part"
            params={{ part: p.part }}
            aria-current={p.part === part ? "page" : undefined}
            // On a phone the part that is shown may lie beyond the edge.
            ref={p.part === part ? showPart : undefined}
            className={clsx("-mb-px flex h-9 items-center border-b-2 px-2.5 text-sm whitespace-nowrap focus-visible:-outline-offset-2", p.part === part ? "border-accent font-medium" : "border-transparent text-soft hover:text-text")}
          >
            {p.title}
          </Link>
        ))}
      </nav>
      {may ? (
        <Suspense fallback={<SkeletonRows rows={4} />}>{shown[part]()}</Suspense>
      ) : (
        <EmptyState icon={Lock} title="Not for this account">
          {permission === "admin" ? "Administrators of the project see this. Ask one of them for the role, or sign in as one." : "Editors of the project see this. Ask an administrator for the role."}
        </EmptyState>
      )}
    </Page>
  );
}

function showPart(link: HTMLAnchorElement | null) {
  link?.scrollIntoView({ block: "nearest", inline: "center" });
}
