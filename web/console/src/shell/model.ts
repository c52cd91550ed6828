/** What each key does, and where. Pure. */

export type Command =
  | "next"
  | "previous"
  | "open"
  | "back"
  | "reply"
  | "note"
  | "assign_me"
  | "resolve"
  | "details"
  | "create"
  | "search"
  | "help"
  | "notifications"
  | "go_tickets"
  | "go_mine"
  | "go_unassigned"
  | "go_customers"
  | "go_articles"
  | "go_reports"
  | "go_settings";

export interface Shortcut {
  keys: string;
  command: Command;
  part: "list" | "ticket" | "go";
}

export const SHORTCUTS: readonly Shortcut[] = [
  { keys: "j", command: "next", part: "list" },
  { keys: "k", command: "previous", part: "list" },
  { keys: "Enter", command: "open", part: "list" },
  { keys: "Escape", command: "back", part: "list" },
  { keys: "/", command: "search", part: "list" },
  { keys: "c", command: "create", part: "list" },
  { keys: "r", command: "reply", part: "ticket" },
  { keys: "n", command: "note", part: "ticket" },
  { keys: "a", command: "assign_me", part: "ticket" },
  { keys: "e", command: "resolve", part: "ticket" },
  { keys: "i", command: "details", part: "ticket" },
  { keys: "g t", command: "go_tickets", part: "go" },
  { keys: "g m", command: "go_mine", part: "go" },
  { keys: "g u", command: "go_unassigned", part: "go" },
  { keys: "g c", command: "go_customers", part: "go" },
  { keys: "g k", command: "go_articles", part: "go" },
  { keys: "g r", command: "go_reports", part: "go" },
  { keys: "g s", command: "go_settings", part: "go" },
  { keys: "g n", command: "notifications", part: "go" },
  { keys: "?", command: "help", part: "go" },
];

/** How long the first key of two counts. */
export const CHORD_MS = 1500;

export interface Pressed {
  key: string;
  hasModifier: boolean;
  /** In a field, a menu or a window, where letters are letters. */
  isWriting: boolean;
  /** On a link or button, which Enter presses. */
  isOnControl: boolean;
}

/** What a key asks for, and the first key of two that it leaves waiting. */
export function commandOf(
  pressed: Pressed,
  waiting: string,
): { command: Command | null; waiting: string } {
  const none = { command: null, waiting: "" };
  if (pressed.hasModifier || pressed.isWriting) return none;
  if (pressed.key === "Enter" && pressed.isOnControl) return none;
  const keys = waiting ? `${waiting} ${pressed.key}` : pressed.key;
  const found = SHORTCUTS.find((shortcut) => shortcut.keys === keys);
  if (found) return { command: found.command, waiting: "" };
  const begins =
    !waiting && SHORTCUTS.some((shortcut) => shortcut.keys.startsWith(`${pressed.key} `));
  return begins ? { command: null, waiting: pressed.key } : none;
}
