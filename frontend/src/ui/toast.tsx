import { clsx } from "clsx";
import { CircleCheck, TriangleAlert, X } from "lucide-react";
import { Toast } from "radix-ui";
import { useSyncExternalStore } from "react";

interface Message {
  id: number;
  tone: "done" | "wrong";
  text: string;
}

let messages: Message[] = [];
let last = 0;
const listeners = new Set<() => void>();

/** Tells what was done, or what went wrong, without taking the focus. */
export function toast(text: string, tone: Message["tone"] = "done") {
  replace([...messages.slice(-3), { id: ++last, tone, text }]);
}

function replace(next: Message[]) {
  messages = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toaster() {
  const shown = useSyncExternalStore(subscribe, () => messages);
  return (
    <Toast.Provider swipeDirection="right" duration={6000}>
      {shown.map(({ id, tone, text }) => (
        <Toast.Root
          key={id}
          onOpenChange={(open) => {
            if (!open) replace(messages.filter((m) => m.id !== id));
          }}
          className="flex items-start gap-2 rounded-lg border border-line bg-raised p-3 text-sm shadow-lg"
        >
          {tone === "done" ? (
            <CircleCheck size={16} className="mt-px shrink-0 text-passed" aria-hidden />
          ) : (
            <TriangleAlert size={16} className="mt-px shrink-0 text-failed" aria-hidden />
          )}
          <Toast.Description className={clsx("flex-1 break-words", tone === "wrong" && "text-failed")}>{text}</Toast.Description>
          <Toast.Close aria-label="Close" className="text-faint hover:text-text">
            <X size={15} aria-hidden />
          </Toast.Close>
        </Toast.Root>
      ))}
      <Toast.Viewport className="fixed right-4 bottom-20 z-60 grid w-[min(24rem,calc(100vw-32px))] gap-2 md:bottom-4" />
    </Toast.Provider>
  );
}
