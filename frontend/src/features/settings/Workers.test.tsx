import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { type Asked, renderPage } from "@/test/page";
import Workers from "./Workers";

const { may } = vi.hoisted(() => ({ may: { instance: true } }));
vi.mock("@/auth/useIdentity", () => ({ useMay: () => may.instance }));
afterEach(cleanup);

const serve = ({ operationName }: Asked): unknown =>
  operationName === "RiverUi"
    ? { riverUi: "https://queues.test/" }
    : { capacity: { __typename: "Capacity", workers: [], kinds: [] }, breakers: [] };

it("links the queues for those who administer the instance", async () => {
  may.instance = true;
  renderPage(<Workers />, serve);
  const link = await screen.findByRole("link", { name: /River UI/ });
  expect([link.getAttribute("href"), link.getAttribute("rel")]).toEqual(["https://queues.test/", "noreferrer"]);
});

it("does not ask for them for others", async () => {
  may.instance = false;
  const asked = renderPage(<Workers />, serve);
  await screen.findByText("Nobody performs cases");
  expect(asked.map(({ operationName }) => operationName)).not.toContain("RiverUi");
});
