import { describe, expect, it, vi } from "vitest";
import { request } from "./request";

function serve(respond: () => Promise<Response> | Response) {
  const fetch = vi.fn<(url: string, init: RequestInit) => Promise<Response>>(async () => respond());
  vi.stubGlobal("fetch", fetch);
  return {
    sent: () => {
      const [url, init] = fetch.mock.lastCall ?? [];
      const { method, headers, body } = init ?? {};
      return { url, method, headers: new Headers(headers), body: JSON.parse(body as string) as unknown };
    },
  };
}

const json = (body: unknown, status = 200) => () => new Response(JSON.stringify(body), { status });

describe("request", () => {
  it("posts the operation with the token to the page's own server", async () => {
    const server = serve(json({ data: { ok: true } }));
    const operation = { query: "query Q($a: Int) { f(a: $a) }", variables: { a: 1 }, operationName: "Q" };
    expect(await request(operation, { token: "smt_a" })).toEqual({ data: { ok: true } });
    const { url, method, headers, body } = server.sent();
    expect([url, method]).toEqual(["/graphql", "POST"]);
    expect(headers.get("Authorization")).toBe("Bearer smt_a");
    expect(headers.get("Content-Type")).toBe("application/json");
    expect(body).toEqual(operation);
  });

  it("sends no Authorization without a token", async () => {
    const server = serve(json({ data: null }));
    await request({ query: "{ a }" }, { token: "" });
    expect(server.sent().headers.has("Authorization")).toBe(false);
  });

  it("lets headers that were written by hand win, however they are spelled", async () => {
    const server = serve(json({ data: null }));
    await request({ query: "{ a }" }, { token: "smt_a", headers: { authorization: "Bearer smt_b", "X-More": "1" } });
    expect(server.sent().headers.get("Authorization")).toBe("Bearer smt_b");
    expect(server.sent().headers.get("X-More")).toBe("1");
  });

  it("returns the server's errors whatever the status", async () => {
    const answer = { errors: [{ message: "the API token is not valid", extensions: { code: "UNAUTHENTICATED" } }] };
    serve(json(answer, 401));
    expect(await request({ query: "{ a }" }, { token: "smt_a" })).toEqual(answer);
  });

  it.each([
    ["a page", "<h1>Bad Gateway</h1>"],
    ["other JSON", '{"status":"bad"}'],
    ["null", "null"],
    ["nothing", ""],
  ])("says so when %s is answered", async (_name, body) => {
    serve(() => new Response(body, { status: 502 }));
    await expect(request({ query: "{ a }" }, { token: "" })).rejects.toThrow(/status 502 and is not GraphQL/);
  });

  it("says that the server is gone", async () => {
    serve(() => Promise.reject(new TypeError("Failed to fetch")));
    await expect(request({ query: "{ a }" }, { token: "" })).rejects.toThrow(/cannot be reached/);
  });

  it("passes an abort on as it is", async () => {
    const abort = new AbortController();
    const reason = new DOMException("gone", "AbortError");
    abort.abort(reason);
    serve(() => Promise.reject(reason));
    await expect(request({ query: "{ a }" }, { token: "", signal: abort.signal })).rejects.toBe(reason);
  });
});
