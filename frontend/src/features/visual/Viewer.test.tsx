import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ComparisonDetailFragment } from "@/gql/graphql";
import { Viewer } from "./Viewer";

const { refresh } = vi.hoisted(() => ({ refresh: vi.fn<() => Promise<boolean>>() }));
vi.mock("@/auth/useIdentity", () => ({ identity: { headers: () => ({}), refresh } }));

const addresses: string[] = [];
const capture = vi.fn();
beforeEach(() => {
  addresses.length = 0;
  capture.mockClear();
  Element.prototype.setPointerCapture = capture;
  refresh.mockResolvedValue(false);
  vi.stubGlobal("URL", Object.assign(URL, {
    createObjectURL: () => {
      addresses.push(`blob:${addresses.length}`);
      return addresses.at(-1);
    },
    revokeObjectURL: (address: string) => void addresses.splice(addresses.indexOf(address), 1),
  }));
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

/** Lets the server answer with each status in turn; 0 is a server that cannot be reached. */
function answering(...statuses: number[]) {
  const asked = vi.fn(() => {
    const status = statuses.shift() ?? 200;
    return status === 0 ? Promise.reject(new TypeError("Failed to fetch")) : Promise.resolve(new Response("a picture", { status }));
  });
  vi.stubGlobal("fetch", asked);
  return asked;
}

const picture = { kind: "SCREENSHOT", viewport: "800x600@1", actual: { id: "art_1", url: "/artifacts/art_1" }, baseline: null, diff: null } as unknown as ComparisonDetailFragment;
const show = () => render(<Viewer comparison={picture} mode="side" />);

describe("a picture", () => {
  it("is shown, and its address given back", async () => {
    answering(200);
    const { unmount } = show();
    expect((await screen.findByAltText("What was seen")).getAttribute("src")).toBe("blob:0");
    unmount();
    expect(addresses).toEqual([]);
  });

  it.each([
    ["a server that cannot be reached", [0]],
    ["a server that is stopping", [503]],
    ["too many requests", [429]],
  ])("is asked for again after %s", async (_, statuses) => {
    answering(...statuses, 200);
    show();
    expect((await screen.findByRole("alert")).textContent).toContain("could not be fetched");
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByAltText("What was seen");
    expect(screen.queryByRole("alert")).toBeNull();
    // The frame to draw on has left the click to the button.
    expect(capture).not.toHaveBeenCalled();
  });

  it("that is gone is not asked for again", async () => {
    answering(404);
    show();
    expect((await screen.findByRole("alert")).textContent).toContain("Run the case again");
    expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
  });

  it("is asked for once more by who has a session that can be renewed", async () => {
    refresh.mockResolvedValue(true);
    const asked = answering(401, 200);
    show();
    await screen.findByAltText("What was seen");
    expect(asked).toHaveBeenCalledTimes(2);
  });
});
