/** One message: its text with links, its files, and what has become of it. */

import type { Attachment } from "@parley/shared/resources";
import { formatClock, formatInstant } from "@parley/shared/time/format";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatSize } from "../composer/model";
import { FileIcon } from "../icons";
import { linkify } from "../links";
import type { WidgetTranslator } from "../words";
import { hasRunOut, type MessageEntry } from "./model";

interface MessageProps {
  entry: MessageEntry;
  t: WidgetTranslator;
  onRetry(id: string): void;
  onDiscard(id: string): void;
  /** The link has run out. */
  onFetch(file: Attachment): void;
}

export function Message({ entry, t, onRetry, onDiscard, onFetch }: MessageProps): JSX.Element {
  const { own, first, last, author, content, attachments } = entry;
  const side = own ? "own" : "theirs";
  return (
    <li class={`message ${side}${first ? " first" : ""}${last ? " last" : ""}`}>
      {!own && <Avatar name={author || t("team")} shown={last} />}
      <div class="said">
        <span class={first && !own ? "author" : "hidden"}>
          {own ? t("you") : author || t("team")}
        </span>
        {content && (
          <div class={`balloon ${entry.delivery}`}>
            <Text text={content} />
          </div>
        )}
        {attachments.map((file) => (
          <File key={file.id} file={file} t={t} onFetch={onFetch} />
        ))}
        <Fate entry={entry} t={t} onRetry={onRetry} onDiscard={onDiscard} />
      </div>
    </li>
  );
}

export function Avatar({ name, shown = true }: { name: string; shown?: boolean }): JSX.Element {
  const words = name.trim().split(/\s+/);
  const initials = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) =>
    Array.from(word ?? "")[0]?.toLocaleUpperCase(),
  );
  return (
    <span class={shown ? "avatar" : "avatar absent"} aria-hidden="true">
      {initials}
    </span>
  );
}

export function Text({ text }: { text: string }): JSX.Element {
  return (
    <p>
      {linkify(text).map((part) =>
        part.kind === "text" ? (
          part.text
        ) : (
          <a href={part.address} target="_blank" rel="noopener noreferrer nofollow ugc">
            {part.text}
          </a>
        ),
      )}
    </p>
  );
}

const pictures = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

interface FileProps extends Pick<MessageProps, "t" | "onFetch"> {
  file: Attachment;
}

function File({ file, t, onFetch }: FileProps): JSX.Element {
  const [broken, setBroken] = useState(false);
  const size = formatSize(file.size_bytes, t.locale);
  const label = t("download", { name: file.filename, size });
  const isPicture = pictures.has(file.mime_type) && !broken;
  return (
    <a
      class={isPicture ? "picture" : "file"}
      href={file.url}
      target="_blank"
      rel="noopener noreferrer"
      download={file.filename}
      aria-label={label}
      title={file.filename}
      onClick={(event) => {
        if (!hasRunOut(file.url, Date.now())) return;
        event.preventDefault();
        onFetch(file);
      }}
    >
      {isPicture ? (
        <img src={file.url} alt={file.filename} loading="lazy" onError={() => setBroken(true)} />
      ) : (
        <>
          <FileIcon />
          <span class="file-name">{file.filename}</span>
          <span class="file-size">{size}</span>
        </>
      )}
    </a>
  );
}

function Fate({ entry, t, onRetry, onDiscard }: Omit<MessageProps, "onFetch">): JSX.Element | null {
  const { delivery, outgoing, failure, at, last } = entry;
  if (delivery === "failed" && outgoing) {
    return (
      <p class="fate danger" role="alert">
        {failure ? t("failedBecause", { reason: failure }) : t("failed")}
        <span class="ways">
          <button type="button" class="plain" onClick={() => onRetry(outgoing)}>
            {t("retry")}
          </button>
          <button type="button" class="plain" onClick={() => onDiscard(outgoing)}>
            {t("discard")}
          </button>
        </span>
      </p>
    );
  }
  if (delivery === "sending" || delivery === "waiting") {
    return <p class={`fate ${delivery}`}>{t(delivery)}</p>;
  }
  if (!last) return null;
  return (
    <p class="fate">
      <time dateTime={at.toISOString()} title={formatInstant(at, t.locale)}>
        {formatClock(at, t.locale)}
      </time>
      {delivery === "seen" && <span> · {t("seen")}</span>}
    </p>
  );
}
