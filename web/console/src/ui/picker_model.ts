/** What a picker offers for what is typed: options that contain every word, in their own order,
 * and the cursor that walks over them. Pure. */

export interface Option<V extends string = string> {
  value: V;
  label: string;
  /** Found by, but not shown. */
  also?: string;
}

export function offered<O extends Option>(options: readonly O[], typed: string): readonly O[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return options;
  return options.filter((option) => {
    const text = `${option.label} ${option.also ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Moves the cursor by a key, round the ends; any other key leaves it. */
export function moved(cursor: number, count: number, key: string): number {
  if (!count) return 0;
  switch (key) {
    case "ArrowDown":
      return (cursor + 1) % count;
    case "ArrowUp":
      return (cursor - 1 + count) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return Math.min(cursor, count - 1);
  }
}
