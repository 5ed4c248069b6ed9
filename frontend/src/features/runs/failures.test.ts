import { describe, expect, it } from "vitest";
import { aCase } from "@/test/factories";
import { clustersOf, headOf, signatureOf } from "./failures";

describe("the signature of an error", () => {
  it.each([
    ['$.total should equal "31.76", but is "31.77"', '$.total should equal "36.90", but is "36.91"'],
    ["GET http://127.0.0.1:8090/api/x?a=1 answered 500", "GET https://shop.test/other answered 503"],
    ["order ord_01m828k6we was not found after 30 s", "order ord_09z8x7y6w5v was not found after 1.5 s"],
    ["id 5f2c1a7be901 is wrong", "id 01ab23cd45ef is wrong"],
    ["since 2026-01-01T10:00:00Z", "since 2027-12-31T23:59:59.5Z"],
  ])("is the same for %j and %j", (a, b) => {
    expect(signatureOf(a)).toBe(signatureOf(b));
  });

  it("is another for another check", () => {
    expect(signatureOf("status should be 200, but is 500")).not.toBe(signatureOf("header content-type is missing"));
  });
});

it("puts failures together, the most frequent first, and leaves out what passed", () => {
  const row = (id: string, outcome: "FAILED" | "TIMED_OUT" | "PASSED", error: string) => aCase({ id, outcome, error, status: "FINISHED" });
  const got = clustersOf([row("a", "FAILED", "x 1"), row("b", "FAILED", "y"), row("c", "FAILED", "y"), row("d", "PASSED", "y"), row("e", "TIMED_OUT", "y")]);
  expect(got.map(({ error, rows }) => [error, rows.map(({ id }) => id)])).toEqual([["y", ["b", "c"]], ["x 1", ["a"]], ["y", ["e"]]]);
});

it.each([
  [{ title: "status should be 200, but is <n>", check: "status", code: "status_500" }, "status should be 200, but is <n>"],
  [{ title: "", check: "status", code: "status_500" }, "status"],
  [{ title: "", check: "", code: "connection_refused" }, "connection refused"],
  [{ title: "", check: "", code: "" }, "It says no reason."],
])("%j is called %s", (cluster, want) => {
  expect(headOf(cluster)).toBe(want);
});
