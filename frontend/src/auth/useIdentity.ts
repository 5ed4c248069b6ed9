import { useSyncExternalStore } from "react";
import { type Identity, may, openIdentityStore } from "./identity";
import { openTokenStore } from "./token";

const tokens = openTokenStore(window);

/** The identity of this tab. */
export const identity = openIdentityStore(tokens, window.localStorage);

// Someone who follows a #token= link in the same tab becomes somebody else.
let known = tokens.get();
tokens.subscribe(() => {
  const token = tokens.get();
  if (token && token !== known && identity.get().status === "signed-in") void identity.ask();
  known = token;
});

export function useIdentityState() {
  return useSyncExternalStore(identity.subscribe, identity.get);
}

/** Whom the page acts for. Only for what is shown to those who are signed in. */
export function useIdentity(): Identity {
  const state = useIdentityState();
  if (state.status !== "signed-in") throw new Error("useIdentity is for those who are signed in");
  return state.identity;
}

/** Whether something is allowed here, such as tests:write. */
export function useMay(permission: string): boolean {
  return may(useIdentity().permissions, permission);
}
