import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { afterEach, expect, it } from "vitest";
import { useKeys } from "@/ui/useKeys";
import { Early } from "./Early";

afterEach(cleanup);

function Behind({ told, loading }: { told: (what: string) => void; loading: boolean }) {
  const [text, setText] = useState("");
  useKeys({ p: () => told("p"), Escape: () => told("Escape") });
  return (
    <>
      {loading ? <Early text={text} onText={setText} onClose={() => told("closed")} /> : null}
      <output>{text}</output>
    </>
  );
}

it("keeps what is typed before the palette is there, and tells the page behind nothing of it", async () => {
  const user = userEvent.setup();
  const told: string[] = [];
  const tell = (what: string) => told.push(what);
  const { rerender } = render(<Behind told={tell} loading />);
  screen.getByText("Find plans, cases, runs and pages");
  await user.keyboard("pays{Backspace} x");
  expect(screen.getAllByText("pay x")).toHaveLength(2);
  await user.keyboard("{Escape}");
  expect(screen.getByRole("status").textContent).toBe("pay x");
  expect(told).toEqual(["closed"]);
  rerender(<Behind told={tell} loading={false} />);
  await user.keyboard("p");
  expect(screen.getByRole("status").textContent).toBe("pay x");
  expect(told).toEqual(["closed", "p"]);
});
