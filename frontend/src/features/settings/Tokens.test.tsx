import { cleanup, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Client, fetchExchange, Provider } from "urql";
import { afterEach, expect, it } from "vitest";
import Tokens from "./Tokens";

afterEach(cleanup);

interface Asked {
  operationName: string;
  variables: Record<string, unknown>;
}

// A server with one account, which may be given tokens.
function serve(older: object[] = []) {
  const asked: Asked[] = [];
  const tokens: Record<string, unknown>[] = [];
  const answer = ({ operationName, variables }: Asked): unknown => {
    const token = { __typename: "ApiToken", id: "tok_1", name: variables.name, permissions: variables.permissions, createdAt: "2026-01-01T00:00:00Z", lastUsedAt: null, expiresAt: variables.expiresAt, revokedAt: null };
    switch (operationName) {
      case "CreateToken":
        tokens.push(token);
        return { createApiToken: { apiToken: token, secret: "smt_once" } };
      case "RevokeToken":
        Object.assign(tokens[0] ?? {}, { revokedAt: "2026-01-02T00:00:00Z" });
        return { revokeApiToken: { apiToken: tokens[0] } };
      case "OlderTokens":
        return { node: { __typename: "ServiceAccount", id: "sva_1", apiTokens: { nodes: variables.after === "tok_1" ? older : [], pageInfo: { hasNextPage: false, endCursor: null } } } };
      default:
        return { viewer: { project: { id: "prj_1", serviceAccounts: { nodes: [{ id: "sva_1", name: "ci", role: "EDITOR", disabledAt: null, apiTokens: { nodes: tokens, pageInfo: { hasNextPage: older.length > 0, endCursor: "tok_1" } } }], pageInfo: { hasNextPage: false, endCursor: null } } } } };
    }
  };
  const client = new Client({
    url: "http://server.test/graphql",
    preferGetMethod: false,
    exchanges: [fetchExchange],
    fetch: (_url, init) => {
      const request = JSON.parse(init?.body as string) as Asked;
      asked.push(request);
      return Promise.resolve(new Response(JSON.stringify({ data: answer(request) }), { headers: { "Content-Type": "application/json" } }));
    },
  });
  return { asked, ui: <Provider value={client}><Tokens /></Provider> };
}

it("makes a token of what the account may, shows it once, and revokes it", async () => {
  const user = userEvent.setup();
  const { asked, ui } = serve();
  render(ui);
  await user.click(await screen.findByRole("button", { name: "New token" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.queryByRole("checkbox", { name: "admin" })).toBeNull();
  await user.type(dialog.getByLabelText("Name of the token"), "main");
  await user.click(dialog.getByRole("checkbox", { name: "tests:write" }));
  await user.selectOptions(dialog.getByLabelText("Ends after"), "never");
  await user.click(dialog.getByRole("button", { name: "Make the token" }));
  expect((await screen.findByTestId("secret")).textContent).toBe("smt_once");
  expect(asked.find(({ operationName }) => operationName === "CreateToken")?.variables).toEqual({
    serviceAccountId: "sva_1", name: "main", permissions: ["tests:read", "tests:execute"], expiresAt: null,
  });
  await user.click(screen.getByRole("button", { name: "I have kept it" }));
  expect(screen.queryByText("smt_once")).toBeNull();
  await user.click(await within(await screen.findByRole("list", { name: "Tokens of ci" })).findByRole("button", { name: "Revoke" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Revoke" }));
  expect(await screen.findByText("revoked")).toBeDefined();
});

it("goes on to tokens of long ago, which may be revoked as well", async () => {
  const user = userEvent.setup();
  const { asked, ui } = serve([{ __typename: "ApiToken", id: "tok_0", name: "ages ago", permissions: ["tests:read"], createdAt: "2020-01-01T00:00:00Z", lastUsedAt: null, expiresAt: null, revokedAt: null }]);
  render(ui);
  expect(await screen.findByText("It has no token.")).toBeDefined();
  await user.click(within(screen.getByRole("navigation", { name: "Pages of the tokens of ci" })).getByRole("button", { name: "Older" }));
  const list = within(screen.getByRole("list", { name: "Tokens of ci" }));
  await user.click(await list.findByRole("button", { name: "Revoke" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Revoke" }));
  await waitFor(() => expect(asked.filter(({ operationName }) => operationName === "RevokeToken").map(({ variables }) => variables)).toEqual([{ id: "tok_0" }]));
  await user.click(screen.getByRole("button", { name: "Newest" }));
  expect(await screen.findByText("It has no token.")).toBeDefined();
});
