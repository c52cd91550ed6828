/** The shared reply: its editor, whether it is shared, and words that were left out of one. */
import type { DraftPage } from "@parley/shared/draft/page";
import type { Ticket } from "@parley/shared/resources";
import { isChangeOrigin } from "@tiptap/extension-collaboration";
import type { EditorView } from "@tiptap/pm/view";
import { EditorContent, useEditor } from "@tiptap/react";
import { CloudOff, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { addFiles, registerReply, send, typed } from "../composer/actions";
import { nameOf } from "../customers/model";
import { useMe } from "../data/view";
import { useStore } from "../store";
import { Button } from "../ui/parts";
import { useWords } from "../words/view";
import { openReply } from "./actions";
import { extensionsFor, toSlice } from "./editor";
import { type Reply, troubleOf } from "./model";
import { replyStore } from "./store";

/** A blink of the line is not worth a word. */
const PATIENCE_MS = 1500;

export function ReplyPane({ ticket }: { ticket: Ticket }) {
  const t = useWords();
  useEffect(() => openReply(ticket.id), [ticket.id]);
  const reply = useStore(replyStore, (state) => state.reply);
  if (reply?.ticketId !== ticket.id) return <div className="composer-field" aria-busy />;
  const { page } = reply.state;
  const label = t("write_reply", { name: nameOf(t, ticket.customer) });
  return (
    <>
      {reply.state.unsaid && <Unsaid reply={reply} />}
      <Sheet key={page.doc.guid} page={page} ticketId={ticket.id} label={label} />
      <TroubleNote reply={reply} />
    </>
  );
}

interface SheetProps {
  page: DraftPage;
  ticketId: string;
  label: string;
}

function Sheet({ page, ticketId, label }: SheetProps) {
  const me = useMe();
  const editor = useEditor(
    {
      extensions: extensionsFor(page, me, label),
      injectCSS: false,
      autofocus: replyStore.get().wantsFocus && "end",
      coreExtensionOptions: { clipboardTextSerializer: { blockSeparator: "\n" } },
      editorProps: {
        attributes: {
          role: "textbox",
          "aria-multiline": "true",
          "aria-label": label,
          class: "composer-field reply-field",
        },
        handleKeyDown: (view, event) => press(view, event, ticketId),
        handlePaste: (view, event) => paste(view, event, ticketId),
        clipboardTextParser: (text, _context, _plain, view) => toSlice(view.state.schema, text),
      },
      onUpdate: ({ transaction, editor: { isEmpty } }) => {
        if (!isChangeOrigin(transaction)) typed(ticketId, isEmpty);
      },
    },
    [label],
  );
  useEffect(() => {
    replyStore.set((now) => ({ ...now, wantsFocus: false }));
    return registerReply({
      focus: () => editor.commands.focus("end"),
      isFocused: () => editor.isFocused,
    });
  }, [editor]);
  return <EditorContent editor={editor} className="reply-sheet" />;
}

function press(view: EditorView, event: KeyboardEvent, ticketId: string): boolean {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return send(ticketId) || true;
  if (event.key !== "Escape") return false;
  view.dom.blur();
  return true;
}

/** Files are attached; of everything else the plain text is taken. */
function paste(view: EditorView, event: ClipboardEvent, ticketId: string): boolean {
  const files = [...(event.clipboardData?.files ?? [])];
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (files.length) addFiles(ticketId, files);
  else if (text) {
    const { tr, schema } = view.state;
    view.dispatch(
      tr.replaceSelection(toSlice(schema, text)).scrollIntoView().setMeta("paste", true),
    );
  }
  return true;
}

/** Words of this agent that were not in the message when somebody sent it. */
function Unsaid({ reply }: { reply: Reply }) {
  const t = useWords();
  return (
    <section className="unsaid" aria-label={t("unsaid")}>
      <p className="unsaid-title">{t("unsaid")}</p>
      <blockquote className="unsaid-words">{reply.state.unsaid}</blockquote>
      <div className="unsaid-choice">
        <Button onClick={reply.insertUnsaid}>{t("unsaid_insert")}</Button>
        <Button look="ghost" onClick={reply.discardUnsaid}>
          {t("discard")}
        </Button>
      </div>
    </section>
  );
}

function TroubleNote({ reply }: { reply: Reply }) {
  const t = useWords();
  const trouble = troubleOf(reply);
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    if (!trouble) return setShown(false);
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [trouble]);
  return (
    <div className="reply-trouble" role="status">
      {isShown && trouble === "away" && (
        <>
          <CloudOff aria-hidden />
          {t("reply_away")}
        </>
      )}
      {isShown && trouble === "too_long" && (
        <>
          <TriangleAlert aria-hidden />
          {t("reply_too_long")}
        </>
      )}
    </div>
  );
}
