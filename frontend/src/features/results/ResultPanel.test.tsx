import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { renderPage } from "@/test/page";
import { ResultPanel } from "./ResultPanel";

afterEach(cleanup);

it("keeps a case under way until its end was read, though the list knows of it already", async () => {
  const result = {
    __typename: "Result", id: "res_1", ordinal: 0, caseId: "pay", caseKey: "pay", title: "Pay", kind: "API", tags: [], matrix: null, target: "", status: "RUNNING", outcome: null, error: "",
    attempt: 1, maxRetries: 0, retries: 0, lost: 0, startedAt: "2026-01-01T00:00:00Z", finishedAt: null, durationMs: 0, waitingFor: null, attempts: [], artifacts: [], run: { __typename: "Run", id: "run_1", name: "Shop", status: "RUNNING" },
  };
  renderPage(<ResultPanel runId="run_1" resultId="res_1" title="Pay" caseKey="pay" status="FINISHED" attempt={1} observed={[]} />, () => ({ result }));
  expect(await screen.findByText("Running")).toBeDefined();
  expect(screen.queryByText("No attempt was made.")).toBeNull();
});
