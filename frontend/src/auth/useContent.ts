import { useCallback, useEffect, useState } from "react";
import { fetchContent, Refused } from "./content";

/** away: the server cannot be reached or has no time, and may later. lost: there is no such content, or none that can be read. */
export type Trouble = "away" | "lost";

/** Something that is read from the server; value is null until then. */
export interface Content<T> {
  value: T | null;
  trouble: Trouble | null;
  /** Reads it once more. */
  again: () => void;
}

function troubleOf(reason: unknown): Trouble {
  // What fetch says when there is no answer.
  if (reason instanceof TypeError) return "away";
  return reason instanceof Refused && (reason.status >= 500 || reason.status === 429) ? "away" : "lost";
}

/** What read, which never changes, makes of a content of the server; null is nothing to read. */
export function useContent<T>(url: string | null, read: (content: Blob) => T | Promise<T>): Content<T> {
  const [tries, setTries] = useState(0);
  const [held, setHeld] = useState<{ of: string; value: T | null; trouble: Trouble | null } | null>(null);
  const of = `${tries} ${url}`;
  useEffect(() => {
    if (url === null) return;
    const abort = new AbortController();
    const get = async () => {
      const content = await fetchContent(url, abort.signal);
      abort.signal.throwIfAborted();
      return read(content);
    };
    get().then(
      (value) => {
        if (!abort.signal.aborted) setHeld({ of, value, trouble: null });
      },
      (reason: unknown) => {
        if (!abort.signal.aborted) setHeld({ of, value: null, trouble: troubleOf(reason) });
      },
    );
    return () => abort.abort();
  }, [url, of, read]);
  const again = useCallback(() => setTries((n) => n + 1), []);
  return held?.of === of ? { value: held.value, trouble: held.trouble, again } : { value: null, trouble: null, again };
}

const address = (content: Blob) => URL.createObjectURL(content);
const text = (content: Blob) => content.text();

/** More than this is a file to take along, and nothing that a page draws. */
const most = 32 << 20;

async function json(content: Blob): Promise<unknown> {
  if (content.size > most) throw new Error("The document is too large to be shown.");
  return JSON.parse(await content.text()) as unknown;
}

/** A content of the server under an address that this page may show. */
export function useBlob(url: string): Content<string> {
  const content = useContent(url, address);
  const { value } = content;
  useEffect(() => {
    if (value) return () => URL.revokeObjectURL(value);
  }, [value]);
  return content;
}

/** A text of the server. */
export const useText = (url: string): Content<string> => useContent(url, text);

/** A JSON document of the server, or none where there is none to read. */
export const useJson = (url: string | null): Content<unknown> => useContent(url, json);
