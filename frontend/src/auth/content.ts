import { identity } from "./useIdentity";

/** The server has answered, and not with the content. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`The server answered with status ${status}.`);
    this.status = status;
  }
}

/** Fetches as the one who is signed in, in the project that is shown: an image's own request could name neither. */
export async function fetchContent(url: string, signal?: AbortSignal): Promise<Blob> {
  const get = () => fetch(url, { headers: identity.headers(), signal: signal ?? null });
  let response = await get();
  if (response.status === 401 && (await identity.refresh())) response = await get();
  if (!response.ok) throw new Refused(response.status);
  return response.blob();
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
