import { isObject, numberOr, textOr } from "./unknown";

/** One request of an archive, with its place in time. */
export interface Exchange {
  method: string;
  url: string;
  /** 0 where no answer came. */
  status: number;
  type: string;
  bytes: number;
  /** Milliseconds since the first request. */
  startMs: number;
  durationMs: number;
  phases: { name: Phase; ms: number }[];
  error: string;
  request: Message;
  response: Message;
}

export interface Message {
  headers: { name: string; value: string }[];
  body: string;
}

export const phases = ["blocked", "dns", "connect", "ssl", "send", "wait", "receive"] as const;
export type Phase = (typeof phases)[number];

/** What an HTTP archive has, in the order in which it was sent; null where the text is none. */
export function readArchive(text: string): { exchanges: Exchange[]; dropped: number } | null {
  let archive: unknown;
  try {
    archive = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(archive) || !isObject(archive.log) || !Array.isArray(archive.log.entries)) return null;
  const entries = (archive.log.entries as unknown[]).filter(isObject).map((entry) => ({ entry, at: Date.parse(textOr(entry.startedDateTime, "")) }));
  const begin = Math.min(...entries.map(({ at }) => at).filter((at) => !Number.isNaN(at)));
  const exchanges = entries.map(({ entry, at }) => exchangeOf(entry, Number.isNaN(at) ? 0 : at - begin));
  return { exchanges: exchanges.sort((a, b) => a.startMs - b.startMs), dropped: numberOr(archive.log._dropped, 0) };
}

function exchangeOf(entry: Record<string, unknown>, startMs: number): Exchange {
  const request = isObject(entry.request) ? entry.request : {};
  const response = isObject(entry.response) ? entry.response : {};
  const content = isObject(response.content) ? response.content : {};
  const posted = isObject(request.postData) ? request.postData : {};
  const timings = isObject(entry.timings) ? entry.timings : {};
  return {
    method: textOr(request.method, "GET"),
    url: textOr(request.url, ""),
    status: numberOr(response.status, 0),
    type: textOr(content.mimeType, textOr(entry._resourceType, "")),
    // The body of a page that was left is not kept; what came over the wire is known.
    bytes: Math.max(numberOr(content.size, 0), 0) || Math.max(numberOr(response.bodySize, 0), 0),
    startMs,
    durationMs: Math.max(numberOr(entry.time, 0), 0),
    // ssl is a part of connect, by HAR's own rules.
    phases: phases.filter((name) => name !== "ssl").map((name) => ({ name, ms: Math.max(numberOr(timings[name], 0), 0) })).filter(({ ms }) => ms > 0),
    error: textOr(entry._error, ""),
    request: { headers: headersOf(request.headers), body: textOr(posted.text, "") },
    response: { headers: headersOf(response.headers), body: content.encoding === "base64" ? "" : textOr(content.text, "") },
  };
}

function headersOf(value: unknown): Message["headers"] {
  if (!Array.isArray(value)) return [];
  return (value as unknown[]).filter(isObject).map((h) => ({ name: textOr(h.name, ""), value: textOr(h.value, "") }));
}
