import { request } from "@/graphql/request";
import { bearer, type TokenStore } from "./token";

export interface ProjectRef {
  id: string;
  slug: string;
  name: string;
}

/** Whom the pages act for. */
export interface Identity {
  /** A person who signed in, whose tokens no script can read, or the holder of an API token. */
  by: "session" | "token";
  user: { email: string; name: string } | null;
  project: ProjectRef | null;
  permissions: string[];
  /** Those that can be switched to. */
  projects: ProjectRef[];
}

export type IdentityState =
  | { status: "asking" }
  | { status: "signed-out"; reason?: string }
  | { status: "unreachable"; message: string }
  | { status: "signed-in"; identity: Identity };

export interface IdentityStore {
  get: () => IdentityState;
  subscribe: (listener: () => void) => () => void;
  /** Asks the server who this is. */
  ask: () => Promise<void>;
  /** Signs in; returns why not, else null. */
  login: (email: string, password: string) => Promise<string | null>;
  /** Goes on with an API token; returns why not, else null. */
  useToken: (token: string) => Promise<string | null>;
  logout: () => Promise<void>;
  switchProject: (slug: string) => Promise<void>;
  /** Renews a session that has expired; false means that it is over. */
  refresh: () => Promise<boolean>;
  /** What every request carries. */
  headers: () => Record<string, string>;
  /** The same for connection_init of a socket. */
  connectionParams: () => Record<string, string>;
}

const viewer = `query Viewer { viewer { permissions user { email name } project { id slug name } projects { project { id slug name } } } }`;
const login = `mutation Login($email: String!, $password: String!) { login(input: {email: $email, password: $password, cookies: true}) { user { id } } }`;
const refresh = `mutation Refresh { refreshToken(input: {}) { accessTokenExpiresAt } }`;
const logout = `mutation Logout { logout(input: {}) { clientMutationId } }`;

interface ViewerData {
  viewer: {
    permissions: string[];
    user: { email: string; name: string } | null;
    project: ProjectRef | null;
    projects: { project: ProjectRef }[];
  };
}

const projectKey = "semantest.project";

export function openIdentityStore(tokens: TokenStore, storage: Pick<Storage, "getItem" | "setItem" | "removeItem">): IdentityStore {
  let state: IdentityState = { status: "asking" };
  let project = read(storage, projectKey);
  let refreshing: Promise<boolean> | null = null;
  const listeners = new Set<() => void>();

  const set = (next: IdentityState) => {
    state = next;
    for (const listener of listeners) listener();
  };
  const setProject = (slug: string) => {
    project = slug;
    write(storage, projectKey, slug);
  };
  const headers = (): Record<string, string> => {
    const token = tokens.get();
    if (token) return { Authorization: bearer(token) };
    return project ? { "Semantest-Project": project } : {};
  };
  const send = (query: string, variables?: Record<string, unknown>) => request({ query, variables: variables ?? null }, { token: "", headers: headers() });

  const look = async (): Promise<IdentityState> => {
    const { data, errors } = await send(viewer);
    const error = errors?.[0];
    if (error && project && !tokens.get() && ["NOT_FOUND", "FORBIDDEN"].includes(codeOf(error))) {
      setProject(""); // the project is gone, or the person is no longer in it
      return look();
    }
    if (error) {
      // Who sent nothing was not refused: the page to sign in says all that is needed.
      if (codeOf(error) === "UNAUTHENTICATED") return tokens.get() ? { status: "signed-out", reason: error.message } : { status: "signed-out" };
      return { status: "unreachable", message: error.message };
    }
    const v = (data as unknown as ViewerData).viewer;
    if (!v.user && v.permissions.length === 0) return { status: "signed-out" };
    const by = tokens.get() ? "token" : "session";
    return {
      status: "signed-in",
      identity: { by, user: v.user, project: v.project, permissions: v.permissions, projects: v.projects.map((p) => p.project) },
    };
  };

  const renew = async (): Promise<boolean> => {
    if (tokens.get()) return false;
    const { errors } = await send(refresh);
    const error = errors?.[0];
    if (!error) return true;
    // A server that is away says nothing of the session.
    if (!["UNAUTHENTICATED", "INVALID_INPUT", "NOT_FOUND", "FORBIDDEN"].includes(codeOf(error))) throw new Error(error.message);
    return false;
  };

  const ask = async () => {
    try {
      let next = await look();
      if (next.status === "signed-out" && !tokens.get() && (await renew())) next = await look();
      set(next);
    } catch (error) {
      set({ status: "unreachable", message: messageOf(error) });
    }
  };

  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ask,
    headers,
    connectionParams: (): Record<string, string> => {
      const token = tokens.get();
      if (token) return { authorization: bearer(token) };
      return project ? { project } : {};
    },
    async login(email, password) {
      try {
        tokens.set("");
        const { errors } = await send(login, { email, password });
        if (errors?.[0]) return errors[0].message;
        await ask();
        return failure(state);
      } catch (error) {
        return messageOf(error);
      }
    },
    async useToken(token) {
      tokens.set(token);
      try {
        const next = await look();
        if (next.status === "signed-in") set(next);
        else tokens.set("");
        return failure(next);
      } catch (error) {
        tokens.set("");
        return messageOf(error);
      }
    },
    async logout() {
      if (tokens.get()) tokens.set("");
      else await send(logout);
      setProject("");
      set({ status: "signed-out" });
    },
    async switchProject(slug) {
      setProject(slug);
      await ask();
    },
    refresh() {
      refreshing ??= renew()
        .then((renewed) => {
          if (!renewed) set({ status: "signed-out", reason: "Your session has ended. Sign in again to go on." });
          return renewed;
        })
        .finally(() => {
          refreshing = null;
        });
      return refreshing;
    },
  };
}

/** Whether permissions are enough for something: admin is everything within a project, and nothing of the instance. */
export function may(permissions: readonly string[], wanted: string): boolean {
  return permissions.includes(wanted) || (wanted !== "instance" && permissions.includes("admin"));
}

function failure(state: IdentityState): string | null {
  switch (state.status) {
    case "signed-in":
    case "asking":
      return null;
    case "signed-out":
      return state.reason ?? "The server did not accept this.";
    case "unreachable":
      return state.message;
  }
}

function codeOf(error: { extensions?: Record<string, unknown> }): string {
  return typeof error.extensions?.code === "string" ? error.extensions.code : "";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// Storage throws where the browser blocks it; the choice then lasts as long as
// the page.
function read(storage: Pick<Storage, "getItem">, key: string): string {
  try {
    return storage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

function write(storage: Pick<Storage, "setItem" | "removeItem">, key: string, value: string) {
  try {
    if (value) storage.setItem(key, value);
    else storage.removeItem(key);
  } catch {
    // see read
  }
}
