import { buildSchema, getOperationAST, parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { emptyTab, examples } from "./examples";

const files = import.meta.glob<string>("../../../../../graph/schema/*.graphqls", { query: "?raw", import: "default", eager: true });
const schema = buildSchema(Object.values(files).join("\n"));

const operations = examples("http://127.0.0.1:8080").map(({ query }) => ({
  query,
  name: getOperationAST(parse(query))?.name?.value,
}));

describe("examples", () => {
  it("have names, which their tabs show", () => {
    expect(operations.map(({ name }) => name)).toEqual(["Runs", "StartRun", "RunEvents", "FailingResults", "Capacity"]);
  });

  it.each(operations)("$name fits the schema", ({ query }) => {
    expect(validate(schema, parse(query))).toEqual([]);
  });

  it("begins new tabs with something that fits the schema", () => {
    expect(validate(schema, parse(emptyTab))).toEqual([]);
  });

  it("begins with a tab without variables, which GraphiQL would not show", () => {
    expect(examples("http://127.0.0.1:8080")[0]?.variables).toBeUndefined();
  });

  it("tests the server that served the page", () => {
    expect(examples("https://tests.example")[1]?.query).toContain('BASE_URL: "https://tests.example"');
  });
});
