import type { Fetcher, FetcherOpts, FetcherParams } from "@graphiql/toolkit";
import {
  type FormattedExecutionResult,
  type GraphQLFormattedError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
} from "graphql";
import { type Client, createClient } from "graphql-ws";
import { checkToken } from "../../auth/session";
import { bearer } from "../../auth/token";
import { endpoint, type Operation, request } from "../../graphql/request";

/** Sends GraphiQL's operations with one token: queries and mutations over POST, subscriptions over a socket. */
export interface ApiFetcher {
  fetch: Fetcher;
  /** Ends its subscriptions. */
  dispose: () => void;
}

export function createFetcher(token: string): ApiFetcher {
  const socket = createClient({
    url: socketAddress(window.location),
    connectionParams: token ? { authorization: bearer(token) } : {},
  });
  return {
    // GraphiQL only prints results, but its types ask for errors as a server
    // has them, before they are formatted.
    fetch: (async ({ query, variables, operationName }: FetcherParams, { headers }: FetcherOpts = {}) => {
      const chosen = choose(query, operationName);
      const operation: Operation = {
        query,
        variables: variables as Operation["variables"],
        operationName: chosen ? chosen.name?.value : operationName,
      };
      try {
        if (chosen?.operation !== OperationTypeNode.SUBSCRIPTION) return await request(operation, { token, headers });
        await requireToken(token);
        return results(socket, operation);
      } catch (error) {
        return failed(error);
      }
    }) as Fetcher,
    dispose: () => {
      void socket.dispose();
    },
  };
}

function socketAddress({ protocol, host }: Location): string {
  return `${protocol === "https:" ? "wss:" : "ws:"}//${host}${endpoint}`;
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

// A refused socket is tried again and again by its client, since the protocol
// allows that it is let in later; over HTTP the refusal is known at once.
async function requireToken(token: string) {
  const session = await checkToken(token);
  switch (session.status) {
    case "missing":
      throw new Error("A subscription needs an API token; make one with: semantest token create");
    case "refused":
    case "unreachable":
      throw new Error(session.message);
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
