/** What every report is put in: a card with its title, a file to take along, and how old it is. */
import { Download } from "lucide-react";
import type { ReactNode } from "react";
import { Asked } from "../ui/asked";
import { formatMoment } from "../ui/time";
import { useWords } from "../words/view";
import { behindSince } from "./model";

interface Props<T> {
  title: string;
  hint?: string;
  csv: string;
  report: { data: T | undefined; error: unknown; refetch: () => unknown };
  children: (data: T) => ReactNode;
}

export function ReportCard<T extends { as_of: string; lag_seconds: number }>({
  title,
  hint,
  csv,
  report,
  children,
}: Props<T>) {
  const t = useWords();
  const { data } = report;
  const behind = data ? behindSince(data) : null;
  return (
    <section className="card report-card">
      <header className="report-head">
        <div>
          <h2 className="section-title">{title}</h2>
          {hint && <p className="field-hint">{hint}</p>}
        </div>
        <a className="button button-ghost" href={csv} download aria-label={`${title}: CSV`}>
          <Download aria-hidden /> CSV
        </a>
      </header>
      {behind && (
        <p className="field-hint">{t("report_as_of", { time: formatMoment(behind, t.locale) })}</p>
      )}
      <Asked answer={report} lines={4} />
      {data && children(data)}
    </section>
  );
}

/** Labels below a chart, one for each of its columns, as many as there is room for. */
export function ColumnLabels({ labels, width }: { labels: readonly string[]; width: number }) {
  const every = Math.ceil(labels.length / 12);
  return (
    <div className="chart-labels" data-dense={every > 1 || undefined} aria-hidden="true">
      {labels.map((label, at) => (
        <span
          key={at}
          data-odd={(at / every) % 2 === 1 || undefined}
          style={{ width: `${width}%` }}
        >
          {at % every === 0 && at + every * 0.75 <= labels.length ? label : ""}
        </span>
      ))}
    </div>
  );
}
