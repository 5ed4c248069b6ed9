import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const storageKey = "semantest.theme";
const listeners = new Set<() => void>();
const darkSystem = window.matchMedia("(prefers-color-scheme: dark)");
let theme = stored();

/** Puts the choice of a person into force, as early as the page can. */
export function applyTheme() {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function useTheme(): { theme: Theme; resolved: "light" | "dark"; setTheme: (theme: Theme) => void } {
  const chosen = useSyncExternalStore(subscribe, () => theme);
  const dark = useSyncExternalStore(subscribeSystem, () => darkSystem.matches);
  return { theme: chosen, resolved: chosen === "system" ? (dark ? "dark" : "light") : chosen, setTheme };
}

function setTheme(next: Theme) {
  theme = next;
  try {
    window.localStorage.setItem(storageKey, next);
  } catch {
    // The choice then lasts as long as the page.
  }
  applyTheme();
  for (const listener of listeners) listener();
}

function stored(): Theme {
  try {
    const value = window.localStorage.getItem(storageKey);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    return "system";
  }
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function subscribeSystem(listener: () => void) {
  darkSystem.addEventListener("change", listener);
  return () => darkSystem.removeEventListener("change", listener);
}
