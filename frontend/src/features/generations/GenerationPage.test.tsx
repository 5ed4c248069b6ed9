import { cleanup, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { type Asked, renderPage } from "@/test/page";
import { GenerationPage } from "./GenerationPage";

vi.mock("@/auth/useIdentity", () => ({ useMay: () => true }));
afterEach(cleanup);

const at = "2026-01-01T00:00:00Z";

function aCase(id: string, state: string, part: object = {}): Record<string, unknown> & { id: string; state: string } {
  return {
    __typename: "GeneratedCase", id, caseId: id, name: `Case ${id}`, kind: "api", source: `id: ${id}`, state, confidence: 0.9, covers: [], planVersionId: null, reviewedByName: "", reviewReason: "", reviewedAt: null, cites: [],
    checks: [{ __typename: "CaseCheck", name: "dry_run", outcome: state === "PROPOSED" ? "PASSED" : "FAILED", reason: state === "PROPOSED" ? "" : "status should equal 201, but is 500" }], ...part,
  };
}

// A server with a generation for a new plan, which comes with the first case that is approved.
function serve() {
  let plan: object | null = null;
  const cases = [aCase("lost", "REJECTED"), aCase("one", "PROPOSED"), aCase("two", "PROPOSED"), aCase("broken", "SUSPECTED_DEFECT"), aCase("three", "PROPOSED")];
  const decide = (ids: unknown, state: string, reason = "") => {
    const chosen = cases.filter(({ id }) => (ids as string[]).includes(id));
    for (const c of chosen) Object.assign(c, { state, reviewedByName: "ann@shop.test", reviewReason: reason, reviewedAt: at });
    return chosen;
  };
  return ({ operationName, variables }: Asked): unknown => {
    switch (operationName) {
      case "ApproveGeneratedCases": {
        plan = { __typename: "Plan", id: "pln_1", name: "Shop" };
        return { approveGeneratedCases: { __typename: "ApproveGeneratedCasesPayload", plan: { ...plan, version: { __typename: "PlanVersion", id: "ver_1", number: 1 } }, cases: decide(variables.ids, "ACCEPTED") } };
      }
      case "RejectGeneratedCases":
        return { rejectGeneratedCases: { __typename: "RejectGeneratedCasesPayload", cases: decide(variables.ids, "REJECTED", (variables.reason as string | null) ?? "") } };
      default:
        return {
          generation: {
            __typename: "Generation", id: "gen_1", source: "OPENAPI", status: "COMPLETED", reason: "", generator: "RULES", coverage: 0.8, candidates: 9, tried: 5, proposed: 3, createdByName: "ann@shop.test",
            createdAt: at, startedAt: at, finishedAt: at, plan, fromCache: false, cacheAgeMs: 0, notes: ["GET /secret needs credentials"], lastSeq: 9, timeoutMs: 60_000, cases: cases.map((c) => ({ ...c })),
          },
        };
    }
  };
}

const sent = (asked: Asked[], name: string) => asked.filter(({ operationName }) => operationName === name).map(({ variables }) => variables);
const shown = () => screen.getByRole("article").getAttribute("aria-label");

it("is worked through by keyboard, one by one", async () => {
  const user = userEvent.setup();
  const asked = renderPage(<GenerationPage generationId="gen_1" />, serve());
  await waitFor(() => expect(shown()).toBe("Case one"));
  await user.type(screen.getByLabelText("Name of the new plan"), "Shop");
  (document.activeElement as HTMLElement).blur();
  await user.keyboard("a");
  await waitFor(() => expect(sent(asked, "ApproveGeneratedCases")).toEqual([{ ids: ["one"], name: "Shop" }]));
  // The plan that came of it is where the next ones go.
  expect((await screen.findByRole("link", { name: "Open the plan" })).getAttribute("href")).toBe("/plans/pln_1");
  await waitFor(() => expect(shown()).toBe("Case two"));
  expect(screen.queryByLabelText("Name of the new plan")).toBeNull();
  await user.keyboard("j");
  expect(shown()).toBe("Case three");
  await user.type(screen.getByLabelText("Why it is rejected"), "Not now");
  (document.activeElement as HTMLElement).blur();
  await user.keyboard("x");
  await waitFor(() => expect(sent(asked, "RejectGeneratedCases")).toEqual([{ ids: ["three"], reason: "Not now" }]));
  await waitFor(() => expect(shown()).toBe("Case broken"));
  expect(screen.getByText(/the target may not do what the source says/)).toBeDefined();
});

it("lets many be approved at once, and nothing that is decided", async () => {
  const user = userEvent.setup();
  const asked = renderPage(<GenerationPage generationId="gen_1" />, serve());
  await user.click(await screen.findByRole("button", { name: "Choose all that are proposed" }));
  await user.click(screen.getByRole("button", { name: /^Approve 3 a$/ }));
  await waitFor(() => expect(sent(asked, "ApproveGeneratedCases")).toEqual([{ ids: ["one", "two", "three"], name: null }]));
  await waitFor(() => expect(shown()).toBe("Case broken"));
  await user.click(within(screen.getByRole("list", { name: "Cases" })).getByRole("button", { name: /Case lost/ }));
  expect(screen.queryByRole("button", { name: /^Approve( \d+)? a$/ })).toBeNull();
  await user.keyboard("ax");
  expect(sent(asked, "ApproveGeneratedCases")).toHaveLength(1);
  expect(sent(asked, "RejectGeneratedCases")).toHaveLength(0);
});

it("tells what was turned down, why, and what was left out", async () => {
  const user = userEvent.setup();
  renderPage(<GenerationPage generationId="gen_1" />, serve());
  await user.click(await screen.findByRole("button", { name: /^Rejected 1/ }));
  expect(within(screen.getByRole("list", { name: "Cases" })).getByText("status should equal 201, but is 500")).toBeDefined();
  expect(screen.getByText("GET /secret needs credentials")).toBeDefined();
});
