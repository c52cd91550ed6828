/** The reports: how well promises were kept and how long things took; when, where and for whom. */
import { ChartColumn } from "lucide-react";
import { useWorkspace } from "../data/view";
import { navigate } from "../route/actions";
import { GROUPS, type Group, PERIODS, type Period } from "../route/model";
import { Page } from "../ui/page";
import { Empty, Select } from "../ui/parts";
import { TableFrame } from "../ui/table";
import { type T, useWords } from "../words/view";
import { csvOf, useReport } from "./actions";
import { Chart } from "./chart";
import { DurationsCard } from "./durations";
import { AgeingCard, BacklogCard, VolumeCard } from "./flows";
import { BreachesCard } from "./heat";
import {
  barsOf,
  type Compliance,
  type Counts,
  groupLabel,
  groupName,
  linesInOrder,
  startOf,
  zoneName,
} from "./model";
import { ReportCard } from "./parts";

export function ReportsPage({ days, group }: { days: Period; group: Group }) {
  const t = useWords();
  const zone = useWorkspace().time_zone;
  const flow = { from: startOf(days, Date.now(), zone), time_zone: zone };
  const grouped = { ...flow, group_by: group };
  return (
    <Page title={t("reports")}>
      <div className="report-bar">
        <Switch
          label={t("period")}
          options={PERIODS.map((value) => ({ value, label: t("days_count", { count: value }) }))}
          chosen={days}
          onChoose={(value) => navigate({ page: "reports", days: value, group }, true)}
        />
        <Select<Group>
          label={t("group_by")}
          value={group}
          options={GROUPS.map((value) => ({ value, label: t(`group_${value}`) }))}
          onValue={(value) => navigate({ page: "reports", days, group: value }, true)}
        />
      </div>
      <p className="field-hint">{t("report_days_of", { zone: zoneName(zone) })}</p>
      <ComplianceCard query={grouped} group={group} />
      <DurationsCard query={grouped} group={group} />
      <BreachesCard query={flow} />
      <VolumeCard query={flow} />
      <BacklogCard query={flow} />
      <AgeingCard />
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

interface CardProps {
  query: Record<string, string>;
  group: Group;
}

function ComplianceCard({ query, group }: CardProps) {
  const t = useWords();
  const report = useReport<Compliance>("sla-compliance", query);
  const { data } = report;
  return (
    <>
      {data && data.totals.targets > 0 && <Totals totals={data.totals} />}
      <ReportCard title={t("report_chart")} csv={csvOf("sla-compliance", query)} report={report}>
        {(shown) =>
          shown.totals.targets ? (
            <>
              <Chart bars={barsOf(shown.data, group)} by={group} />
              <Table report={shown} group={group} />
              {shown.truncated && <p className="field-hint">{t("report_truncated")}</p>}
            </>
          ) : (
            <Empty icon={<ChartColumn />} title={t("report_empty")} />
          )
        }
      </ReportCard>
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
    <TableFrame label={t("report_chart")} isTall>
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
    </TableFrame>
  );
}
