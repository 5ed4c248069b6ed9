import { useEffect } from "react";

/** Calls again every so often while somebody looks at the page, and as soon as somebody looks again. */
export function usePolling(again: () => void, everyMs: number, paused = false) {
  useEffect(() => {
    if (paused) return;
    const seen = () => {
      if (document.visibilityState === "visible") again();
    };
    const timer = setInterval(seen, everyMs);
    document.addEventListener("visibilitychange", seen);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [again, everyMs, paused]);
}
