import { useSyncExternalStore } from "react";
import { openTokenStore } from "./token";

const store = openTokenStore(window);

/** The API token of this tab, "" when there is none, and how to replace it. */
export function useToken(): [token: string, setToken: (token: string) => void] {
  return [useSyncExternalStore(store.subscribe, store.get), store.set];
}
