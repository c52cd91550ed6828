/** What settings forms make of their input. Pure. */
import type { Agent, Role } from "@parley/shared/resources";

const LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const GROUPS = 4;
const GROUP_LENGTH = 5;
export const PASSWORD_CHANCE_BYTES = GROUPS * GROUP_LENGTH;

/** A password to read out: four groups of five letters and digits that cannot be mistaken for one
 * another, about 115 bits. One byte of chance a letter; the slight unevenness does not matter. */
export function readablePassword(chance: Uint8Array): string {
  const letters = [...chance.subarray(0, PASSWORD_CHANCE_BYTES)].map(
    (byte) => LETTERS[byte % LETTERS.length],
  );
  return Array.from({ length: GROUPS }, (_, at) =>
    letters.slice(at * GROUP_LENGTH, (at + 1) * GROUP_LENGTH).join(""),
  ).join("-");
}

/** The role that counts: an agent has one, the widest. */
export function roleOf({ roles }: Pick<Agent, "roles">): Role {
  return roles.includes("admin") ? "admin" : roles.includes("agent") ? "agent" : "light_agent";
}

export function toggledId(ids: readonly string[], id: string): string[] {
  return ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id];
}
