/** Asks for reports, and again only for what has changed since. */
import { toQuery } from "@parley/shared/http";
import { useQuery } from "@tanstack/react-query";
import { http } from "../http";

/** How often a report in sight is asked for anew. */
const POLL_MS = 5000;
const MAX_KNOWN = 64;

type Query = Record<string, string | null>;

/** What was answered last, by address, with its ETag: nothing is sent twice. */
const known = new Map<string, { etag: string | null; value: unknown }>();

async function fetchReport<T>(name: string, query: Query): Promise<T> {
  const address = `/reports/${name}${toQuery(query)}`;
  const before = known.get(address);
  const options = { query, ...(before?.etag && { ifNoneMatch: before.etag }) };
  const { value, etag } = await http.exchange<T | undefined>("GET", `/reports/${name}`, options);
  if (value === undefined && before) return before.value as T;
  known.delete(address);
  known.set(address, { etag, value });
  for (const oldest of [...known.keys()].slice(0, Math.max(0, known.size - MAX_KNOWN)))
    known.delete(oldest);
  return value as T;
}

/** A report that stays as new as it is looked at. */
export function useReport<T>(name: string, query: Query) {
  return useQuery({
    queryKey: ["reports", name, query],
    queryFn: () => fetchReport<T>(name, query),
    refetchInterval: POLL_MS,
  });
}

/** The same lines as a file. */
export const csvOf = (name: string, query: Query): string =>
  `/api/v1/reports/${name}${toQuery({ ...query, format: "csv" })}`;
