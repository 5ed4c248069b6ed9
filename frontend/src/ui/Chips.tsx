import { clsx } from "clsx";
import type { ReactNode } from "react";

interface Props<Name extends string> {
  label: string;
  options: { name: Name; content: ReactNode }[];
  /** Those that are pressed. */
  chosen: readonly Name[];
  onChange: (chosen: Name[]) => void;
}

/** A row of filters of which any number can be pressed. */
export function Chips<Name extends string>({ label, options, chosen, onChange }: Props<Name>) {
  return (
    <div role="group" aria-label={label} className="flex flex-wrap gap-1.5">
      {options.map(({ name, content }) => {
        const pressed = chosen.includes(name);
        return (
          <button
            key={name}
            type="button"
            aria-pressed={pressed}
            onClick={() => onChange(pressed ? chosen.filter((c) => c !== name) : [...chosen, name])}
            className={clsx(
              "inline-flex h-7 items-center gap-1 rounded-full border px-2.5 text-xs font-medium",
              pressed ? "border-accent bg-accent-ground text-text" : "border-line bg-raised text-soft hover:bg-hover",
            )}
          >
            {content}
          </button>
        );
      })}
    </div>
  );
}
