import { authExchange } from "@urql/exchange-auth";
import { Client, type CombinedError, fetchExchange, type Operation, subscriptionExchange } from "urql";
import type { IdentityStore } from "@/auth/identity";
import { normalisedCache } from "./cache";
import { endpoint } from "./request";
import { numberOf, type Socket } from "./socket";

/** The client of one identity in one project: a new one begins with an empty cache. */
export function createGraphqlClient(identity: IdentityStore, socket: Socket): Client {
  return new Client({
    url: endpoint,
    preferGetMethod: false,
    requestPolicy: "cache-and-network",
    exchanges: [
      normalisedCache(),
      authExchange((utils) =>
        Promise.resolve({
          addAuthToOperation: (operation: Operation) => utils.appendHeaders(operation, { accept: "application/json", ...identity.headers() }),
          didAuthError: (error: CombinedError) => codeOf(error) === "UNAUTHENTICATED",
          refreshAuth: async () => {
            await identity.refresh();
          },
        }),
      ),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = "", variables, extensions }) => {
          const payload = { query, variables: variables ?? {}, extensions: { ...extensions } as Record<string, unknown> };
          return {
            subscribe: (sink) => ({
              unsubscribe: socket.client.subscribe(payload, {
                next: (result) => {
                  const seq = numberOf(result.data);
                  if (seq !== null) payload.extensions.resumeAfter = seq;
                  sink.next(result as never);
                },
                error: (error) => sink.error(error),
                complete: () => sink.complete(),
              }),
            }),
          };
        },
      }),
    ],
  });
}

/** The code of an error's first part, "" when the server could not be reached. */
export function codeOf(error: CombinedError): string {
  const code = error.graphQLErrors[0]?.extensions.code;
  return typeof code === "string" ? code : "";
}

/** One sentence for people. */
export function messageOf(error: CombinedError): string {
  const first = error.graphQLErrors[0];
  if (first) return first.message;
  return "The server cannot be reached; check that semantest serve is running.";
}
