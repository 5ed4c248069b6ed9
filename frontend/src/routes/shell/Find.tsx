import { lazy, Suspense, useState } from "react";
import { Early } from "./Early";

const Palette = lazy(() => import("@/features/palette/Palette"));

/** The palette, with what is typed before its part has come. */
export function Find({ onClose, onShortcuts }: { onClose: () => void; onShortcuts: () => void }) {
  const [typed, setTyped] = useState("");
  return (
    <Suspense fallback={<Early text={typed} onText={setTyped} onClose={onClose} />}>
      <Palette begun={typed} onClose={onClose} onShortcuts={onShortcuts} />
    </Suspense>
  );
}
