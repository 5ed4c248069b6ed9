import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { NewPlanPage } from "@/features/plans/NewPlanPage";
import { PlanListPage } from "@/features/plans/PlanListPage";
import { PlanPage } from "@/features/plans/PlanPage";
import { RunsOfPlan } from "@/features/runs/RunsOfPlan";

const plans = getRouteApi("/plans");
const plan = getRouteApi("/plans/$planId");

export function Plans() {
  return <PlanListPage search={plans.useSearch()} />;
}

export function NewPlan() {
  return <NewPlanPage />;
}

export function Plan() {
  const { planId } = plan.useParams();
  const { tab, version, against } = plan.useSearch();
  const navigate = useNavigate();
  return (
    <PlanPage
      key={planId}
      planId={planId}
      tab={tab}
      onTab={(next) => void navigate({ to: "/plans/$planId", params: { planId }, search: { tab: next === "editor" ? undefined : next }, replace: true })}
      versions={{ version, against }}
      onVersions={(search) => void navigate({ to: "/plans/$planId", params: { planId }, search: { tab: "versions", ...search }, replace: true, resetScroll: false })}
      runs={<RunsOfPlan planId={planId} />}
    />
  );
}
