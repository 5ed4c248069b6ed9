import { useSyncExternalStore } from "react";

const storageKey = "semantest.shortcuts";
const listeners = new Set<() => void>();
let on = stored();

/**
 * Whether single letters and digits act (WCAG 2.1.4). People who speak to their
 * computer, or whose hands slip, can do without them in this browser.
 */
export function useShortcuts(): { on: boolean; setOn: (on: boolean) => void } {
  return { on: useSyncExternalStore(subscribe, shortcutsOn), setOn };
}

export function shortcutsOn(): boolean {
  return on;
}

function setOn(next: boolean) {
  on = next;
  try {
    window.localStorage.setItem(storageKey, next ? "on" : "off");
  } catch {
    // The choice then lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

function stored(): boolean {
  try {
    return window.localStorage.getItem(storageKey) !== "off";
  } catch {
    return true;
  }
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What opens the palette, as the keyboard at hand has it. */
export const findShortcut = /Mac|iP(hone|ad)/.test(navigator.userAgent) ? "⌘K" : "Ctrl K";
