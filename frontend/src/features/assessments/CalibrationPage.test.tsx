import { cleanup, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it } from "vitest";
import { type Asked, renderPage } from "@/test/page";
import { CalibrationPage } from "./CalibrationPage";

afterEach(cleanup);

const at = "2026-01-01T00:00:00Z";

function judgement(id: string, labels: number, status = "ASSESSED") {
  return {
    __typename: "Assessment", id, resultId: null, judge: "LLM", status, reason: "", verdict: "GOOD", score: 0.8, confidence: 0.7, model: "stub-1", votes: 3, createdAt: at,
    run: { __typename: "Run", id: `run_${id}`, name: `Shop ${id}` },
    labels: Array.from({ length: labels }, (_, i) => ({
      __typename: "AssessmentLabel", id: `lbl_${id}_${i}`, assessmentId: id, criterion: "UI", item: `item_${i}`, label: i === 0 ? "FAIL" : "PASS", said: "PASS", note: "", labelledBy: "ann@shop.test", updatedAt: at,
    })),
  };
}

// A server whose second page of judgements has what follows.
function serve(first: object[], second?: object[]) {
  return ({ operationName, variables }: Asked): unknown => {
    if (operationName === "Calibration") {
      const none = (criterion: string) => ({ __typename: "JudgeCalibration", criterion, model: "", promptVersion: "", n: 0, agree: 0, abstained: 0, unclear: 0, kappa: null, kappaInterval: null, tpr: null, tprInterval: null, tnr: null, tnrInterval: null, calibrated: false, reason: "" });
      return { functionality: none("FUNCTIONALITY"), ui: none("UI"), performance: none("PERFORMANCE"), accessibility: none("ACCESSIBILITY") };
    }
    const later = variables.after === "more";
    return { assessments: { __typename: "AssessmentConnection", nodes: later ? second : first, pageInfo: { __typename: "PageInfo", hasNextPage: !later && second !== undefined, endCursor: later ? "end" : "more" } } };
  };
}

it("goes on to older judgements, also where the newest have not come in", async () => {
  renderPage(<CalibrationPage after={undefined} />, serve([judgement("a", 0, "PENDING")], [judgement("b", 1)]));
  const older = await screen.findByRole<HTMLAnchorElement>("link", { name: "Older" });
  expect(older.getAttribute("href")).toBe("/assessments/calibration?after=more");
  expect(screen.queryByText("No model has judged a run yet")).toBeNull();
  expect(screen.queryByRole("link", { name: "Newest" })).toBeNull();
  cleanup();

  renderPage(<CalibrationPage after="more" />, serve([judgement("a", 0)], [judgement("b", 1)]));
  expect(await within(await screen.findByRole("list", { name: "Judgements" })).findByRole("link", { name: "Shop b" })).toBeDefined();
  expect(screen.getByRole("link", { name: "Newest" }).getAttribute("href")).toBe("/assessments/calibration");
  expect(screen.queryByRole("link", { name: "Older" })).toBeNull();
});

it("shows all labels when it is asked to, and those that differ alone", async () => {
  const user = userEvent.setup();
  renderPage(<CalibrationPage after={undefined} />, serve([judgement("a", 120)]));
  const labels = await screen.findByRole("list", { name: "Labels" });
  expect(within(labels).getAllByRole("listitem")).toHaveLength(100);
  await user.click(screen.getByRole("button", { name: "Show all 120" }));
  expect(within(labels).getAllByRole("listitem")).toHaveLength(120);
  await user.click(screen.getByRole("button", { name: "The judge differs 1" }));
  expect(within(labels).getAllByRole("listitem")).toHaveLength(1);
  expect(screen.queryByRole("navigation", { name: "Pages of judgements" })).toBeNull();
});

it("teaches the next step where nothing was judged", async () => {
  renderPage(<CalibrationPage after={undefined} />, serve([]));
  expect(await screen.findByText("No model has judged a run yet")).toBeDefined();
});
