import { act, renderHook, waitFor } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { checkToken, useSession } from "./session";

const viewer = { data: { viewer: { project: { name: "Default" }, permissions: ["tests:read"] } } };
const accepted = { status: "accepted", project: "Default", permissions: ["tests:read"] };
const refusal = { data: null, errors: [{ message: "the API token is not valid", extensions: { code: "UNAUTHENTICATED" } }] };

function serve(answer: (token: string | null) => unknown) {
  const fetch = vi.fn((_url: string, init: RequestInit) =>
    Promise.resolve(new Response(JSON.stringify(answer(new Headers(init.headers).get("Authorization"))))),
  );
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

describe("checkToken", () => {
  it("tells whom the token stands for", async () => {
    serve(() => viewer);
    expect(await checkToken("smt_a")).toEqual(accepted);
  });

  it("tells that the server refused it", async () => {
    serve(() => refusal);
    expect(await checkToken("smt_a")).toEqual({ status: "refused", message: "the API token is not valid" });
  });

  it("does not blame the token for other errors", async () => {
    serve(() => ({ data: null, errors: [{ message: "the database is away", extensions: { code: "UNAVAILABLE" } }] }));
    expect(await checkToken("smt_a")).toEqual({ status: "unreachable", message: "the database is away" });
    serve(() => ({ data: null, errors: [{ message: "no extensions" }] }));
    expect(await checkToken("smt_a")).toMatchObject({ status: "unreachable" });
  });

  it("tells that nothing answers", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    expect(await checkToken("smt_a")).toMatchObject({ status: "unreachable" });
  });

  it.each([
    ["", "missing"],
    ["smt_…", "refused"],
    ["smt_a b", "refused"],
  ])("does not send %j", async (token, status) => {
    const fetch = serve(() => viewer);
    expect(await checkToken(token)).toMatchObject({ status });
    expect(fetch).not.toHaveBeenCalled();
  });
});

describe("useSession", () => {
  it("checks again when the token changes, and never shows the answer for another one", async () => {
    serve((authorization) => (authorization === "Bearer smt_good" ? viewer : refusal));
    const { result, rerender } = renderHook(({ token }) => useSession(token), { initialProps: { token: "smt_bad" } });
    expect(result.current[0].status).toBe("checking");
    await waitFor(() => {
      expect(result.current[0].status).toBe("refused");
    });
    rerender({ token: "smt_good" });
    expect(result.current[0].status).toBe("checking");
    await waitFor(() => {
      expect(result.current[0]).toEqual(accepted);
    });
    rerender({ token: "" });
    expect(result.current[0].status).toBe("missing");
  });

  it("checks the same token again on demand", async () => {
    let known = false;
    serve(() => (known ? viewer : refusal));
    const { result } = renderHook(() => useSession("smt_a"));
    await waitFor(() => {
      expect(result.current[0].status).toBe("refused");
    });
    known = true;
    act(() => {
      result.current[1]();
    });
    await waitFor(() => {
      expect(result.current[0]).toEqual(accepted);
    });
  });
});
