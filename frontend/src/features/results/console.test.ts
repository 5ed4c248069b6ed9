import { expect, it } from "vitest";
import { readConsole } from "./console";

it("reads a line for each object, and leaves out what is none", () => {
  const text = `{"time":"2026-01-01T10:20:30.123456Z","level":"error","text":"boom","where":"http://x/a.js:1:2","uncaught":true}\n\nnot JSON\n7\n{"level":"log","text":"hello"}\n`;
  expect(readConsole(text)).toEqual([
    { at: "10:20:30.123", level: "error", text: "boom", where: "http://x/a.js:1:2", uncaught: true },
    { at: "", level: "info", text: "hello", where: "", uncaught: false },
  ]);
});
