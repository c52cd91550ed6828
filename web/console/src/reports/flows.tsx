/** Tickets as they come, go and pile up: opened and resolved a day, open at its end, and their age. */
import { useWords } from "../words/view";
import { csvOf, useReport } from "./actions";
import { GridLines, Highest } from "./chart";
import { type Ageing, ageLabel, type Backlog, groupLabel, pointsOf, type Volume } from "./model";
import { ColumnLabels, ReportCard } from "./parts";

const HEIGHT = 160;

type Query = Record<string, string | null>;

export function VolumeCard({ query }: { query: Query }) {
  const t = useWords();
  const report = useReport<Volume>("volume", query);
  return (
    <ReportCard title={t("report_volume")} csv={csvOf("volume", query)} report={report}>
      {({ data }) => (
        <Lines
          days={data.map(({ day }) => day)}
          lines={[
            { kind: "opened", values: data.map(({ opened }) => opened) },
            { kind: "resolved", values: data.map(({ resolved }) => resolved) },
          ]}
        />
      )}
    </ReportCard>
  );
}

export function BacklogCard({ query }: { query: Query }) {
  const t = useWords();
  const report = useReport<Backlog>("backlog", query);
  return (
    <ReportCard title={t("report_backlog")} csv={csvOf("backlog", query)} report={report}>
      {({ data }) => (
        <Lines
          days={data.map(({ day }) => day)}
          lines={[{ kind: "open", values: data.map(({ open }) => open) }]}
        />
      )}
    </ReportCard>
  );
}

interface LinesProps {
  days: readonly string[];
  lines: readonly { kind: "opened" | "resolved" | "open"; values: readonly number[] }[];
}

function Lines({ days, lines }: LinesProps) {
  const t = useWords();
  const highest = Math.max(1, ...lines.flatMap(({ values }) => values));
  const number = new Intl.NumberFormat(t.locale);
  return (
    <figure className="chart">
      <Highest value={highest} />
      <svg viewBox={`0 0 100 ${HEIGHT}`} preserveAspectRatio="none" role="img">
        <title>
          {lines
            .map(({ kind, values }) => {
              const sum =
                kind === "open" ? (values.at(-1) ?? 0) : values.reduce((a, b) => a + b, 0);
              return `${t(`report_${kind}`)}: ${number.format(sum)}`;
            })
            .join(", ")}
        </title>
        <GridLines height={HEIGHT} />
        {lines.map(({ kind, values }) => (
          <polyline key={kind} data-kind={kind} points={pointsOf(values, highest, HEIGHT)} />
        ))}
      </svg>
      <ColumnLabels
        labels={days.map((day) => groupLabel(t, day, "day"))}
        width={100 / Math.max(days.length, 1)}
      />
      <figcaption className="legend">
        {lines.map(({ kind, values }) => (
          <span key={kind} data-kind={kind}>
            {t(`report_${kind}`)}
            <b>
              {number.format(
                kind === "open" ? (values.at(-1) ?? 0) : values.reduce((a, b) => a + b, 0),
              )}
            </b>
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

export function AgeingCard() {
  const t = useWords();
  const report = useReport<Ageing>("ageing", {});
  return (
    <ReportCard title={t("report_ageing")} csv={csvOf("ageing", {})} report={report}>
      {({ data }) => {
        const highest = Math.max(1, ...data.map(({ open }) => open));
        return (
          <ul className="ages">
            {data.map((age) => (
              <li key={age.from_days}>
                <span>{ageLabel(t, age)}</span>
                <span className="age-bar" aria-hidden="true">
                  <i style={{ width: `${(age.open / highest) * 100}%` }} />
                </span>
                <b>{age.open}</b>
              </li>
            ))}
          </ul>
        );
      }}
    </ReportCard>
  );
}
