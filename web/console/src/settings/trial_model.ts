/** The steps of a connection test that have a name in words. Pure. */

const STEPS = [
  "resolve",
  "connect",
  "certificate",
  "greet",
  "sign_in",
  "folder",
  "sender",
  "leave",
  "answer",
] as const;
type Step = (typeof STEPS)[number];

export function isStep(name: string): name is Step {
  return (STEPS as readonly string[]).includes(name);
}
