import { clsx } from "clsx";
import { type ComponentProps, type ReactNode, useId } from "react";

interface FieldProps {
  label: string;
  /** One sentence below the field. */
  hint?: ReactNode;
  /** What is wrong with what was entered. */
  error?: string | undefined;
  /** Gets what joins the control with its label, hint and error. */
  children: (control: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => ReactNode;
}

/** A label, a control, and what is to be said of it. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const about = `${id}-about`;
  return (
    <div className="grid gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children({ id, ...(hint || error ? { "aria-describedby": about } : {}), ...(error ? { "aria-invalid": true } : {}) })}
      {error ? (
        <p id={about} className="text-sm text-failed">
          {error}
        </p>
      ) : hint ? (
        <p id={about} className="text-sm text-faint">
          {hint}
        </p>
      ) : null}
    </div>
  );
}

const box =
  "w-full min-w-0 rounded-md border border-line-strong/60 bg-raised px-2.5 text-base text-text placeholder:text-faint hover:border-line-strong aria-invalid:border-failed disabled:opacity-60";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={clsx(box, "h-8", className)} {...rest} />;
}

export function TextArea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={clsx(box, "py-1.5 font-mono text-sm", className)} {...rest} />;
}

export function Select({ className, ...rest }: ComponentProps<"select">) {
  return <select className={clsx(box, "h-8 pr-7", className)} {...rest} />;
}
