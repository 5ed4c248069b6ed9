import { clsx } from "clsx";
import { type Dispatch, type SetStateAction, useEffect } from "react";
import { find } from "@/ui/find";
import { Skeleton } from "@/ui/Skeleton";

interface Props {
  text: string;
  onText: Dispatch<SetStateAction<string>>;
  onClose: () => void;
}

/**
 * Stands where the palette will, in its size, while that is on its way: keeps what is
 * typed for it, so that no letter is lost, and none acts on the page behind.
 */
export function Early({ text, onText, onClose }: Props) {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape") onClose();
      else if (event.key === "Backspace") onText((typed) => typed.slice(0, -1));
      else if (event.key.length === 1) onText((typed) => typed + event.key);
      else return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    window.addEventListener("keydown", pressed, { capture: true });
    return () => window.removeEventListener("keydown", pressed, { capture: true });
  }, [onText, onClose]);
  // For the eye alone: it is gone before it could be read out.
  return (
    <div aria-hidden>
      <div className={find.veil} onClick={onClose} />
      <div className={find.frame}>
        <p className={clsx(find.field, "flex items-center whitespace-pre")}>{text || <span className="text-faint">{find.hint}</span>}</p>
        <div className={find.list}>
          {Array.from({ length: 8 }, (_, i) => (
            <div key={i} className={find.row}>
              <Skeleton className="size-4 shrink-0" />
              <Skeleton className="h-3.5 w-2/5" />
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
