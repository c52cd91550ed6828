/** Where an agent writes: a reply that the customer sees, or a note that only agents see. */
import { Menu } from "@base-ui/react/menu";
import type { Status, Ticket } from "@parley/shared/resources";
import { ChevronDown, CircleAlert, FileText, LockKeyhole, Paperclip, Reply, X } from "lucide-react";
import {
  type ClipboardEvent,
  type DragEvent,
  type KeyboardEvent,
  lazy,
  type MouseEvent,
  Suspense,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { fetchPart } from "../build/actions";
import { nameOf } from "../customers/model";
import { useInboxes, useMe } from "../data/view";
import { isByMail } from "../mail/model";
import { othersOf } from "../reply/model";
import { replyStore } from "../reply/store";
import { mayAnswer } from "../session/model";
import { useStore } from "../store";
import { setStatus } from "../ticket/actions";
import { formatSize } from "../ticket/message_model";
import { participantsOf } from "../ticket/model";
import { Unbroken } from "../ui/broken";
import { Avatar, Button, IconButton } from "../ui/parts";
import { useWords } from "../words/view";
import {
  addFiles,
  draftOf,
  draftStore,
  focusComposer,
  leaveComposer,
  registerNote,
  removeFile,
  send,
  setType,
  writeNote,
} from "./actions";
import { type Draft, type DraftFile, isReady } from "./model";

/** The editor weighs as much as the rest of the console: it comes when it is needed. */
const ReplyPane = lazy(async () => ({
  default: (await fetchPart(() => import("../reply/view"))).ReplyPane,
}));

export function Composer({ ticket }: { ticket: Ticket }) {
  const t = useWords();
  const me = useMe();
  const isFull = mayAnswer(me);
  const kept = useStore(draftStore, ({ drafts }) => drafts.get(ticket.id));
  const draft = kept ?? draftOf(ticket.id, isFull ? "message" : "note");
  const [isOver, setOver] = useState(false);
  useEffect(() => () => leaveComposer(ticket.id), [ticket.id]);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    addFiles(ticket.id, [...event.dataTransfer.files]);
  };
  return (
    <section
      className="composer"
      data-type={draft.type}
      data-over={isOver || undefined}
      aria-label={t("composer")}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Modes ticketId={ticket.id} draft={draft} isFull={isFull} />
      {isFull && (
        <div hidden={draft.type === "note"}>
          <Unbroken place={ticket.id}>
            <Suspense fallback={<div className="composer-field" aria-busy />}>
              <ReplyPane ticket={ticket} />
            </Suspense>
          </Unbroken>
        </div>
      )}
      {draft.type === "note" && <NoteField ticketId={ticket.id} text={draft.note} />}
      {draft.files.length > 0 && <Files ticketId={ticket.id} files={draft.files} />}
      <Bar ticket={ticket} draft={draft} isFull={isFull} />
      {isOver && <div className="drop-here">{t("drop_files")}</div>}
    </section>
  );
}

function Modes({ ticketId, draft, isFull }: { ticketId: string; draft: Draft; isFull: boolean }) {
  const t = useWords();
  return (
    <fieldset className="modes" aria-label={t("composer_mode")}>
      {isFull && (
        <button
          type="button"
          aria-pressed={draft.type === "message"}
          title={`${t("reply")} (r)`}
          onClick={() => setType(ticketId, "message")}
        >
          <Reply aria-hidden />
          {t("reply")}
        </button>
      )}
      <button
        type="button"
        aria-pressed={draft.type === "note"}
        title={`${t("note")} (n)`}
        onClick={() => setType(ticketId, "note")}
      >
        <LockKeyhole aria-hidden />
        {t("note")}
      </button>
      {draft.type === "message" && <Writers ticketId={ticketId} />}
    </fieldset>
  );
}

/** The colleagues who write this reply too, in the colours of their cursors. */
function Writers({ ticketId }: { ticketId: string }) {
  const t = useWords();
  const me = useMe();
  const reply = useStore(replyStore, (state) => state.reply);
  const others = reply?.ticketId === ticketId ? othersOf(reply.state.writers, me.id) : [];
  const names = others.map(({ name }) => name).join(", ");
  return (
    <span className="writers" role="status">
      {others.map(({ id, name }) => (
        <Avatar key={id} id={id} name={name} size="s" />
      ))}
      {names && t(others.length > 1 ? "write_here" : "writes_here", { names })}
    </span>
  );
}

const MAX_FIELD_PX = 320;

