import type { FormattedExecutionResult } from "graphql";
import { bearer } from "../auth/token";

/** Where the server answers GraphQL, on the page's own origin. */
export const endpoint = "/graphql";

export interface Operation {
  query: string;
  variables?: Record<string, unknown> | null;
  operationName?: string | null | undefined;
}

export interface RequestOptions {
  /** "" sends none. */
  token: string;
  /** Replace the page's own, case-insensitively. */
  headers?: Record<string, string> | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Sends a query or mutation. What the server cannot put into a GraphQL answer
 * (it is gone, or something in between answers) is thrown as one clear sentence.
 */
export async function request(operation: Operation, options: RequestOptions): Promise<FormattedExecutionResult> {
  const response = await send(operation, options);
  const result = parse(await response.text());
  if (result) return result;
  throw new Error(
    `The answer has status ${String(response.status)} and is not GraphQL; check what stands between this page and semantest serve.`,
  );
}

async function send(operation: Operation, { token, headers, signal }: RequestOptions): Promise<Response> {
  const init: RequestInit = {
    method: "POST",
    headers: requestHeaders(token, headers),
    body: JSON.stringify(operation),
    signal: signal ?? null,
  };
  try {
    return await fetch(endpoint, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error("The server cannot be reached; check that semantest serve is running.", { cause: error });
  }
}

function requestHeaders(token: string, extra: Record<string, string> = {}): Headers {
  const headers = new Headers({ "Content-Type": "application/json", Accept: "application/json" });
  if (token) headers.set("Authorization", bearer(token));
  for (const [name, value] of Object.entries(extra)) headers.set(name, value);
  return headers;
}

function parse(text: string): FormattedExecutionResult | null {
  try {
    const value: unknown = JSON.parse(text);
    return isAnswer(value) ? value : null;
  } catch {
    return null;
  }
}

function isAnswer(value: unknown): value is FormattedExecutionResult {
  return typeof value === "object" && value !== null && ("data" in value || "errors" in value);
}
