const storageKey = "semantest.token";

/** Keeps the API token of this browser tab. */
export interface TokenStore {
  /** The token, or "" when there is none. */
  get: () => string;
  set: (token: string) => void;
  /** Calls listener after every change; the result ends that. */
  subscribe: (listener: () => void) => () => void;
}

/**
 * Opens the store of a window. A token in the address (#token=…) replaces the
 * stored one and is removed from the address, so that it does not stay in the
 * history or in a copied link.
 */
export function openTokenStore(win: Window): TokenStore {
  let token = readStorage(win);
  const listeners = new Set<() => void>();

  const set = (next: string) => {
    token = normalise(next);
    writeStorage(win, token);
    for (const listener of listeners) listener();
  };
  const takeFromAddress = () => {
    const given = takeFragmentToken(win);
    if (given) set(given);
  };

  takeFromAddress();
  // Someone who follows another #token= link in the same tab loads no new page.
  win.addEventListener("hashchange", takeFromAddress);
  return {
    get: () => token,
    set,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Headers and connection_init payloads carry the token in this form. */
export function bearer(token: string): string {
  return `Bearer ${token}`;
}

function normalise(token: string): string {
  return token.trim().replace(/^bearer\s+/i, "");
}

function takeFragmentToken(win: Window): string {
  const fragment = new URLSearchParams(win.location.hash.slice(1));
  const token = fragment.get("token");
  if (token === null) return "";
  fragment.delete("token");
  const rest = fragment.toString();
  const { pathname, search } = win.location;
  win.history.replaceState(win.history.state, "", pathname + search + (rest && `#${rest}`));
  return token;
}

// Storage throws where the browser blocks it; the token then lives as long as
// the page.
function readStorage(win: Window): string {
  try {
    return win.sessionStorage.getItem(storageKey) ?? "";
  } catch {
    return "";
  }
}

function writeStorage(win: Window, token: string) {
  try {
    if (token) win.sessionStorage.setItem(storageKey, token);
    else win.sessionStorage.removeItem(storageKey);
  } catch {
    // see readStorage
  }
}
