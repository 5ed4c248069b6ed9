import { describe, expect, it } from "vitest";
import type { Client } from "urql";
import { RunEventsDocument, RunProgressDocument, RunResultsDocument } from "@/gql/graphql";
import { aCase, anEvent, aProgress } from "@/test/factories";
import type { RunEvent } from "./live";
import { createRunStore } from "./runStore";

type Page = { nodes: ReturnType<typeof aCase>[]; next: string | null };
type Sink = (result: { data?: unknown; error?: unknown }) => void;

/** A server that gives pages when they are asked for and events when the test says so. */
function aServer(pages: Page[], run = { lastSeq: 0, status: "RUNNING" }) {
  const sinks = new Map<unknown, { variables: Record<string, unknown>; sink: Sink }>();
  let asked = 0;
  let hold: Promise<void> = Promise.resolve();
  const client = {
    query: (document: unknown, variables: { after: string | null }) => ({
      toPromise: async () => {
        expect(document).toBe(RunResultsDocument);
        asked++;
        if (variables.after !== null) await hold;
        const page = pages[variables.after === null ? 0 : Number(variables.after)];
        return {
          data: { run: { id: "run_1", ...run, results: { nodes: page?.nodes, pageInfo: { hasNextPage: page?.next !== null, endCursor: page?.next } } } },
        };
      },
    }),
    subscription: (document: unknown, variables: Record<string, unknown>) => ({
      subscribe: (sink: Sink) => {
        sinks.set(document, { variables, sink });
        return { unsubscribe: () => sinks.delete(document) };
      },
    }),
  } as unknown as Client;
  return {
    client,
    followed: (document: unknown) => sinks.get(document)?.variables,
    event: (event: Partial<RunEvent>) => sinks.get(RunEventsDocument)?.sink({ data: { runEvents: anEvent(event) } }),
    progress: (lastSeq: number, running = [aProgress()]) =>
      sinks.get(RunProgressDocument)?.sink({ data: { runProgress: { runId: "run_1", lastSeq, status: "RUNNING", running } } }),
    asked: () => asked,
    holdPages: () => {
      let release: () => void = () => undefined;
      hold = new Promise((resolve) => (release = resolve));
      return () => release();
    },
  };
}

function opened(server: ReturnType<typeof aServer>) {
  const store = createRunStore(server.client, "run_1", (draw) => queueMicrotask(draw));
  const close = store.open();
  const until = async (holds: () => boolean) => {
    for (let i = 0; i < 1000 && !holds(); i++) await Promise.resolve();
    expect(holds()).toBe(true);
  };
  return { store, close, until };
}

describe("the store of a run", () => {
  it("reads all pages and follows from where the first one was read", async () => {
    const server = aServer(
      [
        { nodes: [aCase({ id: "a", ordinal: 0 })], next: "1" },
        { nodes: [aCase({ id: "b", ordinal: 1 })], next: null },
      ],
      { lastSeq: 700, status: "RUNNING" },
    );
    const { store, until } = opened(server);
    await until(() => store.get().complete);
    expect(store.get().rows.map((r) => r.id)).toEqual(["a", "b"]);
    expect(server.followed(RunEventsDocument)).toEqual({ runId: "run_1", after: 200 });
    expect(server.asked()).toBe(2);
  });

  it("applies an event of a case that is read later", async () => {
    const server = aServer([
      { nodes: [aCase({ id: "a" })], next: "1" },
      { nodes: [aCase({ id: "b", ordinal: 1 })], next: null },
    ]);
    const release = server.holdPages();
    const { store, until } = opened(server);
    await until(() => server.followed(RunEventsDocument) !== undefined);
    server.event({ seq: 1, type: "CASE_FINISHED", resultId: "b", outcome: "FAILED", error: "no" });
    release();
    await until(() => store.get().complete);
    expect(store.get().rows[1]).toMatchObject({ id: "b", status: "FINISHED", outcome: "FAILED", error: "no" });
  });

  it("takes each number once, however often it comes", async () => {
    const server = aServer([{ nodes: [aCase({ id: "a" })], next: null }]);
    const { store, until } = opened(server);
    await until(() => store.get().complete);
    for (const seq of [1, 2, 2, 1, 3]) server.event({ seq, type: "CASE_STARTED", resultId: "a", attempt: 1 });
    await until(() => store.get().seq === 3);
    expect(store.get().log.map((e) => e.seq)).toEqual([1, 2, 3]);
  });

  it("draws once for many events", async () => {
    const server = aServer([{ nodes: [aCase({ id: "a" })], next: null }]);
    const { store, until } = opened(server);
    await until(() => store.get().complete);
    let drawn = 0;
    store.subscribe(() => drawn++);
    for (let seq = 1; seq <= 200; seq++) server.event({ seq, type: "CASE_STARTED", resultId: "a", attempt: 1 });
    await until(() => store.get().seq === 200);
    expect(drawn).toBe(1);
  });

  it("knows that it is behind, and when it has caught up", async () => {
    const server = aServer([{ nodes: [aCase({ id: "a" })], next: null }]);
    const { store, until } = opened(server);
    await until(() => store.get().complete);
    server.progress(5);
    await until(() => store.get().lastSeq === 5);
    expect(store.get().behindSince).not.toBeNull();
    for (let seq = 1; seq <= 5; seq++) server.event({ seq });
    await until(() => store.get().seq === 5);
    expect(store.get().behindSince).toBeNull();
  });

  it("follows no progress of a run that has ended, and says so by its last event", async () => {
    const server = aServer([{ nodes: [aCase({ id: "a", status: "FINISHED", outcome: "PASSED" })], next: null }], { lastSeq: 4, status: "PASSED" });
    const { store, until, close } = opened(server);
    await until(() => store.get().complete);
    expect(server.followed(RunProgressDocument)).toBeUndefined();
    server.event({ seq: 4, type: "RUN_FINISHED", resultId: null, status: "PASSED" });
    await until(() => store.get().ended);
    close();
    expect(server.followed(RunEventsDocument)).toBeUndefined();
  });
});
