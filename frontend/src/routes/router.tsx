import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { NotFoundPage } from "./NotFoundPage";
import { oneOf, someOf, text } from "./search";
import { Shell } from "./shell/Shell";
import { caseStates, type PlanSearch, type PlansSearch, planTabs, type RunSearch, type RunsSearch, runStatuses } from "./words";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage });

const overview = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/overview"), "Overview"),
});

const plans = createRoute({
  getParentRoute: () => root,
  path: "/plans",
  validateSearch: (search: Record<string, unknown>): PlansSearch => ({ q: text(search.q), after: text(search.after) }),
  component: lazyRouteComponent(() => import("./pages/plans"), "Plans"),
});

const newPlan = createRoute({
  getParentRoute: () => root,
  path: "/plans/new",
  component: lazyRouteComponent(() => import("./pages/plans"), "NewPlan"),
});

const plan = createRoute({
  getParentRoute: () => root,
  path: "/plans/$planId",
  validateSearch: (search: Record<string, unknown>): PlanSearch => ({ tab: oneOf(planTabs, search.tab) }),
  component: lazyRouteComponent(() => import("./pages/plans"), "Plan"),
});

const runs = createRoute({
  getParentRoute: () => root,
  path: "/runs",
  validateSearch: (search: Record<string, unknown>): RunsSearch => ({
    status: someOf(runStatuses, search.status),
    plan: text(search.plan),
    after: text(search.after),
  }),
  component: lazyRouteComponent(() => import("./pages/runs"), "Runs"),
});

const run = createRoute({
  getParentRoute: () => root,
  path: "/runs/$runId",
  validateSearch: (search: Record<string, unknown>): RunSearch => ({
    case: text(search.case),
    q: text(search.q),
    state: someOf(caseStates, search.state),
    order: oneOf(["plan", "failures"] as const, search.order),
    view: oneOf(["log"] as const, search.view),
  }),
  component: lazyRouteComponent(() => import("./pages/runs"), "Run"),
});

const result = createRoute({
  getParentRoute: () => root,
  path: "/runs/$runId/results/$resultId",
  component: lazyRouteComponent(() => import("./pages/runs"), "Result"),
});

const graphiql = createRoute({
  getParentRoute: () => root,
  path: "/graphiql",
  component: lazyRouteComponent(() => import("./pages/graphiql"), "Graphiql"),
});

/** Every address of the dashboard. What a page filters by stands in its search, with a type. */
export const router = createRouter({
  routeTree: root.addChildren([overview, plans, newPlan, plan, runs, run, result, graphiql]),
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
