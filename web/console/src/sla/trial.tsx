/** What would have happened: other rules tried on the tickets of the past, without touching them. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { http } from "../http";
import { describe, report } from "../problem";
import { HOME_PLACE, ticketsRoute } from "../route/model";
import { Link } from "../route/view";
import { Dialog } from "../ui/dialog";
import { Alert, Button, Select } from "../ui/parts";
import { TableFrame } from "../ui/table";
import { useWords } from "../words/view";
import { daysBefore, isOver, type SlaTrial, type TrialResult } from "./trial_model";

const PERIODS = ["7", "30", "90", "365"] as const;
const POLL_MS = 1000;

interface Props {
  /** What is tried: `policies`, `calendars`, or both. */
  rules: object;
  onClose: () => void;
}

export function TrialDialog({ rules, onClose }: Props) {
  const t = useWords();
  const [days, setDays] = useState<(typeof PERIODS)[number]>("30");
  const [id, setId] = useState<string | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [isAsking, setAsking] = useState(false);
  const { data: trial, error } = useQuery({
    queryKey: ["sla-trials", id],
    queryFn: () => http.get<SlaTrial>(`/sla-trials/${id}`),
    enabled: id !== null,
    refetchInterval: ({ state }) => (state.data && isOver(state.data) ? false : POLL_MS),
  });
  const isUnderWay = id !== null && !(trial && isOver(trial));
  const begin = () => {
    setFailure(null);
    setAsking(true);
    const from = daysBefore(Number(days), Date.now());
    http
      .post<SlaTrial>("/sla-trials", { from, ...rules })
      .then((made) => setId(made.id), setFailure)
      .finally(() => setAsking(false));
  };
  const cancel = () => {
    if (id && isUnderWay) http.delete(`/sla-trials/${id}`).catch(report);
  };
  const problem = failure ?? error;
  return (
    <Dialog
      title={t("trial_title")}
      size="l"
      onClose={() => {
        cancel();
        onClose();
      }}
    >
      <p>{t("trial_text")}</p>
      {problem && <Alert>{describe(problem)}</Alert>}
      <div className="trial-bar">
        <Select
          label={t("trial_period")}
          value={days}
          options={PERIODS.map((value) => ({
            value,
            label: t("trial_last", { count: Number(value) }),
          }))}
          onValue={setDays}
        />
        {isUnderWay ? (
          <Button onClick={cancel}>{t("cancel")}</Button>
        ) : (
          <Button look="primary" disabled={isAsking} onClick={begin}>
            {t("trial_begin")}
          </Button>
        )}
      </div>
      {trial && <Progress trial={trial} />}
      {trial?.result && <Result result={trial.result} />}
    </Dialog>
  );
}

function Progress({ trial: { state, progress } }: { trial: SlaTrial }) {
  const t = useWords();
  if (state === "done") return null;
  const { done, total } = progress;
  return (
    <div>
      <progress value={done} max={Math.max(total, 1)} aria-label={t("trial_title")} />
      <p className="field-hint">{t(`trial_${state}`, { done, total })}</p>
    </div>
  );
}

function Result({ result }: { result: TrialResult }) {
  const t = useWords();
  const share = new Intl.NumberFormat(t.locale, { style: "percent", maximumFractionDigits: 1 });
  const percent = (value: number | null) => (value === null ? "–" : share.format(value));
  const lines = [
    ...result.totals.map((total) => ({ ...total, policy_id: "", policy_name: t("report_all") })),
    ...result.lines,
  ];
  return (
    <>
      <p>
        {t("trial_tickets", { count: result.tickets })}{" "}
        {t("trial_moved", { better: result.better, worse: result.worse })}
        {result.not_replayed > 0 && ` ${t("trial_not_replayed", { count: result.not_replayed })}`}{" "}
        {t("trial_customers_today")}
      </p>
      <TableFrame label={t("trial_title")}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t("group_policy")}</th>
              <th scope="col">{t("target")}</th>
              <th scope="col">{t("trial_was")}</th>
              <th scope="col">{t("trial_would")}</th>
              <th scope="col">{t("trial_was_missed")}</th>
              <th scope="col">{t("trial_would_miss")}</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <tr
                key={`${line.policy_id}-${line.policy_name}-${line.target}`}
                className={line.policy_id === "" ? "table-sum" : undefined}
              >
                <th scope="row">{line.policy_name ?? t("none")}</th>
                <td>{t(`target_${line.target}`)}</td>
                <td>{percent(line.was.compliance)}</td>
                <td>{percent(line.would.compliance)}</td>
                <td>{line.was.breached}</td>
                <td>{line.would.breached}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableFrame>
      {result.examples.length > 0 && (
        <ul className="trial-examples">
          {result.examples.map(({ ticket_id, number, target, was, would }) => (
            <li key={`${ticket_id}-${target}`}>
              <Link to={ticketsRoute(ticket_id, HOME_PLACE)}>#{number}</Link>{" "}
              {t("trial_example", {
                target: t(`target_${target}`),
                was: t(`outcome_${was}`),
                would: t(`outcome_${would}`),
              })}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
