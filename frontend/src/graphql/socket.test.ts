import { describe, expect, it } from "vitest";
import { numberOf, socketAddress } from "./socket";

describe("numberOf", () => {
  it.each([
    [{ runEvents: { seq: 7 } }, 7],
    [{ runProgress: { lastSeq: 7 } }, null],
    [{ runEvents: null }, null],
    [null, null],
    [undefined, null],
  ])("%j is %s", (data, want) => {
    expect(numberOf(data)).toBe(want);
  });
});

describe("socketAddress", () => {
  it.each([
    ["http:", "ws://tests.example:8080/graphql"],
    ["https:", "wss://tests.example:8080/graphql"],
  ])("%s", (protocol, want) => {
    expect(socketAddress({ protocol, host: "tests.example:8080" } as Location)).toBe(want);
  });
});
