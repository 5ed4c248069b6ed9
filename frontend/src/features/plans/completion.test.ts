import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { placeAt, type Schema, suggest } from "./completion";

const schema = JSON.parse(readFileSync("../docs/plan.schema.json", "utf8")) as Schema;

/** The suggestions at the sign ┃ of a text. */
function at(text: string) {
  const lines = text.split("\n");
  const line = lines.findIndex((l) => l.includes("┃"));
  const column = lines[line]?.indexOf("┃") ?? 0;
  const place = placeAt(lines.map((l) => l.replace("┃", "")), line, column);
  return { place, labels: suggest(schema, place).map(({ label }) => label) };
}

describe("completion of plans", () => {
  it("offers what a plan must have first, and nothing that it has", () => {
    const { labels } = at('version: "1"\n┃');
    expect(labels.slice(0, 2).sort()).toEqual(["cases", "name"]);
    expect(labels).toContain("environment");
    expect(labels).not.toContain("version");
  });

  it("knows the keys of a nested mapping", () => {
    expect(at("use:\n  ┃").labels).toContain("retries");
    expect(at("use:\n  retries: 1\n  ┃").labels).not.toContain("retries");
  });

  it("offers the kinds of a case", () => {
    const { place, labels } = at("cases:\n  - id: a\n    kind: ┃");
    expect(place).toMatchObject({ path: ["cases", "[]", "kind"], writing: "value", siblings: { id: "a" } });
    expect(labels).toContain("browser");
    expect(labels).toContain("api");
  });

  it("offers only what the kind of the case allows", () => {
    const api = at("cases:\n  - id: a\n    kind: api\n    ┃").labels;
    expect(api).toContain("steps");
    expect(api).not.toContain("viewport");
    expect(at("cases:\n  - id: a\n    kind: browser\n    ┃").labels).toContain("viewport");
  });

  it("looks at keys below the cursor, too, and not into the next case", () => {
    const { labels, place } = at("cases:\n  - id: a\n    ┃\n    kind: api\n  - id: b\n    tags: [x]");
    expect(place.siblings).toEqual({ id: "a", kind: "api" });
    expect(labels).toContain("tags");
  });

  it("offers steps, in lists that are indented and in those that are not", () => {
    for (const text of ["cases:\n  - id: a\n    kind: api\n    steps:\n      - ┃", "cases:\n- id: a\n  kind: api\n  steps:\n  - ┃"]) {
      expect(at(text).place.path).toEqual(["cases", "[]", "steps", "[]"]);
      expect(at(text).labels).toContain("http");
    }
  });

  it("goes into brackets", () => {
    const { place, labels } = at("cases:\n  - id: a\n    kind: api\n    steps:\n      - http: {method: GET, ┃");
    expect(place).toMatchObject({ path: ["cases", "[]", "steps", "[]", "http"], writing: "key", siblings: { method: "GET" } });
    expect(labels).toContain("url");
    expect(labels).not.toContain("method");
  });

  it("comes out of brackets that are closed", () => {
    expect(at("use: {retries: 1}\n┃").place.path).toEqual([]);
  });

  it("says what a key is for", () => {
    const place = placeAt(["cases:", "  - "], 1, 4);
    expect(suggest(schema, place).find(({ label }) => label === "id")?.info).not.toBe("");
  });
});
