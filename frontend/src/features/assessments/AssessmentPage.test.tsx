import { cleanup, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { type Asked, renderPage } from "@/test/page";
import { AssessmentPage } from "./AssessmentPage";

vi.mock("@/auth/useIdentity", () => ({ useMay: () => true, useIdentity: () => ({ user: { email: "ann@shop.test", name: "Ann" } }) }));
afterEach(cleanup);

const at = "2026-01-01T00:00:00Z";

function item(id: string, part: object) {
  return { __typename: "JudgedItem", criterion: "FUNCTIONALITY", id, question: `Is it ${id}?`, weight: 1, answer: "PASS", pass: 3, fail: 0, unclear: 0, dropped: 0, agreement: 1, reason: "", quotes: [], answers: [], ...part };
}

function answer(vote: number, said: string, reason: string, dropped: string) {
  return { __typename: "VoteAnswer", vote, answer: said, reason, dropped, quotes: [] };
}

// A server with one judgement of three items, which keeps labels.
function serve() {
  const labels: object[] = [];
  const run = { __typename: "Run", id: "run_1", name: "Shop", status: "FAILED" };
  const row = { __typename: "Assessment", id: "asm_1", resultId: null, judge: "LLM", status: "INCONCLUSIVE", reason: "the votes disagree on functionality (steady)", verdict: "AVERAGE", score: 0.6, confidence: 0.4, model: "stub-1", votes: 3, createdAt: at };
  const quote = { __typename: "Evidence", kind: "CHECK", id: "res_1", caseKey: "ui.pay", attempt: 2, step: 1, name: "status", quote: "status is 500" };
  const assessment = () => ({
    ...row, coverage: 0.5, omittedIssues: 0, customWeights: false, rulesVersion: "1", promptVersion: "functionality/1", createdBy: "ann@shop.test", finishedAt: at, run,
    criteria: [], issues: [], recommendations: [], labels: [...labels],
    gate: { __typename: "JudgeGate", expected: 0.8, actual: 0.6, applied: false, passed: true, reason: "the judge is not calibrated" },
    panel: {
      __typename: "JudgePanel", counted: 2, agreement: 0.7, tokens: 1200, estimated: false, costDollars: null, fromCache: false, age: 0, screens: 0,
      notes: ["vote 1 on functionality_steady was dropped: it quotes no evidence"], moreNotes: 0, rubrics: [],
      votes: [1, 2, 3].map((number) => ({ __typename: "JudgeVote", number, reversed: number === 2, provider: "primary", model: "stub-1", fromCache: false, ageSeconds: 0, tokens: 400, failure: number === 3 ? "it took too long" : "" })),
      items: [item("whole", {}), item("safe", { answer: "FAIL", pass: 0, fail: 2, reason: "Paying fails", quotes: [quote] }), item("steady", { answer: "UNDECIDED", pass: 1, fail: 1, answers: [answer(1, "PASS", "It passed at once", ""), answer(2, "FAIL", "It was tried twice", ""), answer(3, "FAIL", "It may be", "it quotes no evidence")] })],
    },
  });
  return ({ operationName, variables }: Asked): unknown => {
    switch (operationName) {
      case "LabelAssessment": {
        const { criterion, item: of, label, note } = variables;
        const kept = { __typename: "AssessmentLabel", id: `lbl_${String(of)}`, assessmentId: "asm_1", criterion, item: of, label, said: "FAIL", note, labelledBy: "ann@shop.test", updatedAt: at };
        labels.push(kept);
        return { labelAssessment: { __typename: "LabelAssessmentPayload", label: kept } };
      }
      case "RunAssessments":
        return { run: { ...run, assessments: { __typename: "AssessmentConnection", nodes: [row] } } };
      default:
        return { assessment: assessment() };
    }
  };
}

it("shows why a judgement is what it is, with the votes and their evidence", async () => {
  renderPage(<AssessmentPage assessmentId="asm_1" />, serve());
  expect(await screen.findByText("the votes disagree on functionality (steady)")).toBeDefined();
  expect(screen.getByText(/did not come in: it took too long/)).toBeDefined();
  expect(screen.getByText(/was not applied/).parentElement?.textContent).toContain("the judge is not calibrated");
  const items = within(screen.getByRole("list", { name: "Items" }));
  expect(items.getByText("2 fail, 1 did not come in")).toBeDefined();
  expect(items.getByText("The votes do not agree.")).toBeDefined();
  const votes = within(items.getByRole("list", { name: "Votes on: Is it steady?", hidden: true })).getAllByRole("listitem", { hidden: true });
  expect(votes.map(({ textContent }) => textContent)).toEqual([
    "Vote 1 pass It passed at once", "Vote 2 fail It was tried twice", "Vote 3 fail It may beDoes not count: it quotes no evidence",
  ]);
  expect(items.getByText("status is 500").tagName).toBe("Q");
  const way = items.getByRole<HTMLAnchorElement>("link", { name: /ui\.pay, step 2: status/ });
  expect(way.getAttribute("href")).toBe("/runs/run_1/results/res_1?attempt=2&step=1");
});

it("is labelled by keyboard, and goes on to what has no label", async () => {
  const user = userEvent.setup();
  const asked = renderPage(<AssessmentPage assessmentId="asm_1" />, serve());
  await user.type(await screen.findByLabelText("Note for the next label"), "seen it");
  (document.activeElement as HTMLElement).blur();
  await user.keyboard("jp");
  await waitFor(() => expect(asked.filter(({ operationName }) => operationName === "LabelAssessment").map(({ variables }) => variables)).toEqual([
    { assessmentId: "asm_1", criterion: "FUNCTIONALITY", item: "safe", label: "PASS", note: "seen it" },
  ]));
  expect(await screen.findByText("1 of 3 labelled by you")).toBeDefined();
  expect(screen.getByRole("group", { name: "Your label: Is it safe?" }).querySelector("[aria-pressed=true]")?.textContent).toBe("Pass");
  await waitFor(() => expect(document.activeElement?.textContent).toContain("Is it steady?"));
  await user.keyboard("u");
  expect(await screen.findByText("2 of 3 labelled by you")).toBeDefined();
  await waitFor(() => expect(document.activeElement?.textContent).toContain("Is it whole?"));
});
