/** When promises are missed: every hour of the week, the worst the strongest. */
import { dayName } from "../sla/means";
import { TableFrame } from "../ui/table";
import { useWords } from "../words/view";
import { csvOf, useReport } from "./actions";
import { type Breaches, heatOf, zoneName } from "./model";
import { ReportCard } from "./parts";

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

export function BreachesCard({ query }: { query: Record<string, string | null> }) {
  const t = useWords();
  const report = useReport<Breaches>("breaches", query);
  return (
    <ReportCard
      title={t("report_breaches")}
      hint={t("report_breaches_hint", { zone: zoneName(query.time_zone ?? "UTC") })}
      csv={csvOf("breaches", query)}
      report={report}
    >
      {({ data }) => <Heat data={data} />}
    </ReportCard>
  );
}

function Heat({ data }: Pick<Breaches, "data">) {
  const t = useWords();
  const worst = Math.max(0, ...data.map(({ breached }) => breached));
  const at = new Map(data.map((cell) => [`${cell.weekday}-${cell.hour}`, cell.breached]));
  return (
    <TableFrame label={t("report_breaches")}>
      <table className="heat">
        <thead>
          <tr>
            <td />
            {HOURS.map((hour) => (
              <th key={hour} scope="col">
                {hour}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[1, 2, 3, 4, 5, 6, 7].map((weekday) => (
            <tr key={weekday}>
              <th scope="row">{dayName(t, weekday - 1, "short")}</th>
              {HOURS.map((hour) => {
                const breached = at.get(`${weekday}-${hour}`) ?? 0;
                return (
                  <td key={hour} title={`${dayName(t, weekday - 1, "long")} ${hour}:00`}>
                    <i style={{ opacity: heatOf(breached, worst) }} />
                    <span>{breached || ""}</span>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}
