/** One thing said: by the customer, by an agent, as a note, or on its way. */

import type { Outgoing } from "@parley/shared/live/outbox";
import type { Interaction, MailInfo, Ticket } from "@parley/shared/resources";
import { CircleAlert, LockKeyhole } from "lucide-react";
import { memo, type SyntheticEvent, useCallback, useMemo } from "react";
import { nameOf } from "../customers/model";
import { live } from "../live/actions";
import { foldsOf, openedStore, setFold } from "../mail/actions";
import { MailHead, RemoteImages, SentState } from "../mail/view";
import { preferencesStore } from "../preferences/actions";
import { useStore } from "../store";
import { HtmlFrame } from "../ui/html_frame";
import { Avatar, Button } from "../ui/parts";
import { ClockTime } from "../ui/time";
import { useWords } from "../words/view";
import { Attachments } from "./attachments";
import { isRich, linked, splitQuote } from "./message_model";

interface SaidProps {
  interaction: Interaction;
  follows: boolean;
  ticket: Ticket;
  meId: string;
  /** The mail that it came by, or went out as. */
  mail: MailInfo | null;
}

export const Said = memo(function Said(props: SaidProps) {
  const { interaction, follows, ticket, meId, mail } = props;
  const t = useWords();
  const { author_type, type, attachments, content_html } = interaction;
  // A picture that stands in the text is not shown a second time below it.
  const others = attachments.filter(
    ({ id }) => !isRich(interaction) || !content_html?.includes(id),
  );
  const name = interaction.author_name || nameOf(t, ticket.customer);
  return (
    <article
      className="said"
      data-channel={ticket.channel_source}
      data-by={author_type}
      data-type={type}
      data-follows={follows || undefined}
    >
      {!follows && (
        <header className="said-head">
          <Avatar id={interaction.author_id ?? author_type} name={name} size="s" />
          <span className="said-who">{interaction.author_id === meId ? t("you") : name}</span>
          {type === "note" && <NoteMark />}
          <ClockTime at={interaction.created_at} />
        </header>
      )}
      {mail?.direction === "in" && <MailHead mail={mail} ticket={ticket} />}
      <div className="bubble">
        {isRich(interaction) ? (
          <Mail interaction={interaction} name={name} />
        ) : (
          <Text id={interaction.id} content={interaction.content} />
        )}
        {others.length > 0 && <Attachments attachments={others} />}
      </div>
      {mail?.direction === "out" && <SentState mail={mail} />}
    </article>
  );
});

function Mail({ interaction, name }: { interaction: Interaction; name: string }) {
  const t = useWords();
  const theme = useStore(preferencesStore, (preferences) => preferences.theme);
  const pictures = useMemo(
    () => new Map(interaction.attachments.map(({ id, url }) => [id, url])),
    [interaction.attachments],
  );
  const { id } = interaction;
  const remote = useStore(openedStore, ({ images }) => images.get(id));
  const foldLabels = useMemo(() => ({ quote: t("quote_show"), signature: t("signature") }), [t]);
  const openFolds = useCallback(() => foldsOf(id), [id]);
  const onFold = useCallback((at: number, isOpen: boolean) => setFold(id, at, isOpen), [id]);
  return (
    <>
      <RemoteImages interaction={interaction} />
      <HtmlFrame
        html={interaction.content_html ?? ""}
        title={t("message_of", { name })}
        foldLabels={foldLabels}
        theme={theme}
        pictures={pictures}
        remote={remote}
        openFolds={openFolds}
        onFold={onFold}
      />
    </>
  );
}

function NoteMark() {
  const t = useWords();
  return (
    <span className="note-mark" title={t("note_hint")}>
      <LockKeyhole aria-hidden />
      {t("note")}
    </span>
  );
}

export function Text({ id, content }: { id: string; content: string }) {
  const t = useWords();
  const { said, quoted } = splitQuote(content);
  const isOpen = foldsOf(id).has(0);
  const onToggle = ({ currentTarget }: SyntheticEvent<HTMLDetailsElement>) =>
    setFold(id, 0, currentTarget.open);
  return (
    <div className="text">
      <Linked text={said} />
      {quoted && (
        <details className="quote" open={isOpen} onToggle={onToggle}>
          <summary>{t("quote_show")}</summary>
          <Linked text={quoted} />
        </details>
      )}
    </div>
  );
}

function Linked({ text }: { text: string }) {
  return linked(text).map((piece, at) =>
    piece.kind === "text" ? (
      piece.text
    ) : (
      // Pieces never move.
      <a key={at} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
        {piece.text}
      </a>
    ),
  );
}

/** Not told back by the server yet: under way, or refused and waiting for the agent's word. */
export function OutgoingMessage({ outgoing, follows }: { outgoing: Outgoing; follows: boolean }) {
  const t = useWords();
  const { id, type, state, failure, content, attachments, created_at } = outgoing;
  const isFailed = state === "failed";
  return (
    <article
      className="said outgoing"
      data-by="agent"
      data-type={type}
      data-state={state}
      data-follows={follows || undefined}
    >
      {!follows && (
        <header className="said-head">
          <span className="said-who">{t("you")}</span>
          {type === "note" && <NoteMark />}
          <ClockTime at={new Date(created_at).toISOString()} />
        </header>
      )}
      <div className="bubble">
        <Text id={id} content={content} />
        {attachments.length > 0 && <Attachments attachments={attachments} />}
      </div>
      {isFailed ? (
        <div className="said-failed" role="alert">
          <CircleAlert aria-hidden />
          <span>{t("send_failed", { why: failure?.detail ?? "" })}</span>
          <Button look="ghost" onClick={() => live().retry(id)}>
            {t("try_again")}
          </Button>
          <Button look="ghost" onClick={() => live().discard(id)}>
            {t("discard")}
          </Button>
        </div>
      ) : (
        <footer className="said-state">{state === "acked" ? t("sent") : t("sending")}</footer>
      )}
    </article>
  );
}
