/** The field to write in, with the files that go along. Enter sends, Shift+Enter breaks the line. */

import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { App } from "../app";
import { ClipIcon, CloseIcon, FileIcon, SendIcon } from "../icons";
import type { WidgetTranslator } from "../words";
import type { Writing } from "./actions";
import { canSend, formatSize, maxTextLength, type Upload } from "./model";

export function Composer({ app, writing }: { app: App; writing: Writing }): JSX.Element {
  const { value: t } = app.t;
  const { value: draft } = app.draft;
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const peeked = app.session.value?.inbox.sneak_peek && app.live.value;
  useLayoutEffect(() => fit(field.current), [draft.text, app.visible.value]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    writing.send();
  };
  const onPaste = (event: ClipboardEvent) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    writing.attach(files);
  };
  const pick = () => {
    writing.attach(picker.current?.files ?? []);
    if (picker.current) picker.current.value = "";
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        writing.send();
        field.current?.focus();
      }}
    >
      {app.complaint.value && (
        <p class="complaint" role="alert">
          {app.complaint.value}
        </p>
      )}
      {draft.uploads.length > 0 && (
        <ul class="uploads">
          {draft.uploads.map((upload) => (
            <Carried
              key={upload.key}
              upload={upload}
              t={t}
              onRemove={(key) => writing.detach(key)}
            />
          ))}
        </ul>
      )}
      <div class="field">
        <input ref={picker} type="file" multiple hidden tabIndex={-1} onChange={pick} />
        <button
          type="button"
          class="icon"
          aria-label={t("attach")}
          title={t("attach")}
          onClick={() => picker.current?.click()}
        >
          <ClipIcon />
        </button>
        <textarea
          ref={field}
          rows={1}
          value={draft.text}
          maxLength={maxTextLength}
          enterkeyhint="send"
          aria-label={t("message")}
          placeholder={t("writeMessage")}
          onInput={(event) => writing.write(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        <button
          type="submit"
          class="send"
          aria-label={t("send")}
          title={t("send")}
          disabled={!canSend(draft)}
        >
          <SendIcon />
        </button>
      </div>
      {peeked && <p class="peek">{t("sneakPeek")}</p>}
    </form>
  );
}

/** Grows with the text, up to what the style allows; new browsers do so by `field-sizing`. */
function fit(field: HTMLTextAreaElement | null): void {
  if (!field || CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

interface CarriedProps {
  upload: Upload;
  t: WidgetTranslator;
  onRemove(key: string): void;
}

function Carried({ upload, t, onRemove }: CarriedProps): JSX.Element {
  const { key, name, size, state } = upload;
  const share = state.kind === "uploading" ? state.share : 1;
  const percent = Math.round(share * 100);
  return (
    <li class="upload">
      <FileIcon />
      <span class="file-name" title={name}>
        {name}
      </span>
      {state.kind === "uploading" ? (
        <progress value={share} max={1} aria-label={t("uploading", { name, percent })} />
      ) : (
        <span class="file-size">{formatSize(size, t.locale)}</span>
      )}
      <button
        type="button"
        class="icon small"
        aria-label={t("remove", { name })}
        onClick={() => onRemove(key)}
      >
        <CloseIcon />
      </button>
    </li>
  );
}
