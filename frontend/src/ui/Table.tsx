import { clsx } from "clsx";
import type { ComponentProps } from "react";

/** A table that scrolls sideways within its own frame when the window is narrow. */
export function Table({ className, label, ...rest }: ComponentProps<"table"> & { label: string }) {
  return (
    <div className="overflow-x-auto rounded-lg border border-line bg-raised">
      <table aria-label={label} className={clsx("w-full border-collapse text-left text-sm", className)} {...rest} />
    </div>
  );
}

export function HeadCell({ className, ...rest }: ComponentProps<"th">) {
  return <th scope="col" className={clsx("h-9 px-3 text-xs font-medium whitespace-nowrap text-faint", className)} {...rest} />;
}

export function Row({ className, ...rest }: ComponentProps<"tr">) {
  return <tr className={clsx("relative border-t border-line hover:bg-hover", className)} {...rest} />;
}

export function Cell({ className, ...rest }: ComponentProps<"td">) {
  return <td className={clsx("h-12 px-3 py-1.5", className)} {...rest} />;
}
