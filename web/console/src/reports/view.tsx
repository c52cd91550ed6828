/** How well the SLA targets were kept, as one number, a chart and a table. */
import { useQuery } from "@tanstack/react-query";
import { ChartColumn } from "lucide-react";
import { describe } from "../problem";
import { navigate } from "../route/actions";
import { GROUPS, type Group, PERIODS, type Period } from "../route/model";
import { Page } from "../ui/page";
import { Alert, Empty, Skeleton } from "../ui/parts";
import { type T, useWords } from "../words/view";
import { fetchCompliance } from "./actions";
import { Chart } from "./chart";
import { barsOf, type Compliance, type Counts, groupLabel, groupName, linesInOrder } from "./model";

export function ReportsPage({ days, group }: { days: Period; group: Group }) {
  const t = useWords();
  const { data, error } = useQuery({
    queryKey: ["reports", days, group],
    queryFn: () => fetchCompliance(days, group),
    placeholderData: (before) => (before?.group_by[0] === group ? before : undefined),
  });
  return (
    <Page title={t("reports")}>
      <div className="report-bar">
        <Switch
          label={t("period")}
          options={PERIODS.map((value) => ({ value, label: t("days_count", { count: value }) }))}
          chosen={days}
          onChoose={(value) => navigate({ page: "reports", days: value, group }, true)}
        />
        <Switch
          label={t("group_by")}
          options={GROUPS.map((value) => ({ value, label: t(`group_${value}`) }))}
          chosen={group}
          onChoose={(value) => navigate({ page: "reports", days, group: value }, true)}
        />
      </div>
      {error ? (
        <Alert>{describe(error)}</Alert>
      ) : data ? (
        <Report report={data} group={group} />
      ) : (
        <Skeleton lines={6} />
      )}
    </Page>
  );
}

interface SwitchProps<V extends string | number> {
  label: string;
  options: readonly { value: V; label: string }[];
  chosen: V;
  onChoose: (value: V) => void;
}

function Switch<V extends string | number>({ label, options, chosen, onChoose }: SwitchProps<V>) {
  return (
    <fieldset className="switch" aria-label={label}>
      {options.map(({ value, label: text }) => (
        <button
          key={value}
          type="button"
          aria-pressed={value === chosen}
          onClick={() => onChoose(value)}
        >
          {text}
        </button>
      ))}
    </fieldset>
  );
}

function percent(t: T, share: number | null): string {
  if (share === null) return "–";
  return new Intl.NumberFormat(t.locale, { style: "percent", maximumFractionDigits: 1 }).format(
    share,
  );
}

function Report({ report, group }: { report: Compliance; group: Group }) {
  const t = useWords();
  if (!report.totals.targets) return <Empty icon={<ChartColumn />} title={t("report_empty")} />;
  return (
    <>
      <Totals totals={report.totals} />
      <section className="card">
        <h2 className="section-title">{t("report_chart")}</h2>
        <Chart bars={barsOf(report.data, group)} by={group} />
      </section>
      <Table report={report} group={group} />
    </>
  );
}

function Totals({ totals }: { totals: Counts }) {
  const t = useWords();
  return (
    <dl className="totals">
      <div>
        <dt>{t("compliance")}</dt>
        <dd>{percent(t, totals.compliance)}</dd>
      </div>
      {(["met", "breached", "running"] as const).map((key) => (
        <div key={key} data-kind={key}>
          <dt>{t(`report_${key}`)}</dt>
          <dd>{new Intl.NumberFormat(t.locale).format(totals[key])}</dd>
        </div>
      ))}
    </dl>
  );
}

function Table({ report, group }: { report: Compliance; group: Group }) {
  const t = useWords();
  return (
    <div className="table-frame">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t(`group_${group}`)}</th>
            <th scope="col">{t("target")}</th>
            <th scope="col">{t("report_targets")}</th>
            <th scope="col">{t("report_met")}</th>
            <th scope="col">{t("report_breached")}</th>
            <th scope="col">{t("report_running")}</th>
            <th scope="col">{t("compliance")}</th>
          </tr>
        </thead>
        <tbody>
          {linesInOrder(report.data, group).map((line) => (
            <tr key={`${groupName(line, group)}-${line.target}`}>
              <th scope="row">{groupLabel(t, groupName(line, group), group)}</th>
              <td>{t(`target_${line.target}`)}</td>
              <td>{line.targets}</td>
              <td>{line.met}</td>
              <td>{line.breached}</td>
              <td>{line.running}</td>
              <td>{percent(t, line.compliance)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
