/** Why each clock of a ticket stands where it stands: a bar, and behind it every stretch in words. */
import type { SlaTargetName, Ticket } from "@parley/shared/resources";
import { formatSpan } from "@parley/shared/time/format";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { http } from "../http";
import { Asked } from "../ui/asked";
import { Dialog } from "../ui/dialog";
import { TableFrame } from "../ui/table";
import { formatMoment } from "../ui/time";
import { useWords } from "../words/view";
import {
  barOf,
  byTarget,
  type Explanation,
  markOf,
  type Run,
  reasonOf,
  type Segment,
} from "./explanation_model";

const POLL_MS = 30_000;

/** Asked anew with every event of the ticket, and now and then as time passes. */
function useExplanation(ticket: Ticket) {
  return useQuery({
    queryKey: ["tickets", ticket.id, "sla", ticket.seq],
    queryFn: () => http.get<Explanation>(`/tickets/${ticket.id}/sla`),
    refetchInterval: POLL_MS,
    placeholderData: (before: Explanation | undefined) => before,
  });
}

/** The bar of a target's newest run; it opens the whole story. */
export function ClockBar({ ticket, target }: { ticket: Ticket; target: SlaTargetName }) {
  const t = useWords();
  const [isOpen, setOpen] = useState(false);
  const { data } = useExplanation(ticket);
  const [newest] = byTarget(data?.runs ?? [], target);
  if (!newest) return null;
  return (
    <>
      <button
        type="button"
        className="clock-bar-button"
        aria-label={t("explain_target", { target: t(`target_${target}`) })}
        onClick={() => setOpen(true)}
      >
        <RunBar run={newest} />
      </button>
      {isOpen && (
        <ExplanationDialog ticket={ticket} target={target} onClose={() => setOpen(false)} />
      )}
    </>
  );
}

function RunBar({ run }: { run: Run }) {
  const t = useWords();
  const { pieces, ticks } = barOf(run);
  return (
    <span className="clock-bar">
      {pieces.map(({ from, width, segment, isLate }) => (
        <span
          key={`${segment.from}-${isLate}`}
          className="clock-piece"
          data-state={segment.state}
          data-late={isLate || undefined}
          style={{ left: `${from * 100}%`, width: `${width * 100}%` }}
          title={`${formatMoment(segment.from, t.locale)}: ${reasonOf(t, segment, run.rules[segment.rule])}`}
        />
      ))}
      {ticks.map(({ at, mark }) => (
        <span
          key={`${mark.at}-${mark.kind}`}
          className="clock-tick"
          data-kind={mark.kind}
          data-ahead={mark.ahead || undefined}
          style={{ left: `${at * 100}%` }}
          title={`${formatMoment(mark.at, t.locale)}: ${markOf(t, mark)}`}
        />
      ))}
    </span>
  );
}

interface DialogProps {
  ticket: Ticket;
  target: SlaTargetName;
  onClose: () => void;
}

function ExplanationDialog({ ticket, target, onClose }: DialogProps) {
  const t = useWords();
  const answer = useExplanation(ticket);
  return (
    <Dialog
      title={t("explain_title", { target: t(`target_${target}`), number: `#${ticket.number}` })}
      onClose={onClose}
      size="l"
    >
      <Asked answer={answer} lines={5} />
      <Legend />
      {byTarget(answer.data?.runs ?? [], target).map((run) => (
        <RunStory key={run.id} run={run} />
      ))}
    </Dialog>
  );
}

function Legend() {
  const t = useWords();
  return (
    <div className="clock-legend" aria-hidden="true">
      {(["running", "outside_hours", "paused", "late"] as const).map((state) => (
        <span key={state}>
          <i
            className="clock-piece"
            data-state={state === "late" ? "running" : state}
            data-late={state === "late" || undefined}
          />
          {t(`legend_${state}`)}
        </span>
      ))}
    </div>
  );
}

function RunStory({ run }: { run: Run }) {
  const t = useWords();
  const span = (seconds: number) => formatSpan(seconds * 1000);
  const moment = (at: string) => formatMoment(at, t.locale);
  return (
    <section className="clock-story">
      <p>
        {t("explain_spent", { spent: span(run.spent_seconds), needed: span(run.needed_seconds) })}{" "}
        {t(`explain_${run.standing}`, { time: moment(run.met_at ?? run.stopped_at ?? run.due_at) })}
        {run.breached_at && ` ${t("explain_breached", { time: moment(run.breached_at) })}`}
      </p>
      <RunBar run={run} />
      {run.changes.map((change) => (
        <p key={change.at} className="field-hint">
          {t("explain_change", {
            time: moment(change.since),
            causes: change.causes.map((cause) => t(`cause_${cause}`)).join(", "),
            policy: run.rules[change.rule_after]?.policy_name ?? "–",
            before: moment(change.due_before),
            after: moment(change.due_after),
          })}
        </p>
      ))}
      <TableFrame label={t("timeline")}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t("explain_from")}</th>
              <th scope="col">{t("explain_to")}</th>
              <th scope="col">{t("explain_why")}</th>
              <th scope="col">{t("explain_counted")}</th>
              <th scope="col">{t("explain_total")}</th>
            </tr>
          </thead>
          <tbody>
            {run.segments.map((segment) => (
              <SegmentRow key={segment.from} segment={segment} run={run} />
            ))}
          </tbody>
        </table>
      </TableFrame>
      {run.shortened && <p className="field-hint">{t("explain_shortened")}</p>}
      <ul className="clock-marks">
        {run.marks.map((mark) => (
          <li key={`${mark.at}-${mark.kind}`} data-ahead={mark.ahead || undefined}>
            <time dateTime={mark.at}>{moment(mark.at)}</time> {markOf(t, mark)}
            {mark.ahead && ` · ${t("explain_ahead")}`}
          </li>
        ))}
      </ul>
    </section>
  );
}

function SegmentRow({ segment, run }: { segment: Segment; run: Run }) {
  const t = useWords();
  const rule = run.rules[segment.rule];
  return (
    <tr data-state={segment.state}>
      <td>{formatMoment(segment.from, t.locale)}</td>
      <td>{formatMoment(segment.to, t.locale)}</td>
      <td>
        {reasonOf(t, segment, rule)}
        {rule?.policy_name && <small>{rule.policy_name}</small>}
      </td>
      <td>{segment.counted_seconds ? formatSpan(segment.counted_seconds * 1000) : "–"}</td>
      <td>{formatSpan(segment.spent_seconds * 1000)}</td>
    </tr>
  );
}
