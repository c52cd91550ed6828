/** How the text of an interaction is shown: plain text with its links and its quoted end, or a
 * mail's own HTML when that says more than the text. Pure. */
import type { Interaction } from "@parley/shared/resources";

export type Piece = { kind: "text"; text: string } | { kind: "link"; text: string; href: string };

/** Strangers write what this reads: every part is bounded and begins at one place only, or a text of
 * some kilobytes would hold up the page for seconds. */
const LINK =
  /\bhttps?:\/\/[^\s<>"']{1,2000}|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}\b/gu;
/** Marks that end a sentence or close a bracket and are not part of an address before them. */
const TRAILING = ".,;:!?)]}";

function withoutTrailing(found: string): string {
  let end = found.length;
  while (end > 0 && TRAILING.includes(found.charAt(end - 1))) end--;
  return found.slice(0, end);
}

/** Cuts text into words and links: web addresses and mail addresses, nothing else. */
export function linked(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    const link = withoutTrailing(found[0]);
    if (found.index > end) pieces.push({ kind: "text", text: text.slice(end, found.index) });
    const href = link.startsWith("http") ? link : `mailto:${link}`;
    pieces.push({ kind: "link", text: link, href });
    end = found.index + link.length;
  }
  if (end < text.length) pieces.push({ kind: "text", text: text.slice(end) });
  return pieces;
}

const QUOTE_HEAD =
  /^(on\b.*\bwrote|am\b.*\bschrieb\b.*|le\b.*\ba écrit|-{2,}\s*original message\s*-{2,}|-{2,}\s*ursprüngliche nachricht\s*-{2,})\s*:?$/i;

/** The text without the quotation at its end, and that quotation (empty when there is none).
 * Only what is quoted to the end counts: an answer between the lines stays visible. */
export function splitQuote(text: string): { said: string; quoted: string } {
  const lines = text.split("\n");
  let start = lines.length;
  while (start > 0 && /^\s*(>.*)?$/.test(lines[start - 1] ?? "")) start--;
  const head = (lines[start - 1] ?? "").trim();
  const isHeaded = QUOTE_HEAD.test(head);
  const hasQuote = lines.slice(start).some((line) => line.trimStart().startsWith(">"));
  if (!hasQuote) return { said: text, quoted: "" };
  const from = isHeaded ? start - 1 : start;
  const said = lines.slice(0, from).join("\n").trimEnd();
  if (!said) return { said: text, quoted: "" };
  return { said, quoted: lines.slice(from).join("\n").trim() };
}

const PLAIN_TAGS = new Set(["p", "br", "div", "span", "a", "html", "body"]);

/** Whether the HTML shows something that its text cannot: lists, tables, pictures, emphasis. */
export function isRich({ content_html, author_type }: Interaction): boolean {
  if (author_type !== "customer" || !content_html) return false;
  for (const [, tag] of content_html.matchAll(/<([a-z][a-z0-9]*)/gi))
    if (tag && !PLAIN_TAGS.has(tag.toLowerCase())) return true;
  return false;
}

/** Whether a signed link has run out, by the time it names itself; without one it never does. */
export function isExpired(url: string, nowMs: number): boolean {
  const expires = Number(new URL(url, "http://desk").searchParams.get("expires") ?? Number.NaN);
  return expires * 1000 <= nowMs;
}

const SIZES = ["B", "kB", "MB", "GB"] as const;

export function formatSize(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < SIZES.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${size >= 10 || unit === 0 ? Math.round(size) : size.toFixed(1)} ${SIZES[unit]}`;
}

/** Pictures that a browser shows without danger; SVG is not among them. */
export function isPicture(mimeType: string): boolean {
  return /^image\/(png|jpeg|gif|webp|avif)$/.test(mimeType);
}
