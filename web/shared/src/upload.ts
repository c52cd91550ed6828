/**
 * Sends one file with its progress: the only file that says `XMLHttpRequest`, since `fetch`
 * reports no progress of what it sends. Throws what `http.ts` throws.
 */

import {
  type Credentials,
  credentialHeaders,
  NetworkError,
  ProblemError,
  readProblem,
} from "./http";
import { makeId } from "./id";
import type { Attachment } from "./resources";

export interface UploadOptions {
  signal?: AbortSignal;
  /** From 0 to 1. */
  onProgress?: (share: number) => void;
  /** Repeat a try with the key of the first, and the file is stored once. */
  idempotencyKey?: string;
}

const stalledMs = 120_000;

export function upload(
  address: string,
  file: File,
  credentials: Credentials,
  { signal, onProgress, idempotencyKey = makeId() }: UploadOptions = {},
): Promise<Attachment> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open("POST", address);
    request.timeout = stalledMs;
    const headers = {
      "Idempotency-Key": idempotencyKey,
      ...credentialHeaders("POST", credentials),
    };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (step) => {
      if (step.lengthComputable) onProgress?.(step.loaded / step.total);
    };
    request.onload = () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText) as Attachment);
      else reject(new ProblemError(readProblem(request.status, request.responseText)));
    };
    request.onerror = () => reject(new NetworkError("The file was not sent."));
    request.ontimeout = request.onerror;
    request.onabort = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
    request.onloadend = () => signal?.removeEventListener("abort", abort);
    signal?.addEventListener("abort", abort);
    const form = new FormData();
    form.append("file", file);
    request.send(form);
  });
}
