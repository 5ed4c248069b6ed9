import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { Client, fetchExchange, Provider } from "urql";
import { normalisedCache } from "@/graphql/cache";

export interface Asked {
  operationName: string;
  variables: Record<string, unknown>;
}

/** Shows a part of a page with links, before a server that answers as it is told; returns what it was asked. */
export function renderPage(ui: ReactNode, answer: (asked: Asked) => unknown): Asked[] {
  const asked: Asked[] = [];
  const client = new Client({
    url: "http://server.test/graphql",
    preferGetMethod: false,
    requestPolicy: "cache-and-network",
    exchanges: [normalisedCache(), fetchExchange],
    fetch: (_url, init) => {
      const request = JSON.parse(init?.body as string) as Asked;
      asked.push(request);
      return Promise.resolve(new Response(JSON.stringify({ data: answer(request) }), { headers: { "Content-Type": "application/json" } }));
    },
  });
  const router = createRouter({ routeTree: createRootRoute({ component: () => ui }), history: createMemoryHistory() });
  render(
    <Provider value={client}>
      <RouterProvider router={router as never} />
    </Provider>,
  );
  return asked;
}
