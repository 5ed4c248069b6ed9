import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { openTokenStore } from "./token";

function openAt(address: string) {
  window.history.replaceState(null, "", address);
  return openTokenStore(window);
}

let listening: MockInstance<typeof window.addEventListener>;

beforeEach(() => {
  window.sessionStorage.clear();
  listening = vi.spyOn(window, "addEventListener");
});

// All tests share a window; stores of earlier ones must not listen to it.
afterEach(() => {
  for (const [type, listener] of listening.mock.calls) window.removeEventListener(type, listener as EventListener);
});

describe("openTokenStore", () => {
  it("has no token at first", () => {
    expect(openAt("/graphiql").get()).toBe("");
  });

  it("takes the token from the address and removes it there", () => {
    const store = openAt("/graphiql?tab=1#token=smt_a-b_c");
    expect(store.get()).toBe("smt_a-b_c");
    expect(window.location.pathname + window.location.search + window.location.hash).toBe("/graphiql?tab=1");
  });

  it("leaves the rest of the fragment", () => {
    openAt("/#token=smt_a&case=home");
    expect(window.location.hash).toBe("#case=home");
  });

  it("leaves an address without a token alone", () => {
    openAt("/#case=home");
    expect(window.location.hash).toBe("#case=home");
  });

  it("prefers the address to what is stored, and keeps what is stored without one", () => {
    openAt("/").set("smt_old");
    expect(openAt("/#token=smt_new").get()).toBe("smt_new");
    expect(openAt("/").get()).toBe("smt_new");
    expect(openAt("/#token=").get()).toBe("smt_new");
  });

  it("takes the token of a link that is followed while the page is open", () => {
    const store = openAt("/");
    window.location.hash = "#token=smt_late";
    window.dispatchEvent(new Event("hashchange"));
    expect(store.get()).toBe("smt_late");
    expect(window.location.hash).toBe("");
  });

  it.each([
    ["smt_a", "smt_a"],
    ["  smt_a\n", "smt_a"],
    ["Bearer smt_a", "smt_a"],
    ["bearer  smt_a", "smt_a"],
    ["   ", ""],
  ])("reads a pasted %j as %j", (pasted, token) => {
    const store = openAt("/");
    store.set(pasted);
    expect(store.get()).toBe(token);
  });

  it("stores nothing once the token is removed", () => {
    const store = openAt("/#token=smt_a");
    expect(Object.values(window.sessionStorage)).toContain("smt_a");
    store.set("");
    expect(window.sessionStorage).toHaveLength(0);
  });

  it("tells subscribers until they leave", () => {
    const store = openAt("/");
    const listener = vi.fn();
    const leave = store.subscribe(listener);
    store.set("smt_a");
    leave();
    store.set("smt_b");
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it("works where the browser blocks storage", () => {
    const blocked = Object.create(window, {
      sessionStorage: {
        get: () => {
          throw new DOMException("blocked", "SecurityError");
        },
      },
      location: { value: window.location },
      history: { value: window.history },
      addEventListener: { value: () => undefined },
    }) as Window;
    const store = openTokenStore(blocked);
    store.set("smt_a");
    expect(store.get()).toBe("smt_a");
  });
});
