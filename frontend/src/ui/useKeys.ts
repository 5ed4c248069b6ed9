import { useEffect, useRef } from "react";
import { shortcutsOn } from "./shortcuts";

/**
 * Does what a key stands for, unless it goes to a field, a menu or a dialog, or
 * comes with a modifier. Keys that write a character act only while shortcuts
 * are on.
 */
export function useKeys(does: Record<string, (() => void) | undefined>) {
  const latest = useRef(does);
  useEffect(() => {
    latest.current = does;
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || taken(event.target)) return;
      if (event.key.length === 1 && !shortcutsOn()) return;
      const act = latest.current[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
}

function taken(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input:not([type=checkbox]), textarea, select, [role=dialog], [role=menu], [contenteditable=true]") !== null;
}
