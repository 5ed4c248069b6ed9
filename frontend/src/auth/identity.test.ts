import { describe, expect, it, vi } from "vitest";
import { may, openIdentityStore } from "./identity";
import type { TokenStore } from "./token";

type Answer = { data?: unknown; errors?: { message: string; extensions?: { code: string } }[] };

const me = (project = "default") => ({
  data: {
    viewer: {
      permissions: ["tests:read"],
      user: { email: "ann@example.com", name: "Ann" },
      project: { id: "prj_1", slug: project, name: "Default" },
      projects: [{ project: { id: "prj_1", slug: project, name: "Default" } }],
    },
  },
});
const nobody = { data: { viewer: { permissions: [], user: null, project: null, projects: [] } } };
const refused = (code: string) => ({ errors: [{ message: `refused: ${code}`, extensions: { code } }] });

/** Opens a store before a server that gives each operation its answers in turn, the last one again and again. */
function open(answers: Record<string, Answer[]>, { token = "", stored = {} }: { token?: string; stored?: Record<string, string> } = {}) {
  const sent: { name: string; headers: Headers }[] = [];
  vi.stubGlobal("fetch", (_url: string, init: RequestInit) => {
    const { query } = JSON.parse(init.body as string) as { query: string };
    const name = /^\w+ (\w+)/.exec(query)?.[1] ?? "";
    sent.push({ name, headers: new Headers(init.headers) });
    const left = answers[name] ?? [];
    const answer = left.length > 1 ? left.shift() : left[0];
    return answer ? Promise.resolve(new Response(JSON.stringify(answer))) : Promise.reject(new TypeError("no such server"));
  });
  let held = token;
  const tokens: TokenStore = { get: () => held, set: (next) => void (held = next), subscribe: () => () => undefined };
  const storage = {
    getItem: (key: string) => stored[key] ?? null,
    setItem: (key: string, value: string) => void (stored[key] = value),
    removeItem: (key: string) => void Reflect.deleteProperty(stored, key),
  };
  return { store: openIdentityStore(tokens, storage), sent, stored, tokenNow: () => held };
}

describe("the identity", () => {
  it("is that of the session, in the project that was chosen last", async () => {
    const { store, sent } = open({ Viewer: [me()] }, { stored: { "semantest.project": "shop" } });
    await store.ask();
    expect(store.get()).toMatchObject({ status: "signed-in", identity: { by: "session", user: { email: "ann@example.com" } } });
    expect(sent[0]?.headers.get("Semantest-Project")).toBe("shop");
    expect(store.connectionParams()).toEqual({ project: "shop" });
  });

  it("is that of a token, which comes before a session and names no project", async () => {
    const { store, sent } = open({ Viewer: [me()] }, { token: "smt_a", stored: { "semantest.project": "shop" } });
    await store.ask();
    expect(store.get()).toMatchObject({ identity: { by: "token" } });
    expect(sent[0]?.headers.get("Authorization")).toBe("Bearer smt_a");
    expect(sent[0]?.headers.has("Semantest-Project")).toBe(false);
    expect(store.connectionParams()).toEqual({ authorization: "Bearer smt_a" });
  });

  it("renews a session whose access has expired", async () => {
    const { store, sent } = open({ Viewer: [nobody, me()], Refresh: [{ data: {} }] });
    await store.ask();
    expect(store.get().status).toBe("signed-in");
    expect(sent.map((s) => s.name)).toEqual(["Viewer", "Refresh", "Viewer"]);
  });

  it("is nobody where there is nothing to renew", async () => {
    const { store } = open({ Viewer: [nobody], Refresh: [refused("UNAUTHENTICATED")] });
    await store.ask();
    expect(store.get()).toEqual({ status: "signed-out" });
  });

  it("gives a stranger no reason, and one to who holds a token that is no longer good", async () => {
    const stranger = open({ Viewer: [refused("UNAUTHENTICATED")], Refresh: [refused("UNAUTHENTICATED")] });
    await stranger.store.ask();
    expect(stranger.store.get()).toEqual({ status: "signed-out" });
    const holder = open({ Viewer: [refused("UNAUTHENTICATED")] }, { token: "smt_old" });
    await holder.store.ask();
    expect(holder.store.get()).toEqual({ status: "signed-out", reason: "refused: UNAUTHENTICATED" });
  });

  it("leaves a project that is gone", async () => {
    const { store, stored } = open({ Viewer: [refused("NOT_FOUND"), me()] }, { stored: { "semantest.project": "gone" } });
    await store.ask();
    expect(store.get().status).toBe("signed-in");
    expect(stored).toEqual({});
  });

  it("does not take a lost server for a refusal", async () => {
    const { store } = open({});
    await store.ask();
    expect(store.get()).toMatchObject({ status: "unreachable" });
  });

  it("signs in, or says why not", async () => {
    const { store, tokenNow } = open({ Login: [refused("UNAUTHENTICATED"), { data: {} }], Viewer: [me()] }, { token: "smt_old" });
    expect(await store.login("ann@example.com", "wrong")).toBe("refused: UNAUTHENTICATED");
    expect(await store.login("ann@example.com", "right")).toBeNull();
    expect(store.get()).toMatchObject({ identity: { by: "session" } });
    expect(tokenNow()).toBe("");
  });

  it("forgets a token that the server refuses", async () => {
    const { store, tokenNow } = open({ Viewer: [refused("UNAUTHENTICATED")] });
    expect(await store.useToken("smt_bad")).toBe("refused: UNAUTHENTICATED");
    expect(tokenNow()).toBe("");
  });

  it("renews once for all who ask at the same time, and ends when it cannot", async () => {
    const { store, sent } = open({ Refresh: [refused("UNAUTHENTICATED")] });
    expect(await Promise.all([store.refresh(), store.refresh()])).toEqual([false, false]);
    expect(sent).toHaveLength(1);
    expect(store.get()).toMatchObject({ status: "signed-out" });
  });

  it("stays signed in while the server that should renew it is away", async () => {
    const { store } = open({ Viewer: [me()], Refresh: [refused("UNAVAILABLE")] });
    await store.ask();
    await expect(store.refresh()).rejects.toThrow("refused: UNAVAILABLE");
    expect(store.get().status).toBe("signed-in");
  });

  it("signs out of the session and of the project", async () => {
    const { store, sent, stored } = open({ Logout: [{ data: {} }] }, { stored: { "semantest.project": "shop" } });
    await store.logout();
    expect(sent.map((s) => s.name)).toEqual(["Logout"]);
    expect(store.get()).toEqual({ status: "signed-out" });
    expect(stored).toEqual({});
  });
});

it.each([
  [["tests:read"], "tests:read", true],
  [["tests:read"], "tests:write", false],
  [["admin"], "tests:write", true],
  [["admin"], "instance", false],
  [["admin", "instance"], "instance", true],
])("%j may %s: %s", (permissions, wanted, want) => {
  expect(may(permissions, wanted)).toBe(want);
});
