/** The frame of a table that may be wider or higher than its place: reached, and scrolled, by keys. */
import type { ReactNode } from "react";

interface Props {
  label: string;
  /** It ends at a height, and scrolls. */
  isTall?: boolean;
  children: ReactNode;
}

export function TableFrame({ label, isTall = false, children }: Props) {
  return (
    <section
      className={isTall ? "table-frame table-tall" : "table-frame"}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is scrolled by keys too
      tabIndex={0}
    >
      {children}
    </section>
  );
}
