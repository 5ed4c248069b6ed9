import { createClient } from "graphql-ws";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { createFetcher } from "./fetcher";

interface Message {
  type: string;
  id?: string;
  payload?: unknown;
}

/** The server's end of graphql-transport-ws, as far as the tests need it. */
class FakeSocket {
  static opened: FakeSocket[] = [];
  static readonly OPEN = 1;
  static onMessage: (socket: FakeSocket, message: Message) => void;

  readyState = 0;
  protocol = "graphql-transport-ws";
  received: Message[] = [];
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  onclose?: (event: unknown) => void;

  constructor(readonly url: string) {
    FakeSocket.opened.push(this);
    queueMicrotask(() => {
      this.readyState = FakeSocket.OPEN;
      this.onopen?.();
    });
  }

  send(text: string) {
    const message = JSON.parse(text) as Message;
    this.received.push(message);
    FakeSocket.onMessage(this, message);
  }

  answer(message: Message) {
    queueMicrotask(() => this.onmessage?.({ data: JSON.stringify(message) }));
  }

  close(code = 1000, reason = "") {
    this.readyState = 3;
    queueMicrotask(() => this.onclose?.({ code, reason, wasClean: true }));
  }
}

/** Acknowledges the connection, and gives each subscription two events and its end. */
function twoEvents(socket: FakeSocket, { type, id }: Message) {
  if (type === "connection_init") socket.answer({ type: "connection_ack" });
  if (type !== "subscribe" || id === undefined) return;
  for (const seq of [1, 2]) socket.answer({ type: "next", id, payload: { data: { runEvents: { seq } } } });
  socket.answer({ type: "complete", id });
}

const subscription = { query: "subscription S { runEvents { seq } }", operationName: "S" };
let posted: { query: string; operationName?: string }[];

function serve(answer: unknown) {
  posted = [];
  vi.stubGlobal("fetch", (_url: string, init: RequestInit) => {
    posted.push(JSON.parse(init.body as string) as { query: string });
    return Promise.resolve(new Response(JSON.stringify(answer)));
  });
}

const identity = { headers: () => ({ Authorization: "Bearer smt_a" }), refresh: () => Promise.resolve(false) };

function openFetcher(who = identity) {
  const url = `ws://${window.location.host}/graphql`;
  return createFetcher(who, createClient({ url, connectionParams: { authorization: "Bearer smt_a" }, retryAttempts: 0 }));
}

async function collect(results: unknown): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const result of results as AsyncIterable<unknown>) all.push(result);
  return all;
}

beforeEach(() => {
  FakeSocket.opened = [];
  FakeSocket.onMessage = twoEvents;
  vi.stubGlobal("WebSocket", FakeSocket);
  serve({ data: null });
});

describe("queries and mutations", () => {
  it("go over POST and open no socket", async () => {
    serve({ data: { runs: [] } });
    expect(await openFetcher()({ query: "{ runs }" })).toEqual({ data: { runs: [] } });
    expect(FakeSocket.opened).toHaveLength(0);
  });

  it.each([
    ["drops a name that a single operation does not have", "query New { a }", "Old", "New"],
    ["drops a name where the only operation has none", "{ a }", "Old", undefined],
    ["keeps the choice among several operations", "query A { a } query B { b }", "B", "B"],
    ["does not choose among several operations itself", "query A { a } mutation B { b }", "Old", "Old"],
    ["leaves a text that cannot be read to the server", "query {", "Old", "Old"],
  ])("%s", async (_name, query, operationName, sent) => {
    await openFetcher()({ query, operationName });
    expect(posted[0]?.operationName).toBe(sent);
  });
});

it("renews a session that has expired, and asks again", async () => {
  const answers = [{ errors: [{ message: "sign in", extensions: { code: "UNAUTHENTICATED" } }] }, { data: { a: 1 } }];
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify(answers.shift()))));
  const refresh = vi.fn(() => Promise.resolve(true));
  expect(await openFetcher({ ...identity, refresh })({ query: "{ a }" })).toEqual({ data: { a: 1 } });
  expect(refresh).toHaveBeenCalledOnce();
});

it("shows a lost server as a sentence, without a stack", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  expect(await openFetcher()({ query: "{ a }" })).toEqual({
    errors: [{ message: "The server cannot be reached; check that semantest serve is running." }],
  });
});

describe("subscriptions", () => {
  it("come over a socket that carries the token", async () => {
    const results = await openFetcher()({ ...subscription, variables: { runId: "run_1" } });
    expect(await collect(results)).toEqual([1, 2].map((seq) => ({ data: { runEvents: { seq } } })));
    const [socket] = FakeSocket.opened;
    expect(socket?.url).toBe(`ws://${window.location.host}/graphql`);
    expect(socket?.received[0]).toEqual({ type: "connection_init", payload: { authorization: "Bearer smt_a" } });
    expect(socket?.received[1]).toMatchObject({
      type: "subscribe",
      payload: { query: subscription.query, operationName: "S", variables: { runId: "run_1" } },
    });
  });

  it("are ended from the page", async () => {
    FakeSocket.onMessage = (socket, { type }) => {
      if (type === "connection_init") socket.answer({ type: "connection_ack" });
    };
    const results = (await openFetcher()(subscription)) as AsyncIterable<unknown>;
    const waiting = results[Symbol.asyncIterator]().next();
    await vi.waitFor(() => {
      expect(FakeSocket.opened[0]?.received.map((message) => message.type)).toContain("subscribe");
    });
    await results[Symbol.asyncIterator]().return?.();
    expect(await waiting).toMatchObject({ done: true });
    expect(FakeSocket.opened[0]?.received.at(-1)?.type).toBe("complete");
  });

  it("show the server's errors as they are", async () => {
    const errors = [{ message: "there is no run run_1", extensions: { code: "NOT_FOUND" } }];
    FakeSocket.onMessage = (socket, { type, id }) => {
      if (type === "connection_init") socket.answer({ type: "connection_ack" });
      if (type === "subscribe" && id !== undefined) socket.answer({ type: "error", id, payload: errors });
    };
    expect(await collect(await openFetcher()(subscription))).toEqual([{ errors }]);
  });

  it("tell that the server closed the socket", async () => {
    FakeSocket.onMessage = (socket) => {
      socket.close(4401, "Unauthorized");
    };
    expect(await collect(await openFetcher()(subscription))).toEqual([
      { errors: [{ message: "The server closed the connection (4401: Unauthorized). Run the subscription again." }] },
    ]);
  });
});
