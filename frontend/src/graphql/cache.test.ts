import { buildSchema, getNamedType, isObjectType, parse, TypeInfo, visit, visitWithTypeInfo } from "graphql";
import { describe, expect, it } from "vitest";
import { embedded } from "./cache";

const files = import.meta.glob<string>("../../../graph/schema/*.graphqls", { query: "?raw", import: "default", eager: true });
const schema = buildSchema(Object.values(files).join("\n"));
const documents = import.meta.glob<string>("../**/*.graphql", { query: "?raw", import: "default", eager: true });

describe("types that the cache embeds", () => {
  it.each(embedded)("%s is a type of the schema without an id of its own", (name) => {
    const type = schema.getType(name);
    expect(isObjectType(type)).toBe(true);
    // A case's id is its plan's word for it, and not unique among plans, nor is an item's among checklists; evidence and actors have that of what they point at.
    if (!["PlanCase", "Evidence", "AuditActor", "JudgedItem", "ItemComparison"].includes(name) && isObjectType(type)) expect(type.getFields()).not.toHaveProperty("id");
  });

  it.each(Object.entries(documents))("are all that %s reads", (_file, text) => {
    const missing = new Set<string>();
    const info = new TypeInfo(schema);
    visit(
      parse(text),
      visitWithTypeInfo(info, {
        Field: () => {
          const type = getNamedType(info.getType());
          // Answers of mutations are not kept as objects.
          if (!isObjectType(type) || type.name.endsWith("Payload") || "id" in type.getFields()) return;
          if (!(embedded as readonly string[]).includes(type.name)) missing.add(type.name);
        },
      }),
    );
    expect([...missing]).toEqual([]);
  });
});
