import { useCallback, useEffect, useState } from "react";
import { request } from "../graphql/request";

/** What the server says about a token. */
export type Session =
  | { status: "checking" }
  | { status: "accepted"; project: string; permissions: string[] }
  | { status: "missing" }
  | { status: "refused"; message: string }
  | { status: "unreachable"; message: string };

interface ViewerData {
  viewer: { project: { name: string }; permissions: string[] };
}

const query = "query Viewer { viewer { project { name } permissions } }";

/** Asks the server whom a token stands for. Throws only when aborted. */
export async function checkToken(token: string, signal?: AbortSignal): Promise<Session> {
  if (!token) return { status: "missing" };
  // Anything else cannot be sent in a header.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    return { status: "refused", message: "This is not an API token: it has a space or a letter that no token has." };
  }
  try {
    const result = await request({ query }, { token, signal });
    const error = result.errors?.[0];
    if (error) {
      const refused = error.extensions?.code === "UNAUTHENTICATED";
      return { status: refused ? "refused" : "unreachable", message: error.message };
    }
    const { viewer } = result.data as unknown as ViewerData;
    return { status: "accepted", project: viewer.project.name, permissions: viewer.permissions };
  } catch (error) {
    if (signal?.aborted) throw error;
    return { status: "unreachable", message: error instanceof Error ? error.message : String(error) };
  }
}

/** The session of a token, and a function that checks the same token again. */
export function useSession(token: string): [session: Session, recheck: () => void] {
  const [checked, setChecked] = useState<{ token: string; session: Session } | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    checkToken(token, abort.signal).then(
      (session) => {
        if (!abort.signal.aborted) setChecked({ token, session });
      },
      () => undefined, // aborted: a newer token is being checked
    );
    return () => {
      abort.abort();
    };
  }, [token, attempt]);

  const recheck = useCallback(() => {
    setChecked(null);
    setAttempt((n) => n + 1);
  }, []);
  if (!token) return [{ status: "missing" }, recheck];
  return [checked?.token === token ? checked.session : { status: "checking" }, recheck];
}
