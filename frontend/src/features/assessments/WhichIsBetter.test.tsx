import { cleanup, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { type Asked, renderPage } from "@/test/page";
import { WhichIsBetter } from "./WhichIsBetter";

vi.mock("@/auth/useIdentity", () => ({ useMay: () => true }));
afterEach(cleanup);

const run = (id: string, score: number) => ({ __typename: "Run", id, finishedAt: "2026-01-01T00:00:00Z", assessment: { __typename: "Assessment", id: `asm_${id}`, score, verdict: "AVERAGE" } });
const quote = (caseKey: string, words: string) => ({ __typename: "Evidence", kind: "RESULT", id: `res_${caseKey}`, caseKey, attempt: 1, step: null, name: "", quote: words });

// A server whose model says what it is given.
function serve(part: object) {
  const judgement = { __typename: "PairJudgement", status: "ASSESSED", reason: "", preferred: "B", notes: [], model: "stub-1", tokens: 900, estimated: false, costDollars: null, fromCache: false, criteria: [], ...part };
  return ({ operationName }: Asked): unknown => operationName === "JudgePair" ? { judgePair: { __typename: "JudgePairPayload", judgement } } : { a: run("run_1", 0.5), b: run("run_2", 0.75) };
}

it("shows what a model prefers, with what it quotes of both runs", async () => {
  const user = userEvent.setup();
  const criterion = { __typename: "PairCriterion", criterion: "FUNCTIONALITY", preferred: "B", reason: "Paying works now", said: ["B", "B"], quotesA: [quote("ui.pay", "status is 500")], quotesB: [quote("ui.pay", "passed")] };
  const asked = renderPage(<WhichIsBetter beforeId="run_1" runId="run_2" />, serve({ criteria: [criterion] }));
  await user.type(await screen.findByLabelText("Model"), "stub-2");
  await user.click(screen.getByRole("button", { name: "Ask a model" }));
  const item = within(await screen.findByRole("list", { name: "Criteria" }));
  expect(item.getByText(/Paying works now/)).toBeDefined();
  expect(item.getByText("status is 500").tagName).toBe("Q");
  expect(item.getAllByRole<HTMLAnchorElement>("link").map(({ pathname }) => pathname)).toEqual(["/runs/run_1/results/res_ui.pay", "/runs/run_2/results/res_ui.pay"]);
  expect(screen.getByText(/900 tokens, of unknown cost/)).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Ask again" }));
  await waitFor(() => expect(asked.filter(({ operationName }) => operationName === "JudgePair").map(({ variables }) => variables)).toEqual([
    { a: "asm_run_1", b: "asm_run_2", model: "stub-2", fresh: false }, { a: "asm_run_1", b: "asm_run_2", model: "stub-2", fresh: true },
  ]));
});

it("says why no model could be asked", async () => {
  const user = userEvent.setup();
  renderPage(<WhichIsBetter beforeId="run_1" runId="run_2" />, serve({ status: "NOT_ASSESSED", preferred: "INCONCLUSIVE", model: "", reason: "no language model is configured" }));
  await user.click(await screen.findByRole("button", { name: "Ask a model" }));
  expect((await screen.findByText("Not judged")).parentElement?.textContent).toBe("Not judged: no language model is configured");
});
