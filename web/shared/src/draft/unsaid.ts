/**
 * What somebody wrote in a draft that was sent without it. Pure. When a draft is sent, those who
 * wrote in it a moment before may have words in their copy that the sender did not have yet; they
 * get them back.
 */

import type { Clocks, Sign } from "./text";

interface Word {
  text: string;
  isOwn: boolean;
}

/** Comparing word by word costs their product; beyond it the part that differs counts as a whole. */
const maxProduct = 4_000_000;

/**
 * The own words of `signs`, in order, that are not in `sent`; words that do not stand together are
 * on lines of their own. `clients`: the ids under which this person wrote. `given`: what the server
 * was known to have a while before; who sent the draft then had it, and whatever became of it was
 * meant.
 */
export function unsaid(
  signs: readonly Sign[],
  sent: string,
  clients: ReadonlySet<number>,
  given: Clocks,
): string {
  const isOwn = ({ client, clock }: Sign) =>
    clients.has(client) && clock >= (given.get(client) ?? 0);
  if (!signs.some(isOwn)) return "";
  const words = wordsOf(signs, isOwn);
  const kept = common(
    words.map(({ text }) => text),
    splitWords(sent),
  );
  const runs: string[] = [];
  /** What stands between the last own word and here; null when somebody else's word does. */
  let gap: string | null = null;
  words.forEach(({ text, isOwn }, at) => {
    if (!text.trim()) gap = gap === null ? null : gap + text;
    else if (!isOwn || kept.has(at)) gap = null;
    else {
      if (gap === null) runs.push(text);
      else runs[runs.length - 1] += gap + text;
      gap = "";
    }
  });
  return runs.join("\n");
}

/** Words, the gaps between them, and line ends; a word is one's own when any of its signs is. */
function wordsOf(signs: readonly Sign[], isOwn: (sign: Sign) => boolean): Word[] {
  let at = 0;
  return splitWords(signs.map(({ text }) => text).join("")).map((text) => {
    const part = signs.slice(at, at + text.length);
    at += text.length;
    return { text, isOwn: part.some(isOwn) };
  });
}

const splitWords = (text: string): string[] => text.match(/\n|[^\S\n]+|\S+/gu) ?? [];

/** Which places of `a` are in the longest sequence that `b` has too. */
function common(a: readonly string[], b: readonly string[]): Set<number> {
  const kept = new Set<number>();
  let [start, endA, endB] = [0, a.length, b.length];
  while (start < endA && start < endB && a[start] === b[start]) kept.add(start++);
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    kept.add(--endA);
    endB--;
  }
  const [height, width] = [endA - start, endB - start];
  if (height * width > maxProduct || !height || !width) return kept;
  // lengths[i][j]: the longest common sequence of what follows i in a and j in b.
  const lengths = Array.from({ length: height + 1 }, () => new Uint16Array(width + 1));
  const length = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = height - 1; i >= 0; i--)
    for (let j = width - 1; j >= 0; j--) {
      const row = lengths[i] as Uint16Array;
      row[j] =
        a[start + i] === b[start + j]
          ? length(i + 1, j + 1) + 1
          : Math.max(length(i + 1, j), length(i, j + 1));
    }
  for (let i = 0, j = 0; i < height && j < width; ) {
    if (a[start + i] === b[start + j]) {
      kept.add(start + i);
      i++;
      j++;
    } else if (length(i + 1, j) >= length(i, j + 1)) i++;
    else j++;
  }
  return kept;
}
