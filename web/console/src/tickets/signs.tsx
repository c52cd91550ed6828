/** Status, priority and SLA as small signs: a shape and a word, never a colour alone. */
import type { Priority, SlaTarget, Status } from "@parley/shared/resources";
import { formatInstant, formatSpan } from "@parley/shared/time/format";
import { type Countdown, countdown, mostUrgent } from "@parley/shared/time/sla";
import { AlarmClock, CircleCheck, Pause } from "lucide-react";
import { useNow } from "../ui/time";
import { useWords } from "../words/view";

/** A ring that fills as the ticket goes its way. */
export function StatusIcon({ status }: { status: Status }) {
  const t = useWords();
  return (
    <svg viewBox="0 0 16 16" className={`status-icon status-${status}`} role="img">
      <title>{t(`status_${status}`)}</title>
      <circle cx="8" cy="8" r="6" className="status-ring" />
      {status === "open" && <path d="M8 4.5a3.5 3.5 0 0 1 0 7Z" className="status-fill" />}
      {status === "new" && <circle cx="8" cy="8" r="2.4" className="status-fill" />}
      {status === "pending" && <path d="M8 5v3.2l2 1.3" className="status-line" />}
      {status === "on_hold" && <path d="M6.4 5.8v4.4M9.6 5.8v4.4" className="status-line" />}
      {status === "resolved" && <path d="m5.4 8.2 1.8 1.8 3.5-3.8" className="status-line" />}
      {status === "closed" && <path d="m6 6 4 4M10 6l-4 4" className="status-line" />}
    </svg>
  );
}

const BARS = { low: 1, normal: 2, high: 3, urgent: 0 } as const;

/** Three bars; urgent is a mark of its own. Quiet: normal and low are not shown. */
export function PriorityIcon({
  priority,
  isQuiet = false,
}: {
  priority: Priority;
  isQuiet?: boolean;
}) {
  const t = useWords();
  if (isQuiet && (priority === "normal" || priority === "low")) return null;
  const bars = BARS[priority];
  return (
    <svg viewBox="0 0 16 16" className={`priority-icon priority-${priority}`} role="img">
      <title>{t("priority_is", { priority: t(`priority_${priority}`) })}</title>
      {priority === "urgent" ? (
        <>
          <rect x="1.5" y="1.5" width="13" height="13" rx="3.5" className="priority-on" />
          <path d="M8 4.6v4" className="priority-mark" />
          <path d="M8 11.2v.2" className="priority-mark" />
        </>
      ) : (
        [0, 1, 2].map((bar) => (
          <rect
            key={bar}
            x={2 + bar * 4.5}
            y={9 - bar * 3.5}
            width="3"
            height={5 + bar * 3.5}
            rx="1"
            className={bar < bars ? "priority-on" : "priority-off"}
          />
        ))
      )}
    </svg>
  );
}

type Tone = "calm" | "warning" | "breached" | "paused" | "met";

const TONES: Record<Countdown["state"], Tone> = {
  running: "calm",
  warning: "warning",
  breached: "breached",
  paused: "paused",
  met: "met",
  met_late: "breached",
};

/** The target that is the most pressing, ticking; nothing when no clock runs. */
export function SlaChip({ targets, isShort = false }: { targets: SlaTarget[]; isShort?: boolean }) {
  const now = useNow();
  const shown = targets.length ? mostUrgent(targets, now) : null;
  return shown && <CountdownChip shown={shown} isShort={isShort} />;
}

/** One target, whatever its state. */
export function TargetChip({ target }: { target: SlaTarget }) {
  return <CountdownChip shown={countdown(target, useNow())} isShort />;
}

function CountdownChip({ shown, isShort }: { shown: Countdown; isShort: boolean }) {
  const t = useWords();
  const tone = TONES[shown.state];
  const Icon = tone === "paused" ? Pause : tone === "met" ? CircleCheck : AlarmClock;
  const title = `${t(`target_${shown.target}`)}: ${t("due_at", { time: formatInstant(shown.dueAt, t.locale) })}`;
  return (
    <span className={`sla sla-${tone}`} title={title}>
      <Icon aria-hidden />
      {!isShort && <span className="sla-target">{t(`target_${shown.target}`)}</span>}
      <span className="sla-time">{useCountdownText(shown)}</span>
    </span>
  );
}

function useCountdownText({ state, remainingMs }: Countdown): string {
  const t = useWords();
  const ms = Math.abs(remainingMs);
  const span = ms >= 3_600_000 ? formatSpan(ms) : formatSpan(Math.ceil(ms / 1000) * 1000);
  switch (state) {
    case "running":
    case "warning":
      return span;
    case "breached":
      return t("sla_over", { time: span });
    case "paused":
      return t("sla_paused");
    case "met":
      return t("sla_met");
    case "met_late":
      return t("sla_met_late");
    default:
      return state satisfies never;
  }
}
