/** What is under way may be older than what is asked for now, or known now: it gives way. */
import { ProblemError } from "@parley/shared/http";
import { QueryObserver } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";
import { queries, refresh, replace } from "./actions";

afterEach(() => queries.clear());

/** A query whose answers a test gives, in any order; each names how many had been asked before it. */
function asked(key: string) {
  const answers: ((value: string) => void)[] = [];
  const queryFn = () => new Promise<string>((give) => answers.push(give));
  const observer = new QueryObserver<string>(queries, { queryKey: [key], queryFn });
  const shown: (string | undefined)[] = [];
  observer.subscribe(({ data }) => shown.push(data));
  const give = async (at: number, value: string) => {
    answers[at]?.(value);
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { answers, observer, give, shown };
}

test("what changes while the very first answer is under way is asked for once more", async () => {
  const { answers, observer, give, shown } = asked("views");
  const first = queries.fetchQuery({ queryKey: ["views"], queryFn: () => "unused" });
  const again = refresh("views");
  expect(answers).toHaveLength(2);
  await give(0, "older");
  expect(observer.getCurrentResult().data).toBeUndefined();
  await give(1, "newer");
  await again;
  expect(observer.getCurrentResult().data).toBe("newer");
  expect(await first).toBe("newer");
  expect(shown).not.toContain("older");
});

test("a later answer is not overtaken by the one before it", async () => {
  const { observer, give } = asked("views");
  await give(0, "first");
  void refresh("views");
  void refresh("views");
  await give(2, "newest");
  await give(1, "older");
  expect(observer.getCurrentResult().data).toBe("newest");
});

test("what nobody looks at any more is asked for anew by the next who does", async () => {
  const answers: string[] = ["older", "newer"];
  const queryFn = () => Promise.resolve(answers.shift() ?? "");
  const options = { queryKey: ["tags"], queryFn };
  const leave = new QueryObserver<string>(queries, options).subscribe(() => undefined);
  leave();
  await refresh("tags");
  const observer = new QueryObserver<string>(queries, options);
  observer.subscribe(() => undefined);
  await vi.waitFor(() => expect(observer.getCurrentResult().data).toBe("newer"));
});

test("what a change was answered with stays when an older answer comes after it", async () => {
  const { observer, give } = asked("settings");
  await give(0, "off");
  void refresh("settings");
  replace(["settings"], "on");
  await give(1, "off");
  expect(observer.getCurrentResult().data).toBe("on");
});

test("a desk that is busy is asked again, and one that refuses is not", () => {
  const retry = queries.getDefaultOptions().queries?.retry as (n: number, e: unknown) => boolean;
  const problem = (status: number) =>
    new ProblemError({ type: "", title: "", detail: "", code: "unavailable", status });
  expect([503, 429].map((status) => retry(0, problem(status)))).toEqual([true, true]);
  expect([400, 401, 403, 404].map((status) => retry(0, problem(status)))).not.toContain(true);
  expect([1, 2].map((count) => retry(count, new Error("silence")))).toEqual([true, false]);
});
