import { useEffect, useState } from "react";
import { fetchContent } from "./useBlob";

/** More than this is a file to take along, and nothing that a page draws. */
const most = 32 << 20;

/** A JSON document of the server; null while it is read, or where there is none to read. */
export function useJson(url: string | null): { value: unknown; failed: boolean } {
  const [read, setRead] = useState<{ url: string | null; value: unknown; failed: boolean }>({ url: null, value: null, failed: false });
  useEffect(() => {
    if (url === null) return;
    const abort = new AbortController();
    const get = async () => {
      const content = await fetchContent(url, abort.signal);
      if (content.size > most) throw new Error("The document is too large to be shown.");
      return JSON.parse(await content.text()) as unknown;
    };
    get().then(
      (value) => {
        if (!abort.signal.aborted) setRead({ url, value, failed: false });
      },
      () => {
        if (!abort.signal.aborted) setRead({ url, value: null, failed: true });
      },
    );
    return () => abort.abort();
  }, [url]);
  return read.url === url ? read : { value: null, failed: false };
}
