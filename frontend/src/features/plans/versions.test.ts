import { describe, expect, it } from "vitest";
import { authorsOf, chooseVersions } from "./versions";

const versions = [4, 3, 2, 1].map((number) => ({ id: `ver_${number}`, number, createdAt: "2026-01-01T00:00:00Z" }));

describe("the versions that are compared", () => {
  it.each([
    ["are the newest and the one before", undefined, undefined, 4, 3],
    ["are any one and the one before", 3, undefined, 3, 2],
    ["are any two", 4, 1, 4, 1],
    ["may be an old one and a newer one", 1, 4, 1, 4],
    ["are not one and the same", 2, 2, 2, 1],
    ["are those that there are", 9, 8, 4, 3],
    ["are one alone for the first", 1, undefined, 1, undefined],
  ])("%s", (_name, wanted, against, shown, base) => {
    const got = chooseVersions(versions, wanted, against);
    expect([got.shown?.number, got.base?.number]).toEqual([shown, base]);
  });

  it("are none of none", () => {
    expect(chooseVersions([], 1, undefined)).toEqual({ shown: null, base: null });
  });
});

it("reads who wrote a version from the audit log", () => {
  const by = (name: string) => ({ kind: "USER", name });
  const authors = authorsOf([
    { action: "plan.updated", actor: by("ann@shop.test"), detail: { version: "2" } },
    { action: "plan.deleted", actor: by("eve@shop.test"), detail: { version: "2" } },
    { action: "plan.created", actor: by("bob@shop.test"), detail: { version: "1" } },
    { action: "plan.updated", actor: by("joe@shop.test"), detail: null },
  ]);
  expect([...authors]).toEqual([[2, "ann@shop.test"], [1, "bob@shop.test"]]);
});
