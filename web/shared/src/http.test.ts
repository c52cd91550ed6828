import { afterEach, expect, it, vi } from "vitest";
import { createHttp, NetworkError, ProblemError, readProblem, toQuery } from "./http";

afterEach(() => vi.unstubAllGlobals());

function answer(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = body === undefined ? null : JSON.stringify(body);
  const server = vi.fn(async () => new Response(text, { status, headers }));
  vi.stubGlobal("fetch", server);
  return server;
}

const headersOf = (server: ReturnType<typeof answer>) =>
  (server.mock.calls as unknown as [string, RequestInit][])[0]?.[1].headers as Record<
    string,
    string
  >;

it("writes a query as the lists want it", () => {
  expect(toQuery({ status: ["new", "open"], q: "a b&c", team_id: null, none: [] })).toBe(
    "?status=new%2Copen&q=a+b%26c",
  );
  expect(toQuery({})).toBe("");
});

it("sends JSON with the CSRF token and the given idempotency key", async () => {
  const server = answer(201, { id: "1" });
  const http = createHttp("/api/v1", { csrf: () => "secret" });
  await expect(http.post("/tags", { name: "x" }, { idempotencyKey: "k" })).resolves.toEqual({
    id: "1",
  });
  expect(headersOf(server)).toMatchObject({
    "Content-Type": "application/json",
    "Idempotency-Key": "k",
    "X-CSRF-Token": "secret",
  });
});

it("sends no CSRF token and no key with a GET, and the bearer with everything", async () => {
  const server = answer(200, {});
  await createHttp("/api/v1", { bearer: () => "t", csrf: () => "secret" }).get("/tags");
  expect(headersOf(server)).toEqual({ Accept: "application/json", Authorization: "Bearer t" });
});

it("asks for a page by size and cursor", async () => {
  const server = answer(200, { data: [] });
  await createHttp("/api/v1").page("/tickets", {
    size: 50,
    after: "c",
    query: { sort: "-number" },
  });
  const [address] = (server.mock.calls as unknown as [string][])[0] ?? [];
  expect(address).toBe("/api/v1/tickets?sort=-number&page%5Bsize%5D=50&page%5Bafter%5D=c");
});

it("throws the server's problem with its code and its wait", async () => {
  answer(429, { code: "rate_limited", title: "Slow down", detail: "" }, { "Retry-After": "7" });
  const error = await createHttp("")
    .get("/x")
    .catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ProblemError);
  expect(error).toMatchObject({ code: "rate_limited", status: 429, retryAfterSeconds: 7 });
});

it("makes a problem of an answer that is none", () => {
  expect(readProblem(502, "<html>")).toMatchObject({ status: 502, code: "unavailable" });
});

it("tells a lost network from a refusal, and a cancel from both", async () => {
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("Failed to fetch");
  });
  await expect(createHttp("").get("/x")).rejects.toBeInstanceOf(NetworkError);
  const cancel = new AbortController();
  vi.stubGlobal("fetch", async (_: string, { signal }: RequestInit) => {
    cancel.abort();
    throw signal?.reason;
  });
  await expect(createHttp("").get("/x", { signal: cancel.signal })).rejects.toMatchObject({
    name: "AbortError",
  });
});

it("gives nothing for 204, and the ETag where there is one", async () => {
  answer(204, undefined);
  await expect(createHttp("").delete("/x")).resolves.toBeUndefined();
  answer(200, { n: 1 }, { ETag: '"3"' });
  await expect(createHttp("").exchange("GET", "/x")).resolves.toEqual({
    value: { n: 1 },
    etag: '"3"',
  });
});
