import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { NotFoundPage } from "./NotFoundPage";
import { count, oneOf, someOf, text } from "./search";
import { Shell } from "./shell/Shell";
import { caseChanges, caseStates, type CompareSearch, type PlanSearch, type PlansSearch, planTabs, type ResultSearch, resultViews, reviewModes, type ReviewSearch, type RunSearch, type RunsSearch, runStatuses, runViews, type SettingsSearch } from "./words";

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
  validateSearch: (search: Record<string, unknown>): PlanSearch => ({ tab: oneOf(planTabs, search.tab), version: count(search.version), against: count(search.against) }),
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
    view: oneOf(runViews, search.view),
  }),
  component: lazyRouteComponent(() => import("./pages/runs"), "Run"),
});

const result = createRoute({
  getParentRoute: () => root,
  path: "/runs/$runId/results/$resultId",
  validateSearch: (search: Record<string, unknown>): ResultSearch => ({ view: oneOf(resultViews, search.view), attempt: count(search.attempt), step: count(search.step) }),
  component: lazyRouteComponent(() => import("./pages/runs"), "Result"),
});

const review = createRoute({
  getParentRoute: () => root,
  path: "/runs/$runId/review",
  validateSearch: (search: Record<string, unknown>): ReviewSearch => ({ c: text(search.c), mode: oneOf(reviewModes, search.mode) }),
  component: lazyRouteComponent(() => import("./pages/review"), "Review"),
});

const compare = createRoute({
  getParentRoute: () => root,
  path: "/runs/$runId/compare",
  validateSearch: (search: Record<string, unknown>): CompareSearch => ({ with: text(search.with), change: someOf(caseChanges, search.change) }),
  component: lazyRouteComponent(() => import("./pages/compare"), "Compare"),
});

const assessments = createRoute({
  getParentRoute: () => root,
  path: "/assessments",
  validateSearch: (search: Record<string, unknown>): { after?: string | undefined } => ({ after: text(search.after) }),
  component: lazyRouteComponent(() => import("./pages/assessments"), "Assessments"),
});

const calibration = createRoute({
  getParentRoute: () => root,
  path: "/assessments/calibration",
  validateSearch: (search: Record<string, unknown>): { after?: string | undefined } => ({ after: text(search.after) }),
  component: lazyRouteComponent(() => import("./pages/assessments"), "Calibration"),
});

const compareAssessments = createRoute({
  getParentRoute: () => root,
  path: "/assessments/compare",
  validateSearch: (search: Record<string, unknown>): { a?: string | undefined; b?: string | undefined } => ({ a: text(search.a), b: text(search.b) }),
  component: lazyRouteComponent(() => import("./pages/assessments"), "CompareAssessments"),
});

const assessment = createRoute({
  getParentRoute: () => root,
  path: "/assessments/$assessmentId",
  component: lazyRouteComponent(() => import("./pages/assessments"), "OneAssessment"),
});

const generations = createRoute({
  getParentRoute: () => root,
  path: "/generations",
  validateSearch: (search: Record<string, unknown>): { after?: string | undefined } => ({ after: text(search.after) }),
  component: lazyRouteComponent(() => import("./pages/generations"), "Generations"),
});

const newGeneration = createRoute({
  getParentRoute: () => root,
  path: "/generations/new",
  validateSearch: (search: Record<string, unknown>): { plan?: string | undefined } => ({ plan: text(search.plan) }),
  component: lazyRouteComponent(() => import("./pages/generations"), "NewGeneration"),
});

const generation = createRoute({
  getParentRoute: () => root,
  path: "/generations/$generationId",
  component: lazyRouteComponent(() => import("./pages/generations"), "OneGeneration"),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  beforeLoad: ({ location }) => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's own way
    if (/^\/settings\/?$/.test(location.pathname)) throw redirect({ to: "/settings/$part", params: { part: "members" } });
  },
});

const settingsPart = createRoute({
  getParentRoute: () => root,
  path: "/settings/$part",
  validateSearch: (search: Record<string, unknown>): SettingsSearch => ({ after: text(search.after), action: text(search.action), webhook: text(search.webhook) }),
  component: lazyRouteComponent(() => import("./pages/settings"), "Settings"),
});

const graphiql = createRoute({
  getParentRoute: () => root,
  path: "/graphiql",
  component: lazyRouteComponent(() => import("./pages/graphiql"), "Graphiql"),
});

/** Every address of the dashboard. What a page filters by stands in its search, with a type. */
export const router = createRouter({
  routeTree: root.addChildren([overview, plans, newPlan, plan, runs, run, review, compare, result, assessments, calibration, compareAssessments, assessment, generations, newGeneration, generation, settings, settingsPart, graphiql]),
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
