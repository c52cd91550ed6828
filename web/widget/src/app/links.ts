/**
 * Finds web addresses in plain text. Pure, linear, and the only way that anything a person wrote
 * becomes more than text: a link has http or https, nothing else, and shows its whole address.
 */

export type Part = { kind: "text"; text: string } | { kind: "link"; text: string; address: string };

const address = /\bhttps?:\/\/[^\s<>"'`]{1,2000}/giu;
const closers: Record<string, string> = { ")": "(", "]": "[", "}": "{" };

/** The parts of `text` in order; joined they give it back. */
export function linkify(text: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(address)) {
    const found = trimEnd(match[0]);
    if (!URL.canParse(found) || !new URL(found).hostname) continue;
    if (match.index > end) parts.push({ kind: "text", text: text.slice(end, match.index) });
    parts.push({ kind: "link", text: found, address: new URL(found).href });
    end = match.index + found.length;
  }
  if (end < text.length) parts.push({ kind: "text", text: text.slice(end) });
  return parts;
}

/** A sentence's end is not the address's; a bracket is, when it was opened inside. */
function trimEnd(found: string): string {
  let end = found.length;
  for (; end > 0; end--) {
    const last = found[end - 1] ?? "";
    const opener = closers[last];
    const balanced = opener && count(found, opener, end) >= count(found, last, end);
    if (!/[.,;:!?…*_~)\]}]/u.test(last) || balanced) break;
  }
  return found.slice(0, end);
}

function count(text: string, sign: string, end: number): number {
  let found = 0;
  for (let i = 0; i < end; i++) if (text[i] === sign) found++;
  return found;
}
