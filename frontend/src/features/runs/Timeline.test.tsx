import { cleanup, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { type Asked, renderPage } from "@/test/page";
import { Timeline } from "./Timeline";

afterEach(cleanup);

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

// A run of two pages of cases: a worker performed two at the same time, another one a third.
function serve({ variables }: Asked): unknown {
  const node = (id: string, workerId: string, from: number, to: number, outcome: string) => ({
    __typename: "Result", id, caseKey: id, title: `Case ${id}`, attempts: [{ __typename: "Attempt", number: 1, outcome, workerId, startedAt: at(from), finishedAt: at(to) }],
  });
  const first = !variables.after;
  return {
    run: {
      __typename: "Run", id: "run_1", results: {
        __typename: "ResultConnection", nodes: first ? [node("a", "wrk_1", 0, 6, "PASSED"), node("b", "wrk_1", 2, 8, "FAILED")] : [node("c", "wrk_2", 4, 10, "PASSED")],
        pageInfo: { __typename: "PageInfo", hasNextPage: first, endCursor: first ? "next" : null },
      },
    },
  };
}

it("draws who performed what, and opens a case", async () => {
  const onOpen = vi.fn();
  renderPage(<Timeline runId="run_1" events={[]} final onOpen={onOpen} />, serve);
  expect((await screen.findByText("wrk_1")).closest("li")?.textContent).toContain("2 cases, 2 at once at most, busy 80 % of the time");
  expect(screen.getByText("wrk_2").closest("li")?.textContent).toContain("1 case, 1 at once at most, busy 60 % of the time");
  const piece = screen.getByTitle("Case b: failed, 6.0 s");
  expect([piece.style.left, piece.style.width]).toEqual(["20%", "60%"]);
  await userEvent.setup().click(piece);
  expect(onOpen).toHaveBeenCalledWith("b");
});

it("says what will be there before a case has begun", async () => {
  const none = () => ({ run: { __typename: "Run", id: "run_1", results: { __typename: "ResultConnection", nodes: [], pageInfo: { __typename: "PageInfo", hasNextPage: false, endCursor: null } } } });
  renderPage(<Timeline runId="run_1" events={[]} final={false} onOpen={() => undefined} />, none);
  await screen.findByText(/No case has begun yet/);
});