function NoteField({ ticketId, text }: { ticketId: string; text: string }) {
  const t = useWords();
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    registerNote(field.current);
    return () => registerNote(null);
  }, []);
  // The height follows the text.
  useLayoutEffect(() => {
    const node = field.current;
    if (!node) return;
    node.style.height = "auto";
    node.style.height = `${Math.min(node.scrollHeight, MAX_FIELD_PX)}px`;
  }, [text]);
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      send(ticketId);
    }
    if (event.key === "Escape") event.currentTarget.blur();
  };
  const onPaste = (event: ClipboardEvent) => {
    const files = [...event.clipboardData.files];
    if (!files.length) return;
    event.preventDefault();
    addFiles(ticketId, files);
  };
  return (
    <textarea
      ref={field}
      className="composer-field"
      rows={2}
      value={text}
      placeholder={t("write_note")}
      aria-label={t("write_note")}
      onChange={(event) => writeNote(ticketId, event.target.value)}
      onKeyDown={onKeyDown}
      onPaste={onPaste}
    />
  );
}

function Files({ ticketId, files }: { ticketId: string; files: readonly DraftFile[] }) {
  const t = useWords();
  return (
    <ul className="draft-files" aria-label={t("attachments")}>
      {files.map(({ key, name, size, share, attachment, problem }) => (
        <li key={key} className="file" data-failed={problem !== null || undefined}>
          {problem ? <CircleAlert aria-hidden /> : <FileText aria-hidden />}
          <span className="file-name">{name}</span>
          <span className="file-size">{problem ?? formatSize(size)}</span>
          {!attachment && !problem && (
            <progress value={share} max={1} aria-label={t("uploading", { name })} />
          )}
          <IconButton label={t("remove_file", { name })} onClick={() => removeFile(ticketId, key)}>
            <X />
          </IconButton>
        </li>
      ))}
    </ul>
  );
}

function Bar({ ticket, draft, isFull }: { ticket: Ticket; draft: Draft; isFull: boolean }) {
  const t = useWords();
  const picker = useRef<HTMLInputElement>(null);
  const isShut = ticket.status === "closed" && draft.type === "message";
  const hasReply = useStore(replyStore, ({ reply }) => reply?.state.isBlank === false);
  const ready = isReady(draft, hasReply) && !isShut;
  const goes = useDestination(ticket, draft);
  // The button rests when all is sent: who pressed it by a key (no click of a pointer) writes on.
  const press = ({ detail: clicks }: MouseEvent) => {
    if (send(ticket.id) && clicks === 0) focusComposer(ticket.id, draft.type);
  };
  return (
    <div className="composer-bar">
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          addFiles(ticket.id, [...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
      <IconButton label={t("attach")} onClick={() => picker.current?.click()}>
        <Paperclip />
      </IconButton>
      <span className="goes" title={goes}>
        {goes}
      </span>
      {isShut && <Button onClick={() => void setStatus(ticket.id, "open")}>{t("reopen")}</Button>}
      <div className="send-group">
        <Button look="primary" disabled={!ready} title="Ctrl+Enter" onClick={press}>
          {draft.type === "note" ? t("add_note") : t("send")}
        </Button>
        {isFull && draft.type === "message" && <SendAnd ticket={ticket} isReady={ready} />}
      </div>
    </div>
  );
}

/** Where the words will go, before they are sent. */
function useDestination(ticket: Ticket, draft: Draft): string {
  const t = useWords();
  const inbox = useInboxes().find(({ id }) => id === ticket.inbox_id);
  if (draft.type === "note") return t("goes_note");
  if (ticket.status === "closed") return t("goes_nowhere");
  if (ticket.channel_source === "chat") return t("goes_chat");
  if (!isByMail(ticket, inbox)) return t("goes_ticket");
  const address = ticket.customer.email ?? "";
  if (inbox?.channel === "email" && !inbox.settings.smtp) return t("goes_relay", { address });
  const copies = participantsOf(ticket).map(({ name, email }) => name || email);
  if (!copies.length) return t("goes_mail", { address });
  return t("goes_mail_cc", { name: nameOf(t, ticket.customer), names: copies.join(", ") });
}

const AFTERWARDS: readonly Status[] = ["pending", "on_hold", "resolved"];

/** Sends, and moves the ticket on in the same breath. */
function SendAnd({ ticket, isReady: ready }: { ticket: Ticket; isReady: boolean }) {
  const t = useWords();
  return (
    <Menu.Root>
      <Menu.Trigger
        disabled={!ready}
        render={
          <button
            type="button"
            className="button button-primary send-more"
            aria-label={t("send_and")}
          >
            <ChevronDown aria-hidden />
          </button>
        }
      />
      <Menu.Portal>
        <Menu.Positioner className="popper" sideOffset={6} align="end" side="top">
          <Menu.Popup className="menu">
            {AFTERWARDS.filter((status) => status !== ticket.status).map((status) => (
              <Menu.Item
                key={status}
                className="menu-item"
                onClick={() => {
                  if (send(ticket.id)) void setStatus(ticket.id, status);
                }}
              >
                {t(`send_and_${status as "pending" | "on_hold" | "resolved"}`)}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
