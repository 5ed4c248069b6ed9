import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { NotFoundPage } from "@/routes/NotFoundPage";
import { settingsParts } from "@/features/settings/parts";
import { SettingsPage } from "@/features/settings/SettingsPage";

const settings = getRouteApi("/settings/$part");

export function Settings() {
  const { part } = settings.useParams();
  const search = settings.useSearch();
  const navigate = useNavigate();
  const known = settingsParts.find((p) => p === part);
  if (!known) return <NotFoundPage />;
  return <SettingsPage key={known} part={known} search={search} onSearch={(next) => void navigate({ to: "/settings/$part", params: { part: known }, search: next, resetScroll: false })} />;
}
