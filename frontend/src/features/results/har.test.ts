import { describe, expect, it } from "vitest";
import { readArchive } from "./har";

const entry = (part: object) => ({
  startedDateTime: "2026-01-01T00:00:00.500Z", time: 30, timings: { blocked: -1, dns: 2, connect: 5, ssl: 3, send: 1, wait: 20, receive: 2 },
  request: { method: "POST", url: "http://shop.test/api", headers: [{ name: "Accept", value: "*/*" }], postData: { text: "{}" } },
  response: { status: 201, headers: [], content: { size: 12, mimeType: "application/json", text: "{\"a\":1}" } }, ...part,
});

describe("an archive", () => {
  it("gives its requests in the order of their times, with the parts that took time", () => {
    const got = readArchive(JSON.stringify({ log: { _dropped: 3, entries: [entry({}), entry({ startedDateTime: "2026-01-01T00:00:00.100Z", time: 5 })] } }));
    expect(got?.dropped).toBe(3);
    expect(got?.exchanges.map((e) => [e.startMs, e.durationMs])).toEqual([[0, 5], [400, 30]]);
    expect(got?.exchanges[1]).toMatchObject({ method: "POST", status: 201, bytes: 12, request: { body: "{}" }, response: { body: '{"a":1}' } });
    expect(got?.exchanges[1]?.phases.map((p) => p.name)).toEqual(["dns", "connect", "send", "wait", "receive"]);
  });

  it("tells what got no answer", () => {
    const got = readArchive(JSON.stringify({ log: { entries: [entry({ response: {}, _error: "net::ERR_FAILED", timings: null })] } }));
    expect(got?.exchanges[0]).toMatchObject({ status: 0, error: "net::ERR_FAILED", phases: [] });
  });

  it.each([
    { size: 0, bodySize: 512, bytes: 512 },
    { size: 12, bodySize: 512, bytes: 12 },
    { size: -1, bodySize: -1, bytes: 0 },
  ])("gives $bytes bytes for a body of $size of which $bodySize were sent", ({ size, bodySize, bytes }) => {
    const got = readArchive(JSON.stringify({ log: { entries: [entry({ response: { status: 200, bodySize, content: { size } } })] } }));
    expect(got?.exchanges[0]?.bytes).toBe(bytes);
  });

  it.each(["", "[]", "{}", '{"log": {}}', "not JSON"])("%j is none", (text) => {
    expect(readArchive(text)).toBeNull();
  });

  it("bears what is of another form", () => {
    expect(readArchive('{"log": {"entries": [1, null, {"time": "x"}]}}')?.exchanges).toHaveLength(1);
  });
});
