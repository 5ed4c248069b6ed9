import { expect, it } from "vitest";
import { allowed, expiryOf, stateOfToken } from "./parts";

it("lets a role do what those below it may", () => {
  expect([allowed("VIEWER"), allowed("EDITOR"), allowed("ADMIN")]).toEqual([["tests:read"], ["tests:read", "tests:execute", "tests:write"], ["tests:read", "tests:execute", "tests:write", "admin"]]);
});

it.each([
  ["", null],
  ["0", null],
  ["-3", null],
  ["x", null],
  ["7", "2026-01-08T00:00:00.000Z"],
])("%j days are %s", (days, want) => {
  expect(expiryOf(days, Date.parse("2026-01-01T00:00:00Z"))).toBe(want);
});

it.each([
  [{}, "valid"],
  [{ expiresAt: "2026-01-02T00:00:00Z" }, "valid"],
  [{ expiresAt: "2026-01-01T00:00:00Z" }, "expired"],
  [{ expiresAt: "2027-01-01T00:00:00Z", revokedAt: "2025-01-01T00:00:00Z" }, "revoked"],
])("%j is %s", (token, want) => {
  expect(stateOfToken(token, Date.parse("2026-01-01T00:00:00Z"))).toBe(want);
});
