import { useEffect, useState } from "react";
import { identity } from "./useIdentity";

/** A content of the server under an address that this page may show; null while it is read. */
export function useBlob(url: string): { address: string | null; failed: boolean } {
  const [blob, setBlob] = useState<{ url: string; address: string | null; failed: boolean }>({ url, address: null, failed: false });
  useEffect(() => {
    const abort = new AbortController();
    let address = "";
    fetchContent(url, abort.signal).then(
      (content) => {
        if (abort.signal.aborted) return;
        address = URL.createObjectURL(content);
        setBlob({ url, address, failed: false });
      },
      () => {
        if (!abort.signal.aborted) setBlob({ url, address: null, failed: true });
      },
    );
    return () => {
      abort.abort();
      if (address) URL.revokeObjectURL(address);
    };
  }, [url]);
  return blob.url === url ? blob : { address: null, failed: false };
}

/** A text of the server; null while it is read. */
export function useText(url: string): { text: string | null; failed: boolean } {
  const [content, setContent] = useState<{ url: string; text: string | null; failed: boolean }>({ url, text: null, failed: false });
  useEffect(() => {
    const abort = new AbortController();
    fetchContent(url, abort.signal)
      .then((blob) => blob.text())
      .then(
        (text) => {
          if (!abort.signal.aborted) setContent({ url, text, failed: false });
        },
        () => {
          if (!abort.signal.aborted) setContent({ url, text: null, failed: true });
        },
      );
    return () => abort.abort();
  }, [url]);
  return content.url === url ? content : { text: null, failed: false };
}

/** Saves a content of the server as a file. */
export async function download(url: string, name: string): Promise<void> {
  const address = URL.createObjectURL(await fetchContent(url));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Fetches as the one who is signed in, in the project that is shown: an image's own request could name neither. */
export async function fetchContent(url: string, signal?: AbortSignal): Promise<Blob> {
  const get = () => fetch(url, { headers: identity.headers(), signal: signal ?? null });
  let response = await get();
  if (response.status === 401 && (await identity.refresh())) response = await get();
  if (!response.ok) throw new Error(`The server answered with status ${response.status}.`);
  return response.blob();
}
