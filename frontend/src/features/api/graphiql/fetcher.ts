import type { Fetcher, FetcherOpts, FetcherParams } from "@graphiql/toolkit";
import {
  type FormattedExecutionResult,
  type GraphQLFormattedError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
} from "graphql";
import type { Client } from "graphql-ws";
import type { IdentityStore } from "@/auth/identity";
import { type Operation, request } from "@/graphql/request";

/** Sends GraphiQL's operations as whoever is signed in: queries and mutations over POST, subscriptions over the page's socket. */
export function createFetcher(identity: Pick<IdentityStore, "headers" | "refresh">, socket: Client): Fetcher {
  // GraphiQL only prints results, but its types ask for errors as a server
  // has them, before they are formatted.
  return (async ({ query, variables, operationName }: FetcherParams, { headers }: FetcherOpts = {}) => {
    const chosen = choose(query, operationName);
    const operation: Operation = {
      query,
      variables: variables as Operation["variables"],
      operationName: chosen ? chosen.name?.value : operationName,
    };
    const send = () => request(operation, { token: "", headers: { ...identity.headers(), ...headers } });
    try {
      if (chosen?.operation === OperationTypeNode.SUBSCRIPTION) return results(socket, operation);
      const result = await send();
      return expired(result) && (await identity.refresh()) ? await send() : result;
    } catch (error) {
      return failed(error);
    }
  }) as Fetcher;
}

function expired({ errors }: FormattedExecutionResult): boolean {
  return errors?.[0]?.extensions?.code === "UNAUTHENTICATED";
}

// GraphiQL learns the operation's name and document a moment after a tab is
// opened; run at once, it names those of the tab before. The text is right.
function choose(query: string, name: string | null | undefined): OperationDefinitionNode | undefined {
  const operations = operationsOf(query);
  const only = operations.length === 1 ? operations[0] : undefined;
  return only ?? operations.find((operation) => operation.name?.value === name);
}

function operationsOf(query: string): OperationDefinitionNode[] {
  try {
    return parse(query).definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  } catch {
    return []; // the server says what is wrong with it, and where
  }
}

function results(socket: Client, operation: Operation): AsyncIterable<unknown> {
  const { query, variables = null, operationName = null } = operation;
  const source = socket.iterate({ query, variables, operationName });
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => source.next().catch((failure: unknown) => ({ value: failed(failure) })),
      return: async () => (await source.return?.()) ?? { done: true, value: undefined },
    }),
  };
}

// GraphiQL would print a thrown error with its stack. A socket fails with the
// errors of an answer, with an Error, or with the event of its closing.
function failed(failure: unknown): FormattedExecutionResult {
  if (Array.isArray(failure)) return { errors: failure as GraphQLFormattedError[] };
  if (failure instanceof Error) return { errors: [{ message: failure.message }] };
  const { code, reason } = failure as CloseEvent;
  const message = `The server closed the connection (${String(code)}${reason ? `: ${reason}` : ""}). Run the subscription again.`;
  return { errors: [{ message }] };
}
