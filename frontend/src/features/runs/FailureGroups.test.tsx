import { cleanup, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { type Asked, renderPage } from "@/test/page";
import { FailureGroups } from "./FailureGroups";

vi.mock("@/auth/useIdentity", () => ({ useMay: () => true }));
afterEach(cleanup);

const at = "2026-01-01T00:00:00Z";

// A server with a new kind of failure and a known one; a model knows the cause of the first as soon as it is asked.
function serve() {
  let analysis: object | null = null;
  const cluster = (id: string, part: object) => ({
    __typename: "FailureCluster", id, signature: id, code: "", check: "", operation: "POST /orders", title: id, cause: "UNKNOWN", rule: "", why: "", quote: "",
    firstRunId: "run_0", firstSeenAt: at, lastSeenAt: at, analysis: null, ...part,
  });
  const group = (of: object, part: object) => ({
    __typename: "FailureGroup", count: 1, runs: 1, caseCount: 1, cases: ["api.a"], new: false, flakyShare: 0, cluster: of,
    examples: [{ __typename: "FailureExample", resultId: "res_1", runId: "run_1", caseKey: "api.a", attempt: 1, message: "status is 500" }], ...part,
  });
  return ({ operationName }: Asked): unknown => {
    const broken = cluster("fcl_1", { title: "status should be <n>", cause: "PRODUCT_FAULT", why: "The server answered with a fault of its own.", analysis });
    if (operationName === "AnalyzeFailures") {
      analysis = {
        __typename: "FailureAnalysis", status: "ANALYZED", reason: "", cause: "PRODUCT_FAULT", confidence: 1, votes: 3, explanation: "The order is written twice.", dropped: 1, model: "stub-1", finishedAt: at,
        quotes: [{ __typename: "FailureQuote", text: "duplicate key", resultId: "res_1", caseKey: "api.a" }],
      };
      return { analyzeFailures: { __typename: "AnalyzeFailuresPayload", clusters: [{ ...broken, analysis }] } };
    }
    return { run: { __typename: "Run", id: "run_1", failureClusters: [group(broken, { new: true, count: 3, caseCount: 3 }), group(cluster("fcl_2", { title: "refused" }), {})] } };
  };
}

it("tells known failures from new ones, and asks a model for their causes", async () => {
  const user = userEvent.setup();
  const asked = renderPage(<FailureGroups runId="run_1" otherwise="nothing failed" />, serve());
  const [first, second] = within(await screen.findByRole("list", { name: "Failures" })).getAllByText(/^\d×$/).map((count) => count.closest("li") as HTMLElement);
  if (!first || !second) throw new Error("there are two kinds");
  expect(screen.getByText("4 failures of 2 kinds; 1 not seen before.")).toBeDefined();
  expect(within(first).getByText("New")).toBeDefined();
  expect(within(first).getByText(/2 more cases/)).toBeDefined();
  expect(within(second).getByText(/^known, first/)).toBeDefined();
  expect(within(second).getByText("No rule knows the cause")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Ask a model for causes" }));
  expect(await within(first).findByText("The order is written twice.")).toBeDefined();
  expect(within(first).getByText("duplicate key")).toBeDefined();
  expect(within(first).getByText(/1 quotation was in no failure/)).toBeDefined();
  expect(asked.find(({ operationName }) => operationName === "AnalyzeFailures")?.variables).toEqual({ runId: "run_1", clusterId: null });
});

it("leaves a run without failures to others", async () => {
  renderPage(<FailureGroups runId="run_1" otherwise="nothing failed" />, () => ({ run: { __typename: "Run", id: "run_1", failureClusters: [] } }));
  expect(await screen.findByText("nothing failed")).toBeDefined();
});
