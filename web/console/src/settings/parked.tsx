/** Events that something behind the desk passed over, beside the mails that nobody could take in. */
import type { Id } from "@parley/shared/resources";
import { HOME_PLACE, ticketsRoute } from "../route/model";
import { Link } from "../route/view";
import { Growing } from "../ui/page";
import { Age } from "../ui/time";
import { useWords } from "../words/view";
import { AgainButton, FRESH_MS, Section } from "./parts";
import { retryEvent } from "./webhook_actions";
import { isKind } from "./webhook_model";

interface ParkedEvent {
  id: Id;
  consumer: string;
  ticket_id: Id;
  ticket_number: number | null;
  seq: number;
  type: string | null;
  reason: string;
  parked_at: string;
  retrying: boolean;
  obstacle: "event_gone" | "consumer_off" | null;
}

export function ParkedEvents() {
  const t = useWords();
  return (
    <Section title={t("events_parked")} hint={t("events_parked_hint")}>
      <Growing<ParkedEvent> path="/parked-events" queryKey={["parked_events"]} everyMs={FRESH_MS}>
        {(events) =>
          events.length ? (
            <ul className="card-list">
              {events.map((event) => (
                <ParkedRow key={event.id} event={event} />
              ))}
            </ul>
          ) : (
            <p className="field-hint">{t("events_parked_none")}</p>
          )
        }
      </Growing>
    </Section>
  );
}

function ParkedRow({ event }: { event: ParkedEvent }) {
  const t = useWords();
  const { id, consumer, ticket_id, ticket_number, seq, type, reason, parked_at } = event;
  const { retrying, obstacle } = event;
  const what = type === null ? `#${seq}` : isKind(type) ? t(`kind_${type}`) : type;
  return (
    <li className="stuck">
      <div className="mailbox-main">
        <p>
          <b>{t("event_parked_by", { kind: what, consumer })}</b>{" "}
          <span>
            <Age at={parked_at} />
          </span>
        </p>
        <p className="mailbox-error">{reason}</p>
        {obstacle !== null && <p className="field-hint">{t(obstacle)}</p>}
      </div>
      <div className="stuck-actions">
        {ticket_number !== null && (
          <Link to={ticketsRoute(ticket_id, HOME_PLACE)} className="button button-ghost">
            #{ticket_number}
          </Link>
        )}
        {obstacle === null && (
          <AgainButton
            onAgain={() => retryEvent(id)}
            done={t("event_retried")}
            waiting={retrying ? t("event_retrying") : null}
          />
        )}
      </div>
    </li>
  );
}
