import { type Dispatch, type SetStateAction, useEffect } from "react";

/**
 * Stands in for the palette while that is on its way: keeps what is typed for it, so
 * that no letter is lost, and none acts on the page behind. It shows nothing.
 */
export function EarlyKeys({ onText, onClose }: { onText: Dispatch<SetStateAction<string>>; onClose: () => void }) {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape") onClose();
      else if (event.key === "Backspace") onText((text) => text.slice(0, -1));
      else if (event.key.length === 1) onText((text) => text + event.key);
      else return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    window.addEventListener("keydown", pressed, { capture: true });
    return () => window.removeEventListener("keydown", pressed, { capture: true });
  }, [onText, onClose]);
  return null;
}
