import { type Client, createClient } from "graphql-ws";
import type { IdentityStore } from "@/auth/identity";
import { endpoint } from "./request";

/** How the socket does; "lost" has when it was lost. */
export type Connection = { status: "idle" | "open" } | { status: "lost"; since: number };

export interface Socket {
  client: Client;
  connection: () => Connection;
  subscribe: (listener: () => void) => () => void;
}

/** A close with this code means that the token is not good any more. */
const refused = 4403;

/**
 * Opens the socket of subscriptions when the first one is made, and again
 * whenever it is lost, for as long as the page is there.
 */
export function openSocket(identity: Pick<IdentityStore, "connectionParams" | "refresh">): Socket {
  let connection: Connection = { status: "idle" };
  let expired = false;
  const listeners = new Set<() => void>();
  const set = (next: Connection) => {
    connection = next;
    for (const listener of listeners) listener();
  };

  const client = createClient({
    // Cookies travel with the handshake: a session is renewed before it.
    url: async () => {
      if (expired) {
        expired = false;
        await identity.refresh().catch(() => false);
      }
      return socketAddress(window.location);
    },
    connectionParams: () => identity.connectionParams(),
    keepAlive: 12_000,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: async (retries) => {
      const ms = Math.min(250 * 2 ** retries, 5000);
      await new Promise((resolve) => setTimeout(resolve, ms * (0.75 + Math.random() / 2)));
    },
    shouldRetry: () => true,
    on: {
      connected: () => set({ status: "open" }),
      closed: (event) => {
        const { code, wasClean } = event as CloseEvent;
        expired = code === refused;
        // The client itself closes with 1000 when nobody subscribes any more.
        if (wasClean && code === 1000) set({ status: "idle" });
        else if (connection.status !== "lost") set({ status: "lost", since: Date.now() });
      },
    },
  });
  return {
    client,
    connection: () => connection,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function socketAddress({ protocol, host }: Location): string {
  return `${protocol === "https:" ? "wss:" : "ws:"}//${host}${endpoint}`;
}

/**
 * The number of a numbered event, wherever the answer has it. graphql-ws sends
 * the same payload again after a lost connection, so what is written into its
 * extensions makes the server go on after it.
 */
export function numberOf(data: unknown): number | null {
  if (typeof data !== "object" || data === null) return null;
  for (const value of Object.values(data) as unknown[]) {
    if (typeof value === "object" && value !== null && "seq" in value && typeof value.seq === "number") return value.seq;
  }
  return null;
}
