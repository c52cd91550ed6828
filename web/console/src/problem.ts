/** A failure in words for the person in front of the screen. */
import { NetworkError, ProblemError } from "@parley/shared/http";
import { notify } from "./ui/notices";
import { words } from "./words/view";

/** Beyond it a wait is told in minutes. */
const LONG_WAIT_SECONDS = 90;

/** What a form itself finds wrong, already in words. */
export class Unfinished extends Error {}

export function describe(failure: unknown): string {
  const t = words();
  if (failure instanceof Unfinished) return failure.message;
  if (failure instanceof NetworkError) return t("problem_network");
  if (!(failure instanceof ProblemError)) return t("problem_unknown");
  if (failure.status === 429) {
    const seconds = failure.retryAfterSeconds;
    if (seconds === null) return t("problem_rate");
    if (seconds > LONG_WAIT_SECONDS)
      return t("problem_rate_minutes", { count: Math.ceil(seconds / 60) });
    return t("problem_rate_wait", { count: Math.ceil(seconds) });
  }
  if (failure.status === 401) return t("problem_signed_out");
  if (failure.status === 403) return t("problem_not_permitted");
  const first = failure.problem.errors?.[0];
  return first && first.detail !== failure.message
    ? `${failure.message} ${first.detail}`
    : failure.message;
}

/** What the server says about one field of a form; `pointer` as in RFC 6901, without the body. */
export function fieldProblem(failure: unknown, field: string): string | undefined {
  if (!(failure instanceof ProblemError)) return undefined;
  const found = failure.problem.errors?.find(
    ({ pointer }) => pointer.replace(/^#?\/?/, "") === field,
  );
  return found?.detail;
}

/** Shows the failure in the corner; an ended session speaks for itself, over the whole screen. */
export function report(failure: unknown): void {
  if (failure instanceof ProblemError && failure.status === 401) return;
  if (failure instanceof DOMException && failure.name === "AbortError") return;
  notify(describe(failure), "problem");
}
