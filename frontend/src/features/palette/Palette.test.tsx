import { cleanup, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { type Asked, renderPage } from "@/test/page";
import Palette from "./Palette";

vi.mock("@/auth/useIdentity", () => ({ useMay: () => true }));
afterEach(() => {
  cleanup();
  window.localStorage.clear();
});

// A server with a plan, a run of it, and two cases.
function answer({ variables }: Asked): unknown {
  const words = variables.words as string;
  const run = { __typename: "Run", id: "run_1", name: "Shop" };
  const cases = ["Pay by card", "The mug"].map((title, i) => ({ __typename: "Result", id: `res_${i}`, title, caseKey: `case.${i}`, outcome: "FAILED", status: "FINISHED", run }));
  return {
    ...(variables.searching ? { findCases: cases.filter(({ title }) => title.toLowerCase().includes(words)) } : {}),
    plans: { __typename: "PlanConnection", nodes: "shop".includes(words) ? [{ __typename: "Plan", id: "pln_1", name: "Shop" }] : [] },
    runs: { __typename: "RunConnection", nodes: [{ ...run, status: "FAILED", createdAt: "2026-01-01T00:00:00Z", environment: "" }] },
  };
}

it("finds cases by their names, and asks for none before something is typed", async () => {
  const user = userEvent.setup();
  const asked = renderPage(<Palette onClose={() => undefined} onShortcuts={() => undefined} />, answer);
  expect(await screen.findByRole("option", { name: "Overview" })).toBeDefined();
  await waitFor(() => expect(asked.map(({ variables }) => variables.searching)).toEqual([false]));
  await user.type(screen.getByRole("combobox"), "pay");
  const found = await screen.findByRole("option", { name: /Pay by card/ });
  expect(found.getAttribute("aria-selected")).toBe("true");
  expect(screen.queryByRole("option", { name: /The mug/ })).toBeNull();
});

it("switches single-key shortcuts off and on, and opens the list of them", async () => {
  const user = userEvent.setup();
  const done: string[] = [];
  renderPage(<Palette onClose={() => done.push("closed")} onShortcuts={() => done.push("shortcuts")} />, answer);
  await user.click(await screen.findByRole("option", { name: "Keyboard shortcuts" }));
  expect(done).toEqual(["closed", "shortcuts"]);
  await user.click(screen.getByRole("option", { name: "Switch single-key shortcuts off" }));
  expect(window.localStorage.getItem("semantest.shortcuts")).toBe("off");
  await user.click(await screen.findByRole("option", { name: "Switch single-key shortcuts on" }));
  expect(window.localStorage.getItem("semantest.shortcuts")).toBe("on");
});

it("goes on from what was typed before it was there", async () => {
  const user = userEvent.setup();
  renderPage(<Palette begun="pay" onClose={() => undefined} onShortcuts={() => undefined} />, answer);
  const field = await screen.findByRole<HTMLInputElement>("combobox");
  expect(document.activeElement).toBe(field);
  await user.keyboard(" by");
  expect(field.value).toBe("pay by");
});
