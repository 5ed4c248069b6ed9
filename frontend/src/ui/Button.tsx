import { clsx } from "clsx";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";

export type ButtonLook = "primary" | "plain" | "quiet" | "danger";

interface Props extends ComponentProps<"button"> {
  /** primary: the one thing to do here. plain: others. quiet: tools in a row. danger: ends or removes something. */
  look?: ButtonLook;
  small?: boolean;
  /** Gives its looks to the one child, such as a link. */
  asChild?: boolean;
}

const looks: Record<ButtonLook, string> = {
  primary: "bg-accent text-on-accent hover:opacity-90 border-transparent",
  plain: "bg-raised text-text border-line hover:bg-hover",
  quiet: "border-transparent text-soft hover:bg-hover hover:text-text",
  danger: "bg-raised text-failed border-line hover:bg-hover",
};

export function Button({ look = "plain", small = false, asChild = false, className, type = "button", ...rest }: Props) {
  const Tag = asChild ? Slot.Root : "button";
  return (
    <Tag
      {...(asChild ? {} : { type })}
      className={clsx(
        "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap select-none disabled:opacity-50",
        small ? "h-7 px-2 text-sm" : "h-8 px-3 text-sm",
        looks[look],
        className,
      )}
      {...rest}
    />
  );
}

interface IconButtonProps extends Omit<Props, "children"> {
  /** What it does, for those who cannot see the picture. */
  label: string;
  children: React.ReactNode;
}

export function IconButton({ label, children, look = "quiet", className, ...rest }: IconButtonProps) {
  return (
    <Button look={look} aria-label={label} title={label} className={clsx("w-8 px-0!", className)} {...rest}>
      {children}
    </Button>
  );
}
